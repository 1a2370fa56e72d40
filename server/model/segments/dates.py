"""Where dates apply in a segment: which column is the date of a table, and which rows outside of it are still a way."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from server.errors import Refused
from server.model.amounts import MANY, some_of
from server.model.names import quoted
from server.model.segments.filters import DATE_TYPES, Segment, choose_date_column, doubtful_date, parse_moment
from server.model.segments.nodes import DateTest, NodePlan
from server.model.segments.relations import Relation, RelationColumn, RelationMap
from server.model.segments.seeds import Seed


def set_dates(relations: RelationMap, segment: Segment, nodes: Mapping[int, NodePlan], walked: list[int]) -> None:
    """Decides the date of every table that is filtered or followed down to. Refused: dates that cannot be meant."""
    since, until = parse_moment("since", segment.since), parse_moment("until", segment.until)
    named = {relations.node(relations.find(table).oid): column for table, column in segment.date_columns.items()}
    if since is None and until is None:
        if named:
            raise Refused("bad_date", "date_columns says nothing without since or until.", next="Give since or until.")
        return
    if since and until and since >= until:
        raise Refused("bad_date", "since is not before until.", next="Swap them; until itself is not included.")
    for oid in walked:
        plan = nodes[oid]
        column = _date_column(plan.relation, named, oid)
        if column:
            plan.date = DateTest(column, since, until, oid in named)
    _spread_passing(relations, nodes, walked)


def undated(
    relations: RelationMap,
    segment: Segment,
    seeds: Sequence[Seed],
    nodes: Mapping[int, NodePlan],
    walked: Iterable[int],
) -> Iterable[str]:
    """What to say of tables whose rows no date narrows although dates are given: those with a date that may be NULL,
    and filtered ones.
    """
    if not (segment.since or segment.until):
        return
    named = {relations.node(relations.find(table).oid) for table in segment.date_columns}
    roots = dict.fromkeys(relations.node(seed.relation) for seed in seeds if not seed.pinned)
    pinned = {relations.node(seed.relation) for seed in seeds} - roots.keys()
    loose = [oid for oid in walked if not nodes[oid].date and oid not in named]
    written = [nodes[oid].relation for oid in loose if nodes[oid].written and oid not in pinned]
    doubtful = {relation.key: date.name for relation in written if (date := doubtful_date(relation.columns.values()))}
    if doubtful:
        chosen = json.dumps(dict(islice(doubtful.items(), MANY)), ensure_ascii=False)
        yield (
            f"Dates do not apply by {some_of([f'{key}.{quoted(name)}' for key, name in doubtful.items()])}: it may be "
            f"NULL. To leave out rows outside of since and until, and those without one: date_columns = {chosen}."
        )
    for oid in roots:
        key = relations.key(oid)
        if oid in loose and key not in doubtful:
            yield (
                f"{key} has no column that is its date by its name: since and until do not narrow it. To name one: "
                f'date_columns = {{"{key}": "…"}}; null says that it is meant so.'
            )


def _date_column(relation: Relation, named: Mapping[int, str | None], oid: int) -> RelationColumn | None:
    if oid not in named:
        return choose_date_column(list(relation.columns.values()))
    name = named[oid]
    if not name:
        return None
    column = relation.column(name)
    if column.base not in DATE_TYPES:
        raise Refused(
            "bad_date",
            f"{relation.key}.{name} is {column.type}, not a date or timestamp.",
            next="Name a date or timestamp column in date_columns, or null to apply no dates to the table.",
        )
    return column


def _spread_passing(relations: RelationMap, nodes: Mapping[int, NodePlan], walked: list[int]) -> None:
    """Which tables may hold rows that are only a way to others: dated ones whose dates the caller did not name and that
    lead on; and undated ones below those, unless they are the end of one way only, to one row. Between the other dated
    ones and those, undated ones take part too: what they are within the dates counts below.
    """
    dated = [oid for oid in walked if nodes[oid].date and nodes[oid].leads_on]
    loose = [oid for oid in dated if not _is_named(nodes[oid])]
    passing = {*loose, *(oid for oid in _undated_below(relations, nodes, loose) if _takes_several(nodes[oid]))}
    late = set(_undated_below(relations, nodes, dated))
    for oid in (queue := [oid for oid in passing if not nodes[oid].date]):
        above = {relations.node(edge.parent) for edge in nodes[oid].down} & late - passing
        passing |= above
        queue += above
    for oid in passing:
        nodes[oid].may_pass = True


def _is_named(plan: NodePlan) -> bool:
    return plan.date is not None and plan.date.named


def _takes_several(plan: NodePlan) -> bool:
    """Whether rows lead on, or several rows, of which each has its own date, may lead to one."""
    return plan.leads_on or len(plan.down) > 1 or any(edge.several or edge.period for edge in plan.down)


def _undated_below(relations: RelationMap, nodes: Mapping[int, NodePlan], tables: Iterable[int]) -> dict[int, None]:
    """The tables without a date of their own that others lead down to, through no dated one."""
    found: dict[int, None] = {}
    for oid in (queue := list(tables)):
        for edge in relations.below.get(oid, ()):
            child = nodes.get(relations.node(edge.child))
            if child and edge in child.down and not child.date and child.relation.oid not in found:
                found[child.relation.oid] = None
                queue.append(child.relation.oid)
    return found
