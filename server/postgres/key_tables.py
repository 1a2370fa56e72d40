"""The statements that grow a segment: composed SQL over one temporary *key table* per table of the segment.

A key table holds, for each row, its place (tableoid and ctid, stable within the snapshot), the generation in which it
came, how it stands to the dates, its key columns (`c0`, `c1` …) and what each virtual reference's condition says of it
(`w0` …). So no reference needs the table itself twice.

`standing` is 0 where no date speaks of the row, 1 before the dates, 2 within, 3 after; a row without a date of its own
is as late as the latest row that it refers to. Rows of 1 and 3 are only a way to others.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import sql

from server.model.conditions import Both, Compare, Condition, IsNull, Not
from server.model.relations import Edge, Relation, RelationColumn, RelationMap
from server.model.segment_plan import Bound, DateTest, NodePlan

TRUE = sql.SQL("true")
UNDATED, BEFORE, WITHIN, AFTER = 0, 1, 2, 3
PLAIN = sql.SQL("OPERATOR(pg_catalog.=)")
UPGRADE = sql.SQL(
    "ON CONFLICT (row_at, row_table) DO UPDATE SET standing = excluded.standing, generation = excluded.generation"
    " WHERE excluded.standing > own.standing"
)
"""A row that refers to a later row than was known is later too, and leads on anew."""


class KeyTable:
    """Names and parts of one table's key table."""

    def __init__(self, number: int, plan: NodePlan) -> None:
        self.plan = plan
        self.name = sql.Identifier("pg_temp", f"pgferry_keys_{number}")
        self.index = sql.Identifier(f"pgferry_keys_{number}_place")
        self.columns = {name: sql.Identifier(f"c{place}") for place, name in enumerate(plan.keys)}
        self.tests = {edge: sql.Identifier(f"w{place}") for place, edge in enumerate(plan.tests)}

    @property
    def target(self) -> sql.Composed:
        """The key table and its columns, as INSERT names them."""
        names = [sql.Identifier(name) for name in ("row_table", "row_at", "generation", "standing")]
        return sql.SQL("{} AS own ({})").format(
            self.name, sql.SQL(", ").join([*names, *self.columns.values(), *self.tests.values()])
        )

    def values(self, source: sql.Composable, generation: int, standing: sql.Composable) -> sql.Composed:
        """The select list that fills it from rows called `source`."""
        parts: list[sql.Composable] = [
            sql.SQL("{}.tableoid").format(source),
            sql.SQL("{}.ctid").format(source),
            sql.Literal(generation),
            standing,
        ]
        parts += [sql.SQL("{}.{}").format(source, sql.Identifier(name)) for name in self.columns]
        parts += [condition(source, edge.when) for edge in self.tests if edge.when]
        return sql.SQL(", ").join(parts)

    def create(self) -> list[sql.Composed]:
        """Makes it, empty, with the types of the table's own columns."""
        names = [sql.SQL("t.{} AS {}").format(sql.Identifier(n), alias) for n, alias in self.columns.items()]
        names += [sql.SQL("true AS {}").format(alias) for alias in self.tests.values()]
        unique = sql.SQL("CREATE UNIQUE INDEX {} ON {} (row_at, row_table)")
        place = sql.SQL("t.tableoid AS row_table, t.ctid AS row_at, 0 AS generation, 0 AS standing")
        return [
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} AS t WITH NO DATA").format(
                self.name, sql.SQL(", ").join([place, *names]), table(self.plan.relation)
            ),
            *([unique.format(self.index, self.name)] if self.plan.cyclic or self.upgrades else []),
        ]

    @property
    def upgrades(self) -> bool:
        """Whether a row that is there may turn out to be later than was known."""
        return self.plan.may_pass and not self.plan.date


class Way(NamedTuple):
    """An edge to be followed from the rows of a key table: all of them, or those of a generation beyond `seen`."""

    edge: Edge
    keys: KeyTable
    seen: int = -1

    @property
    def newer(self) -> list[sql.Composable]:
        return [] if self.seen < 0 else [sql.SQL("k.generation > {}").format(sql.Literal(self.seen))]


