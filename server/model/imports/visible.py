"""Which values of rows a report may show: of columns that no redaction names, not even through a foreign key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from server.model.redaction import Policy
from server.model.schema import Identity, Schema, texts
from server.model.schema_keys import foreign_keys

MOST_CHARACTERS = 80
"""Of a value that a report shows; the rest is cut off."""

_BASES = {
    "boolean": "bool", "smallint": "int2", "integer": "int4", "bigint": "int8", "numeric": "numeric", "real": "float4",
    "double precision": "float8", "date": "date", "time without time zone": "time", "time with time zone": "timetz",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz", "interval": "interval",
}  # fmt: skip
"""Names of types that decide whether a column's name sounds like a secret; every other counts as text."""


@dataclass(frozen=True)
class Visible:
    """The rule for one database. `stand_ins`: columns whose values the file has redacted already."""

    policy: Policy
    target: Schema
    stand_ins: frozenset[tuple[Identity, str]] = frozenset()

    def columns(self, table: Identity, names: Iterable[str]) -> bool:
        """Whether values of all these columns may be shown; not where one is no column, or computed from others."""
        return all(self._plain(table, name) and (table, name) not in self._hidden for name in names)

    def all_of(self, table: Identity) -> bool:
        """Whether the table has no hidden column: a field in a wrong place cannot hold a secret either."""
        return not any(place == table for place, _ in self._hidden)

    def _plain(self, table: Identity, name: str) -> bool:
        attributes = self.target.facts.get(Identity("column", table.schema, table.name, name))
        return attributes is not None and "generated" not in attributes

    @cached_property
    def _hidden(self) -> frozenset[tuple[Identity, str]]:
        """By name, and what a chain of foreign keys ties to such a column, in both directions."""
        hidden = set(self._named()) | self.stand_ins
        links = list(self._links())
        while more := {b for one, other in links for a, b in ((one, other), (other, one)) if a in hidden} - hidden:
            hidden |= more
        return frozenset(hidden)

    def _named(self) -> Iterator[tuple[Identity, str]]:
        for column in self.target.of("column"):
            words = str(self.target.facts[column].get("type", "")).partition("(")
            base = _BASES.get(words[0] + words[2].partition(")")[2])
            if self.policy.how(column.schema, column.name, column.sub, base) is not None:
                yield Identity("table", column.schema, column.name), column.sub

    def _links(self) -> Iterator[tuple[tuple[Identity, str], tuple[Identity, str]]]:
        """What holds the same values: a partition's columns and its table's, both ends of a foreign key."""
        for column in self.target.of("column"):
            part = Identity("table", column.schema, column.name)
            if (table := self.target.whole(part)) != part:
                yield (part, column.sub), (table, column.sub)
        for key, parent in foreign_keys(self.target):
            attributes = self.target.facts[key]
            child = Identity("table", key.schema, key.name)
            own, theirs = texts(attributes, "columns"), texts(attributes, "referenced_columns")
            for mine, other in zip(own, theirs, strict=False):
                yield (child, mine), (parent, other)
