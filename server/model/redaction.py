"""Which columns are sensitive, and what an export does with each: rules by name and by settings, no SQL.

The built-in policy goes by the column's name (`model.sensitive`); settings outrank it, and a call can only add.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from server.errors import Refused, did_you_mean
from server.model.names import parts_of
from server.model.sensitive import is_sensitive
from server.model.tables import Column, Reference, Table

__all__ = [
    "HASHED",
    "NOTHING",
    "How",
    "Masks",
    "Policy",
    "Redaction",
    "is_sensitive",
    "matches_column",
    "plan_redactions",
]


How = Literal["exclude", "null", "hash", "blank", "keep"]


class Redaction(NamedTuple):
    """What was done with one column of one export. `table` is the export's name of it."""

    table: str
    column: str
    how: How


@dataclass(frozen=True)
class Policy:
    """The rules of one database. `patterns`: `users.email`, `*.email`, `audit.log.payload`, `email`; closest wins."""

    patterns: tuple[tuple[str, How], ...] = ()
    default: How = "exclude"
    built_in: bool = True

    @classmethod
    def of(cls, general: Mapping[str, How], own: Mapping[str, How], default: How) -> "Policy":
        """The settings' patterns; those of the database itself (`own`) outrank the general ones."""
        kept: dict[str, How] = {pattern: how for pattern, how in general.items() if pattern not in own}
        return cls((*kept.items(), *own.items()), default)

    def how(self, schema: str, table: str, column: str, base: str | None = None) -> How | None:
        """What is to be done with a column by its own name; None: it is not sensitive."""
        matching = [number for number, (p, _) in enumerate(self.patterns) if matches_column(p, schema, table, column)]
        if matching:
            closest = max(matching, key=lambda number: (_weight(self.patterns[number][0]), number))
            how = self.patterns[closest][1]
            return None if how == "keep" else how
        return self.default if self.built_in and self.default != "keep" and is_sensitive(column, base) else None


NOTHING = Policy(built_in=False)
"""`redact = "none"`: every column as it is."""


def matches_column(pattern: str, schema: str, table: str, column: str) -> bool:
    """`column`, `table.column` or `schema.table.column`, each part with `*` and `?`; letter case does not matter, and a
    part in double quotes is a name as it is.
    """
    parts = [part.lower() for part in parts_of(pattern, pattern=True) or pattern.split(".")]
    names = (schema.lower(), table.lower(), column.lower())
    return 1 <= len(parts) <= 3 and all(
        fnmatchcase(name, part) for name, part in zip(names[-len(parts) :], parts, strict=True)
    )


def _weight(pattern: str) -> tuple[int, int]:
    """How closely a pattern says what it means: its plain parts, then its plain letters."""
    parts = pattern.split(".")
    return sum("*" not in part and "?" not in part for part in parts), len(pattern.replace("*", ""))


Masks = Mapping[str, How]
"""What is done with the columns of one table: column → `exclude`, `null`, `hash` or `blank`."""

HASHED = frozenset({"text", "varchar", "bpchar", "citext", "name", "bytea", "uuid", "int4", "int8"})
"""Base types that a keyed hash can take the place of."""


SAFE = 16
"""Characters of a hash, 64 bits, that two values of one table do not share."""


def hashed_length(column: Column) -> int:
    """How many characters of a hash a text column has room for."""
    return min(column.length or (63 if column.base == "name" else 64), 64)


def is_short(column: Column) -> bool:
    """Whether a text column has room for so few characters of a hash that two may be alike."""
    return (column.category == "S" or column.base == "citext") and hashed_length(column) < SAFE


def _shape(column: Column) -> object:
    """Columns of one shape have equal hashes for equal values; None: no hash can take the place of its values."""
    if column.base not in HASHED:
        return None
    if column.base in ("int4", "int8"):
        return "number"
    if column.category == "S" or column.base == "citext":
        return "text", hashed_length(column), column.base == "citext"
    return column.base