def table(relation: Relation) -> sql.Composed:
    """The rows that belong to a relation itself: with its partitions, without tables that inherit from it."""
    name = sql.Identifier(relation.schema, relation.name)
    return (sql.SQL("ONLY {}") if relation.kind == "r" else sql.SQL("{}")).format(name)


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
    few: bool,
    fresh: bool,
) -> sql.Composed:
    """INSERT of the rows that refer to newer rows (generation beyond the given one) over any of some edges.

    `few`: the keys of each way are few, and go to its index as one list. `fresh`: the key table is still empty.
    """
    plan, row = into.plan, sql.Identifier("t")
    refers = _is_among if few else _refers
    reached: sql.Composable = any_of([refers(relations, way, row) for way in ways])
    standing: sql.Composable = sql.Literal(UNDATED)
    inherits = not plan.date and any(way.keys.plan.may_pass or way.keys.plan.date for way in ways)
    upgrades = inherits and into.upgrades
    if plan.date:
        standing = date_standing(row, plan.date) if plan.may_pass else sql.Literal(WITHIN)
        reached = reached if plan.may_pass else every([reached, date_test(row, plan.date)])
    elif inherits and plan.may_pass:
        standing = _latest(relations, ways, row)
    elif inherits:
        reached = any_of([_refers(relations, way, row, (UNDATED, WITHIN)) for way in ways])
    return sql.SQL("INSERT INTO {} SELECT {} FROM {} AS t WHERE {} {} {}").format(
        into.target,
        into.values(row, generation, standing),
        table(relations.relations[ways[0].edge.child]),
        every([reached, *_not_yet(into, fresh or upgrades)]),
        _first(into, room),
        UPGRADE if upgrades else sql.SQL(""),
    )


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
    relations: RelationMap, into: KeyTable, ways: Sequence[Way], *, generation: int, room: int
) -> sql.Composed:
    """INSERT of the rows that newer rows refer to, over edges that share their parent, targets and types.

    What is there already is left out before the table is touched.
    """
    edge = ways[0].edge
    row, need = sql.Identifier("t"), sql.Identifier("n")
    names = [sql.Identifier(f"n{place}") for place in range(len(edge.columns))]
    needs = sql.SQL(" UNION ").join([_needs(relations, way, names) for way in ways])
    if len(ways) == 1:
        needs = sql.SQL("SELECT DISTINCT {} FROM ({}) AS n").format(sql.SQL(", ").join(names), needs)
    targets = [sql.SQL("own.{}").format(into.columns[name]) for name in edge.targets]
    wanted = [sql.SQL("{}.{}").format(need, name) for name in names]
    there = every([_of_relation(relations, into, edge.parent, sql.Identifier("own")), *_pairs(edge, targets, wanted)])
    rows = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in edge.targets]
    wanting = sql.SQL("(SELECT n.* FROM ({}) AS n WHERE NOT EXISTS (SELECT FROM {} AS own WHERE {})) AS n").format(
        needs, into.name, there
    )
    form = sql.SQL("INSERT INTO {} SELECT {} FROM {wanting} JOIN {} AS t ON {} LIMIT {}")
    if edge.virtual or edge.period:  # several needs may mean one row
        form = sql.SQL("INSERT INTO {} SELECT {} FROM {} AS t WHERE EXISTS (SELECT FROM {wanting} WHERE {}) LIMIT {}")
    return form.format(
        into.target,
        into.values(row, generation, sql.Literal(UNDATED)),
        table(relations.relations[edge.parent]),
        every(_pairs(edge, rows, wanted)),
        sql.Literal(room),
        wanting=wanting,
    )


def origin(keys: KeyTable, leaf: Relation) -> tuple[sql.Composed, sql.Composed]:
    """FROM and ORDER BY of the segment's rows in one plain table or partition, under the alias t, as they lie there."""
    rows = sql.SQL("FROM {} AS k JOIN ONLY {} AS t ON t.ctid = k.row_at").format(
        keys.name, sql.Identifier(leaf.schema, leaf.name)
    )
    if keys.plan.relation.leaves:
        rows += sql.SQL(" AND k.row_table = {}::oid").format(sql.Literal(leaf.oid))
    return rows, sql.SQL("ORDER BY k.row_at").format()


def dangling(relations: RelationMap, edge: Edge, child: KeyTable, parent: KeyTable) -> sql.Composed:
    """How many rows of the segment refer over this edge to a row that does not exist."""
    names = [sql.Identifier(f"n{place}") for place in range(len(edge.columns))]
    wanted = [sql.SQL("n.{}").format(name) for name in names]
    targets = [sql.SQL("own.{}").format(parent.columns[name]) for name in edge.targets]
    return sql.SQL("SELECT count(*) FROM ({}) AS n WHERE NOT EXISTS (SELECT FROM {} AS own WHERE {})").format(
        _needs(relations, Way(edge, child), names),
        parent.name,
        every([_of_relation(relations, parent, edge.parent, sql.Identifier("own")), *_pairs(edge, targets, wanted)]),
    )


def dropped(keys: KeyTable) -> sql.Composed:
    """DELETE of the rows that were only a way to others."""
    ways = sql.SQL("standing IN ({}, {})").format(sql.Literal(BEFORE), sql.Literal(AFTER))
    return sql.SQL("DELETE FROM {} WHERE {}").format(keys.name, ways if keys.plan.written else TRUE)


