"""A schema as flat facts: what one catalog reading found, for inspecting, comparing, fingerprinting and planning.

A fact is an identity with its attributes; it knows no SQL and no server. An attribute that has its default is absent,
so a fact reads as "what is special here". Sets (options, grants, roles) come sorted, lists in their order.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import NamedTuple

Value = str | int | bool | tuple["Value", ...] | None
Attributes = dict[str, Value]

OWNER = "@owner"  # the grantee that owns the object, whatever that role is called
NOT_COMPARED = frozenset(
    {"position", "identity_sequence", "key_columns", "signature", "not_relocatable", "not_populated", "extension"}
)
"""What facts say for showing and planning only; that a materialised view is filled is a matter of data."""
ON_REQUEST = frozenset({"owner"})


class Identity(NamedTuple):
    """What something is called. `sub` is the column, constraint, trigger … of a table, or the signature of a routine.

    `schema` is '' for what lives in no schema (extensions, casts, publications).
    """

    kind: str
    schema: str
    name: str
    sub: str = ""

    @property
    def qualified(self) -> str:
        """`schema.name` as read, unquoted: for looking up and for showing."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def __str__(self) -> str:
        if not self.sub:
            return self.qualified
        return f"{self.qualified}{self.sub}" if self.sub.startswith("(") else f"{self.qualified}.{self.sub}"


class Dependency(NamedTuple):
    """`dependent` needs `on`. `kind` is pg_depend's: n normal, a auto (goes with it), i internal, P and S partition,
    e extension member (`on` is the extension). `part` is what of the dependent it is: '' or 'default'.
    """

    dependent: Identity
    on: Identity
    kind: str
    part: str = ""


class NotCovered(NamedTuple):
    """Something that the facts do not model: told, never dropped."""

    kind: str
    name: str


class Part(NamedTuple):
    """All facts of one kind that belong to one relation: its columns, its indexes …"""

    kind: str
    schema: str
    relation: str


class Digest(NamedTuple):
    """How many facts a part has, their sum (equal for equal facts), and the oid of the relation (0: not known)."""

    facts: int
    sum: str
    relation: int = 0


RELATIONS = ("table", "foreign_table", "view", "materialized_view")
PARTS = ("column", "view_column", "constraint", "trigger", "rule", "policy")
_COLUMNS = ("column", "view_column")
_DIGESTED = frozenset({*PARTS, "attribute", "index"})


