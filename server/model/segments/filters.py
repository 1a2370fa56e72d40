"""What a caller says of a segment: filters, dates, directions, limits; and the text that each value is bound as."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import isinf
from typing import Annotated, Any, Literal, TypeGuard, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from server.errors import Refused
from server.model.segments.relations import RelationColumn

Op = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not_in", "like", "ilike", "between", "is_null", "not_null", "contains"
]
Follow = Literal["children", "none"]
_RANGES = re.compile(r"\s*(?:[\[(].*[\])]|\{.*\}|empty)\s*", re.DOTALL | re.IGNORECASE)
"""What is a range or some by its looks, and no value that one might contain."""


EXACT = 15
"""Digits that every double keeps as they were written."""


class Argument(BaseModel):
    """Part of an argument; a misspelt key is a failure."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FilterCondition(Argument):
    """`column op value`."""

    column: Annotated[str, Field(description="Own, or over foreign keys: `site.company.name`")]
    op: Op = "="
    value: Annotated[Any, Field(description="List for in, not_in, between")] = None


class Filter(Argument):
    """The rows of one table that meet all conditions."""

    table: str
    where: list[FilterCondition] = []


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers of rows")
    return value


Rows = Annotated[int, BeforeValidator(_no_boolean)]
"""A number of rows."""


class Segment(Argument):
    """Which rows. Several filters add up: each brings its rows."""

    filters: list[Filter] = Field(min_length=1)
    since: str | None = None
    until: str | None = None
    date_columns: dict[str, str | None] = {}
    tables: list[str] | None = None
    follow: Follow = "children"
    limit_per_table: Rows | dict[str, Rows] | None = None


def parse_moment(name: str, text: str | None) -> datetime | None:
    """An ISO 8601 date or time in UTC; without an offset it is meant as UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            "bad_date",
            f"{name} is not an ISO 8601 date or time.",
            next="Write 2026-01-31 or 2026-01-31T14:00:00+01:00.",
        ) from None


def value_texts(condition: FilterCondition, column: RelationColumn, shown: str) -> tuple[str, ...]:
    """The texts that PostgreSQL is to read as the column's type. Refused where the shape of the value does not fit."""
    op, value = condition.op, condition.value
    if _is_rounded(value) and not column.base.startswith(("double precision", "real")):
        raise _unfit(shown, op, "takes a number of more than 15 digits as a text, which keeps all of them")
    if op in ("is_null", "not_null"):
        if value not in (None, True):
            raise _unfit(shown, op, f"takes no value; the opposite is {'not_null' if op == 'is_null' else 'is_null'}")
        return ()
    if op == "contains":
        return (_contained(value, column, shown),)
    if op in ("in", "not_in", "between"):
        values = cast(list[Any], value) if isinstance(value, list) else [value]
        if op == "between" and len(values) != 2:
            raise _unfit(shown, op, "takes a list of two values, the lowest and the highest")
        if not values or not isinstance(value, list):
            raise _unfit(shown, op, "takes a list of one value or more")
        texts = [_scalar(item, column, shown, op) for item in values]
        return (array_literal(texts),) if as_one(op, column) else tuple(texts)
    if op in ("like", "ilike") and column.category != "S":
        raise _unfit(shown, op, f"only compares text, and this is {column.type}")
    text = _scalar(value, column, shown, op)
    if op in ("like", "ilike") and (len(text) - len(text.rstrip("\\"))) % 2:
        raise _unfit(shown, op, "takes a pattern that ends in no single backslash: two stand for one")
    return (text,)


def as_one(op: str, column: RelationColumn) -> bool:
    """Whether the values of a condition are bound as one array, for a list may be long: not where there is no array of
    the type, as of arrays, nor where its values are parted by another sign than the comma.
    """
    return op in ("in", "not_in") and column.category != "A" and column.delimiter == ","


def _is_rounded(value: Any) -> bool:
    """Whether a number in it may have had other digits than a double has room for."""
    if isinstance(value, dict):
        value = list(cast(dict[str, Any], value).values())
    if isinstance(value, list):
        return any(map(_is_rounded, cast(list[Any], value)))
    return isinstance(value, float) and (
        isinf(value) or len(Decimal(repr(value)).normalize().as_tuple().digits) > EXACT
    )


def _scalar(value: Any, column: RelationColumn, shown: str, op: str) -> str:
    if value is None:
        raise _unfit(shown, op, "takes a value; for NULL use is_null or not_null")
    if isinstance(value, bool):
        return "true" if value else "false"
    if column.base in ("json", "jsonb") and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and column.category == "A":
        return array_literal(cast(list[Any], value))
    if isinstance(value, list) and column.category == "C":
        return row_literal(cast(list[Any], value))
    if isinstance(value, list | dict):
        parts = ", as a list of its parts in order" if column.category == "C" else ""
        raise _unfit(shown, op, f"takes one value of type {column.type}{parts}")
    if isinstance(value, str) and "\0" in value:
        raise _unfit(shown, op, "has a NUL character in its value")
    return str(value)


