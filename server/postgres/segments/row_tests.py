"""What a row must meet to be in a segment, as SQL: filters, dates, conditions of the settings, equal keys."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from psycopg import sql

from server.model.conditions import Both, Compare, Condition, IsNull, Not
from server.model.segments.filters import as_one
from server.model.segments.nodes import DateTest
from server.model.segments.relations import Collation, Edge, Relation, RelationColumn, RelationMap
from server.model.segments.seeds import Bound
from server.postgres.relations import written

TRUE = sql.SQL("true")
PLAIN = sql.SQL("OPERATOR(pg_catalog.=)")

UNDATED, BEFORE, WITHIN, AFTER, ASKED = 0, 1, 2, 3, 4
"""How a row stands to the dates: no date speaks of it; before, within, after them; no date speaks of it, and a filter
asks for it: it stays, whatever it refers to. A row without a date of its own is as late as the latest row that it
refers to. Rows before and after the dates are only a way to others.
"""
OUTSIDE = sql.SQL("IN ({}, {})").format(sql.Literal(BEFORE), sql.Literal(AFTER))
INSIDE = sql.SQL("NOT {}").format(OUTSIDE)
"""What follows a standing, to say that the row is only a way to others, or that it is not."""


def table(relation: Relation) -> sql.Composed:
    """The rows that belong to a relation itself: with its partitions, without tables that inherit from it."""
    name = sql.Identifier(relation.schema, relation.name)
    return (sql.SQL("ONLY {}") if relation.kind == "r" else sql.SQL("{}")).format(name)


def every(tests: Sequence[sql.Composable]) -> sql.Composed:
    """All of some tests."""
    return sql.SQL(" AND ").join([*tests] or [TRUE])


def any_of(tests: Sequence[sql.Composable]) -> sql.Composed:
    """Any of some tests."""
    return sql.SQL("({})").format(sql.SQL(" OR ").join(tests))


def in_relation(relations: RelationMap, oid: int, place: sql.Composable) -> sql.Composable:
    """Whether `place`, a row's tableoid, is one of a partition's; true of all rows of a table itself."""
    if oid == relations.node(oid):
        return TRUE
    leaves = relations.relations[oid].leaves or (oid,)
    return sql.SQL("{} = ANY ({}::oid[])").format(place, sql.Literal(list(leaves)))


def collated(value: sql.Composable, collation: Collation | None) -> sql.Composable:
    """A value as it is to be compared."""
    return sql.SQL("{} COLLATE {}").format(value, sql.Identifier(*collation)) if collation else value


def pairs(
    edge: Edge, parents: Sequence[sql.Composable], children: Sequence[sql.Composable], *, down: bool = False
) -> list[sql.Composable]:
    """That a row's reference over an edge equals what it refers to, column by column; `down`: for those that refer."""
    collations = edge.collations_down if down else edge.collations
    tests: list[sql.Composable] = []
    for place, (parent, child, collation) in enumerate(zip(parents, children, collations, strict=True)):
        if edge.as_text:
            text = collated(sql.SQL("{}::text").format(child), collation)
            tests.append(sql.SQL("{}::text {} {}").format(parent, PLAIN, text))
        elif edge.period and place == len(edge.columns) - 1:
            tests.append(sql.SQL("{} && {}").format(parent, child))
        else:
            operator = sql.SQL("OPERATOR({}.=)").format(sql.Identifier(edge.operators[place]))
            tests.append(sql.SQL("{} {} {}").format(parent, operator, collated(child, collation)))
    return tests


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
    for number, edge in enumerate(bound.path):
        alias = sql.Identifier(f"p{number}")
        parents = [sql.SQL("{}.{}").format(alias, sql.Identifier(name)) for name in edge.targets]
        children = [sql.SQL("{}.{}").format(before, sql.Identifier(name)) for name in edge.columns]
        joins.append(sql.SQL("{} AS {}").format(table(relations.relations[edge.parent]), alias))
        place = sql.SQL("{}.tableoid").format(before)
        has = any_of([in_relation(relations, oid, place) for oid in relations.referring(edge)])
        tests += [*pairs(edge, parents, children), condition(before, edge.when), has]
        before = alias
    return sql.SQL("EXISTS (SELECT FROM {} WHERE {})").format(
        sql.SQL(", ").join(joins), every([*tests, _compare(before, bound, numbers)])
    )


def date_standing(source: sql.Composable, date: DateTest) -> sql.Composed:
    """How the row's date stands to [since, until): BEFORE, WITHIN or AFTER."""
    place = sql.SQL("{}.{}").format(source, sql.Identifier(date.column.name))
    cases: list[sql.Composable] = []
    if date.since:
        cases.append(sql.SQL("WHEN {} < {} THEN {}").format(place, _moment(date.since, date.column), BEFORE))
    if date.until:
        cases.append(sql.SQL("WHEN {} >= {} THEN {}").format(place, _moment(date.until, date.column), AFTER))
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), WITHIN)


def date_test(source: sql.Composable, date: DateTest) -> sql.Composed:
    """Whether the row's date lies in [since, until)."""
    place = sql.SQL("{}.{}").format(source, sql.Identifier(date.column.name))
    tests: list[sql.Composable] = []
    if date.since:
        tests.append(sql.SQL("{} >= {}").format(place, _moment(date.since, date.column)))
    if date.until:
        tests.append(sql.SQL("{} < {}").format(place, _moment(date.until, date.column)))
    return sql.SQL("coalesce({}, false)").format(every(tests)) if not date.column.not_null else every(tests)


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
    value = sql.SQL("${}").format(sql.Literal(number))
    if column.category == "C":  # any row compares with any: PostgreSQL has to be told of which type the value is
        value = sql.SQL("{}::{}").format(value, _bound_type(op, column))
    if as_one(op, column):
        value = sql.SQL("ALL ({})" if op == "not_in" else "ANY ({})").format(value)
    return sql.SQL("{} OPERATOR({}.{}) {}").format(place, sql.Identifier(column.operators), OPERATORS[op], value)


def _bound_type(op: str, column: RelationColumn) -> sql.Composed:
    return sql.SQL("{}[]" if as_one(op, column) else "{}").format(written(column.base))


def itself(bound: Bound) -> tuple[sql.Composed, list[str]]:
    """A question that compares a composite value with itself: fails where its type has a part that cannot be compared,
    which PostgreSQL only sees when it does.
    """
    value = sql.SQL("%s::{}").format(_bound_type(bound.op, bound.column))
    return sql.SQL("SELECT {0} OPERATOR(pg_catalog.=) {0}").format(value), [bound.values[0], bound.values[0]]


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