@dataclass(frozen=True)
class Schema:
    """Everything found in one database, in one snapshot. `server_version` is like 180006.

    An outline has `digests` of all parts of relations, and the facts of those parts only that were read since.
    """

    facts: Mapping[Identity, Attributes]
    server_version: int
    dependencies: tuple[Dependency, ...] = ()
    not_covered: tuple[NotCovered, ...] = ()
    oids: Mapping[Identity, int] = field(default_factory=dict[Identity, int])
    role: str = ""  # who read it: what that role owns belongs to "whoever runs this", not to someone in particular
    digests: Mapping[Part, Digest] | None = None

    def of(self, *kinds: str) -> list[Identity]:
        """The identities of some kinds, by kind as asked, each in reading order."""
        return [identity for kind in kinds for identity in self._by_kind.get(kind, ())]

    def parts(self, relation: Identity, *kinds: str) -> list[Identity]:
        """What belongs to a relation or type, of some kinds or all: columns in their order, constraints, indexes …"""
        found = self._by_relation.get((relation.schema, relation.name), ())
        return [part for part in found if not kinds or part.kind in kinds]

    def relation(self, schema: str, name: str) -> Identity | None:
        """The table, foreign table, view or materialised view of that name."""
        for kind in RELATIONS:
            if (identity := Identity(kind, schema, name)) in self.facts:
                return identity
        return None

    @cached_property
    def _by_kind(self) -> dict[str, list[Identity]]:
        grouped: dict[str, list[Identity]] = {}
        for identity in self.facts:
            grouped.setdefault(identity.kind, []).append(identity)
        return grouped

    @cached_property
    def _by_relation(self) -> dict[tuple[str, str], list[Identity]]:
        grouped: dict[tuple[str, str], list[Identity]] = {}
        for identity in self.of(*PARTS, "attribute", "domain_constraint"):
            grouped.setdefault((identity.schema, identity.name), []).append(identity)
        for identity in self.of("index"):
            grouped.setdefault((identity.schema, str(self.facts[identity]["table"])), []).append(identity)
        return grouped

    @cached_property
    def children(self) -> dict[tuple[str, str], list[Identity]]:
        """The partitions of each partitioned table, in reading order."""
        grouped: dict[tuple[str, str], list[Identity]] = {}
        for identity in self.of("table", "foreign_table"):
            parent = self.facts[identity].get("partition_of")
            if isinstance(parent, tuple):
                grouped.setdefault((str(parent[0]), str(parent[1])), []).append(identity)
        return grouped

    def upward(self, table: Identity) -> list[Identity]:
        """A table and, where it is a partition, the tables that it belongs to, the nearest first."""
        found = [table]
        while isinstance(parent := self.facts.get(found[-1], {}).get("partition_of"), tuple):
            found.append(Identity("table", str(parent[0]), str(parent[1])))
        return found

    def whole(self, table: Identity) -> Identity:
        """The table that a partition belongs to, however far up; a table that is none is itself."""
        return self.upward(table)[-1]

    @cached_property
    def serials(self) -> dict[tuple[str, str, str], Identity]:
        """The sequences of columns (schema, table, column) that are filled from one of their own."""
        return {column: found[0] for column, found in self.owned_sequences.items() if self._is_filled(column)}

    @cached_property
    def owned_sequences(self) -> dict[tuple[str, str, str], list[Identity]]:
        """The sequences that go with a column (schema, table, column)."""
        found: dict[tuple[str, str, str], list[Identity]] = {}
        for identity in self.of("sequence"):
            owner = self.facts[identity].get("owned_by")
            if isinstance(owner, tuple):
                schema, table, column = (str(part) for part in owner)
                found.setdefault((schema, table, column), []).append(identity)
        return found

    def _is_filled(self, column: tuple[str, str, str]) -> bool:
        return str(self.facts.get(Identity("column", *column), {}).get("default", "")).startswith("nextval(")

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits over all facts but owners, grants included: equal for equal schemas, whatever order
        they were made in. What every answer quotes.
        """
        lines = [f"{' '.join(map(_quoted, part))} {digest.sum}" for part, digest in self.summed.items()]
        for identity, attributes in self.facts.items():
            if identity.kind not in _DIGESTED:
                lines.append(" ".join(map(_quoted, identity)) + _told(compared(attributes)))
        return _sum(lines)[:16]

    @cached_property
    def summed(self) -> Mapping[Part, Digest]:
        """The digests of all parts, as they were read or made from the facts."""
        return self.digests if self.digests is not None else digests(self)

    def count(self, *kinds: str) -> int:
        """How many facts of some kinds there are, read or not."""
        return sum(self._counted[kind] for kind in kinds)

    @cached_property
    def _counted(self) -> Counter[str]:
        if self.digests is None:
            return Counter({kind: len(found) for kind, found in self._by_kind.items()})
        counted = Counter({kind: len(found) for kind, found in self._by_kind.items() if kind not in _DIGESTED})
        for part, digest in self.digests.items():
            counted[part.kind] += digest.facts
        return counted

    def width(self, relation: Identity) -> int:
        """How many columns a relation has, read or not."""
        return self._widths.get((relation.schema, relation.name), 0)

    @cached_property
    def _widths(self) -> Mapping[tuple[str, str], int]:
        if self.digests is None:
            return Counter((column.schema, column.name) for column in self.of(*_COLUMNS))
        return {part[1:]: digest.facts for part, digest in self.digests.items() if part.kind in _COLUMNS}

    def with_facts(self, facts: Mapping[Identity, Attributes]) -> "Schema":
        """An outline with the facts of some more parts."""
        return replace(self, facts={**self.facts, **facts})

    def narrowed(self, relations: Collection[tuple[str, str]]) -> "Schema":
        """As an outline with the facts of the parts of some relations (schema, name)."""
        return replace(
            self,
            digests=self.summed,
            facts={
                identity: attributes
                for identity, attributes in self.facts.items()
                if identity.kind not in _DIGESTED or _part(identity, attributes)[1:] in relations
            },
        )


def _part(identity: Identity, attributes: Attributes) -> Part:
    return Part(identity.kind, identity.schema, str(attributes.get("table", identity.name)))


def compared(attributes: Attributes, *, owners: bool = False, grants: bool = True) -> Attributes:
    """The attributes that take part in a comparison."""
    left_out = _left_out(owners, grants)
    if left_out.isdisjoint(attributes):
        return attributes
    return {name: value for name, value in attributes.items() if name not in left_out}


@cache
def _left_out(owners: bool, grants: bool) -> frozenset[str]:
    left_out = NOT_COMPARED if owners else NOT_COMPARED | ON_REQUEST
    return left_out if grants else left_out | {"grants", "revoked", "sequence_rights"}


def digests(schema: Schema) -> dict[Part, Digest]:
    """The digests of all parts, made from their facts just as the server makes them (postgres/schemas/outlines.py)."""
    lines: dict[Part, list[str]] = {}
    for identity, attributes in schema.facts.items():
        if identity.kind in _DIGESTED:
            told = _told(compared(attributes))
            lines.setdefault(_part(identity, attributes), []).append(_quoted(identity.sub or identity.name) + told)
    return {part: Digest(len(facts), _sum(facts)) for part, facts in lines.items()}


def _sum(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _told(attributes: Attributes) -> str:
    """` name=value` of each, by name, so that no two facts read alike."""
    return "".join([f" {name}={_canonical(attributes[name])}" for name in sorted(attributes)])


def _canonical(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return str(value).lower()  # true, false
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> str:
    """As PostgreSQL's quote_literal."""
    quoted = text.replace("'", "''") if "'" in text else text
    return f"'{quoted}'" if "\\" not in quoted else "E'" + quoted.replace("\\", "\\\\") + "'"


def select(schema: Schema, identities: Iterable[Identity]) -> Schema:
    """The same schema with some of its facts only; dependencies among them are kept."""
    kept = set(identities)
    return Schema(
        facts={identity: attributes for identity, attributes in schema.facts.items() if identity in kept},
        server_version=schema.server_version,
        dependencies=tuple(d for d in schema.dependencies if d.dependent in kept and d.on in kept),
        not_covered=schema.not_covered,
        oids=schema.oids,
        role=schema.role,
    )


# Reading attributes -------------------------------------------------------------------------------------------------


def text(attributes: Attributes, name: str) -> str:
    """An attribute as text, '' where it has its default."""
    value = attributes.get(name)
    return "" if value is None else str(value)


def items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def texts(attributes: Attributes, name: str) -> tuple[str, ...]:
    """A list of texts, () where it has its default."""
    return tuple(str(value) for value in items(attributes.get(name)))


def rows(attributes: Attributes, name: str) -> tuple[tuple[str, ...], ...]:
    """A list of lists of texts."""
    return tuple(tuple(str(value) for value in items(row)) for row in items(attributes.get(name)))
