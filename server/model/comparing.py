"""What compare_data answers, and the rules by which two tables are matched column by column. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


class DataComparison(Report):
    """The answer of compare_data. `same`: the tables whose rows are equal, with their number."""

    source: str
    target: str
    equal: bool
    differing: list[TableDifference]
    same: dict[str, int]
    not_compared: dict[str, str] = Field(default={}, description="Table: why")
    next: str | None = None


@dataclass(frozen=True)
class ComparedColumn:
    """A column that both sides have. `cast`: how its values become comparable text (None: as they are)."""

    name: str
    cast: str | None = None


@dataclass(frozen=True)
class SideColumn:
    """A column as one side has it: type as declared, and the name of its base type."""

    name: str
    type: str
    base: str


@dataclass(frozen=True)
class SideTable:
    """A table of one side; `key`: the columns of its primary key in order."""

    schema: str
    name: str
    partitioned: bool
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
    columns = tuple(ComparedColumn(c.name, _cast(c.base, others[c.name].base)) for c in shared)
    bases = {column.name: (column.base, others[column.name].base) for column in shared}
    integer = len(names) == 1 and names == source.key == target.key and set(bases[names[0]]) <= _INTEGERS
    notes = [f"only in the source: column {name}" for name in sorted(mine - others.keys() - set(excluded))]
    notes += [f"only in the target: column {name}" for name in sorted(others.keys() - mine - set(excluded))]
    if not names:
        notes.append("no common primary key: rows are matched as a whole (give `key` to see changes)")
    return TablePlan(columns, names, integer, tuple(notes))


def _cast(source: str, target: str) -> str | None:
    """By which equal values of two types become equal text."""
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
    columns = tuple(SideColumn(line[3], line[4], line[5]) for line in lines if line[3] is not None)
    key = sorted((line[6], line[3]) for line in lines if line[6] is not None)
    return SideTable(name[0], name[1], bool(lines[0][2]), columns, tuple(column for _, column in key))


@dataclass
class Rows:
    """The rows of one side in a part of the key: their checksum by key, and how many there are of each."""

    checksums: dict[Any, int]
    counts: dict[Any, int]


@dataclass
class Differences:
    """Keys by what became of their row; only the first few of each are kept."""

    keep: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    doubled: int = 0
    keys: dict[str, list[Any]] | None = None

    def add(self, source: Rows, target: Rows, *, keyed: bool) -> None:
        """Counts what differs in one part."""
        for key in source.counts.keys() | target.counts.keys():
            mine, theirs = source.counts.get(key, 0), target.counts.get(key, 0)
            self.doubled += keyed and max(mine, theirs) > 1
            if theirs > mine:
                self.added += theirs - mine
                self._keep("added", key)
            elif mine > theirs:
                self.removed += mine - theirs
                self._keep("removed", key)
            elif keyed and source.checksums[key] != target.checksums[key]:
                self.changed += mine
                self._keep("changed", key)

    def _keep(self, kind: str, key: Any) -> None:
        if self.keys is None:
            self.keys = {"added": [], "removed": [], "changed": []}
        if len(self.keys[kind]) < self.keep:
            self.keys[kind].append(key)


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


def batches(sizes: Mapping[int, int], most: int) -> list[list[int]]:
    """Buckets in groups of at most about `most` rows."""
    groups: list[list[int]] = []
    held = most
    for bucket, size in sorted(sizes.items()):
        if held + size > most and (not groups or groups[-1]):
            groups.append([])
            held = 0
        groups[-1].append(bucket)
        held += size
    return groups
