"""The statements that bring what rows of a segment refer to, and count what they refer to in vain."""

from collections.abc import Sequence

from psycopg import sql

from server.model.segments.relations import Edge, RelationMap
from server.postgres.segments.growing import Manner
from server.postgres.segments.key_tables import KeyTable, Way
from server.postgres.segments.row_tests import TRUE, UNDATED, every, pairs, table
from server.postgres.segments.way_parts import names_of, needs_of, not_yet, of_relation, one_of


def required(
    relations: RelationMap, into: KeyTable, ways: Sequence[Way], *, generation: int, room: int, manner: Manner
) -> sql.Composed:
    """Inserts the rows that newer rows refer to, over edges that share their parent, targets and types.

    Answers with how many came and how many keys were wanted: where these are more, some refer to nothing.

    What is there already is left out before the table is touched, and before equal needs are brought together.
    """
    edge, row = ways[0].edge, sql.Identifier("t")
    wanted = [sql.SQL("n.{}").format(name) for name in names_of(edge)]
    rows = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in edge.targets]
    tests = [*pairs(edge, rows, wanted), *(not_yet(into, fresh=False) if edge.period or edge.several else ())]
    source = sql.SQL("{} AS t").format(table(relations.relations[edge.parent]))
    if manner == "copy" and into.sought:
        source = into.sought.rows(relations.relations[edge.parent], seen=False)
    if manner == "list":
        form = "{} WHERE {}"
        tests = [one_of(edge, rows[0], sql.SQL("SELECT n.{} FROM n").format(names_of(edge)[0]))]
    elif manner == "walk":
        form = "n CROSS JOIN LATERAL (SELECT t.tableoid, t.ctid, t.* FROM {} WHERE {} OFFSET 0) AS t"
    elif edge.period or edge.virtual:  # several needs may mean one row
        form = "{} WHERE EXISTS (SELECT FROM n WHERE {})"
    else:
        form = "n JOIN {} ON {}"
    return sql.SQL(
        "WITH n AS MATERIALIZED ({needs}), came AS (INSERT INTO {target} SELECT {values} FROM {rows} LIMIT {room}"
        " RETURNING true) SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM n)"
    ).format(
        needs=missing(relations, into, ways),
        target=into.target,
        values=into.values(row, generation, sql.Literal(UNDATED)),
        rows=sql.SQL(form).format(source, every(tests)),
        room=sql.Literal(room),
    )


def missing(relations: RelationMap, into: KeyTable, ways: Sequence[Way]) -> sql.Composed:
    """The keys that newer rows refer to and that are not there yet; all where several rows may be meant by one."""
    edge = ways[0].edge
    needs = sql.SQL(" UNION ALL ").join([needs_of(relations, way) for way in ways])
    whole = edge.period or edge.several
    return sql.SQL("SELECT DISTINCT n.* FROM ({}) AS n WHERE {}").format(
        needs, TRUE if whole else sql.SQL("NOT {}").format(_is_there(relations, into, edge))
    )


def _is_there(relations: RelationMap, parent: KeyTable, edge: Edge) -> sql.Composed:
    """Whether what `n` refers to is in a key table; a period: whether the rows there cover it together."""
    wanted = [sql.SQL("n.{}").format(name) for name in names_of(edge)]
    targets = [sql.SQL("own.{}").format(parent.columns[name]) for name in edge.targets]
    tests = [of_relation(relations, edge.parent, sql.Identifier("own")), *pairs(edge, targets, wanted)]
    if edge.period:
        return sql.SQL("coalesce({} <@ (SELECT pg_catalog.range_agg({}) FROM {} AS own WHERE {}), false)").format(
            wanted[-1], targets[-1], parent.name, every(tests)
        )
    return sql.SQL("EXISTS (SELECT FROM {} AS own WHERE {})").format(parent.name, every(tests))


def dangling(relations: RelationMap, edge: Edge, child: KeyTable, parent: KeyTable) -> sql.Composed:
    """How many rows of the segment refer over this edge to a row that does not exist."""
    return sql.SQL("SELECT count(*) FROM ({}) AS n WHERE NOT {}").format(
        needs_of(relations, Way(edge, child)), _is_there(relations, parent, edge)
    )
