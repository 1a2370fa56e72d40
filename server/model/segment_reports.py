"""What a segmented export is asked for and what it answers."""

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict, Field

from server.errors import Refused
from server.model.exports import ExportedTable, ExportReport, RedactedColumn
from server.model.manifest import Compression, Format
from server.model.reports import Report
from server.model.segment import Filter, FilterCondition, Op, Segment


class SegmentRequest(Segment):
    """The arguments of export_segment. `path` None: a new name in the export folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    format: Format = "json"
    compress: Compression = "none"
    path: str | None = None
    exclude_columns: Sequence[str] | None = None
    redact: str = "policy"
    estimate_only: bool = False


class SegmentTable(ExportedTable):
    """A table of the answer. `why`: a filter, the tables it is below of, the tables that refer to it."""

    why: list[str]


class DanglingReference(Report):
    """Rows whose reference leads nowhere, in the database as in the export."""

    table: str
    reference: str
    rows: int


class SegmentReport(Report):
    """The answer of export_segment. Holds no row data. `rows` is `matched` and `required` together."""

    path: str | None
    format: str
    bytes: int
    sha256: str | None = Field(description="Of the file; of manifest.json where the export is a folder")
    tables: list[SegmentTable]
    total_rows: int
    date_columns: dict[str, str] = Field(default={}, description="What since and until applied to, by table")
    redacted: list[RedactedColumn]
    dangling: list[DanglingReference] = Field(default=[])
    seconds: float
    estimated: bool = Field(default=False, description="Nothing was written; rows are exact, bytes estimates")
    warnings: list[str] = Field(default=[])
    next: str | None

    @classmethod
    def of(
        cls,
        report: ExportReport,
        why: dict[str, list[str]],
        date_columns: dict[str, str],
        dangling: list[DanglingReference],
    ) -> "SegmentReport":
        """A written or estimated export with what only a segment knows."""
        kept = report.model_dump(exclude={"tables", "content", "excluded_tables"})
        tables = [SegmentTable(**table.model_dump(), why=why.get(table.name, [])) for table in report.tables]
        return cls(**kept, tables=tables, date_columns=date_columns, dangling=dangling)


def applied(segment: Segment, date_columns: dict[str, str], excluded_columns: Sequence[str]) -> dict[str, Any]:
    """`filtersApplied` of the metadata."""
    said: dict[str, Any] = {
        "filters": [entry.model_dump(mode="json") for entry in segment.filters],
        "since": segment.since,
        "until": segment.until,
        "dateColumns": date_columns,
        "tables": segment.tables,
        "follow": segment.follow,
        "limitPerTable": segment.limit_per_table,
        "excludeColumns": list(excluded_columns),
    }
    return {key: value for key, value in said.items() if value not in (None, [], {})}


WHERE = re.compile(
    r"^\s*(?P<path>[^\s=<>!]+?)\s*"
    r"(?:(?P<sign>!=|<>|<=|>=|=|<|>)\s*(?P<value>.*)"
    r"|\s(?P<word>in|not_in|like|ilike|between|contains|is_null|not_null)(?:\s+(?P<rest>.*))?)$",
    re.DOTALL,
)


def filters_from(texts: Sequence[str]) -> list[Filter]:
    """Filters out of `companies.slug=acme`, `incidents.site.company.name like A%`, `incidents`.

    Those of one table all have to hold. `in`, `not_in` and `between` take values with commas between them.
    """
    if not texts:
        raise Refused("bad_filter", "There is no filter.", next="Add --where companies.slug=acme, or just a table.")
    by_table: dict[str, list[FilterCondition]] = {}
    for text in texts:
        table, condition = _where(text)
        conditions = by_table.setdefault(table, [])
        if condition:
            conditions.append(condition)
    return [Filter(table=table, where=conditions) for table, conditions in by_table.items()]


def pairs_from(texts: Sequence[str]) -> dict[str, str | None]:
    """`incidents=occurred_at` and `companies=` (None)."""
    pairs = [text.partition("=") for text in texts]
    return {table.strip(): column.strip() or None for table, _, column in pairs}


def limits_from(texts: Sequence[str]) -> int | dict[str, int] | None:
    """`100`, or `incidents=100` for each of some tables."""
    try:
        if len(texts) == 1 and "=" not in texts[0]:
            return int(texts[0])
        return {table: int(number or "") for table, number in pairs_from(texts).items()} or None
    except ValueError:
        raise Refused("bad_limit", "A limit is no number.", next="Write 100 or incidents=100.") from None


def _where(text: str) -> tuple[str, FilterCondition | None]:
    match = WHERE.match(text)
    if not match:
        if text.strip() and not re.search(r"[\s=<>!]", text.strip()):
            return text.strip(), None
        raise _unreadable(text)
    table, _, column = match["path"].partition(".")
    if not column:
        raise _unreadable(text)
    if match["sign"]:
        op: Any = match["sign"].replace("<>", "!=")
        return table, FilterCondition(column=column, op=op, value=match["value"])
    word: Any = match["word"]
    return table, FilterCondition(column=column, op=word, value=_value(word, match["rest"]))


def _value(op: Op, text: str | None) -> Any:
    if op in ("is_null", "not_null"):
        return None
    if op in ("in", "not_in", "between"):
        return [part.strip() for part in (text or "").split(",") if part.strip()]
    if op == "contains" and (text or "").lstrip().startswith(("{", "[")):
        try:
            return json.loads(text or "")
        except ValueError:
            raise _unreadable(text or "") from None
    return text


def _unreadable(text: str) -> Refused:
    return Refused(
        "bad_filter",
        f"The filter {text!r} cannot be read.",
        next="Write table.column=value, table.column in a,b or table.reference.column like A%.",
    )
