"""The relations of a database and how their rows refer to each other: what a segment is planned on.

A *node* is a table as a person sees it (all partitions of a partitioned table are one node); an *edge* is a foreign key
or a virtual reference, from the rows that refer (child) to those referred to (parent). No SQL here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from server.errors import Refused, did_you_mean
from server.model.conditions import Condition
from server.model.names import parts_of, unquoted
from server.model.tables import Place, table_key

Collation = tuple[str, str]
"""Schema and name."""


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column. `base` is its type below all domains, `operators` the schema where that type's operators stand,
    `delimiter` what parts values of it in an array; `deterministic`: by its collation, if it has one, only equal bytes
    are equal.
    """

    name: str
    type: str
    base: str
    category: str
    not_null: bool
    operators: str
    delimiter: str = ","
    deterministic: bool = True
    collation: Collation | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, partitioned table, partition, view or foreign table. `kind` is pg_class's letter."""

    oid: int
    schema: str
    name: str
    kind: str
    root: int
    leaves: tuple[int, ...]
    parents: tuple[int, ...]
    unique_keys: tuple[tuple[str, ...], ...]
    rows: int
    bytes: int
    columns: Mapping[str, RelationColumn]
    leading: frozenset[str] = frozenset()
    """The first columns of its indexes."""

    @property
    def key(self) -> str:
        """`incidents`, or `audit.log` outside of public; a part with a dot in double quotes."""
        return table_key(self.schema, self.name)

    @property
    def is_node(self) -> bool:
        return self.kind in "rp" and self.root == self.oid

    def column(self, name: str) -> RelationColumn:
        """The column of that name, in double quotes or not; Refused names the nearest."""
        found = self.columns.get(name) or self.columns.get(unquoted(name))
        if found is None:
            raise Refused(
                "unknown_column",
                f"{self.key} has no column {name}. {did_you_mean(name, self.columns)}",
                next="inspect_schema shows the columns of a table.",
            )
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A reference of `child`'s `columns` to `parent`'s `targets`, compared in pairs (`=` of the schema in `operators`).

    `sound`: PostgreSQL guarantees that what is referred to is there. `period`: the last pair overlaps instead of being
    equal. `when`: a virtual reference only holds for rows that meet it. `as_text`: the types differ, so texts compare.
    `indexed`: an index of the child helps to find the rows that refer to some; `exact`: it leads straight to them.
    `alike`: the types at both ends are compared by an index of either. `several`: a virtual reference may mean more
    than one row. `collations`: for each pair whose ends have different ones, that by which it is compared on the way
    up, `collations_down` on the way down.
    """

    name: str
    child: int
    parent: int
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    operators: tuple[str, ...]
    collations: tuple[Collation | None, ...]
    collations_down: tuple[Collation | None, ...]
    sound: bool = True
    period: bool = False
    indexed: bool = True
    exact: bool = False
    alike: bool = True
    virtual: bool = False
    when: Condition | None = None
    as_text: bool = False
    several: bool = False


@dataclass(frozen=True)
class RelationMap:
    """All relations by oid, and all edges between tables."""

    relations: Mapping[int, Relation]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()

    def node(self, oid: int) -> int:
        """The node that the rows of a relation belong to."""
        return self.relations[oid].root

    def key(self, oid: int) -> str:
        return self.relations[oid].key

    @cached_property
    def nodes(self) -> list[Relation]:
        return [relation for relation in self.relations.values() if relation.is_node]

    @cached_property
    def below(self) -> dict[int, list[Edge]]:
        """node → the edges that lead to rows which refer to its rows."""
        return self._by(lambda edge: edge.parent)

    @cached_property
    def above(self) -> dict[int, list[Edge]]:
        """node → the edges that lead to what its rows refer to."""
        return self._by(lambda edge: edge.child)

    def _by(self, end: Callable[[Edge], int]) -> dict[int, list[Edge]]:
        found: dict[int, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(self.node(end(edge)), []).append(edge)
        return found

    def heirs(self, oid: int) -> list[int]:
        """The relation and every table that inherits from it: what a query without ONLY reads."""
        found = [oid]
        for current in found:
            found += [r.oid for r in self.relations.values() if current in r.parents and r.oid not in found]
        return found

    def declared(self) -> list[tuple[Place, Place]]:
        """What the references of the settings link: columns that refer, and those referred to."""

        def place(oid: int, column: str) -> Place:
            node = self.relations[self.node(oid)]
            return node.schema, node.name, column

        return [
            (place(edge.child, column), place(edge.parent, target))
            for edge in self.edges
            if edge.virtual
            for column, target in zip(edge.columns, edge.targets, strict=True)
        ]

    def referring(self, edge: Edge) -> list[int]:
        """The relations whose rows have a reference: partitions may declare it one by one."""

        def meaning(of: Edge) -> object:
            return of.parent, of.columns, of.targets, of.when

        return [other.child for other in self.above[self.node(edge.child)] if meaning(other) == meaning(edge)]

    def others(self) -> dict[tuple[str, str], str]:
        """By schema and name, what is no table of its own, and what it is."""
        nodes = {node.oid for node in self.nodes}
        return {
            (r.schema, r.name): KINDS.get(r.kind) or f"a partition of {self.relations[r.root].key}"
            for r in self.relations.values()
            if r.oid not in nodes and r.root in self.relations
        }

    def _called(self, name: str) -> list[Relation]:
        """By its whole name, else by its name in any schema."""
        parts, plain = parts_of(name), name.replace('"', "")
        schema, last = (parts[0], parts[1]) if len(parts) == 2 else ("public", parts[0] if len(parts) == 1 else name)
        everywhere = self.relations.values()
        return (
            [r for r in everywhere if (r.schema, r.name) == (schema, last)]
            or [r for r in everywhere if f"{r.schema}.{r.name}" == plain or (r.schema, r.name) == ("public", plain)]
            or [r for r in everywhere if r.name == (last if len(parts) == 1 else plain)]
        )

    def find(self, name: str) -> Relation:
        """The table (or partition) called `incidents`, `public.incidents`, `audit.log`, `"odd.name"`; Refused names the
        nearest.
        """
        matching = self._called(name)
        if len(matching) > 1:
            raise Refused(
                "ambiguous_table",
                f"{name} could be {' or '.join(relation.key for relation in matching)}.",
                next="Name it with its schema.",
            )
        if not matching:
            raise Refused(
                "unknown_table",
                f"There is no table {name}. {did_you_mean(name, (node.key for node in self.nodes))}",
                next="inspect_schema shows the tables there are.",
            )
        (relation,) = matching
        if relation.kind not in "rp":
            raise Refused(
                "not_a_table",
                f"{name} is {KINDS.get(relation.kind, 'no table')}, which has no rows of its own to export.",
                next="Filter the tables that it reads.",
            )
        return relation


KINDS = {"v": "a view", "m": "a materialised view", "f": "a foreign table"}


def components(nodes: Iterable[int], follows: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """The strongly connected parts of a graph, each before those that follow it; a cycle is one part.

    `follows[n]`: what comes after n. Tarjan's way, with a stack of its own, so that a chain of any length is fine.
    """
    walk = _Walk(follows)
    for root in nodes:
        if root not in walk.index:
            walk.start(root)
    return walk.parts[::-1]


class _Walk:
    """One walk through a graph, depth first; `parts` fills from the last to the first."""

    def __init__(self, follows: Mapping[int, Iterable[int]]) -> None:
        self.follows = follows
        self.index: dict[int, int] = {}
        self.low: dict[int, int] = {}
        self.open: dict[int, None] = {}
        self.work: list[tuple[int, Iterator[int]]] = []
        self.parts: list[list[int]] = []

    def start(self, root: int) -> None:
        self._enter(root)
        while self.work:
            node, following = self.work[-1]
            for after in following:
                if after not in self.index:
                    self._enter(after)
                    break
                if after in self.open:
                    self.low[node] = min(self.low[node], self.index[after])
            else:
                self._leave(node)

    def _enter(self, node: int) -> None:
        self.index[node] = self.low[node] = len(self.index)
        self.open[node] = None
        self.work.append((node, iter(sorted(self.follows.get(node, ())))))

    def _leave(self, node: int) -> None:
        self.work.pop()
        if self.work:
            before = self.work[-1][0]
            self.low[before] = min(self.low[before], self.low[node])
        if self.low[node] == self.index[node]:
            part: list[int] = []
            while not part or part[-1] != node:
                part.append(self.open.popitem()[0])
            self.parts.append(sorted(part))


def load_order(relations: RelationMap, nodes: Iterable[int]) -> list[int]:
    """Referred-to tables first where an order exists, by name otherwise; in a cycle, nullable references yield."""
    names = {node: relations.key(node) for node in nodes}
    by_name = sorted(names, key=names.__getitem__)
    follows = _follows(relations, names, relations.edges)
    ordered: list[int] = []
    for part in components(by_name, follows):
        if len(part) == 1:
            ordered += part
            continue
        binding = [edge for edge in relations.edges if not _may_be_null(relations, edge)]
        inner = components(sorted(part, key=names.__getitem__), _follows(relations, part, binding))
        ordered += [node for group in inner for node in sorted(group, key=names.__getitem__)]
    return ordered


def _follows(relations: RelationMap, nodes: Iterable[int], edges: Iterable[Edge]) -> dict[int, set[int]]:
    kept = set(nodes)
    follows: dict[int, set[int]] = {}
    for edge in edges:
        parent, child = relations.node(edge.parent), relations.node(edge.child)
        if parent != child and parent in kept and child in kept:
            follows.setdefault(parent, set()).add(child)
    return follows


def _may_be_null(relations: RelationMap, edge: Edge) -> bool:
    columns = relations.relations[edge.child].columns
    return any(not columns[name].not_null for name in edge.columns)
