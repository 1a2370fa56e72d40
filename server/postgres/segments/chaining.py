"""The statement that follows chains of references within one table to their ends."""

from collections.abc import Sequence

from psycopg import sql

from server.model.segments.relations import Edge, RelationMap
from server.postgres.segments.key_tables import KeyTable, Way
from server.postgres.segments.requiring import missing
from server.postgres.segments.row_tests import UNDATED, every, pairs, table
from server.postgres.segments.way_parts import names_of, newer_rows, not_yet


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
        starts = _targets(relations, way) if down else missing(relations, into, [way])
        base = sql.SQL(
            "SELECT p.ctid FROM ({}) AS n CROSS JOIN LATERAL (SELECT p.ctid FROM {} AS p WHERE {} OFFSET 0) AS p"
        )
        bases.append(
            base.format(starts, rows, _link(way.edge, [sql.SQL("n.{}").format(n) for n in names_of(way.edge)], down))
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
        new=every(not_yet(into, fresh=not down)),
        room=sql.Literal(room),
    )


def _link(edge: Edge, before: Sequence[sql.Composable], down: bool) -> sql.Composed:
    """That a row `p` is the next one: the row that `before` refers to or, on the way down, one that refers to it."""
    ends = [sql.SQL("p.{}").format(sql.Identifier(name)) for name in (edge.columns if down else edge.targets)]
    return every(pairs(edge, before, ends, down=True) if down else pairs(edge, ends, before))


def _targets(relations: RelationMap, way: Way) -> sql.Composed:
    """What rows refer to that refer to newer rows over the edge."""
    columns = [sql.SQL("k.{}").format(way.keys.columns[name]) for name in way.edge.targets]
    named = [sql.SQL("{} AS {}").format(*pair) for pair in zip(columns, names_of(way.edge), strict=True)]
    return sql.SQL("SELECT {} FROM {} AS k WHERE {}").format(
        sql.SQL(", ").join(named), way.keys.name, every(newer_rows(relations, way, ()))
    )