def condition(source: sql.Composable, tree: Condition | None) -> sql.Composable:
    """A settings' condition on the row `source`: false where it is unknown."""
    return TRUE if tree is None else sql.SQL("coalesce({}, false)").format(_tree(source, tree))


def filter_test(relations: RelationMap, bound: Bound, numbers: Iterator[int]) -> sql.Composable:
    """One condition of a filter on the row `t`, with the next `$n` for each value."""
    if not bound.path:
        return _compare(sql.Identifier("t"), bound, numbers)
    joins: list[sql.Composable] = []
    before = sql.Identifier("t")
    tests: list[sql.Composable] = []
    for place, edge in enumerate(bound.path):
        alias = sql.Identifier(f"p{place}")
        parents = [sql.SQL("{}.{}").format(alias, sql.Identifier(name)) for name in edge.targets]
        children = [sql.SQL("{}.{}").format(before, sql.Identifier(name)) for name in edge.columns]
        joins.append(sql.SQL("{} AS {}").format(table(relations.relations[edge.parent]), alias))
        tests += [*_pairs(edge, parents, children), condition(before, edge.when)]
        before = alias
    return sql.SQL("EXISTS (SELECT FROM {} WHERE {})").format(
        sql.SQL(", ").join(joins), every([*tests, _compare(before, bound, numbers)])
    )


def date_standing(source: sql.Composable, date: DateTest) -> sql.Composed:
    """How the row's date stands to [since, until)."""
    place = sql.SQL("{}.{}").format(source, sql.Identifier(date.column.name))
    cases: list[sql.Composable] = []
    if date.since:
        cases.append(sql.SQL("WHEN {} < {} THEN 1").format(place, _moment(date.since, date.column)))
    if date.until:
        cases.append(sql.SQL("WHEN {} >= {} THEN 3").format(place, _moment(date.until, date.column)))
    return sql.SQL("CASE {} ELSE 2 END").format(sql.SQL(" ").join(cases))


def date_test(source: sql.Composable, date: DateTest) -> sql.Composed:
    """Whether the row's date lies in [since, until)."""
    place = sql.SQL("{}.{}").format(source, sql.Identifier(date.column.name))
    tests: list[sql.Composable] = []
    if date.since:
        tests.append(sql.SQL("{} >= {}").format(place, _moment(date.since, date.column)))
    if date.until:
        tests.append(sql.SQL("{} < {}").format(place, _moment(date.until, date.column)))
    return sql.SQL("coalesce({}, false)").format(every(tests)) if not date.column.not_null else every(tests)


def every(tests: Sequence[sql.Composable]) -> sql.Composed:
    """All of some tests."""
    return sql.SQL(" AND ").join([*tests] or [TRUE])


def any_of(tests: Sequence[sql.Composable]) -> sql.Composed:
    """Any of some tests."""
    return sql.SQL("({})").format(sql.SQL(" OR ").join(tests))


OPERATORS = {
    "=": sql.SQL("="),
    "!=": sql.SQL("<>"),
    "<": sql.SQL("<"),
    "<=": sql.SQL("<="),
    ">": sql.SQL(">"),
    ">=": sql.SQL(">="),
    "in": sql.SQL("="),
    "not_in": sql.SQL("<>"),
    "like": sql.SQL("~~"),
    "ilike": sql.SQL("~~*"),
    "contains": sql.SQL("@>"),
}


def _compare(source: sql.Composable, bound: Bound, numbers: Iterator[int]) -> sql.Composable:
    """Values are bound with an unknown type, so that PostgreSQL reads them as the column's."""
    place = sql.SQL("{}.{}").format(source, sql.Identifier(bound.column.name))
    if bound.op == "is_null":
        return sql.SQL("{} IS NULL").format(place)
    if bound.op == "not_null":
        return sql.SQL("{} IS NOT NULL").format(place)
    if bound.op == "between":
        return every([_operate(place, op, bound.column, next(numbers)) for op in (">=", "<=")])
    tests = [_operate(place, bound.op, bound.column, next(numbers)) for _ in bound.values]
    return every(tests) if bound.op == "not_in" else any_of(tests)


def _operate(place: sql.Composable, op: str, column: RelationColumn, number: int) -> sql.Composed:
    schema = column.operators if op != "contains" else "pg_catalog"
    return sql.SQL("{} OPERATOR({}.{}) ${}").format(place, sql.Identifier(schema), OPERATORS[op], sql.Literal(number))


def _moment(moment: datetime, column: RelationColumn) -> sql.Composed:
    """The moment as the column's kind of time; a column without a zone is taken for UTC."""
    if column.base == "timestamp with time zone":
        return sql.SQL("{}::timestamptz").format(sql.Literal(moment.isoformat()))
    return sql.SQL("{}::timestamp").format(sql.Literal(moment.replace(tzinfo=None).isoformat()))


