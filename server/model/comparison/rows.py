"""What compare_data answers, and the rules by which two tables are matched column by column. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from pydantic import Field

from server.model.reports import Report


class TableDifference(Report):
    """How the rows of one table differ. `added`: only in the target; `removed`: only in the source.

    `samples`: `{"kind", "key", "row"}` for added and removed rows, `{"kind", "key", "columns"}` with
    `{name: [source, target]}` for changed ones. Without a key rows are matched as a whole, and none is `changed`.
    """

    table: str
    key: list[str]
    added: int
    removed: int
    changed: int
    same: int
    samples: list[dict[str, Any]] = Field(default=[])
    notes: list[str] = Field(default=[])

    @property
    def differs(self) -> bool:
        return bool(self.added or self.removed or self.changed)


class DataComparison(Report):
    """The answer of compare_data. `tables`: those that differ, then equal ones as far as a short answer holds them."""

    source: str
    target: str
    equal: bool
    tables: list[TableDifference]
    same: dict[str, int] = Field(default={}, description="Rows of more equal tables")
    not_compared: dict[str, str] = Field(default={}, description="Table: why")
    next: str | None = None


Hashed = Literal["as it is", "as words", "as int8", "as time", "as timestamp", "as timestamptz", "printed"]
"""PostgreSQL's hash of a value of 64 bits is one of 32 of its bits, so that 1 and 4294967296, or -1 and 4294967295, are
alike to it, and its hash of words goes by their collation, which may see no difference between a and A: the first are
hashed as bytes, the second by the collation C."""


@dataclass(frozen=True)
class ComparedColumn:
    """A column that both sides have. `cast`: how its values become comparable (None: as they are).

    `hashed`: how the server's own hash of its values tells all of them apart.
    """

    name: str
    cast: str | None = None
    hashed: Hashed = "printed"


@dataclass(frozen=True)
class SideColumn:
    """A column as one side has it: type as declared, the name of its base type, and the columns that it refers to, each
    by schema, table, name and base type.
    """

    name: str
    type: str
    base: str
    referred: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True)
class SideTable:
    """A table of one side; `key`: the columns of its primary key in order; `rows`: as last estimated."""

    schema: str
    name: str
    partitioned: bool
    rows: int
    columns: tuple[SideColumn, ...]
    key: tuple[str, ...]

    @property
    def shown(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class TablePlan:
    """How a pair of tables is compared. `integer_key`: the key is one integer column that both sides index."""

    columns: tuple[ComparedColumn, ...]
    key: tuple[str, ...]
    integer_key: bool
    notes: tuple[str, ...]


class NotComparable(Exception):
    """The pair cannot be compared; the text says why."""


_INTEGERS = {"int2", "int4", "int8"}
_NUMBERS = _INTEGERS | {"numeric", "float4", "float8"}
_TIMES = {"date", "timestamp", "timestamptz"}
_JSON = {"json", "jsonb"}
_HASHED: dict[str, Hashed] = {
    **dict.fromkeys(("int2", "int4", "date", "bool", "bytea", "uuid", "oid"), "as it is"),
    **dict.fromkeys(("text", "varchar", "bpchar"), "as words"),
    "int8": "as int8", "time": "as time", "timestamp": "as timestamp", "timestamptz": "as timestamptz",
}  # fmt: skip
"""By the name of the base type; all others are printed first."""
_CAST_TO = {"integer": "int8", "time": "timestamptz", "text": "text"}
"""The base types of what casts give."""


def plan_comparison(
    source: SideTable, target: SideTable, *, key: Sequence[str] | None, excluded: Sequence[str], equal_types: bool
) -> TablePlan:
    """Which columns are compared and how. NotComparable: types differ (unless `equal_types`), or the key is missing."""
    others = {column.name: column for column in target.columns}
    mine = {column.name for column in source.columns}
    shared = [column for column in source.columns if column.name in others and column.name not in excluded]
    differing = [f"{c.name} ({c.type}, {others[c.name].type})" for c in shared if c.base != others[c.name].base]
    if differing and not equal_types:
        raise NotComparable(f"types differ: {', '.join(differing)}; equal_types = true compares the values")
    names = tuple(key) if key else (source.key if source.key == target.key else ())
    missing = [name for name in names if name not in {column.name for column in shared}]
    if missing:
        raise NotComparable(f"the key column {missing[0]} is not on both sides, or excluded")
    columns = tuple(_compared(c.name, c.base, others[c.name].base) for c in shared)
    bases = {column.name: (column.base, others[column.name].base) for column in shared}
    integer = len(names) == 1 and names == source.key == target.key and set(bases[names[0]]) <= _INTEGERS
    notes = [f"only in the source: column {name}" for name in sorted(mine - others.keys() - set(excluded))]
    notes += [f"only in the target: column {name}" for name in sorted(others.keys() - mine - set(excluded))]
    if not names:
        notes.append("no common primary key: rows are matched as a whole (give `key` to see changes)")
    return TablePlan(columns, names, integer, tuple(notes))


def _compared(name: str, source: str, target: str) -> ComparedColumn:
    cast = _cast(source, target)
    return ComparedColumn(name, cast, _HASHED.get(_CAST_TO.get(cast, "") if cast else source, "printed"))


def _cast(source: str, target: str) -> str | None:
    """By which equal values of two types become equal."""
    both = {source, target}
    if source == target:
        return None
    if both <= _NUMBERS:
        return "integer" if both <= _INTEGERS else "number"
    if both <= _TIMES:
        return "time"
    return "json" if both <= _JSON else "text"


def side_tables(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, str], SideTable]:
    """The tables in the rows of queries/comparable_tables.sql."""
    grouped: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in rows:
        grouped.setdefault((row[0], row[1]), []).append(row)
    return {name: _side_table(name, lines) for name, lines in grouped.items()}


def _side_table(name: tuple[str, str], lines: list[Sequence[Any]]) -> SideTable:
    columns = tuple(
        SideColumn(column, type_, base, tuple((*referred,) for referred in all_referred or ()))
        for _, _, _, column, type_, base, _, _, all_referred in lines
        if column is not None
    )
    key = sorted((line[6], line[3]) for line in lines if line[6] is not None)
    return SideTable(name[0], name[1], bool(lines[0][2]), int(lines[0][7]), columns, tuple(column for _, column in key))


Place = tuple[int, str]
"""Where a row is on its side: the table (or partition) and its place in there."""
RowSum = tuple[int, int, int, int, str]
"""A row of one side: its key (or two hashes of it by different seeds: one alone may be another key's, too), its
checksum, and the two parts of its place."""


class KeyRows(NamedTuple):
    """The rows that one side has of a key: how many, the sum of their checksums, and where the first is."""

    rows: int
    total: int
    place: Place | None


_NONE = KeyRows(0, 0, None)


def by_key(rows: Iterable[RowSum]) -> Iterator[tuple[tuple[int, int], KeyRows]]:
    """Rows in order of key, gathered."""
    for key, same in groupby(rows, key=itemgetter(0, 1)):
        count = total = 0
        place = None
        for _, _, checksum, table, spot in same:
            count, total, place = count + 1, total + checksum, place or (table, spot)
        yield key, KeyRows(count, total, place)


def matched(source: Iterable[RowSum], target: Iterable[RowSum]) -> Iterator[tuple[KeyRows, KeyRows]]:
    """What both sides have of each key, out of two streams in order of key."""
    ones, others = by_key(source), by_key(target)
    one, other = next(ones, None), next(others, None)
    while one or other:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[1], _NONE
            one = next(ones, None)
        elif one is None or other[0] < one[0]:
            yield _NONE, other[1]
            other = next(others, None)
        else:
            yield one[1], other[1]
            one, other = next(ones, None), next(others, None)


@dataclass
class Differences:
    """Counts of rows by what became of them; the places on both sides are kept of the first few of each."""

    keep: int
    keyed: bool
    added: int = 0
    removed: int = 0
    changed: int = 0
    doubled: int = 0
    places: dict[str, list[tuple[Place | None, Place | None]]] = field(
        default_factory=lambda: {"added": [], "removed": [], "changed": []}
    )

    def add(self, mine: KeyRows, theirs: KeyRows) -> None:
        """Counts what became of the rows of one key."""
        self.doubled += self.keyed and max(mine.rows, theirs.rows) > 1
        if theirs.rows > mine.rows:
            self.added += theirs.rows - mine.rows
            self._keep("added", mine, theirs)
        elif mine.rows > theirs.rows:
            self.removed += mine.rows - theirs.rows
            self._keep("removed", mine, theirs)
        elif self.keyed and mine.total != theirs.total:
            self.changed += mine.rows
            self._keep("changed", mine, theirs)

    def _keep(self, kind: str, mine: KeyRows, theirs: KeyRows) -> None:
        if len(self.places[kind]) < self.keep:
            self.places[kind].append((mine.place, theirs.place))


def merged_ranges(buckets: Sequence[int], shift: int) -> list[tuple[int, int]]:
    """Buckets of integer keys as ranges of keys, neighbours merged."""
    ranges: list[tuple[int, int]] = []
    for bucket in sorted(buckets):
        low, high = bucket << shift, ((bucket + 1) << shift) - 1
        if ranges and ranges[-1][1] + 1 == low:
            ranges[-1] = (ranges[-1][0], high)
        else:
            ranges.append((low, high))
    return ranges
