"""Grows a segment to its closure, set by set, in temporary key tables inside the snapshot's transaction.

Down first: from the filtered rows over every foreign key to the rows that belong to them. Then up: from all of those to
everything that they refer to, and never down again. Tables are taken in the order of their references, so that each is
visited once; only cycles take rounds, each over the newest rows alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

import psycopg
from psycopg import errors, sql
from psycopg.raw_cursor import RawCursor

from server.calls import Call
from server.errors import Refused
from server.model.relations import Edge
from server.model.segment_plan import Bound, Seed, SegmentPlan
from server.postgres import key_tables
from server.postgres.databases import Connection
from server.postgres.key_tables import UNDATED, WITHIN, KeyTable, Way

FEW = 1000
"""Keys that are handed to an index as one list, so that rows reached on several ways are looked at once."""


@dataclass
class Grown:
    """What became of one table: rows that a filter or the way down brought, rows that references brought, and why."""

    matched: int = 0
    required: int = 0
    reasons: dict[str, None] = field(default_factory=dict[str, None])

    @property
    def rows(self) -> int:
        return self.matched + self.required


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
        self.max_rows = max_rows
        self.relations = plan.relations
        self.keys = {oid: KeyTable(number, node) for number, (oid, node) in enumerate(plan.nodes.items())}
        self.grown = {oid: Grown() for oid in plan.nodes}
        self.dangling: list[Dangling] = []
        self.notes: list[str] = []
        self._newest = dict.fromkeys(plan.nodes, -1)
        self._held = dict.fromkeys(plan.nodes, 0)
        self._analyzed = dict.fromkeys(plan.nodes, 0)
        self._seen: dict[Edge, int] = {}
        self._arrivals: dict[int, list[tuple[Edge | None, int]]] = {oid: [] for oid in plan.nodes}
        self._thinned: set[int] = set()
        self._generation = -1

    def create(self) -> None:
        """Makes the key tables, and keeps the tables of the segment from being rewritten while places count."""
        self._set(work_mem="64MB", temp_buffers="64MB", random_page_cost="1.1")
        tables = sql.SQL(", ").join([key_tables.table(keys.plan.relation) for keys in self.keys.values()])
        self.connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(tables))
        for keys in self.keys.values():
            for statement in keys.create():
                self.connection.execute(statement)

    def grow(self) -> None:
        """From the filters down, then up. Afterwards `grown` says what is in, `dangling` what cannot be."""
        for seed in self.plan.seeds:
            self._plant(seed)
        for part in self.plan.down:
            self._rounds(part, self._pull_down)
        self._drop_ways()
        self._seen.clear()
        for part in self.plan.up:
            self._rounds(part, self._pull_up)
        self._find_dangling()
        self._set(random_page_cost="0.05")  # rows are then read by place, in the order in which they lie

    def _set(self, **settings: str) -> None:
        for name, value in settings.items():
            self.connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])

    def origins(self, node: int) -> list[tuple[sql.Composed, sql.Composed]]:
        """FROM and ORDER BY (alias t) of the rows of a table in the segment: one pair for each partition."""
        relation = self.relations.relations[node]
        leaves = relation.leaves or (node,)
        return [key_tables.origin(self.keys[node], self.relations.relations[leaf]) for leaf in leaves]

    def _plant(self, seed: Seed) -> None:
        node = self.relations.node(seed.relation)
        keys, relation = self.keys[node], self.relations.relations[seed.relation]
        for bound in seed.conditions:
            self._try(seed, bound)
        numbers = count(1)
        tests: list[sql.Composable] = [
            key_tables.filter_test(self.relations, bound, numbers) for bound in seed.conditions
        ]
        values = [value for bound in seed.conditions for value in bound.values]
        date = keys.plan.date
        dated = date is not None and not seed.pinned
        if date and dated:
            tests.append(key_tables.date_test(sql.Identifier("t"), date))
        if (room := self._room(node)) > 0:
            standing = WITHIN if dated else UNDATED
            fresh = not self._held[node]
            statement = key_tables.matched(
                keys, relation, tests, standing=standing, room=room, generation=self._next(), fresh=fresh
            )
            self._insert(node, None, statement, values, "filter")
        if dated and tests[:-1] and not self._held[node]:
            self._explain_emptiness(seed, tests[:-1], values)

    def _try(self, seed: Seed, bound: Bound) -> None:
        """Lets PostgreSQL read the values as the column's type before anything else depends on it."""
        relation = self.relations.relations[seed.relation]
        test = key_tables.filter_test(self.relations, bound, count(1))
        statement = sql.SQL("SELECT FROM {} AS t WHERE {} LIMIT 0").format(key_tables.table(relation), test)
        try:
            RawCursor(self.connection).execute(statement, list(bound.values) or None)
        except psycopg.DataError:
            raise Refused(
                "bad_value",
                f"A value of the filter {bound.shown} {bound.op} does not fit the column's type, {bound.column.type}.",
                next="Write the value as PostgreSQL reads that type.",
            ) from None
        except (errors.UndefinedFunction, errors.AmbiguousFunction, errors.DatatypeMismatch):
            raise Refused(
                "bad_filter",
                f"{bound.shown}: {bound.op} does not work on {bound.column.type}.",
                next="Use another op, or another column.",
            ) from None

    def _explain_emptiness(self, seed: Seed, tests: list[sql.Composable], values: list[str]) -> None:
        relation = self.relations.relations[seed.relation]
        date = self.plan.nodes[self.relations.node(seed.relation)].date
        statement = sql.SQL("SELECT FROM {} AS t WHERE {} LIMIT 1").format(
            key_tables.table(relation), key_tables.every(tests)
        )
        if date and RawCursor(self.connection).execute(statement, values or None).rowcount:
            self.notes.append(
                f"{relation.key}: rows meet the filter, but none with {date.column.name} within the dates. "
                f'To follow them whatever their date: date_columns = {{"{relation.key}": null}}.'
            )

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
        ways = self._ways(into.plan.down, lambda edge: edge.parent)
        by_child: dict[int, list[Way]] = {}
        for way in ways:
            by_child.setdefault(way.edge.child, []).append(way)
        for group in by_child.values():
            for some in self._together(into, group):
                if (room := self._room(node)) > 0:
                    few = len(some) > 1 and self._are_few(some)
                    statement = key_tables.below(
                        self.relations,
                        into,
                        some,
                        generation=self._next(),
                        room=room,
                        few=few,
                        fresh=not self._held[node],
                    )
                    self._insert(node, some[0].edge, statement, (), *(self._below(way.edge) for way in some))
                    if len(some) > 1:
                        self._arrivals[node].append((None, 0))
        return bool(ways)

    def _together(self, into: KeyTable, ways: list[Way]) -> list[list[Way]]:
        """Which ways are asked in one statement: all, where the table is read as a whole or a sample is taken; those
        with few keys, whose indexes can be combined; every other on its own, by its index.
        """
        if into.plan.limit is not None or not all(way.edge.indexed for way in ways):
            return [ways]
        few = [way for way in ways if self._are_few([way])]
        return ([few] if few else []) + [[way] for way in ways if way not in few]

    def _are_few(self, ways: list[Way]) -> bool:
        return all(
            way.edge.indexed
            and len(way.edge.columns) == 1
            and not (way.edge.when or way.edge.as_text or way.edge.period or way.keys.plan.date)
            and not way.keys.plan.may_pass
            and self._held[way.keys.plan.relation.oid] <= FEW
            for way in ways
        )

    def _pull_up(self, node: int) -> bool:
        """The rows that what is new in the tables below refers to. True where anything was asked."""
        into = self.keys[node]
        ways = self._ways(into.plan.up, lambda edge: edge.child)
        asked: dict[object, list[Way]] = {}
        for way in ways:
            if way.seen >= 0 or not self._came_from_there(way.edge, node):
                asked.setdefault(self._kind(way.edge), []).append(way)
        for group in asked.values():
            statement = key_tables.required(
                self.relations, into, group, generation=self._next(), room=self.max_rows + 1
            )
            reasons = [f"referred to by {self._place(way.edge)}" for way in group]
            self._insert(node, group[0].edge, statement, (), *reasons, up=True)
        return bool(ways)

    def _ways(self, edges: Iterable[Edge], end: Callable[[Edge], int]) -> list[Way]:
        """The edges at whose other end something is new, each with the generation that it has seen."""
        found: list[Way] = []
        now = self._generation
        for edge in edges:
            other = self.relations.node(end(edge))
            seen = self._seen.get(edge, -1)
            if self._newest[other] > seen:
                found.append(Way(edge, self.keys[other], seen))
                self._seen[edge] = now
        return found

    def _came_from_there(self, edge: Edge, node: int) -> bool:
        """Whether every row of the edge's child came down over this very edge, from rows that are still there."""
        arrivals = self._arrivals[self.relations.node(edge.child)]
        return node not in self._thinned and all(way is edge for way, _ in arrivals)

    def _kind(self, edge: Edge) -> object:
        """Edges of one kind can be asked together: same parent, targets, comparison and types."""
        columns = self.relations.relations[edge.child].columns
        types = tuple(columns[name].base for name in edge.columns)
        return edge.parent, edge.targets, edge.operators, edge.as_text, edge.period, types

    def _insert(
        self,
        node: int,
        way: Edge | None,
        statement: sql.Composed,
        values: Iterable[str],
        *reasons: str,
        up: bool = False,
    ) -> None:
        self.call.check()
        rows = RawCursor(self.connection).execute(statement, list(values) or None).rowcount
        if rows <= 0:
            return
        self._newest[node] = self._generation
        self._held[node] += rows
        self._arrivals[node].append((way, rows))
        grown = self.grown[node]
        grown.reasons.update(dict.fromkeys(reasons))
        if up:
            grown.required += rows
        else:
            grown.matched += rows
        total = sum(self._held.values())
        self.call.progress(total, None, f"{self.relations.key(node)}: {self._held[node]:,} rows in the segment")
        if total > self.max_rows:
            raise self._too_large(node, up=up)
        if self._held[node] > 2 * self._analyzed[node] and self.keys[node].columns:
            self._analyzed[node] = self._held[node]
            self.connection.execute(sql.SQL("ANALYZE {}").format(self.keys[node].name))

    def _next(self) -> int:
        self._generation += 1
        return self._generation

    def _room(self, node: int) -> int:
        """How many rows a statement may bring: one more than allowed in all, so that the guard sees it."""
        limit = self.plan.nodes[node].limit
        return self.max_rows + 1 if limit is None else limit - self._held[node]

    def _drop_ways(self) -> None:
        """Forgets rows that were only a way to others: outside of the dates, or of tables that are not asked for."""
        for node, keys in self.keys.items():
            if not self._held[node] or (keys.plan.written and not keys.plan.may_pass):
                continue
            gone = self.connection.execute(key_tables.dropped(keys)).rowcount
            row = self.connection.execute(sql.SQL("SELECT count(*) FROM {}").format(keys.name)).fetchone()
            self._held[node] = self.grown[node].matched = row[0] if row else 0
            if gone:
                self._thinned.add(node)
            if not self._held[node]:
                self._newest[node] = -1
                self._arrivals[node].clear()
                self.grown[node].reasons.clear()

    def _find_dangling(self) -> None:
        for node, keys in self.keys.items():
            for edge in keys.plan.up:
                child = self.keys[self.relations.node(edge.child)]
                if edge.sound or not self._held[self.relations.node(edge.child)]:
                    continue
                row = self.connection.execute(key_tables.dangling(self.relations, edge, child, keys)).fetchone()
                if row and row[0]:
                    self.dangling.append(Dangling(self.relations.key(node), self._place(edge), row[0]))

    def _too_large(self, node: int, *, up: bool) -> Refused:
        path = [self.relations.key(node)]
        current, seen = node, {node}
        while True:
            way = max(self._arrivals[current], key=lambda arrival: arrival[1])[0]
            if way is None:
                break
            current = self.relations.node(way.parent if way.child in self._relations_of(current) else way.child)
            if current in seen:
                break
            seen.add(current)
            path.append(self.relations.key(current))
        counts = {self.relations.key(oid): held for oid, held in self._held.items() if held}
        return Refused(
            "segment_too_large",
            f"The segment exceeds {self.max_rows:,} rows (exports.max_rows): "
            f"{' → '.join(reversed(path))} brought {self._held[node]:,} rows{' by references' if up else ''}.",
            next="Narrow the filters or dates, name fewer `tables`, set limit_per_table, or follow = none.",
            details={"rows_so_far": dict(sorted(counts.items(), key=lambda item: -item[1])[:10])},
        )

    def _relations_of(self, node: int) -> set[int]:
        return {oid for oid, relation in self.relations.relations.items() if relation.root == node}

    def _below(self, edge: Edge) -> str:
        return f"below {self.relations.key(self.relations.node(edge.parent))} ({', '.join(edge.columns)})"

    def _place(self, edge: Edge) -> str:
        return f"{self.relations.key(self.relations.node(edge.child))} ({', '.join(edge.columns)})"
