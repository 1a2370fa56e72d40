"""How a segment is grown: which tables are filtered, which are followed down and in which order, which columns each key
table needs, and where dates apply. Decided from the schema and the arguments alone, before a row is read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from server.errors import Refused
from server.model.conditions import columns_of
from server.model.patterns import choose, matcher
from server.model.segments.dates import set_dates, undated
from server.model.segments.filters import Segment
from server.model.segments.nodes import NodePlan, SegmentPlan, sample_key
from server.model.segments.relations import Edge, RelationMap, components, load_order
from server.model.segments.seeds import find_seeds

MOST = 2**62
"""Rows that PostgreSQL's LIMIT can still count."""


def plan_segment(relations: RelationMap, segment: Segment, excluded: Sequence[str] = ()) -> SegmentPlan:
    """The plan of a segment. Refused: unknown tables, columns, paths; values and dates whose shape does not fit;
    filters on tables that the settings keep out, but for those that are only a way to the `tables` asked for.

    `excluded`: patterns of tables that are never followed down to (required rows of them come all the same).
    """
    seeds = tuple(seed for entry in segment.filters for seed in find_seeds(relations, entry))
    written = _written(relations, segment.tables or None, excluded)
    roots = list(dict.fromkeys(relations.node(seed.relation) for seed in seeds))
    if not segment.tables:
        _refuse_left_out(relations, [oid for oid in roots if oid not in written])
    down_edges = _down_edges(relations, roots, written) if segment.follow == "children" else []
    walked = dict.fromkeys([*roots, *(relations.node(edge.child) for edge in down_edges)])
    up_edges = _up_edges(relations, walked)
    nodes = _nodes(relations, walked, written, down_edges, up_edges)
    _refuse_foreign(relations, nodes)
    set_dates(relations, segment, nodes, list(walked))
    _set_limits(relations, segment, nodes, list(walked))
    upward = _circled(relations, nodes, up_edges)
    for node in nodes.values():
        _set_sought(relations, node)
    downward = tuple(map(tuple, components(walked, _graph(relations, down_edges))))
    for part in downward:
        _set_copies(relations, nodes, part)
    return SegmentPlan(
        relations,
        nodes,
        seeds,
        downward,
        upward,
        tuple(load_order(relations, nodes)),
        (*undated(relations, segment, seeds, nodes, walked), *_unreached(relations, segment, walked)),
    )


def _nodes(
    relations: RelationMap,
    walked: Collection[int],
    written: Collection[int],
    down_edges: Iterable[Edge],
    up_edges: Sequence[Edge],
) -> dict[int, NodePlan]:
    """The tables of a segment, those that are walked down first, with the edges at each and what these ask of it."""
    oids = dict.fromkeys([*walked, *(relations.node(edge.parent) for edge in up_edges)])
    nodes = {oid: NodePlan(relations.relations[oid]) for oid in oids}
    for oid, node in nodes.items():
        node.written = oid in walked and oid in written
    for edge in down_edges:
        nodes[relations.node(edge.child)].down.append(edge)
        nodes[relations.node(edge.parent)].leads_on = True
        nodes[relations.node(edge.parent)].keys.update(dict.fromkeys(edge.targets))
    for edge in up_edges:
        child, parent = nodes[relations.node(edge.child)], nodes[relations.node(edge.parent)]
        parent.up.append(edge)
        child.keys.update(dict.fromkeys(edge.columns))
        parent.keys.update(dict.fromkeys(edge.targets))
        if edge.when:
            child.tests.append(edge)
    return nodes


def _circled(
    relations: RelationMap, nodes: Mapping[int, NodePlan], up_edges: Iterable[Edge]
) -> tuple[tuple[int, ...], ...]:
    """The tables in the order of the way up, each circle of references together; and marks those that stand in one."""
    graph = _graph(relations, up_edges)
    parts = components(nodes, graph)
    for part in parts:
        for oid in part:
            nodes[oid].cyclic = len(part) > 1 or oid in graph.get(oid, ())
    return tuple(map(tuple, reversed(parts)))


def _set_copies(relations: RelationMap, nodes: Mapping[int, NodePlan], part: tuple[int, ...]) -> None:
    """Which tables of a cycle are copied: those to which a way of the cycle itself leads down without an index. A
    sample beside dates is asked for over all ways together, and more than once: there all of them count.
    """
    for oid in part:
        node = nodes[oid]
        whole = node.limit is not None and node.may_pass
        node.circling = [edge for edge in node.down if whole or relations.node(edge.parent) in part]
        if all(edge.indexed for edge in node.circling):
            continue
        needed = [*node.keys, *(name for edge in node.down for name in edge.columns), *sample_key(node.relation)]
        needed += [name for edge in (*node.down, *node.tests) if edge.when for name in columns_of(edge.when)]
        node.copied.update(dict.fromkeys([*needed, *([node.date.column.name] if node.date else [])]))


