"""Where dates apply in a segment: which column is the date of a table, and which rows outside of it are still a way."""

from collections.abc import Iterable, Mapping

from server.errors import Refused
from server.model.relations import Relation, RelationColumn, RelationMap
from server.model.segment import DATE_TYPES, Segment, choose_date_column, parse_moment
from server.model.segment_nodes import DateTest, NodePlan
from server.model.segment_seeds import Seed


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
    relations: RelationMap, segment: Segment, seeds: Iterable[Seed], nodes: Mapping[int, NodePlan]
) -> Iterable[str]:
    """What to say of filtered tables whose rows no date narrows although dates are given."""
    named = {relations.node(relations.find(table).oid) for table in segment.date_columns}
    roots = dict.fromkeys(relations.node(seed.relation) for seed in seeds if not seed.pinned)
    for oid in roots if segment.since or segment.until else ():
        if not nodes[oid].date and oid not in named:
            key = relations.key(oid)
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
    lead on; and undated ones below those, unless they are the end of one way only.
    """
    queue = [oid for oid in walked if (date := nodes[oid].date) and not date.named and nodes[oid].leads_on]
    while queue:
        oid = queue.pop()
        if nodes[oid].may_pass:
            continue
        nodes[oid].may_pass = True
        for edge in relations.below.get(oid, ()):
            child = nodes.get(relations.node(edge.child))
            if child and edge in child.down and not child.date and (child.leads_on or len(child.down) > 1):
                queue.append(child.relation.oid)