def plan_redactions(
    policy: Policy, tables: Sequence[Table], excluded_columns: Iterable[str] = ()
) -> dict[tuple[str, str], dict[str, How]]:
    """The masks of every table that has any, by (schema, table).

    What the policy or the call asks for is bent so that the export still imports: a column that must have a value is
    blanked rather than left out, a unique or referenced one is hashed, and a foreign-key column does as its target.
    Refused: an excluded column that no table has.
    """
    asked = _asked(policy, tables, list(excluded_columns))
    by_place = {(table.schema, table.name, column.name): column for table in tables for column in table.columns}
    kept = _unlike(tables, by_place)
    planned: dict[tuple[str, str], dict[str, How]] = {}
    for table in tables:
        for column in table.columns:
            how = _through_targets(table, column, asked, by_place, kept)
            if how is not None:
                planned.setdefault((table.schema, table.name), {})[column.name] = how
    return planned


Place = tuple[str, str, str]


def _asked(policy: Policy, tables: Sequence[Table], excluded: list[str]) -> dict[Place, How]:
    """What is wanted for each column by its own name."""
    asked: dict[Place, How] = {}
    used: set[str] = set()
    for table in tables:
        for column in table.columns:
            hits = [pattern for pattern in excluded if matches_column(pattern, table.schema, table.name, column.name)]
            used.update(hits)
            how: How | None = "exclude" if hits else policy.how(table.schema, table.name, column.name, column.base)
            if how is not None:
                asked[table.schema, table.name, column.name] = how
    for pattern in excluded:
        if pattern not in used:
            names = [f"{table.key}.{column.name}" for table in tables for column in table.columns]
            raise Refused(
                "unknown_column",
                f"exclude_columns: no column matches {pattern}. {did_you_mean(pattern, names)}",
                next="Name columns as `column`, `table.column` or `schema.table.column`, with * where you like.",
            )
    return asked


def _unlike(tables: Sequence[Table], by_place: Mapping[Place, Column]) -> set[Place]:
    """The columns that no hash can take the place of, because some column that refers to them is of another shape."""
    return {
        place
        for table in tables
        for column in table.columns
        for place in _targets(table, column, by_place)
        if _shape(column) is None or _shape(column) != _shape(by_place[place])
    }


def _targets(table: Table, column: Column, by_place: Mapping[Place, Column]) -> list[Place]:
    """The columns that a foreign-key column ends at, over as many keys as there are."""
    found: list[Place] = []
    seen = {(table.schema, table.name, column.name)}
    waiting: list[Reference] = list(column.references)
    while waiting:
        reference = waiting.pop()
        place = (reference.schema, reference.table, reference.column)
        target = by_place.get(place)
        if target is None or place in seen:
            continue
        seen.add(place)
        waiting += target.references
        if not target.references:
            found.append(place)
    return found


def _through_targets(
    table: Table,
    column: Column,
    asked: Mapping[Place, How],
    by_place: Mapping[Place, Column],
    kept: set[Place],
) -> How | None:
    """A foreign-key column does what its target does, and nothing of its own."""
    if not column.references:
        place = (table.schema, table.name, column.name)
        how = asked.get(place)
        return _possible(column, how) if how and not (column.referenced and place in kept) else None
    for place in _targets(table, column, by_place):
        if place not in kept and (how := asked.get(place)) and (possible := _possible(by_place[place], how)):
            return possible
    return None


def _possible(column: Column, how: How) -> How | None:
    """What can be done so that the rows still import."""
    if column.generated:
        return "exclude"
    if column.referenced:
        return "hash" if column.base in HASHED else None  # a key that others hold: a hash or nothing
    if how == "hash" and column.base not in HASHED:
        how = "null"
    if how in ("exclude", "null") and column.not_null and (how == "null" or column.unique or not column.has_default):
        how = "blank"
    if how == "exclude" and column.unique and column.has_default and not column.not_null:
        how = "null"  # the default would stand in every row
    if how == "blank" and column.unique and column.base in HASHED and not is_short(column):
        return "hash"
    return how
