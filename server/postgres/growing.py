"""The statements that grow a segment: each brings rows into one key table."""

from collections.abc import Sequence
from typing import Literal

from psycopg import sql

from server.model.relations import Edge, Relation, RelationMap
from server.model.segment_plan import sample_key
from server.postgres.key_tables import AFTER, BEFORE, UNDATED, WITHIN, KeyTable, Way
from server.postgres.row_tests import TRUE, any_of, condition, date_standing, date_test, every, pairs, table

UPGRADE = sql.SQL(
    "ON CONFLICT (row_at, row_table) DO UPDATE SET standing = excluded.standing, generation = excluded.generation"
    " WHERE excluded.standing > own.standing"
)
"""A row that refers to a later row than was known is later too, and leads on anew."""

Manner = Literal["scan", "list", "walk", "copy"]
"""How rows at the other end of some ways are found. `scan`: PostgreSQL decides. `list`: all keys of a way go to its
index as one list, the places found on all ways are put together, and each page is read once, in the table's order.
`walk`: each key goes to the index by itself, whatever PostgreSQL expects. `copy`: in the narrow copy.
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
        every([*tests, *_not_yet(keys, fresh)]),
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
) -> sql.Composed:
    """INSERT of the rows that refer to newer rows (generation beyond the given one) over any of some edges.

    `walk` is for a single way. `fresh`: the key table is still empty.
    """
    plan, row = into.plan, sql.Identifier("t")
    children = {way.edge.child for way in ways}
    child = relations.relations[children.pop()] if len(children) == 1 else plan.relation
    refers = _is_among if manner == "list" else _refers
    reached: sql.Composable = TRUE if manner == "walk" else any_of([refers(relations, way, row) for way in ways])
    standing: sql.Composable = sql.Literal(UNDATED)
    inherits = not plan.date and any(way.keys.plan.may_pass or way.keys.plan.date for way in ways)
    upgrades = inherits and into.upgrades
    if plan.date:
        standing = date_standing(row, plan.date) if plan.may_pass else sql.Literal(WITHIN)
        reached = reached if plan.may_pass else every([reached, date_test(row, plan.date)])
    elif inherits and plan.may_pass:
        standing = _latest(relations, ways, row)
    elif inherits:
        reached = any_of([refers(relations, way, row, (UNDATED, WITHIN)) for way in ways])
    if manner == "copy" and into.copy:
        source = into.copy.rows(child)
    else:
        source = _walked(relations, ways[0], child) if manner == "walk" else sql.SQL("{} AS t").format(table(child))
    return sql.SQL("INSERT INTO {} SELECT {} FROM {} WHERE {} {} {}").format(
        into.target,
        into.values(row, generation, standing),
        source,
        every([reached, *_not_yet(into, fresh or upgrades)]),
        _first(into, room),
        UPGRADE if upgrades else sql.SQL(""),
    )


def _walked(relations: RelationMap, way: Way, child: Relation) -> sql.Composed:
    """The rows `t` that refer to newer rows over the edge, looked up key by key: OFFSET 0 keeps the planner to that.

    Where the server knows little of a sparse index, it would rather read all of the rows behind it.
    """
    edge, above = way.edge, way.keys
    tests = [_of_relation(relations, edge.parent, sql.Identifier("k")), *way.newer]
    parents = [sql.SQL("k.{}").format(above.columns[name]) for name in edge.targets]
    children = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in edge.columns]
    return sql.SQL(
        "(SELECT k.* FROM {} AS k WHERE {}) AS k CROSS JOIN LATERAL"
        " (SELECT t.tableoid, t.ctid, t.* FROM {} AS t WHERE {} OFFSET 0) AS t"
    ).format(above.name, every(tests), table(child), every(pairs(edge, parents, children)))


def _latest(relations: RelationMap, ways: Sequence[Way], row: sql.Composable) -> sql.Composed:
    """The highest standing among the rows that a row refers to."""
    cases = [
        sql.SQL("WHEN {} THEN {}").format(
            any_of([_refers(relations, way, row, (standing,)) for way in ways]), sql.Literal(standing)
        )
        for standing in (AFTER, WITHIN, BEFORE)
    ]
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), sql.Literal(UNDATED))


def required(
    relations: RelationMap, into: KeyTable, ways: Sequence[Way], *, generation: int, room: int, manner: Manner
) -> sql.Composed:
    """Inserts the rows that newer rows refer to, over edges that share their parent, targets and types.

    Answers with how many came and how many keys were wanted: where these are more, some refer to nothing.

    What is there already is left out before the table is touched.
    """
    edge, row = ways[0].edge, sql.Identifier("t")
    wanted = [sql.SQL("n.{}").format(name) for name in _names(edge)]
    rows = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in edge.targets]
    tests = [*pairs(edge, rows, wanted), *(_not_yet(into, fresh=False) if edge.period else ())]
    if manner == "list":
        form = "{} AS t WHERE {}"
        tests = [_one_of(edge, rows[0], sql.SQL("SELECT n.{} FROM n").format(_names(edge)[0]))]
    elif manner == "walk":
        form = "n CROSS JOIN LATERAL (SELECT t.tableoid, t.ctid, t.* FROM {} AS t WHERE {} OFFSET 0) AS t"
    elif edge.period or edge.virtual:  # several needs may mean one row
        form = "{} AS t WHERE EXISTS (SELECT FROM n WHERE {})"
    else:
        form = "n JOIN {} AS t ON {}"
    return sql.SQL(
        "WITH n AS MATERIALIZED ({needs}), came AS (INSERT INTO {target} SELECT {values} FROM {rows} LIMIT {room}"
        " RETURNING true) SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM n)"
    ).format(
        needs=_missing(relations, into, ways),
        target=into.target,
        values=into.values(row, generation, sql.Literal(UNDATED)),
        rows=sql.SQL(form).format(table(relations.relations[edge.parent]), every(tests)),
        room=sql.Literal(room),
    )


def chain(
    relations: RelationMap, into: KeyTable, ways: Sequence[Way], *, down: bool, generation: int, room: int
) -> sql.Composed:
    """INSERT of whole chains of references within one plain table: every row that newer rows lead to, however far.

    A round for each link would look through all that is there for each of them.
    """
    rows = table(into.plan.relation)
    bases: list[sql.Composable] = []
    steps: list[sql.Composable] = []
    for way in ways:
        starts = _targets(relations, way) if down else _missing(relations, into, [way])
        base = sql.SQL(
            "SELECT p.ctid FROM ({}) AS n CROSS JOIN LATERAL (SELECT p.ctid FROM {} AS p WHERE {} OFFSET 0) AS p"
        )
        bases.append(
            base.format(starts, rows, _link(way.edge, [sql.SQL("n.{}").format(n) for n in _names(way.edge)], down))
        )
        before = [sql.SQL("t.{}").format(sql.Identifier(n)) for n in (way.edge.targets if down else way.edge.columns)]
        step = sql.SQL(
            "SELECT p.ctid FROM {} AS p WHERE {} AND NOT EXISTS (SELECT FROM {} AS own WHERE own.row_at = p.ctid)"
        )
        steps.append(step.format(rows, _link(way.edge, before, down), into.name))
    either = sql.SQL(" UNION ALL ")
    row = sql.SQL("(SELECT t.tableoid, t.ctid, t.* FROM {} AS t WHERE t.ctid = c.row_at OFFSET 0) AS t").format(rows)
    return sql.SQL(
        "WITH RECURSIVE chain (row_at) AS (({bases}) UNION SELECT p.ctid FROM chain AS c CROSS JOIN LATERAL {row}"
        " CROSS JOIN LATERAL ({steps} OFFSET 0) AS p)"
        " INSERT INTO {target} SELECT {values} FROM chain AS c CROSS JOIN LATERAL {row} WHERE {new} LIMIT {room}"
    ).format(
        bases=either.join(bases),
        steps=either.join(steps),
        row=row,
        target=into.target,
        values=into.values(sql.Identifier("t"), generation, sql.Literal(UNDATED)),
        new=every(_not_yet(into, fresh=not down)),
        room=sql.Literal(room),
    )


def _link(edge: Edge, before: Sequence[sql.Composable], down: bool) -> sql.Composed:
    """That a row `p` is the next one: the row that `before` refers to or, on the way down, one that refers to it."""
    ends = [sql.SQL("p.{}").format(sql.Identifier(name)) for name in (edge.columns if down else edge.targets)]
    return every(pairs(edge, before, ends) if down else pairs(edge, ends, before))


def _targets(relations: RelationMap, way: Way) -> sql.Composed:
    """What rows refer to that refer to newer rows over the edge."""
    columns = [sql.SQL("k.{}").format(way.keys.columns[name]) for name in way.edge.targets]
    return sql.SQL("SELECT {} FROM {} AS k WHERE {}").format(
        sql.SQL(", ").join([sql.SQL("{} AS {}").format(*pair) for pair in zip(columns, _names(way.edge), strict=True)]),
        way.keys.name,
        every(_newer(relations, way, ())),
    )


def _missing(relations: RelationMap, into: KeyTable, ways: Sequence[Way]) -> sql.Composed:
    """The keys that newer rows refer to and that are not there yet; of periods, all: several rows may cover one."""
    edge = ways[0].edge
    needs = sql.SQL(" UNION ").join([_needs(relations, way) for way in ways])
    if len(ways) == 1:
        needs = sql.SQL("SELECT DISTINCT n.* FROM ({}) AS n").format(needs)
    if edge.period:
        return sql.SQL("{}").format(needs)
    return sql.SQL("SELECT n.* FROM ({}) AS n WHERE NOT {}").format(needs, _is_there(relations, into, edge))


def _is_there(relations: RelationMap, parent: KeyTable, edge: Edge) -> sql.Composed:
    """Whether what `n` refers to is in a key table; a period: whether the rows there cover it together."""
    wanted = [sql.SQL("n.{}").format(name) for name in _names(edge)]
    targets = [sql.SQL("own.{}").format(parent.columns[name]) for name in edge.targets]
    tests = [_of_relation(relations, edge.parent, sql.Identifier("own")), *pairs(edge, targets, wanted)]
    if edge.period:
        return sql.SQL("coalesce({} <@ (SELECT pg_catalog.range_agg({}) FROM {} AS own WHERE {}), false)").format(
            wanted[-1], targets[-1], parent.name, every(tests)
        )
    return sql.SQL("EXISTS (SELECT FROM {} AS own WHERE {})").format(parent.name, every(tests))


def dangling(relations: RelationMap, edge: Edge, child: KeyTable, parent: KeyTable) -> sql.Composed:
    """How many rows of the segment refer over this edge to a row that does not exist."""
    return sql.SQL("SELECT count(*) FROM ({}) AS n WHERE NOT {}").format(
        _needs(relations, Way(edge, child)), _is_there(relations, parent, edge)
    )


def _names(edge: Edge) -> list[sql.Identifier]:
    """What the columns of a need are called."""
    return [sql.Identifier(f"n{place}") for place in range(len(edge.columns))]


def _refers(relations: RelationMap, way: Way, row: sql.Composable, standings: Sequence[int] = ()) -> sql.Composed:
    """Whether `row` refers over the edge to a newer row of the key table, of one of some standings if given."""
    edge, above = way.edge, way.keys
    parents = [sql.SQL("k.{}").format(above.columns[name]) for name in edge.targets]
    children = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in edge.columns]
    tests = [*_newer(relations, way, standings), *pairs(edge, parents, children)]
    own = [_in_relation(relations, edge.child, sql.SQL("{}.tableoid").format(row))]
    exists = sql.SQL("EXISTS (SELECT FROM {} AS k WHERE {})").format(above.name, every(tests))
    return every([exists, *own, *([condition(row, edge.when)] if edge.when else [])])


def _newer(relations: RelationMap, way: Way, standings: Sequence[int]) -> list[sql.Composable]:
    """Which rows `k` of the key table above are newer, of one of some standings if given."""
    tests: list[sql.Composable] = [_of_relation(relations, way.edge.parent, sql.Identifier("k")), *way.newer]
    if standings:
        tests.append(sql.SQL("k.standing IN ({})").format(sql.SQL(", ").join(map(sql.Literal, standings))))
    return tests


def _is_among(relations: RelationMap, way: Way, row: sql.Composable, standings: Sequence[int] = ()) -> sql.Composed:
    """As `_refers`, for an edge of one column: whether it is one of the keys, as a list."""
    edge, above = way.edge, way.keys
    keys = sql.SQL("SELECT k.{} FROM {} AS k WHERE {}").format(
        above.columns[edge.targets[0]], above.name, every(_newer(relations, way, standings))
    )
    return _one_of(edge, sql.SQL("{}.{}").format(row, sql.Identifier(edge.columns[0])), keys)


def _one_of(edge: Edge, value: sql.Composable, keys: sql.Composable) -> sql.Composed:
    """Whether a value at one end of the edge is among keys of the other, handed to its index as one list."""
    return sql.SQL("{} OPERATOR({}.=) ANY (ARRAY({}))").format(value, sql.Identifier(edge.operators[0]), keys)


def _needs(relations: RelationMap, way: Way) -> sql.Composed:
    """What newer rows refer to over the edge: a reference with a NULL in it refers to nothing."""
    edge, keys = way.edge, way.keys
    columns = [sql.SQL("k.{}").format(keys.columns[name]) for name in edge.columns]
    tests: list[sql.Composable] = [_of_relation(relations, edge.child, sql.Identifier("k")), *way.newer]
    tests += [sql.SQL("{} IS NOT NULL").format(column) for column in columns]
    if edge in keys.tests:
        tests.append(sql.SQL("k.{}").format(keys.tests[edge]))
    return sql.SQL("SELECT {} FROM {} AS k WHERE {}").format(
        sql.SQL(", ").join([sql.SQL("{} AS {}").format(*pair) for pair in zip(columns, _names(edge), strict=True)]),
        keys.name,
        every(tests),
    )


def _of_relation(relations: RelationMap, oid: int, alias: sql.Composable) -> sql.Composable:
    """Only rows of a key table that are of one partition, where the edge ends at a partition."""
    return _in_relation(relations, oid, sql.SQL("{}.row_table").format(alias))


def _in_relation(relations: RelationMap, oid: int, place: sql.Composable) -> sql.Composable:
    if oid == relations.node(oid):
        return TRUE
    leaves = relations.relations[oid].leaves or (oid,)
    return sql.SQL("{} = ANY ({}::oid[])").format(place, sql.Literal(list(leaves)))


def _not_yet(keys: KeyTable, fresh: bool) -> list[sql.Composable]:
    """Leaves out rows that are there already."""
    if fresh:
        return []
    there = sql.SQL("NOT EXISTS (SELECT FROM {} AS own WHERE own.row_at = t.ctid{})")
    partitioned = keys.plan.relation.kind == "p"
    return [there.format(keys.name, sql.SQL(" AND own.row_table = t.tableoid" if partitioned else ""))]


def _first(keys: KeyTable, room: int) -> sql.Composed:
    """LIMIT; by primary key where a sample is taken, by place where there is none."""
    if keys.plan.limit is None:
        return sql.SQL("LIMIT {}").format(sql.Literal(room))
    relation = keys.plan.relation
    order = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in sample_key(relation)]
    places = [sql.SQL("t.tableoid"), sql.SQL("t.ctid")]
    return sql.SQL("ORDER BY {} LIMIT {}").format(sql.SQL(", ").join(order or places), sql.Literal(room))
