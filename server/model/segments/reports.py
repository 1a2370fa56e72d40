"""What a segmented export is asked for and what it answers."""

from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict, Field

from server.model.exports import ExportedTable, ExportReport, RedactedColumn
from server.model.manifest import Compression, Format
from server.model.reports import Report
from server.model.segments.filters import Segment


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
    content: str = "segment"
    bytes: int
    sha256: str | None = Field(description="Of the file; of manifest.json where the export is a folder")
    tables: list[SegmentTable]
    total_rows: int
    date_columns: dict[str, str] = Field(default={}, description="What since and until applied to, by table")
    redacted: list[RedactedColumn]
    excluded_tables: list[str] = Field(description="Kept out by the settings")
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
        kept = report.model_dump(exclude={"tables", "content"})
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
