"""Reads a database's schema as facts, in one pass of set-wise questions on one snapshot.

The reader is generic: each question's rows open with an address (class, oid, subid) and an identity (kind, schema,
name, sub); the other columns are the attributes by name. Columns with a leading underscore only help to resolve.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from psycopg.rows import TupleRow

from server.model.schema import Attributes, Dependency, Digest, Identity, NotCovered, Part, Schema
from server.postgres.databases import Connection
from server.postgres.questions import Answer, answer
from server.postgres.schemas.asking import Answers, Second, asked

FACTS = (
    "schemas",
    "extensions",
    "extension_members",
    "languages",
    "access_methods",
    "enums",
    "composites",
    "domains",
    "domain_constraints",
    "ranges",
    "base_types",
    "collations",
    "conversions",
    "relations",
    "columns",
    "sequences",
    "constraints",
    "indexes",
    "triggers",
    "rules",
    "policies",
    "routines",
    "aggregates",
    "operators",
    "operator_families",
    "operator_classes",
    "casts",
    "transforms",
    "text_search",
    "statistics",
    "foreign_servers",
    "user_mappings",
    "publications",
    "publication_tables",
    "publication_schemas",
    "subscriptions",
    "event_triggers",
    "default_privileges",
)
OURS = "pgferry"
"""The schema in which pgferry keeps its own records: no part of the user's schema."""
ABOUT = ("comments", "security_labels", "grants", "not_covered")
PG_CLASS, _PG_ATTRDEF = 1259, 2604
_BELONGS = "eiPa"  # the dependencies by which something belongs to something, the strongest first
HEAD = 7  # class, oid, subid, kind, schema, name, sub
PARTS = ("columns", "constraints", "indexes", "triggers", "rules", "policies")
"""The questions about parts of relations, most of a schema: they take the oids of relations, or NULL for all."""

Address = tuple[int, int, int]


def read_schema(connection: Connection, *, dependencies: bool = False, second: Second | None = None) -> Schema:
    """Every fact of the connected database, seen by the connection's own snapshot.

    The connection must be in a transaction with an empty search_path, so that every text is qualified.
    `dependencies` also reads pg_depend (what planning needs, and comparing does not). `second` opens another connection
    that has joined the same snapshot: big schemas are read on both at once.
    """
    extra = ("dependencies",) if dependencies else ()
    with asked(connection, second, (*FACTS, *ABOUT, *extra), read=_whole) as answers:
        reader = Reader()
        for name in FACTS:
            reader.take(answers[name].result())
        reader.about(answers)
        edges = _resolve(reader.addresses, answers["dependencies"].result().rows) if dependencies else ()
    return reader.schema(connection, tuple(edges))


def _whole(connection: Connection, name: str) -> Answer:
    return answer(connection, name, *(None,) * (name in PARTS))


