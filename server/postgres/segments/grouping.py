"""Which ways into a table are asked in one statement."""

from collections.abc import Sequence

from server.model.segments.relations import RelationMap
from server.postgres.segments.growth import Growth
from server.postgres.segments.key_tables import KeyTable, Way


def groups_down(growth: Growth, into: KeyTable, ways: Sequence[Way]) -> list[list[Way]]:
    """Ways to rows that refer to newer ones: of one relation, table or partition, each. But all at once where a sample
    is taken, and where a partition would be read for its own keys and once more for those of its table; where there is
    a narrow copy, those into the cycle before those within it.
    """
    if into.copy:
        circling = [way for way in ways if way.edge in into.plan.circling]
        entering = [way for way in ways if way not in circling]
        return [some for some in (entering, circling) if some]
    by_child: dict[int, list[Way]] = {}
    for way in ways:
        by_child.setdefault(way.edge.child, []).append(way)
    whole = into.plan.relation.oid in by_child and not all(way.edge.indexed for way in ways)
    groups = [list(ways)] if whole or (ways and into.plan.limit is not None) else by_child.values()
    return [some for group in groups for some in _together(growth, into, group)]


def _together(growth: Growth, into: KeyTable, ways: list[Way]) -> list[list[Way]]:
    """All, where the table is read as a whole or a sample is taken; those whose keys go to an index as a list, for the
    indexes can be combined; every other on its own, by its index.
    """
    if into.plan.limit is not None or not all(way.edge.indexed for way in ways):
        return [ways]
    listed = [way for way in ways if growth.lists_down(way)]
    return ([listed] if listed else []) + [[way] for way in ways if way not in listed]


def groups_up(relations: RelationMap, ways: Sequence[Way]) -> list[list[Way]]:
    """Ways to rows that newer ones refer to: those of the same parent, targets, comparison and types."""
    found: dict[object, list[Way]] = {}
    for way in ways:
        edge = way.edge
        columns = relations.relations[edge.child].columns
        types = tuple(columns[name].base for name in edge.columns)
        kind = edge.parent, edge.targets, edge.operators, edge.as_text, edge.period, types
        found.setdefault(kind, []).append(way)
    return list(found.values())


def apart(into: KeyTable) -> tuple[bool | None, ...]:
    """Whether rows outside of the dates come in statements of their own: they are no part of a sample. They come first,
    so that a row that turns out to be outside gives its place to the next.
    """
    return (True, False) if into.plan.limit is not None and into.plan.may_pass else (None,)