def _set_sought(relations: RelationMap, node: NodePlan) -> None:
    """Which ways up read a table as a whole: virtual references to columns that begin no index. It is copied where
    several do, or one does in rounds.
    """
    blind = [edge for edge in node.up if edge.virtual and not _leads(relations, edge)]
    if blind and (node.cyclic or len({(edge.parent, edge.targets, edge.as_text) for edge in blind}) > 1):
        node.sought = blind
        needed = [*node.keys, *(name for edge in blind for name in edge.targets)]
        needed += [name for edge in node.tests if edge.when for name in columns_of(edge.when)]
        node.sought_by.update(dict.fromkeys(needed))


def _leads(relations: RelationMap, edge: Edge) -> bool:
    """Whether an index helps to find what an edge refers to."""
    return edge.alike and not relations.relations[edge.parent].leading.isdisjoint(edge.targets)


def _written(relations: RelationMap, patterns: list[str] | None, excluded: Sequence[str]) -> set[int]:
    """The tables whose rows are part of the segment when they are followed down to."""
    by_name = {(node.schema, node.name): node.oid for node in relations.nodes}
    left_out = matcher(excluded)
    return {by_name[name] for name in choose(patterns, by_name, others=relations.others) if not left_out(name)}


def _refuse_left_out(relations: RelationMap, filtered: Sequence[int]) -> None:
    if filtered:
        raise Refused(
            "table_excluded",
            f"The settings keep {relations.relations[filtered[0]].key} out of every export (exports.exclude_tables).",
            next="Filter another table; only a person should change the setting.",
        )


def _down_edges(relations: RelationMap, roots: list[int], written: set[int]) -> list[Edge]:
    """The edges that lead from the filtered tables down to written ones, on every way there is."""
    useful = set(written)
    waiting = list(useful)
    while waiting:
        for edge in relations.above.get(waiting.pop(), ()):
            parent = relations.node(edge.parent)
            if parent not in useful:
                useful.add(parent)
                waiting.append(parent)
    found: list[Edge] = []
    reached = dict.fromkeys(roots)
    for node in (queue := list(roots)):
        for edge in relations.below.get(node, ()):
            child = relations.node(edge.child)
            if child in useful:
                found.append(edge)
                if child not in reached:
                    reached[child] = None
                    queue.append(child)
    return found


def _up_edges(relations: RelationMap, nodes: Iterable[int]) -> list[Edge]:
    """Every edge from these tables up, and on up."""
    found: list[Edge] = []
    reached = set(queue := list(nodes))
    for node in queue:
        for edge in relations.above.get(node, ()):
            found.append(edge)
            parent = relations.node(edge.parent)
            if parent not in reached:
                reached.add(parent)
                queue.append(parent)
    return found


def _graph(relations: RelationMap, edges: Iterable[Edge]) -> dict[int, set[int]]:
    graph: dict[int, set[int]] = {}
    for edge in edges:
        graph.setdefault(relations.node(edge.parent), set()).add(relations.node(edge.child))
    return graph


def _refuse_foreign(relations: RelationMap, nodes: Iterable[int]) -> None:
    for oid in nodes:
        relation = relations.relations[oid]
        if any(relations.relations[leaf].kind == "f" for leaf in relation.leaves if leaf in relations.relations):
            raise Refused(
                "foreign_partitions",
                f"{relation.key} has partitions on another server, whose rows have no stable place.",
                next="Leave the table out with `tables`, or export it from the server where it lies.",
            )


def _unreached(relations: RelationMap, segment: Segment, walked: Iterable[int]) -> Iterable[str]:
    """What to say of tables that an argument names although no row is filtered there or followed down to."""
    limits = segment.limit_per_table if isinstance(segment.limit_per_table, dict) else {}
    for argument, named in (("date_columns", segment.date_columns), ("limit_per_table", limits)):
        for table in named:
            if relations.node(relations.find(table).oid) not in walked:
                yield f"{argument} names {table}, which no filter chooses and nothing leads down to: it says nothing."


def _set_limits(relations: RelationMap, segment: Segment, nodes: Mapping[int, NodePlan], walked: list[int]) -> None:
    """How many rows of each table may be written: a table that is only a way to others has no limit unless named."""
    limits = segment.limit_per_table
    if limits is None:
        return
    written = [oid for oid in walked if nodes[oid].written]
    wanted = dict.fromkeys(written, limits) if isinstance(limits, int) else _by_table(relations, limits)
    for oid, limit in wanted.items():
        if limit < 0:
            raise Refused("bad_limit", "limit_per_table is negative.", next="Give a number of rows, 0 or more.")
        if oid in nodes:
            nodes[oid].limit = min(limit, MOST)


def _by_table(relations: RelationMap, limits: Mapping[str, int]) -> dict[int, int]:
    return {relations.node(relations.find(table).oid): limit for table, limit in limits.items()}
