"""Composed SQL: which rows of a table an export writes, and the COPY statement that each format asks for them with.

Only parts of psycopg.sql are put together here; no text of a caller ever becomes SQL.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from psycopg import sql

from server.model.redaction import How
from server.model.tables import Column, Piece, Table
from server.postgres.masks import masked

Shape = Literal["csv", "text", "json", "jsonl", "inserts"]
"""How rows leave the server: csv lines, COPY's text lines, JSON objects (in an array, by lines), INSERT statements."""

BLOCKS_PER_MESSAGE = 64
"""Heap blocks whose rows PostgreSQL puts into one message where it can: fewer, larger messages cost us less."""


@dataclass(frozen=True)
class Field:
    """A column as selected. `expression` None: as it is (an SQL text over the table's alias t otherwise)."""

    column: Column
    expression: sql.Composable | None = None


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


def fields_of(table: Table, masks: Mapping[str, How], *, generated: bool = True) -> tuple[Field, ...]:
    """The columns that are written: without the excluded ones, masked where they are sensitive."""
    return tuple(
        Field(column, masked(column, masks[column.name]) if column.name in masks else None)
        for column in table.columns
        if masks.get(column.name) != "exclude" and (generated or not column.generated)
    )


def from_piece(piece: Piece, table: Table) -> sql.Composable:
    """All rows of a table, or of one partition; through the root where that is all that the role may read."""
    only = sql.SQL("" if piece.oid == table.oid and table.partitioned else "ONLY ")
    return sql.SQL("FROM {}{} AS t").format(only, sql.Identifier(piece.schema, piece.name))


def cut(source: RowSource, blocks: int, step: int) -> list[RowSource]:
    """The rows of a plain heap in ranges of `step` blocks, in their order.

    `blocks` was read inside of the snapshot, so every row that the snapshot sees lies below it.
    """
    starts = range(0, max(blocks, 1), step)
    return [replace(source, blocks=(start, min(start + step, max(blocks, 1)))) for start in starts]


def copy_statement(source: RowSource, shape: Shape, name: tuple[str, str] = ("", "")) -> sql.Composed:
    """The COPY … TO STDOUT for rows in a shape. `name`: the table that INSERT statements are for.

    `csv` and `text` come as one message for each row, the others as binary rows (count, three losses, lines).
    """
    if shape == "csv":
        return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(_select(source))
    if shape == "text":
        return sql.SQL("COPY ({}) TO STDOUT").format(_select(source))
    json = shape != "inserts"
    lines = _Lines(
        _json_line(source) if json else _insert_line(source, name),
        sql.SQL("E',\\n'" if shape == "json" else "E'\\n'"),
        _losses(source) if json else (None, None, None),
    )
    query = (_by_blocks if source.blocks and source.together else _by_row)(source, lines, json)
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)


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
    losses: tuple[sql.Composable | None, sql.Composable | None, sql.Composable | None]


def _by_row(source: RowSource, lines: _Lines, json: bool) -> sql.Composed:
    counts = [sql.SQL("0::int8") if loss is None else sql.SQL("({})::int::int8").format(loss) for loss in lines.losses]
    inner = _select(source, json=json)
    return sql.SQL("SELECT 1::int8, {}, {} FROM ({}) AS x").format(sql.SQL(", ").join(counts), lines.line, inner)


def _by_blocks(source: RowSource, lines: _Lines, json: bool) -> sql.Composed:
    """One row for the rows of 64 blocks."""
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


def _json_line(source: RowSource) -> sql.Composable:
    """A JSON object on one line: only the blanks of a `json` value can have line breaks outside of a string."""
    if not source.fields:
        return sql.SQL("'{}'::text")
    line = sql.SQL("pg_catalog.row_to_json(x.*)::text")
    if any(field.column.holds_json and field.expression is None for field in source.fields):
        return sql.SQL("pg_catalog.translate({}, E'\\n\\r', '  ')").format(line)
    return line


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


def _losses(source: RowSource) -> tuple[sql.Composable | None, sql.Composable | None, sql.Composable | None]:
    """Rows with a JSON null beside SQL's, with array bounds other than 1, with \\u0000 in a json."""
    plain = [field.column for field in source.fields if field.expression is None and not field.column.json_cast]
    return (
        _any(plain, _json_null),
        _any(plain, _odd_bounds),
        _any(plain, _nul_character),
    )


def _any(columns: Iterable[Column], condition: Callable[[Column], sql.Composable | None]) -> sql.Composable | None:
    conditions = [found for column in columns if (found := condition(column)) is not None]
    return sql.SQL("({}) IS TRUE").format(sql.SQL(" OR ").join(conditions)) if conditions else None


def _json_null(column: Column) -> sql.Composable | None:
    name = sql.Identifier(column.name)
    if column.base == "jsonb":
        return sql.SQL("pg_catalog.jsonb_typeof(x.{}) = 'null'").format(name)
    if column.base == "json":
        return sql.SQL("pg_catalog.json_typeof(x.{}) = 'null'").format(name)
    if column.base in ("_jsonb", "_json"):  # an array quotes the element, and does not quote what is NULL
        return sql.SQL("x.{}::text LIKE '%\"null\"%'").format(name)
    return None


def _odd_bounds(column: Column) -> sql.Composable | None:
    if column.category == "C":
        return sql.SQL("x.{}::text ~ '[0-9]:-?[0-9]+[]]={{'").format(sql.Identifier(column.name))
    if column.category != "A" or not column.base.startswith("_"):
        return None
    return sql.SQL(
        "CASE WHEN pg_catalog.array_ndims(x.{0}) > 1 THEN x.{0}::text LIKE '[%'"
        " ELSE pg_catalog.array_lower(x.{0}, 1) <> 1 END"
    ).format(sql.Identifier(column.name))


def _nul_character(column: Column) -> sql.Composable | None:
    if column.base != "json":
        return None
    return sql.SQL("pg_catalog.strpos(x.{}::text, '\\u0000') > 0").format(sql.Identifier(column.name))


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