def _tree(source: sql.Composable, tree: Condition) -> sql.Composable:
    match tree:
        case Compare(column=column, operator=operator, values=values):
            place = sql.SQL("{}.{}").format(source, sql.Identifier(column))
            word = {"LIKE": "like", "ILIKE": "ilike", "<>": "!="}.get(operator, operator)
            return any_of([sql.SQL("{} {} {}").format(place, OPERATORS[word], sql.Literal(v)) for v in values])
        case IsNull(column=column):
            return sql.SQL("{}.{} IS NULL").format(source, sql.Identifier(column))
        case Not(inner=inner):
            return sql.SQL("NOT ({})").format(_tree(source, inner))
        case Both(left=left, right=right, either=either):
            word = sql.SQL("OR") if either else sql.SQL("AND")
            return sql.SQL("({} {} {})").format(_tree(source, left), word, _tree(source, right))


def _refers(relations: RelationMap, way: Way, row: sql.Composable, standings: Sequence[int] = ()) -> sql.Composed:
    """Whether `row` refers over the edge to a newer row of the key table, of one of some standings if given."""
    edge, above = way.edge, way.keys
    tests: list[sql.Composable] = [_of_relation(relations, above, edge.parent, sql.Identifier("k")), *way.newer]
    if standings:
        tests.append(sql.SQL("k.standing IN ({})").format(sql.SQL(", ").join(map(sql.Literal, standings))))
    parents = [sql.SQL("k.{}").format(above.columns[name]) for name in edge.targets]
    children = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in edge.columns]
    exists = sql.SQL("EXISTS (SELECT FROM {} AS k WHERE {})").format(
        above.name, every([*tests, *_pairs(edge, parents, children)])
    )
    return every([exists, condition(row, edge.when)]) if edge.when else exists


def _is_among(relations: RelationMap, way: Way, row: sql.Composable) -> sql.Composed:
    """As `_refers`, for an edge of one column: whether it is one of the keys, as a list."""
    edge, above = way.edge, way.keys
    tests = [_of_relation(relations, above, edge.parent, sql.Identifier("k")), *way.newer]
    return sql.SQL("{}.{} OPERATOR({}.=) ANY (ARRAY(SELECT k.{} FROM {} AS k WHERE {}))").format(
        row,
        sql.Identifier(edge.columns[0]),
        sql.Identifier(edge.operators[0]),
        above.columns[edge.targets[0]],
        above.name,
        every(tests),
    )


def _needs(relations: RelationMap, way: Way, names: Sequence[sql.Composable]) -> sql.Composed:
    """What newer rows refer to over the edge: a reference with a NULL in it refers to nothing."""
    edge, keys = way.edge, way.keys
    columns = [sql.SQL("k.{}").format(keys.columns[name]) for name in edge.columns]
    tests: list[sql.Composable] = [_of_relation(relations, keys, edge.child, sql.Identifier("k")), *way.newer]
    tests += [sql.SQL("{} IS NOT NULL").format(column) for column in columns]
    if edge in keys.tests:
        tests.append(sql.SQL("k.{}").format(keys.tests[edge]))
    return sql.SQL("SELECT {} FROM {} AS k WHERE {}").format(
        sql.SQL(", ").join([sql.SQL("{} AS {}").format(*pair) for pair in zip(columns, names, strict=True)]),
        keys.name,
        every(tests),
    )


def _of_relation(relations: RelationMap, keys: KeyTable, oid: int, alias: sql.Composable) -> sql.Composable:
    """Only rows of one partition, where the edge ends at a partition."""
    if oid == keys.plan.relation.oid:
        return TRUE
    leaves = relations.relations[oid].leaves or (oid,)
    return sql.SQL("{}.row_table = ANY ({}::oid[])").format(alias, sql.Literal(list(leaves)))


def _pairs(edge: Edge, parents: Sequence[sql.Composable], children: Sequence[sql.Composable]) -> list[sql.Composable]:
    tests: list[sql.Composable] = []
    for place, (parent, child) in enumerate(zip(parents, children, strict=True)):
        if edge.as_text:
            tests.append(sql.SQL("{}::text {} {}::text").format(parent, PLAIN, child))
        elif edge.period and place == len(edge.columns) - 1:
            tests.append(sql.SQL("{} && {}").format(parent, child))
        else:
            operator = sql.SQL("OPERATOR({}.=)").format(sql.Identifier(edge.operators[place]))
            tests.append(sql.SQL("{} {} {}").format(parent, operator, child))
    return tests


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


def sample_key(relation: Relation) -> tuple[str, ...]:
    """The columns of the first unique key, which is the primary key where there is one."""
    return relation.unique_keys[0] if relation.unique_keys else ()