def _contained(value: Any, column: RelationColumn, shown: str) -> str:
    if column.base == "jsonb":
        return value if _is_document(value) else json.dumps(value, ensure_ascii=False)
    if column.category == "A":
        return array_literal(cast(list[Any], value) if isinstance(value, list) else [value])
    if column.category in ("R", "M"):
        return _range_literal(value, column, shown)
    if column.base.rpartition(".")[2] == "hstore":
        return _hstore_literal(value, column, shown)
    instead = "; for a part of a text take like or ilike" if column.category == "S" else ""
    raise _unfit(shown, "contains", f"works on arrays, ranges, jsonb and hstore, and this is {column.type}{instead}")


def _range_literal(value: Any, column: RelationColumn, shown: str) -> str:
    """The text of a range: as one is written, of a list of its two ends, or of one value alone."""
    if isinstance(value, str) and _RANGES.fullmatch(value):
        return f"{{{value}}}" if column.category == "M" and not value.strip().startswith("{") else value
    ends = cast(list[Any], value) if isinstance(value, list) else [value, value]
    if len(ends) != 2:
        raise _unfit(shown, "contains", "takes a value, a list of two, the lowest and the highest, or a range: [1,5)")
    low, high = (_element(_scalar(end, column, shown, "contains")) for end in ends)
    return f"{{[{low},{high}]}}" if column.category == "M" else f"[{low},{high}]"


def _hstore_literal(value: Any, column: RelationColumn, shown: str) -> str:
    """The text of an hstore: as one is written, or of an object of texts."""

    def text(item: Any) -> str:
        return _scalar(item, column, shown, "contains")

    if not isinstance(value, dict):
        return text(value)
    pairs = cast(dict[str, Any], value).items()
    return ",".join(f"{_element(key)}=>{_element(None if item is None else text(item))}" for key, item in pairs)


def _is_document(value: Any) -> TypeGuard[str]:
    """Whether it is the text of a JSON object or array, as people and agents write one; other text is a JSON string."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict | list)
    except ValueError:
        return False


def array_literal(items: Iterable[Any]) -> str:
    """PostgreSQL's text of an array."""
    return "{" + ",".join(_element(item) for item in items) + "}"


def row_literal(items: Iterable[Any]) -> str:
    """PostgreSQL's text of a row of a composite type."""
    fields = (array_literal(cast(list[Any], item)) if isinstance(item, list) else item for item in items)
    return "(" + ",".join("" if field is None else _element(field) for field in fields) + ")"


def _element(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return array_literal(cast(list[Any], item))
    if isinstance(item, dict):
        item = json.dumps(item, ensure_ascii=False)
    text = str(item).lower() if isinstance(item, bool) else str(item)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unfit(shown: str, op: str, why: str) -> Refused:
    return Refused("bad_filter", f"{shown}: {op} {why}.", next="Correct the filter's value or its op.")


RECORD_DATES = (
    *("created_at", "occurred_at", "happened_at", "recorded_at", "logged_at", "reported_at", "started_at", "sent_at"),
    *("inserted_at", "event_time", "event_date", "occurred_on", "created_on", "created", "date_created"),
    *("timestamp", "ts", "date", "at"),
)
"""Names of the date that a row is filed under, the first that is there wins; `createdAt` is one of them too."""
LATER_DATES = re.compile(
    r"(updat|modif|delet|remov|expir|end|finish|clos|due|valid|last|next|read|seen|archiv|cancel|birth|until)", re.I
)
"""What may change later, or says when the row stops to matter, is not the date of a row."""
DATE_ENDINGS = ("_at", "_date", "_on", "_time", "_timestamp")
DATE_TYPES = ("timestamp with time zone", "timestamp without time zone", "date")


def doubtful_date(columns: Iterable[RelationColumn]) -> RelationColumn | None:
    """What would be the date that a row is filed under, by its name, if it had to be there."""
    dates = _by_words(column for column in columns if not column.not_null)
    return next((dates[name] for name in RECORD_DATES if name in dates), None)


def choose_date_column(columns: Sequence[RelationColumn]) -> RelationColumn | None:
    """The date that a row is filed under: a NOT NULL timestamp or date with a name of `RECORD_DATES`, in that order;
    else the first that ends in `_at`, `_date`, `_on`, `_time`, in that order, and does not speak of a later time.
    """
    dates = _by_words(column for column in columns if column.not_null)
    for name in RECORD_DATES:
        if name in dates:
            return dates[name]
    for ending in DATE_ENDINGS:
        for name, column in dates.items():
            if name.endswith(ending) and not LATER_DATES.search(name):
                return column
    return None


def _by_words(columns: Iterable[RelationColumn]) -> dict[str, RelationColumn]:
    """The dates among some columns, by their names in small letters: `createdAt` as `created_at`."""
    dates = [column for column in columns if column.base in DATE_TYPES]
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).lower(): column for column in dates}
