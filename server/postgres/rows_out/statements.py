"""Composed SQL: which rows of a table an export writes, and the COPY statement that each format asks for them with.

Only parts of psycopg.sql are put together here; no text of a caller ever becomes SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from psycopg import sql

from server.model.tables import Piece, Table
from server.postgres.relations import rows_of
from server.postgres.rows_out.fields import Field
from server.postgres.rows_out.json_objects import Losses, json_object, losses_of, marked

Shape = Literal["csv", "text", "json", "jsonl", "inserts"]
"""How rows leave the server: csv lines, COPY's text lines, JSON objects (in an array, by lines), INSERT statements."""

BLOCKS_PER_MESSAGE = 16
"""Heap blocks whose rows PostgreSQL puts into one message where it can: fewer, larger messages cost us less, and more
than some hundred thousand bytes cost the server more."""


@dataclass(frozen=True)
class RowSource:
    """Rows of one table, as parts of SQL from which every format composes its statement.

    `origin`: what stands between SELECT's list and ORDER BY, with the table under the alias t: `FROM ONLY s.t AS t`,
    or `FROM pg_temp.k JOIN ONLY s.t AS t ON t.ctid = k.place WHERE …`. `order`: `ORDER BY …`, or None for the order
    in which the rows lie. `blocks`: only the heap blocks [first, last) of a plain heap table; then origin has no WHERE.
    `together`: with `blocks`, the server may put the rows of many blocks into one message.

    Another export than the full one makes its own: `RowSource(fields_of(table, masks), origin, order)`.
    """

    fields: tuple[Field, ...]
    origin: sql.Composable
    order: sql.Composable | None = None
    blocks: tuple[int, int] | None = None
    together: bool = False


def from_piece(piece: Piece, table: Table) -> sql.Composable:
    """All rows of a table, or of one partition; through the root where that is all that the role may read."""
    rows = rows_of(piece.schema, piece.name, partitioned=table.partitioned and piece.oid == table.oid)
    return sql.SQL("FROM {} AS t").format(rows)


def cut(source: RowSource, blocks: int, step: int) -> list[RowSource]:
    """The rows of a plain heap in ranges of `step` blocks, in their order.

    `blocks` was read inside of the snapshot, so every row that the snapshot sees lies below it.
    """
    starts = range(0, max(blocks, 1), step)
    return [replace(source, blocks=(start, min(start + step, max(blocks, 1)))) for start in starts]


def copy_statement(
    source: RowSource, shape: Shape, server_version: int, name: tuple[str, str] = ("", ""), *, any_bytes: bool = False
) -> sql.Composed:
    """The COPY … TO STDOUT for rows in a shape. `name`: the table that INSERT statements are for. `any_bytes`: of a
    database that knows no encoding (SQL_ASCII); text rows are its bytes as they are, every other shape is UTF-8.

    What `ends_itself` comes as one message for each row, the others as binary rows (count, three losses, lines).
    """
    if shape == "csv":
        return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(_select(source))
    if shape == "text":
        unchanged = sql.SQL(" (ENCODING 'SQL_ASCII')" if any_bytes else "")
        return sql.SQL("COPY ({}) TO STDOUT{}").format(_select(source), unchanged)
    json = shape != "inserts"
    if json and ends_itself(source, shape):
        line = marked(json_object(source.fields, server_version), losses_of(source.fields), shape == "json")
        query = sql.SQL("SELECT {} FROM ({}) AS x").format(line, _select(source, json=True))
        return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')").format(query)
    lines = _Lines(
        json_object(source.fields, server_version) if json else _insert_line(source, name),
        sql.SQL("E',\\n'" if shape == "json" else "E'\\n'"),
        losses_of(source.fields) if json else Losses(None, None, None),
    )
    query = _by_blocks(source, lines, json) if source.blocks and source.together else _by_row(source, lines.line)
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)


def ends_itself(source: RowSource, shape: Shape) -> bool:
    """Whether each row comes as a text of its own, a JSON object too, and ends in what separates it from the next.

    No line of JSON has one of the control characters that stand in for COPY's quote and delimiter.
    """
    return shape in ("csv", "text") or (shape != "inserts" and not (source.blocks and source.together))


