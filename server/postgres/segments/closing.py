"""Grows a segment to its closure, set by set, in temporary key tables inside the snapshot's transaction.

Down first: from the filtered rows over every foreign key to the rows that belong to them. Then up: from all of those to
everything that they refer to, and never down again. Tables are taken in the order of their references, so that each is
visited once; only cycles take rounds, each over the newest rows alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from psycopg import sql
from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from server.calls import Call
from server.model.segments.nodes import SegmentPlan
from server.model.segments.relations import Edge
from server.model.segments.seeds import Seed
from server.postgres.databases import Connection
from server.postgres.segments import chaining, growing, requiring
from server.postgres.segments.grouping import apart, groups_down, groups_up
from server.postgres.segments.growing import Manner
from server.postgres.segments.growth import Growth
from server.postgres.segments.key_tables import KeyTable, Way, dropped, kept, origin
from server.postgres.segments.manners import Manners
from server.postgres.segments.planting import emptied_by_dates, seed_tests, seed_values, try_values
from server.postgres.segments.row_tests import ASKED, WITHIN, table
from server.postgres.transactions import own_search_path


@dataclass(frozen=True)
class Dangling:
    """A reference that `rows` of the segment hold to rows that do not exist: in the database as in the export."""

    table: str
    reference: str
    rows: int


class Closing:
    """One segment being grown, on one connection: first `create`, then (READ ONLY from then on) `grow`."""

    def __init__(self, call: Call, connection: Connection, plan: SegmentPlan, max_rows: int) -> None:
        self.call = call
        self.connection = connection
        self.plan = plan
        self.growth = Growth(plan, max_rows)
        self.relations = plan.relations
        self.keys = {oid: KeyTable(number, node) for number, (oid, node) in enumerate(plan.nodes.items())}
        self.grown = self.growth.grown
        self.dangling: list[Dangling] = []
        self.notes = list(plan.notes)
        self._manners = Manners(connection, self.growth)
        self._suspect: set[Edge] = set()

    def create(self) -> None:
        """Makes the key tables, and keeps the tables of the segment from being rewritten while places count."""
        self._manners.begin()
        tables = sql.SQL(", ").join([table(keys.plan.relation) for keys in self.keys.values()])
        self.connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(tables))
        with own_search_path(self.connection):  # for event triggers
            for keys in self.keys.values():
                copies = [copy for copy in (keys.copy, keys.sought) if copy]
                for statement in (*keys.create(), *(made for copy in copies for made in copy.create())):
                    self.connection.execute(statement)

    def grow(self) -> None:
        """From the filters down, then up. Afterwards `grown` says what is in, `dangling` what cannot be."""
        for seeds in self._plantings():
            self._plant(seeds)
        for part in self.plan.down:
            self._rounds(part, self._pull_down)
        self._drop_ways()
        self.growth.turn()
        for part in self.plan.up:
            self._rounds(part, self._pull_up)
        self._find_dangling()
        self._manners.end()

    def origins(self, node: int) -> list[tuple[sql.Composed, sql.Composed]]:
        """FROM and ORDER BY (alias t) of the rows of a table in the segment: one pair for each partition."""
        relation = self.relations.relations[node]
        leaves = relation.leaves or (node,)
        in_order = self.growth.came_in_order(node)
        return [origin(self.keys[node], self.relations.relations[leaf], in_order=in_order) for leaf in leaves]

    def _plantings(self) -> Iterable[list[Seed]]:
        """The filters in their order, but what is asked for by name first: its date says nothing, whatever else matches
        it. Those of a table of which a sample is taken are one: the sample is of all that they match.
        """
        together: dict[tuple[int, object], list[Seed]] = {}
        for number, seed in enumerate(sorted(self.plan.seeds, key=lambda seed: not seed.pinned)):
            node = self.relations.node(seed.relation)
            alone = self.plan.nodes[node].limit is None
            together.setdefault((node, number if alone else seed.pinned), []).append(seed)
        return together.values()

    def _plant(self, seeds: Sequence[Seed]) -> None:
        """The rows that any of some filters matches, all of one table and alike in whether dates apply."""
        for seed in seeds:
            try_values(self.connection, self.relations, seed)
        node = self.relations.node(seeds[0].relation)
        date = None if seeds[0].pinned else self.plan.nodes[node].date
        came = 0
        if (room := self.growth.room(node)) > 0:
            statement = growing.matched(
                self.keys[node],
                self.relations.relations[seeds[0].relation if len(seeds) == 1 else node],
                seed_tests(self.relations, seeds, date),
                standing=WITHIN if date else ASKED,
                room=room,
                generation=self.growth.next(),
                fresh=not self.growth.held[node],
            )
            came = self._insert(node, (), statement, ["filter"], seed_values(seeds))
        if date and not came:
            told = (emptied_by_dates(self.connection, self.relations, seed, date) for seed in seeds)
            self.notes += [note for note in dict.fromkeys(told) if note and note not in self.notes]

    def _rounds(self, part: Iterable[int], pull: Callable[[int], bool]) -> None:
        """Pulls into every table of a part until nothing new comes; a part of one table outside of cycles takes one."""
        busy = True
        while busy:
            busy = False
            for node in part:
                busy |= pull(node)

    def _pull_down(self, node: int) -> bool:
        """The rows that refer to what is new in the tables above. True where anything was asked."""
        into = self.keys[node]
        ways = self.growth.ways(self.keys, into.plan.down, lambda edge: edge.parent)
        if ways and into.samples_anew:
            ways = self.growth.all_ways(self.keys, into.plan.down)
        chained = [way for way in ways if self.growth.chains_down(way)]
        if chained:
            self._chain(into, chained, down=True)
        for some, passing in product(
            groups_down(self.growth, into, [w for w in ways if w not in chained]), apart(into)
        ):
            if (room := self._room(into, passing)) > 0:
                manner = self._manners.down(into, some)
                self._manners.ready(manner, [way.keys for way in some])
                statement = growing.below(
                    self.relations,
                    into,
                    some,
                    generation=self.growth.next(),
                    room=room,
                    manner=manner,
                    fresh=not self.growth.held[node],
                    passing=passing,
                )
                reasons = [self.growth.below(way.edge) for way in some]
                self._insert(node, [way.edge for way in some], statement, reasons, manner=manner)
                if manner == "fill":
                    self._manners.filled(into)
        return bool(ways)

    def _room(self, into: KeyTable, passing: bool | None) -> int:
        if passing is None:
            return self.growth.room(into.plan.relation.oid)
        (held,) = self._ask(kept(into)) if not passing else (0,)
        return self.growth.max_rows + 1 if passing else (into.plan.limit or 0) - held

    def _pull_up(self, node: int) -> bool:
        """The rows that what is new in the tables below refers to. True where anything was asked."""
        into = self.keys[node]
        ways = self.growth.ways(self.keys, into.plan.up, lambda edge: edge.child)
        asked = [way for way in ways if way.seen >= 0 or not self.growth.came_over(way.edge)]
        chained = [way for way in asked if self.growth.is_chain(way.edge)]
        for group in groups_up(self.relations, [way for way in asked if way not in chained]):
            room, manner = self.growth.max_rows + 1, self._manners.up(into, group)
            self._manners.ready(manner, [into, *(way.keys for way in group)])
            statement = requiring.required(
                self.relations, into, group, generation=self.growth.next(), room=room, manner=manner
            )
            came, wanted = self._ask(statement)
            if came < wanted:
                self._suspect.update(way.edge for way in group)
            reasons = [f"referred to by {self.growth.place(way.edge)}" for way in group]
            self._arrived(node, [way.edge for way in group], came, reasons, manner=manner, up=True)
        if chained:
            self._chain(into, chained, down=False)
        return bool(ways)

    def _chain(self, into: KeyTable, ways: list[Way], *, down: bool) -> None:
        """Whole chains of references within one table, at once."""
        node, growth, edges = into.plan.relation.oid, self.growth, [way.edge for way in ways]
        self._manners.ready("walk", [into])
        statement = chaining.chain(
            self.relations, into, ways, down=down, generation=growth.next(), room=growth.max_rows + 1
        )
        if not down:
            self._suspect.update(edges)
        reasons = [growth.below(edge) if down else f"referred to by {growth.place(edge)}" for edge in edges]
        self._insert(node, edges, statement, reasons, manner="walk", up=not down)
        growth.settle(edges)

    def _insert(
        self,
        node: int,
        ways: Sequence[Edge],
        statement: sql.Composed,
        reasons: Iterable[str],
        values: Sequence[str] = (),
        *,
        manner: Manner = "scan",
        up: bool = False,
    ) -> int:
        self.call.check()
        rows = RawCursor(self.connection).execute(statement, list(values) or None).rowcount
        self._arrived(node, ways, rows, reasons, manner=manner, up=up)
        return rows

    def _ask(self, statement: sql.Composed) -> TupleRow:
        self.call.check()
        row = self.connection.execute(statement).fetchone()
        assert row is not None
        return row

    def _arrived(
        self, node: int, ways: Sequence[Edge], rows: int, reasons: Iterable[str], *, manner: Manner, up: bool
    ) -> None:
        """Books rows that came. Some may have been there, and only become later than was known: they count once."""
        if rows > 0:
            if self.keys[node].upgrades and not up:
                rows = self._count(self.keys[node]) - self.growth.held[node]
            self.growth.arrived(node, ways, rows, reasons, manner=manner, up=up)
            told = f"{self.relations.key(node)}: {self.growth.held[node]:,} rows in the segment"
            self.call.progress(self.growth.total, None, told)

    def _drop_ways(self) -> None:
        """Forgets rows that were only a way to others: outside of the dates, or of tables that are not asked for."""
        for node, keys in self.keys.items():
            if not self.growth.held[node] or (keys.plan.written and not keys.plan.may_pass):
                continue
            gone = self.connection.execute(dropped(keys)).rowcount
            self.growth.thinned(node, self._count(keys), gone=gone > 0)

    def _count(self, keys: KeyTable) -> int:
        (rows,) = self._ask(sql.SQL("SELECT count(*) FROM {}").format(keys.name))
        return rows

    def _find_dangling(self) -> None:
        for node, keys in self.keys.items():
            for edge in keys.plan.up:
                child = self.keys[self.relations.node(edge.child)]
                held = self.growth.held[self.relations.node(edge.child)]
                if not held or (edge.sound and edge not in self._suspect):
                    continue
                (rows,) = self._ask(requiring.dangling(self.relations, edge, child, keys))
                if rows:
                    self.dangling.append(Dangling(self.relations.key(node), self.growth.place(edge), rows))
