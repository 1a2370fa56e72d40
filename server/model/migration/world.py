"""The two schemas that a plan lies between, and what kinds of objects ask about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from server.model.migration.steps import Hazard
from server.model.quoting import path
from server.model.schema import Attributes, Dependency, Identity, Schema, text

NO_ATTRIBUTES: Attributes = {}


@dataclass(frozen=True)
class Draft:
    """A statement before it has its place."""

    sql: str
    hazards: frozenset[Hazard] = frozenset()
    reason: str = ""
    apart: bool = False  # cannot run in the transaction


def draft(sql: str, *hazards: Hazard, reason: str = "") -> Draft:
    return Draft(sql, frozenset(hazards), reason)


@dataclass(frozen=True)
class World:
    """`concurrent_indexes`: indexes of kept tables are built and dropped, and new constraints proved, without blocking
    writes, outside of the transaction.
    """

    source: Schema
    target: Schema
    concurrent_indexes: bool = False
    created: set[Identity] = field(default_factory=set[Identity])
    dropped: set[Identity] = field(default_factory=set[Identity])
    moved: set[Identity] = field(default_factory=set[Identity])  # made anew beside the old one, which goes afterwards
    retyped: set[Identity] = field(default_factory=set[Identity])  # columns whose type is made anew
    parked: dict[Identity, Identity] = field(default_factory=dict[Identity, Identity])  # columns of rows: whose
    detached: set[Identity] = field(default_factory=set[Identity])  # tables that leave their parents, perhaps to return

    def before(self, identity: Identity) -> Attributes:
        return self.source.facts.get(identity, NO_ATTRIBUTES)

    def after(self, identity: Identity) -> Attributes:
        return self.target.facts.get(identity, NO_ATTRIBUTES)

    def kept(self, identity: Identity) -> bool:
        """Whether the very object stays, altered or not."""
        return identity in self.source.facts and identity in self.target.facts and identity not in self.dropped

    def stays_put(self, table: Identity) -> bool:
        """Whether it is kept, and so are its parents: no constraint of it is needed to join any."""
        names = ("partition_of", "partition_bound", "inherits")
        same = all(self.before(table).get(name) == self.after(table).get(name) for name in names)
        return self.kept(table) and same and table not in self.detached

    def by_type(self, column: Identity) -> bool:
        """Whether it is the column of a typed table that stays: what happens to the type happens to it."""
        table = self.table(column)
        if table is None or not self.kept(table):
            return False
        of_type = self.after(table).get("of_type")
        return of_type is not None and self.before(table).get("of_type") == of_type

    def leaves(self, table: Identity, parent: Identity) -> bool:
        """Whether a table stops, at least for a while, to be a child of its parent: nothing reaches it from there."""
        up = self.source.relation(parent.schema, parent.name)
        set_aside = table in self.moved and up is not None and self.kept(up)
        return (
            table in self.detached
            or set_aside
            or (self.kept(table) and (parent.schema, parent.name) not in parents_named(self.after(table)))
        )

    def retypes(self, column: Identity) -> bool:
        """Whether it is a column that stays and gets another type, or the same again."""
        changed = any(self.before(column).get(name) != self.after(column).get(name) for name in ("type", "collation"))
        return column.kind == "column" and self.kept(column) and (changed or column in self.retyped)

    def keys_above(self, partition: Identity) -> list[Identity]:
        """The foreign keys of what it is a partition of, up to the top: its copies of them are no facts, and stay with
        it where it is detached.
        """
        found: list[Identity] = []
        up = parents_named(self.before(partition))
        while up and self.before(partition).get("partition_of") and (parent := self.source.relation(*up[0])):
            parts = self.source.parts(parent, "constraint")
            found += [part for part in parts if self.before(part).get("type") == "foreign key"]
            up = parents_named(self.before(parent)) if self.before(parent).get("partition_of") else []
        return found

    def heirs(self, part: Identity) -> list[Identity]:
        """The columns or constraints of children that have this one from their parent and stay what they are."""
        heirs = [d.dependent for d in self.dependents(part) if d.part == "parent" and d.dependent.kind == part.kind]
        return [
            heir
            for heir in heirs
            if self.kept(heir) and not ((table := self.table(heir, self.source)) and self.leaves(table, part))
        ]

    def table(self, part: Identity, schema: Schema | None = None) -> Identity | None:
        """The relation that a part (column, constraint, index …) belongs to."""
        here = schema or self.target
        name = part.name if part.kind != "index" else str(here.facts.get(part, NO_ATTRIBUTES).get("table", ""))
        return here.relation(part.schema, name)

    @cached_property
    def rows_stored(self) -> dict[Identity, set[Identity]]:
        """The materialised views that hold whole rows of tables as values, and the tables: a view is filled anew when
        one of these is written anew.
        """
        types = {path(table.schema, table.name): table for table in self.source.of("table")}
        found: dict[Identity, set[Identity]] = {}
        for view in self.source.of("materialized_view"):
            held = {text(self.before(c), "type").removesuffix("[]") for c in self.source.parts(view, "view_column")}
            if tables := {types[name] for name in held & types.keys()}:
                found[view] = tables
        return found

    @cached_property
    def source_dependents(self) -> dict[Identity, list[Dependency]]:
        return _by(self.source, lambda d: d.on)

    @cached_property
    def source_needs(self) -> dict[Identity, list[Dependency]]:
        return _by(self.source, lambda d: d.dependent)

    @cached_property
    def target_needs(self) -> dict[Identity, list[Dependency]]:
        return _by(self.target, lambda d: d.dependent)

    def dependents(self, identity: Identity) -> Iterator[Dependency]:
        """Who needs it in the source."""
        yield from self.source_dependents.get(identity, ())

    def needs(self, identity: Identity) -> Iterator[Dependency]:
        """What it needs in the target."""
        yield from self.target_needs.get(identity, ())

    def needs_still(self, dependent: Identity, on: Identity) -> bool:
        """Whether the dependency is there in the target too; on a column of a view, on any part of that view."""
        if on.kind == "view_column":
            return any((d.on.schema, d.on.name) == (on.schema, on.name) for d in self.needs(dependent))
        return any(dependency.on == on for dependency in self.needs(dependent))


def _by(schema: Schema, key: Callable[[Dependency], Identity]) -> dict[Identity, list[Dependency]]:
    found: dict[Identity, list[Dependency]] = {}
    for dependency in (*schema.dependencies, *implied(schema)):
        found.setdefault(key(dependency), []).append(dependency)
    return found


def implied(schema: Schema) -> Iterator[Dependency]:
    """What pg_depend does not say (or was not asked for): schemas, parts of relations, parents, indexes of indexes."""
    for identity, attributes in schema.facts.items():
        home = Identity("schema", "", identity.schema)
        if identity.schema and home in schema.facts:
            yield Dependency(identity, home, "n")
        if identity.kind == "index":
            parent = schema.relation(identity.schema, str(attributes.get("table")))
        elif identity.kind == "extension_member":
            parent = Identity("extension", "", str(attributes.get("extension")))
        elif identity.kind in ("column", "view_column", "constraint", "trigger", "rule", "policy"):
            parent = schema.relation(identity.schema, identity.name)
        else:
            parent = _HOLDERS[identity.kind](identity) if identity.kind in _HOLDERS else None
        if parent is not None and parent in schema.facts:
            yield Dependency(identity, parent, "n" if identity.kind == "user_mapping" else "a")
        yield from _ancestors(schema, identity, attributes)
    yield from _transformed(schema)


def _transformed(schema: Schema) -> Iterator[Dependency]:
    """Functions hold every transform of their types and language that was there when they were made, used or not."""
    for transform in schema.of("transform"):
        for function in schema.of("function", "procedure"):
            facts = schema.facts[function]
            spoken = {*function.sub[1:-1].split(", "), str(facts.get("returns"))}
            if facts.get("language") == transform.sub and transform.name in spoken:
                yield Dependency(function, transform, "n")


def _ancestors(schema: Schema, identity: Identity, attributes: Attributes) -> Iterator[Dependency]:
    for name in ("partition_of", "inherits"):
        value = attributes.get(name)
        if isinstance(value, tuple):
            parents = (value,) if name == "partition_of" else value
            for parent in parents:
                if isinstance(parent, tuple) and (found := schema.relation(str(parent[0]), str(parent[1]))):
                    yield Dependency(identity, found, "n", "parent")
    if attributes.get("inherited") and identity.kind in ("column", "constraint"):
        for parent in parents_of(schema, identity):
            yield Dependency(identity, parent, "a", "parent")
    value = attributes.get("parent_index")
    if isinstance(value, tuple) and (up := keyed(schema, str(value[0]), str(value[1]))):
        yield Dependency(identity, up, "P", "parent")


def parents_named(table: Attributes) -> list[tuple[str, str]]:
    """The parents of a table, (schema, name): what it is a partition of, or inherits from."""
    up = table.get("partition_of")
    parents = (up,) if up else table.get("inherits")
    return [
        (str(parent[0]), str(parent[1]))
        for parent in (parents if isinstance(parents, tuple) else ())
        if isinstance(parent, tuple)
    ]


def parents_of(schema: Schema, part: Identity) -> list[Identity]:
    """The column or constraint that this one is inherited from, in each parent that has it."""
    table = schema.facts.get(schema.relation(part.schema, part.name) or part, NO_ATTRIBUTES)
    twins = [Identity(part.kind, *parent, part.sub) for parent in parents_named(table)]
    return [twin for twin in twins if twin in schema.facts]


_HOLDERS: dict[str, Callable[[Identity], Identity]] = {
    "domain_constraint": lambda i: Identity("domain", i.schema, i.name),
    "attribute": lambda i: Identity("composite", i.schema, i.name),
    "publication_table": lambda i: Identity("publication", "", i.name),
    "publication_schema": lambda i: Identity("publication", "", i.name),
    "user_mapping": lambda i: Identity("server", "", i.name),
}


def keyed(schema: Schema, of: str, name: str) -> Identity | None:
    """The index of that name, or the constraint that it stands behind."""
    index = Identity("index", of, name)
    if index in schema.facts:
        return index
    return next((c for c in schema.of("constraint") if c.schema == of and c.sub == name and _indexed(schema, c)), None)


def _indexed(schema: Schema, constraint: Identity) -> bool:
    return schema.facts[constraint].get("type") in ("primary key", "unique", "exclusion")
