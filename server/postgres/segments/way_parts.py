"""Parts of the statements that grow a segment: rows at one end of an edge, what they refer to, what is there."""

from collections.abc import Sequence

from psycopg import sql

from server.model.segments.relations import Edge, RelationMap
from server.postgres.segments.key_tables import KeyTable, Way
from server.postgres.segments.row_tests import collated, every, in_relation


def names_of(edge: Edge) -> list[sql.Identifier]:
    """What the columns of a need are called."""
    return [sql.Identifier(f"n{place}") for place in range(len(edge.columns))]


def newer_rows(relations: RelationMap, way: Way, standings: Sequence[int]) -> list[sql.Composable]:
    """Which rows `k` of the key table above are newer, of one of some standings if given."""
    tests: list[sql.Composable] = [of_relation(relations, way.edge.parent, sql.Identifier("k")), *way.newer]
    if standings:
        tests.append(sql.SQL("k.standing IN ({})").format(sql.SQL(", ").join(map(sql.Literal, standings))))
    return tests


def needs_of(relations: RelationMap, way: Way) -> sql.Composed:
    """What newer rows refer to over the edge: a reference with a NULL in it refers to nothing."""
    edge, keys = way.edge, way.keys
    wanted = [sql.SQL("k.{}").format(keys.columns[name]) for name in edge.columns]
    tests: list[sql.Composable] = [of_relation(relations, edge.child, sql.Identifier("k")), *way.newer]
    tests += [sql.SQL("{} IS DISTINCT FROM NULL").format(column) for column in wanted]
    wanted = [collated(column, collation) for column, collation in zip(wanted, edge.collations, strict=True)]
    if edge in keys.tests:
        tests.append(sql.SQL("k.{}").format(keys.tests[edge]))
    return sql.SQL("SELECT {} FROM {} AS k WHERE {}").format(
        sql.SQL(", ").join([sql.SQL("{} AS {}").format(*pair) for pair in zip(wanted, names_of(edge), strict=True)]),
        keys.name,
        every(tests),
    )


def of_relation(relations: RelationMap, oid: int, alias: sql.Composable) -> sql.Composable:
    """Only rows of a key table that are of one partition, where the edge ends at a partition."""
    return in_relation(relations, oid, sql.SQL("{}.row_table").format(alias))


def not_yet(keys: KeyTable, fresh: bool, standing: sql.Composable | None = None) -> list[sql.Composable]:
    """Leaves out rows that are there already (with such a standing, if given)."""
    if fresh:
        return []
    tests: list[sql.Composable] = [sql.SQL("own.row_at = t.ctid")]
    tests += [sql.SQL("own.row_table = t.tableoid")] if keys.plan.relation.kind == "p" else []
    tests += [sql.SQL("own.standing {}").format(standing)] if standing else []
    return [sql.SQL("NOT EXISTS (SELECT FROM {} AS own WHERE {})").format(keys.name, every(tests))]


def one_of(edge: Edge, value: sql.Composable, keys: sql.Composable) -> sql.Composed:
    """Whether a value at one end of the edge is among keys of the other, handed to its index as one list."""
    return sql.SQL("{} OPERATOR({}.=) ANY (ARRAY({}))").format(value, sql.Identifier(edge.operators[0]), keys)
