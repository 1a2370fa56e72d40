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
from server.model.tables import Column, Place, Table

How = Literal["exclude", "null", "hash", "blank", "keep"]


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

    def how(
        self, schema: str, table: str, column: str, base: str | None = None, parents: Sequence[tuple[str, str]] = ()
    ) -> How | None:
        """What is to be done with a column by its own name, else by that in a table that it is inherited from
        (`parents`: schema and name of each); None: it is not sensitive.
        """
        for place in ((schema, table), *parents):
            if said := self._said(*place, column):
                return None if said == "keep" else said
        if not self.built_in or self.default == "keep":
            return None
        tables = (table, *(name for _, name in parents))
        return self.default if is_sensitive(column, base, tables) else None

    def keeps(self, schema: str, table: str, column: str) -> bool:
        """Whether a person has said that a column is to be kept."""
        return self._said(schema, table, column) == "keep"

    def _said(self, schema: str, table: str, column: str) -> How | None:
        """What the closest pattern says of a column, if any means it."""
        matching = [number for number, (p, _) in enumerate(self.patterns) if matches_column(p, schema, table, column)]
        if not matching:
            return None
        return self.patterns[max(matching, key=lambda number: (_weight(self.patterns[number][0]), number))][1]


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


def _is_keyed(column: Column) -> bool:
    """Whether values that keys take for equal have one hash."""
    return column.base in HASHED and not column.loose


def _shape(column: Column) -> object:
    """Columns of one shape have equal hashes for equal values; None: no hash can take the place of its values."""
    if not _is_keyed(column) or (column.generated and column.references):
        return None
    if column.base in ("int4", "int8"):
        return "number"
    if column.category == "S" or column.base == "citext":
        return "text", hashed_length(column), column.base == "citext"
    return column.base


class Redactions(NamedTuple):
    """The masks of every table that has any, by (schema, table); and the columns that are written as they are although
    they were meant to be masked: keys hold them.
    """

    masks: dict[tuple[str, str], dict[str, How]]
    kept: tuple[tuple[Table, Column], ...] = ()


def plan_redactions(
    policy: Policy,
    tables: Sequence[Table],
    excluded_columns: Iterable[str] = (),
    declared: Sequence[tuple[Place, Place]] = (),
) -> Redactions:
    """What is done with the columns of some tables, among which is every table that a foreign key of theirs leads to.

    What the policy or the call asks for is bent so that the export still imports: a column that must have a value is
    blanked rather than left out, a unique or referenced one is hashed, and columns that foreign keys link are hashed
    or kept together. What is computed from a masked column is left out. `declared`: references of settings, from and
    to, whose ends hold the same values too.
    Refused: an excluded column that no table has.
    """
    asked = _asked(policy, tables, list(excluded_columns))
    by_place = {(table.schema, table.name, column.name): column for table in tables for column in table.columns}
    planned: dict[Place, How] = {}
    groups = list(_linked(by_place))
    for linked in groups:
        how = _for_all(linked, asked, by_place)
        planned.update(dict.fromkeys(linked, how) if how else {})
    _spread(declared, planned, by_place)
    told = {
        place
        for place, column in by_place.items()
        if any((*place[:2], name) in planned for name in column.made_of) and not policy.keeps(*place)
    }
    for linked in groups:
        planned.update(dict.fromkeys(linked, "exclude") if told.intersection(linked) else {})
    masks: dict[tuple[str, str], dict[str, How]] = {}
    for schema, table, column in by_place:
        if how := planned.get((schema, table, column)):
            masks.setdefault((schema, table), {})[column] = how
    kept = [
        (table, column)
        for table in tables
        for column in table.columns
        if (place := (table.schema, table.name, column.name)) in asked and place not in planned
    ]
    return Redactions(masks, tuple(kept))


def _asked(policy: Policy, tables: Sequence[Table], excluded: list[str]) -> dict[Place, How]:
    """What is wanted for each column by its own name."""
    asked: dict[Place, How] = {}
    used: set[str] = set()
    for table in tables:
        for column in table.columns:
            names = [(table.schema, table.name), *column.parents]
            hits = [p for p in excluded if any(matches_column(p, *name, column.name) for name in names)]
            used.update(hits)
            meant = policy.how(table.schema, table.name, column.name, column.base, column.parents)
            how: How | None = "exclude" if hits else meant
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


def _linked(by_place: Mapping[Place, Column]) -> Iterable[list[Place]]:
    """The columns that foreign keys link, over as many keys as there are; one that none does stands alone."""
    beside: dict[Place, list[Place]] = {place: [] for place in by_place}
    for place, column in by_place.items():
        for reference in column.references:
            target = (reference.schema, reference.table, reference.column)
            if target in by_place:
                beside[place].append(target)
                beside[target].append(place)
    seen: set[Place] = set()
    for place in by_place:
        if place not in seen:
            found = dict.fromkeys([place])
            for one in (queue := [place]):
                new = [other for other in beside[one] if other not in found]
                found.update(dict.fromkeys(new))
                queue += new
            seen.update(found)
            yield list(found)


def _for_all(linked: list[Place], asked: Mapping[Place, How], by_place: Mapping[Place, Column]) -> How | None:
    """What is done with columns that foreign keys link: what is asked for those at which the keys end."""
    ends = [place for place in linked if not by_place[place].references]
    shapes = {_shape(by_place[place]) for place in linked}
    if len(linked) > 1 and (None in shapes or len(shapes) > 1):
        return None
    for place in ends:
        if place in asked and (how := _possible(by_place[place], asked[place])):
            return how
    return None


def _spread(
    declared: Sequence[tuple[Place, Place]], planned: dict[Place, How], by_place: Mapping[Place, Column]
) -> None:
    """Columns whose references only the settings declare are masked as what they refer to is, if no key holds them."""
    for _ in declared:  # one may lead to the next
        for source, target in declared:
            column, how = by_place.get(source), planned.get(target)
            free = column and source not in planned and not (column.references or column.referenced)
            if column and how and free and (possible := _possible(column, how)):
                planned[source] = possible


def _possible(column: Column, how: How) -> How | None:
    """What can be done so that the rows still import."""
    if column.generated:
        return "exclude"
    if column.referenced:
        return "hash" if _is_keyed(column) else None  # a key that others hold: a hash or nothing
    if how == "hash" and column.base not in HASHED:
        how = "null"
    if how in ("exclude", "null") and column.not_null and (how == "null" or column.unique or not column.has_default):
        how = "blank"
    if how == "exclude" and column.unique and column.has_default and not column.not_null:
        how = "null"  # the default would stand in every row
    if how == "blank" and column.unique and column.base in HASHED and not is_short(column):
        return "hash"
    return how
