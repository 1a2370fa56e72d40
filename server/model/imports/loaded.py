"""Which tables an import loads, where a partition may be loaded by itself or with the table that it belongs to."""

from collections.abc import Iterable

from server.model.schema import Identity, Schema


class Loaded:
    """The tables that are loaded, in their order."""

    def __init__(self, tables: Iterable[Identity], target: Schema) -> None:
        self._place = {table: number for number, table in enumerate(tables)}
        self._target = target
        self._within: dict[Identity, list[Identity]] = {}
        for table in self._place:
            for upper in target.upward(table):
                self._within.setdefault(upper, []).append(table)

    def places(self, tables: Iterable[Identity]) -> list[int]:
        """Where loaded tables stand in the order."""
        return [self._place[table] for table in tables]

    def holds(self, table: Identity) -> bool:
        """Whether a table is loaded as a whole: it, or what it is a partition of."""
        return any(upper in self._place for upper in self._target.upward(table))

    def within(self, table: Identity) -> list[Identity]:
        """What is loaded of a table by a name of its own: itself, or partitions of it."""
        return self._within.get(table, [])

    def bringing(self, table: Identity) -> list[Identity]:
        """The loaded tables that may have rows of a table: it or partitions of it, else what it is a partition of."""
        return self.within(table) or [upper for upper in self._target.upward(table) if upper in self._place]

    def left(self, table: Identity) -> list[Identity]:
        """What is not loaded of a table: nothing, the table, or those of its partitions."""
        if self.holds(table):
            return []
        if not self.within(table):
            return [table]
        partitions = self._target.children[table.schema, table.name]
        return [left for partition in partitions for left in self.left(partition)]