class Reader:
    """Collects rows into facts, and knows which address is which identity."""

    def __init__(self) -> None:
        self.facts: dict[Identity, Attributes] = {}
        self.addresses: dict[Address, Identity] = {}
        self.behind: dict[Address, Identity] = {}  # the index behind a constraint, the relation behind a composite
        self.not_covered: list[NotCovered] = []
        self.unknown: list[tuple[str, Address, Any]] = []  # what is said about something that is no fact
        self.ours: set[Address] = set()

    def take(self, answer: Answer) -> None:
        """One question's answer: the facts that it holds."""
        rows = answer.rows
        at = {name: i for i, name in enumerate(answer.names)}
        told = {i for i, values in enumerate(zip(*rows, strict=True)) if values.count(None) < len(rows)}
        plain = [(i, name) for name, i in at.items() if i >= HEAD and i in told and name[0] != "_"]
        lists = [(i, name) for i, name in plain if i in answer.arrays]
        behind = at.get("_index", at.get("_relation"))
        facts, addresses, new = self.facts, self.addresses, tuple[str].__new__
        for row in rows:
            address = (row[0], row[1], row[2])
            identity = new(Identity, row[3:HEAD])  # a third of the time of Identity(…)
            if row[4] == OURS or (row[5] == OURS and row[3] == "schema"):
                self.ours.add(address)
                continue
            attributes: Attributes = {name: row[i] for i, name in plain if row[i] is not None}
            for i, name in lists:
                if row[i] is not None:
                    attributes[name] = _frozen(row[i])
            if behind is not None and row[behind]:
                self.behind[PG_CLASS, row[behind], 0] = identity
            facts[identity] = attributes
            addresses[address] = identity

    def attach(self, attribute: str, rows: Iterable[TupleRow]) -> None:
        """One attribute for whatever stands at each address; what stands nowhere is listed as not covered."""
        for class_, oid, subid, value in rows:
            address = (class_, oid, subid)
            if identity := self.addresses.get(address):
                self.facts[identity][attribute] = _frozen(value)
            elif identity := self.behind.get(address):
                self.facts[identity][f"index_{attribute}"] = _frozen(value)
            elif address not in self.ours:
                self.unknown.append((attribute, address, value))

    def about(self, answers: Answers) -> None:
        """Everything that is said about what was taken, and what is not covered."""
        self.attach("comment", answers["comments"].result().rows)
        self.attach("security_labels", answers["security_labels"].result().rows)
        self.grant(answers["grants"].result().rows)
        self.not_covered += [NotCovered(*row) for row in answers["not_covered"].result().rows]

    def schema(
        self,
        connection: Connection,
        dependencies: tuple[Dependency, ...] = (),
        digests: Mapping[Part, Digest] | None = None,
    ) -> Schema:
        """What was taken, as one schema."""
        self.not_covered += _named(connection, self.unknown)
        return Schema(
            facts=self.facts,
            server_version=connection.info.server_version,
            dependencies=dependencies,
            not_covered=tuple(self.not_covered),
            oids={identity: address[1] for address, identity in self.addresses.items() if not address[2]},
            role=connection.info.user,
            digests=digests,
        )

    def grant(self, rows: Iterable[TupleRow]) -> None:
        """Privileges beyond, and short of, the built-in ones."""
        for class_, oid, subid, grants, revoked in rows:
            identity = self.addresses.get((class_, oid, subid))
            if identity is None:
                continue
            for attribute, value in (("grants", grants), ("revoked", revoked)):
                if value:
                    self.facts[identity][attribute] = _frozen(value)


def _frozen(value: Any) -> Any:
    """An array of the server as tuples within tuples; anything else as it is."""
    return tuple(map(_frozen, cast("list[Any]", value))) if type(value) is list else value


def _named(connection: Connection, unknown: list[tuple[str, Address, Any]]) -> Iterator[NotCovered]:
    """What is said about objects that are not modelled, with their names as the server prints them."""
    if not unknown:
        return
    columns = [list(column) for column in zip(*(address for _, address, _ in unknown), strict=True)]
    names = {(class_, oid, subid): name for class_, oid, subid, name in answer(connection, "described", *columns).rows}
    for attribute, address, value in unknown:
        said = ", ".join(cast("list[str]", value)) if type(value) is list else value
        yield NotCovered(f"{attribute} of an object that is not modelled", f"{names[address]}: {said}")


def _resolve(addresses: dict[Address, Identity], rows: list[TupleRow]) -> list[Dependency]:
    """Edges between identities. An address that is no fact stands for what it belongs to: a row type for its table, a
    view's rule for the view, the index behind a key for the key, a default for its column, a member for its extension.
    """
    owners: dict[Address, tuple[int, Address]] = {}
    for class_, oid, subid, on_class, on_oid, on_subid, kind in rows:
        rank = _BELONGS.find(kind)
        if rank >= 0 and (class_, oid, subid) not in addresses:
            owner = (rank, (on_class, on_oid, on_subid))
            owners[class_, oid, subid] = min(owner, owners.get((class_, oid, subid), owner))

    def known(address: Address) -> Identity | None:
        for _ in range(8):
            if (identity := addresses.get(address)) is not None:
                return identity
            if address[2] and (address[0], address[1], 0) in addresses:
                return addresses[address[0], address[1], 0]
            owner = owners.get(address) or owners.get((address[0], address[1], 0))
            if owner is None:
                return None
            address = owner[1]
        return None

    edges: dict[Dependency, None] = {}
    for class_, oid, subid, on_class, on_oid, on_subid, kind in rows:
        if owners.get((class_, oid, subid), (0,))[0] == _BELONGS.index("P"):
            continue  # the copy of a trigger or key on a partition: its model has the edges
        dependent, on = known((class_, oid, subid)), known((on_class, on_oid, on_subid))
        if dependent and on and (dependent.kind, on.kind) == ("extension", "extension_member"):
            continue  # a rule of its view, which counts as the extension itself: that needs none of its members
        if dependent and on and dependent != on:
            edges[Dependency(dependent, on, kind, "default" if class_ == _PG_ATTRDEF else "")] = None
    return list(edges)
