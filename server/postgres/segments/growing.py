"""The statements that bring rows which filters match, and rows that refer to those, into the key tables."""

from collections.abc import Sequence
from typing import Literal

from psycopg import sql

from server.model.segments.nodes import sample_key
from server.model.segments.relations import Relation, RelationMap
from server.postgres.segments.key_tables import KeyTable, Way
from server.postgres.segments.row_tests import (
    AFTER,
    ASKED,
    BEFORE,
    INSIDE,
    OUTSIDE,
    TRUE,
    UNDATED,
    WITHIN,
    any_of,
    collated,
    condition,
    date_standing,
    date_test,
    every,
    pairs,
    table,
)
from server.postgres.segments.way_parts import in_relation, newer_rows, not_yet, of_relation, one_of

UPGRADE = sql.SQL(
    "ON CONFLICT (row_at, row_table) DO UPDATE SET standing = excluded.standing, generation = excluded.generation"
    " WHERE excluded.standing > own.standing"
)
"""A row that refers to a later row than was known is later too, and leads on anew."""

Manner = Literal["scan", "list", "walk", "copy", "fill"]
"""How rows at the other end of some ways are found. `scan`: PostgreSQL decides. `list`: all keys of a way go to its
index as one list, the places found on all ways are put together, and each page is read once, in the table's order.
`walk`: each key goes to the index by itself, whatever PostgreSQL expects. `copy`: in the narrow copy. `fill`: the table
is read, which fills the narrow copy.
"""


def matched(
    keys: KeyTable,
    relation: Relation,
    tests: Sequence[sql.Composable],
    *,
    standing: int,
    room: int,
    generation: int,
    fresh: bool,
) -> sql.Composed:
    """INSERT of the rows that a filter matches. `fresh`: the key table is still empty."""
    return sql.SQL("INSERT INTO {} SELECT {} FROM {} AS t WHERE {} {}").format(
        keys.target,
        keys.values(sql.Identifier("t"), generation, sql.Literal(standing)),
        table(relation),
        every([*tests, *not_yet(keys, fresh)]),
        _first(keys, room),
    )


def below(
    relations: RelationMap,
    into: KeyTable,
    ways: Sequence[Way],
    *,
    generation: int,
    room: int,
    manner: Manner,
    fresh: bool,
    passing: bool | None = None,
) -> sql.Composed:
    """INSERT of the rows that refer to newer rows (generation beyond the given one) over any of some edges.

    `walk` is for a single way. `fresh`: the key table is still empty. `passing`: only rows outside of the dates,
    without a limit, or (False) only others.
    """
    plan, row = into.plan, sql.Identifier("t")
    children = {way.edge.child for way in ways}
    child = relations.relations[children.pop()] if len(children) == 1 and manner != "fill" else plan.relation
    refers = _is_among if manner == "list" else _refers
    reached: sql.Composable = TRUE if manner == "walk" else any_of([refers(relations, way, row) for way in ways])
    opening = into.copy.reading(reached) if into.copy and manner == "fill" else sql.SQL("")
    standing: sql.Composable = sql.Literal(UNDATED)
    inherits = not plan.date and any(way.keys.plan.may_pass or way.keys.plan.date for way in ways)
    upgrades = inherits and into.upgrades
    if plan.date:
        standing = date_standing(row, plan.date) if plan.may_pass else sql.Literal(WITHIN)
        reached = reached if plan.may_pass else every([reached, date_test(row, plan.date)])
    elif inherits and plan.may_pass:
        standing = _latest(relations, ways, row)
    elif inherits:
        reached = any_of([refers(relations, way, row, (UNDATED, WITHIN, ASKED)) for way in ways])
    if passing is not None:
        reached = every([reached, sql.SQL("{} {}").format(standing, OUTSIDE if passing else INSIDE)])
    there = INSIDE if upgrades and passing is False else None
    return sql.SQL("{} INSERT INTO {} SELECT {} FROM {} WHERE {} {} {}").format(
        opening,
        into.target,
        into.values(row, generation, standing),
        _source(relations, into, ways, child, manner),
        every([reached, *not_yet(into, fresh or (upgrades and not there), there)]),
        _limit(room) if passing else _first(into, room),
        UPGRADE if upgrades else sql.SQL(""),
    )