def _select(source: RowSource, *, json: bool = False) -> sql.Composed:
    return sql.SQL("SELECT {} {}{} {}").format(
        sql.SQL(", ").join(_item(field, json) for field in source.fields),
        source.origin,
        _range(source),
        source.order or sql.SQL(""),
    )


def _item(field: Field, json: bool) -> sql.Composable:
    name = sql.Identifier(field.column.name)
    if field.expression is not None:
        return sql.SQL("{} AS {}").format(field.expression, name)
    if json and field.column.json_cast:
        return sql.SQL("t.{}::text AS {}").format(name, name)
    return sql.SQL("t.{}").format(name)


def _range(source: RowSource) -> sql.Composable:
    if source.blocks is None:
        return sql.SQL("")
    first, last = source.blocks
    return sql.SQL(" WHERE t.ctid >= {}::tid AND t.ctid < {}::tid").format(_tid(first), _tid(last))


def _tid(block: int) -> sql.Literal:
    return sql.Literal(f"({block},0)")


class _Lines(NamedTuple):
    """What becomes of a row, what stands between two, and which conditions say that JSON loses something of it."""

    line: sql.Composable
    separator: sql.Composable
    losses: Losses


def _by_row(source: RowSource, line: sql.Composable) -> sql.Composed:
    return sql.SQL("SELECT 1::int8, 0::int8, 0::int8, 0::int8, {} FROM ({}) AS x").format(line, _select(source))


def _by_blocks(source: RowSource, lines: _Lines, json: bool) -> sql.Composed:
    """One row for the rows of some blocks."""
    assert source.blocks is not None
    first, last = source.blocks
    counts = [
        sql.SQL("0::int8") if loss is None else sql.SQL("pg_catalog.count(*) FILTER (WHERE {})").format(loss)
        for loss in lines.losses
    ]
    return sql.SQL(
        "SELECT a.* FROM pg_catalog.generate_series({first}::int8, {last}::int8 - 1, {step}) AS b(first)"
        " CROSS JOIN LATERAL (SELECT pg_catalog.count(*), {counts}, pg_catalog.string_agg({line}, {separator})"
        " FROM ({inner} WHERE t.ctid >= pg_catalog.format('(%s,0)', b.first)::tid AND t.ctid <"
        " pg_catalog.format('(%s,0)', LEAST(b.first + {step}, {last}::int8))::tid) AS x) AS a"
    ).format(
        first=sql.Literal(first),
        last=sql.Literal(last),
        step=sql.Literal(BLOCKS_PER_MESSAGE),
        counts=sql.SQL(", ").join(counts),
        line=lines.line,
        separator=lines.separator,
        inner=_select(replace(source, blocks=None), json=json),
    )


def _insert_line(source: RowSource, name: tuple[str, str]) -> sql.Composable:
    table = sql.Identifier(*name)
    if not source.fields:
        return sql.Literal(sql.SQL("INSERT INTO {} DEFAULT VALUES;").format(table).as_string(None))
    names = sql.SQL(", ").join(sql.Identifier(field.column.name) for field in source.fields)
    always = sql.SQL(" OVERRIDING SYSTEM VALUE" if any(field.column.identity for field in source.fields) else "")
    opening = sql.SQL("INSERT INTO {} ({}){} VALUES (").format(table, names, always).as_string(None)
    values = sql.SQL(" || ', ' || ").join(
        sql.SQL("pg_catalog.quote_nullable(x.{}::text)").format(sql.Identifier(field.column.name))
        for field in source.fields
    )
    return sql.SQL("{} || {} || ');'").format(sql.Literal(opening), values)


def copy_heading(name: tuple[str, str], fields: Iterable[Field]) -> str:
    """`COPY s.t (a, b) FROM stdin;` for a script."""
    names = [sql.Identifier(field.column.name) for field in fields]
    listed = sql.SQL(" ({})").format(sql.SQL(", ").join(names)) if names else sql.SQL("")
    return sql.SQL("COPY {}{} FROM stdin;").format(sql.Identifier(*name), listed).as_string(None)


def set_position(schema: str, name: str, last_value: int, *, is_called: bool) -> str:
    """`SELECT pg_catalog.setval('s.q', 42, true);` for a script."""
    called = sql.Literal(sql.Identifier(schema, name).as_string(None))
    statement = sql.SQL("SELECT pg_catalog.setval({}, {}, {});").format(called, last_value, is_called)
    return statement.as_string(None)
