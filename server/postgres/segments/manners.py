"""Decides in which manner the rows at the other end of some ways are found, and readies the planner for it."""

from collections.abc import Iterable

from psycopg import sql

from server.postgres.databases import Connection
from server.postgres.segments.growing import Manner
from server.postgres.segments.growth import Growth
from server.postgres.segments.key_tables import KeyTable, NarrowCopy, Way

WORTH_KNOWING = 1000
"""Rows of a key table from which on the planner is told about them."""


class Manners:
    """The manners of one closing: what it has copied and what the planner knows so far, on its connection."""

    def __init__(self, connection: Connection, growth: Growth) -> None:
        self.connection = connection
        self.growth = growth
        self._analyzed: dict[int, int] = {}
        self._copied: set[KeyTable] = set()
        self._sought: set[KeyTable] = set()
        self._by_pages = False

    def begin(self) -> None:
        """What holds while the segment grows."""
        self._set(work_mem="64MB", temp_buffers="64MB", random_page_cost="1.1", default_statistics_target="10")

    def end(self) -> None:
        """Rows are read by place from here on, as they lie."""
        self._set(random_page_cost="0.05", enable_indexscan="on")

    def down(self, into: KeyTable, ways: list[Way]) -> Manner:
        """For rows that refer to newer ones over some ways; fills the narrow copy where it is due by itself."""
        circling = any(way.edge in into.plan.circling for way in ways)
        if into.copy and into not in self._copied:
            if not circling:
                return "fill"
            self.connection.execute(into.copy.fill())
            self.filled(into)
        if into.copy and circling:
            return "copy"
        if all(map(self.growth.lists_down, ways)):
            return "list"
        if len(ways) == 1 and self.growth.walks_down(ways[0]):
            return "walk"
        self.growth.read(into.plan.relation.oid)
        return "scan"

    def up(self, into: KeyTable, ways: list[Way]) -> Manner:
        """For rows that newer ones refer to over some ways that end alike; fills the narrow copy where it is due."""
        if into.sought and ways[0].edge in into.plan.sought:
            if into not in self._sought:
                self._sought.add(into)
                self.connection.execute(into.sought.fill())
                self._tell(into.sought)
            return "copy"
        if self.growth.lists_up(ways[0].edge):
            return "list"
        if self.growth.walks_up(ways):
            return "walk"
        self.growth.read(into.plan.relation.oid)
        return "scan"

    def ready(self, manner: Manner, used: Iterable[KeyTable]) -> None:
        """Readies the planner for a statement: lists go to bitmaps of places, not to each place by itself; for all else
        it has to know the key tables that are used.
        """
        if self._by_pages != (manner == "list"):
            self._by_pages = not self._by_pages
            self._set(enable_indexscan="off" if self._by_pages else "on")
        for keys in used if manner != "list" else ():
            node = keys.plan.relation.oid
            held = self.growth.held[node]
            if held > max(2 * self._analyzed.get(node, 0), WORTH_KNOWING) and keys.plan.keys:
                self._analyzed[node] = held
                self.connection.execute(keys.analyze())

    def filled(self, into: KeyTable) -> None:
        """Books that a narrow copy is filled, once for all."""
        assert into.copy is not None
        self._copied.add(into)
        self._tell(into.copy)

    def _tell(self, copy: NarrowCopy) -> None:
        self.connection.execute(sql.SQL("ANALYZE {}").format(copy.name))

    def _set(self, **settings: str) -> None:
        self.connection.execute(
            "SELECT pg_catalog.set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS s(name, value)",
            [list(settings), list(settings.values())],
        )