def _source(
    relations: RelationMap, into: KeyTable, ways: Sequence[Way], child: Relation, manner: Manner
) -> sql.Composed:
    """What stands in FROM for the rows `t` that may refer to newer ones."""
    if manner in ("copy", "fill") and into.copy:
        return into.copy.rows(child, seen=manner == "fill")
    return _walked(relations, ways[0], child) if manner == "walk" else sql.SQL("{} AS t").format(table(child))


def _walked(relations: RelationMap, way: Way, child: Relation) -> sql.Composed:
    """The rows `t` that refer to newer rows over the edge, looked up key by key: OFFSET 0 keeps the planner to that.

    Where the server knows little of a sparse index, it would rather read all of the rows behind it.
    """
    edge, above = way.edge, way.keys
    tests = [of_relation(relations, edge.parent, sql.Identifier("k")), *way.newer]
    parents = [sql.SQL("k.{}").format(above.columns[name]) for name in edge.targets]
    children = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in edge.columns]
    return sql.SQL(
        "(SELECT k.* FROM {} AS k WHERE {}) AS k CROSS JOIN LATERAL"
        " (SELECT t.tableoid, t.ctid, t.* FROM {} AS t WHERE {} OFFSET 0) AS t"
    ).format(above.name, every(tests), table(child), every(pairs(edge, parents, children, down=True)))


def _latest(relations: RelationMap, ways: Sequence[Way], row: sql.Composable) -> sql.Composed:
    """The highest standing among the rows that a row refers to."""
    cases = [
        sql.SQL("WHEN {} THEN {}").format(
            any_of([_refers(relations, way, row, (standing,)) for way in ways]), sql.Literal(standing)
        )
        for standing in (AFTER, WITHIN, BEFORE)
    ]
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), sql.Literal(UNDATED))


def _refers(relations: RelationMap, way: Way, row: sql.Composable, standings: Sequence[int] = ()) -> sql.Composed:
    """Whether `row` refers over the edge to a newer row of the key table, of one of some standings if given."""
    edge, above = way.edge, way.keys
    parents = [sql.SQL("k.{}").format(above.columns[name]) for name in edge.targets]
    children = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in edge.columns]
    tests = [*newer_rows(relations, way, standings), *pairs(edge, parents, children, down=True)]
    own = [in_relation(relations, edge.child, sql.SQL("{}.tableoid").format(row))]
    exists = sql.SQL("EXISTS (SELECT FROM {} AS k WHERE {})").format(above.name, every(tests))
    return every([exists, *own, *([condition(row, edge.when)] if edge.when else [])])


def _is_among(relations: RelationMap, way: Way, row: sql.Composable, standings: Sequence[int] = ()) -> sql.Composed:
    """As `_refers`, for an edge of one column: whether it is one of the keys, as a list."""
    edge, above = way.edge, way.keys
    keys = sql.SQL("SELECT k.{} FROM {} AS k WHERE {}").format(
        above.columns[edge.targets[0]], above.name, every(newer_rows(relations, way, standings))
    )
    own = in_relation(relations, edge.child, sql.SQL("{}.tableoid").format(row))
    value = collated(sql.SQL("{}.{}").format(row, sql.Identifier(edge.columns[0])), edge.collations_down[0])
    return every([one_of(edge, value, keys), own])


def _first(keys: KeyTable, room: int) -> sql.Composed:
    """LIMIT; a sample by primary key, by another where there is none, and by place where NULLs are alike in that."""
    if keys.plan.limit is None:
        return _limit(room)
    relation = keys.plan.relation
    key = sample_key(relation)
    order = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in key]
    if not key or not all(relation.column(name).not_null for name in key):
        order += [sql.SQL("t.tableoid"), sql.SQL("t.ctid")]
    return sql.SQL("ORDER BY {} LIMIT {}").format(sql.SQL(", ").join(order), sql.Literal(room))


def _limit(room: int) -> sql.Composed:
    return sql.SQL("LIMIT {}").format(sql.Literal(room))
