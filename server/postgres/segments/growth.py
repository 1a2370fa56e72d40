"""What has come into a segment so far: rows by table, over which way, in which generation. No SQL.

A generation is one statement that brings rows; a way is only asked for what came after it was asked last.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from server.errors import Refused
from server.model.segments.nodes import SegmentPlan
from server.model.segments.relations import Edge
from server.postgres.segments.growing import Manner
from server.postgres.segments.key_tables import KeyTable, Way

FEW = 50
"""Keys that can be handed to an index as one list whatever their part of the table is."""
PART = 8
"""The part of a table's rows (one in …) up to which the keys of more are handed to an index as one list."""
RARE = 20
"""The part of a table's rows (one in …) up to which looking up what refers to each costs less than reading all."""


@dataclass
class Grown:
    """What became of one table: rows that a filter or the way down brought, rows that references brought, and why."""

    matched: int = 0
    required: int = 0
    reasons: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def rows(self) -> int:
        return self.matched + self.required


class Arrival(NamedTuple):
    """Rows that one statement brought: over which way (None: a filter, or several), in which generation, how;
    `first`: the first of the ways."""

    way: Edge | None
    rows: int
    generation: int
    manner: Manner = "scan"
    first: Edge | None = None


class Growth:
    """The books of one segment."""

    def __init__(self, plan: SegmentPlan, max_rows: int) -> None:
        self.relations = plan.relations
        self.max_rows = max_rows
        self.grown = {oid: Grown() for oid in plan.nodes}
        self.held = dict.fromkeys(plan.nodes, 0)
        self.generation = -1
        self._plans = plan.nodes
        self._newest = dict.fromkeys(plan.nodes, -1)
        self._seen: dict[Edge, int] = {}
        self._arrivals: dict[int, list[Arrival]] = {oid: [] for oid in plan.nodes}
        self._thinned: set[int] = set()
        self._read: set[int] = set()

    def next(self) -> int:
        """The number of a new generation."""
        self.generation += 1
        return self.generation

    def turn(self) -> None:
        """From the way down to the way up: every edge is asked anew."""
        self._seen.clear()
        self._read.clear()

    def settle(self, edges: Iterable[Edge]) -> None:
        """Books that nothing more is to be asked of some edges for all that is there."""
        self._seen.update(dict.fromkeys(edges, self.generation))

    def is_chain(self, edge: Edge) -> bool:
        """Whether an edge leads from a plain table, no partition, to itself, over a key that has an index."""
        relation = self.relations.relations[edge.child]
        plain = edge.child == edge.parent and relation.kind == "r" and relation.is_node
        return plain and not (edge.virtual or edge.period) and edge.alike

    def room(self, node: int) -> int:
        """How many rows a statement may bring: one more than allowed in all, so that the guard sees it."""
        limit = self._plans[node].limit
        return self.max_rows + 1 if limit is None else limit - self.held[node]

    def ways(self, keys: Mapping[int, KeyTable], edges: Iterable[Edge], end: Callable[[Edge], int]) -> list[Way]:
        """The edges at whose other end something is new, each with the generation that it has seen."""
        found: list[Way] = []
        now = self.generation
        for edge in edges:
            other = self.relations.node(end(edge))
            seen = self._seen.get(edge, -1)
            if self._newest[other] > seen:
                found.append(Way(edge, keys[other], seen))
                self._seen[edge] = now
        return found

    def all_ways(self, keys: Mapping[int, KeyTable], edges: Iterable[Edge]) -> list[Way]:
        """The edges at whose upper end anything is, as if they had not been asked yet."""
        ends = [(edge, self.relations.node(edge.parent)) for edge in edges]
        return [Way(edge, keys[above]) for edge, above in ends if self.held[above]]

    def arrived(
        self, node: int, ways: Sequence[Edge], rows: int, reasons: Iterable[str], *, manner: Manner, up: bool
    ) -> None:
        """Books the rows of one statement. Refused: the segment has become too large."""
        self._newest[node] = self.generation
        self.held[node] += rows
        way = ways[0] if len(ways) == 1 else None
        self._arrivals[node].append(Arrival(way, rows, self.generation, manner, next(iter(ways), None)))
        grown = self.grown[node]
        grown.reasons.update(dict.fromkeys(reasons))
        if up:
            grown.required += rows
        else:
            grown.matched += rows
        if self.total > self.max_rows:
            raise self._too_large(node, up=up)

    @property
    def total(self) -> int:
        return sum(self.held.values())

    @property
    def is_thinned(self) -> bool:
        """Whether rows came that were only a way to others, and are gone."""
        return bool(self._thinned)

    def came_in_order(self, node: int) -> bool:
        """Whether all rows of a table came in the order in which they lie."""
        return [arrival.manner for arrival in self._arrivals[node]] == ["list"] and self._plans[node].limit is None

    def thinned(self, node: int, rows: int, *, gone: bool) -> None:
        """Books that only `rows` of a table are left on the way up."""
        self.held[node] = self.grown[node].matched = rows
        if gone:
            self._thinned.add(node)
        if not rows:
            self._newest[node] = -1
            self._arrivals[node].clear()
            self.grown[node].reasons.clear()

    def came_over(self, edge: Edge) -> bool:
        """Whether every row of the edge's child came down over this very edge, from rows that are still there."""
        node = self.relations.node(edge.parent)
        arrivals = self._arrivals[self.relations.node(edge.child)]
        several = edge.period or edge.several
        return node not in self._thinned and not several and all(arrival.way is edge for arrival in arrivals)

    def lists_down(self, way: Way) -> bool:
        """Whether the newer keys of a way go to the index of the rows below as one list."""
        edge = way.edge
        if not edge.exact or not self._is_scalar(edge) or edge.when or edge.as_text or edge.period:
            return False
        newer, read = self._newer([way]), self.relations.relations[edge.child].root in self._read
        return read or newer <= FEW or newer * PART <= self.relations.relations[edge.parent].rows

    def lists_up(self, edge: Edge) -> bool:
        """Whether the keys that newer rows refer to go to the unique index above as one list: no one is there twice."""
        return self._is_scalar(edge) and self._is_keyed(edge)

    def _is_scalar(self, edge: Edge) -> bool:
        """Whether keys can stand in a list: those of one column that is no array itself."""
        columns = self.relations.relations[edge.child].columns
        return len(edge.columns) == 1 and columns[edge.columns[0]].category != "A"

    def walks_down(self, way: Way) -> bool:
        """Whether rows that refer to newer ones are looked up key by key."""
        edge, child = way.edge, self.relations.relations[way.edge.child]
        rare = child.kind == "r" and self._are_rare([way], [edge.parent, edge.child])
        return edge.exact and (child.root in self._read or rare)

    def chains_down(self, way: Way) -> bool:
        """Whether all that newer rows of a table lead down to within it is found at once: from the second round on."""
        plan = self._plans[self.relations.node(way.edge.child)]
        plain = self.is_chain(way.edge) and way.edge.exact and not plan.copied
        undated = plan.date is None and not plan.may_pass and plan.limit is None
        few = self._newer([way]) <= FEW or self._are_rare([way], [way.edge.parent])
        return way.seen >= 0 and plain and undated and few

    def walks_up(self, ways: Sequence[Way]) -> bool:
        """Whether what newer rows refer to is looked up key by key. It has an index, but for virtual references."""
        edge, parent = ways[0].edge, self.relations.relations[ways[0].edge.parent]
        return self._is_keyed(edge) and (parent.root in self._read or self._are_rare(ways, [edge.parent]))

    def _is_keyed(self, edge: Edge) -> bool:
        unique = map(set, self.relations.relations[edge.parent].unique_keys)
        return edge.alike and not edge.period and set(edge.targets) in unique

    def read(self, node: int) -> None:
        """Books that a statement may have read a whole table: no other on the way in this direction is to."""
        self._read.add(node)

    def _are_rare(self, ways: Sequence[Way], ends: Iterable[int]) -> bool:
        """Whether newer rows are few among those at some ends: then looking each up costs less than reading all."""
        newer = self._newer(ways)
        return all(newer * RARE <= self.relations.relations[oid].rows for oid in ends)

    def _newer(self, ways: Iterable[Way]) -> int:
        """How many rows the ways have not been asked for yet."""
        return sum(
            arrival.rows
            for way in ways
            for arrival in self._arrivals[way.keys.plan.relation.oid]
            if arrival.generation > way.seen
        )

    def below(self, edge: Edge) -> str:
        """The reason of rows that came down over an edge."""
        return f"below {self.relations.key(self.relations.node(edge.parent))} ({', '.join(edge.columns)})"

    def place(self, edge: Edge) -> str:
        """Where an edge begins: `incidents (site_id)`."""
        return f"{self.relations.key(self.relations.node(edge.child))} ({', '.join(edge.columns)})"

    def _too_large(self, node: int, *, up: bool) -> Refused:
        current: int | None = node
        seen = [node]
        while current := self._led_from(current, seen):
            seen.append(current)
        path = map(self.relations.key, reversed(seen))
        counts = {self.relations.key(oid): held for oid, held in self.held.items() if held}
        return Refused(
            "segment_too_large",
            f"The segment exceeds {self.max_rows:,} rows (exports.max_rows): "
            f"{' → '.join(path)} brought {self.held[node]:,} rows{' by references' if up else ''}.",
            next="Narrow the filters or dates, name fewer `tables`, set limit_per_table, or follow = none.",
            details={"rows_so_far": dict(sorted(counts.items(), key=lambda item: -item[1])[:10])},
        )

    def _led_from(self, node: int, seen: Sequence[int]) -> int | None:
        """The table from which most rows of a table came, but for those seen; None: a filter brought as many."""
        led: Counter[int | None] = Counter()
        for arrival in self._arrivals[node]:
            led[self._other_end(arrival.first, node)] += arrival.rows
        return max((other for other in led if other not in seen), default=None, key=led.__getitem__)

    def _other_end(self, way: Edge | None, node: int) -> int | None:
        if way is None:
            return None
        parent, child = self.relations.node(way.parent), self.relations.node(way.child)
        return parent if child == node else child
