"""The JSON object of a row, as SQL over the row's alias x; and which rows lose something by being one.

`row_to_json` looks up the type of every value of every row. So the object is put together from its columns: what needs
no escaping as it prints, the rest by `to_json`, or from PostgreSQL 17 on by `json_scalar`, which looks a type up once.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple

from psycopg import sql

from server.model.tables import Column
from server.postgres.rows_out.copying import Tally
from server.postgres.rows_out.fields import Field

JSON_SCALAR = 170000
"""The first server version that has the function: three quarters of the time of `row_to_json`; before, nine tenths."""
_AT_ONCE = 100
"""Arguments of one function, at most."""
_INTEGERS = ("int2", "int4", "int8")
_FLOATS = ("float4", "float8")
NUMERIC_INFINITY = 140000
"""The first server version whose numeric has infinities, so that they can be told from what is a number in JSON too."""
_UNQUOTED = ("uuid", "date")
"""Types whose text has nothing to escape, and is the same in JSON."""
_JSON = ("json", "jsonb")
_LOST = 9
_CODES = [bytes(code) for code in product(b" \t", repeat=3) if _LOST in code]
_SMALL = 16
"""Bytes that a JSON null in a jsonb stays below: its size is known without unpacking it."""


def json_object(fields: Sequence[Field], server_version: int) -> sql.Composable:
    """The text that `row_to_json(x.*)` has, in one line: only the blanks of a `json` value can have line breaks outside
    of a string, and they become spaces.
    """
    if not fields:
        return sql.SQL("'{}'::text")
    scalar = sql.SQL("JSON_SCALAR" if server_version >= JSON_SCALAR else "pg_catalog.to_json")
    finite = (*_FLOATS, "numeric") if server_version >= NUMERIC_INFINITY else _FLOATS
    line = _composed(fields, scalar, finite)
    if any(field.column.holds_json and field.expression is None for field in fields):
        return sql.SQL("pg_catalog.translate({}, E'\\n\\r', '  ')").format(line)
    return line


def _composed(fields: Sequence[Field], scalar: sql.SQL, finite: Sequence[str]) -> sql.Composable:
    parts: list[str | sql.Composable] = []
    for number, field in enumerate(fields):
        key = ("," if number else "{") + _quoted(field.column.name) + ":"
        parts += _member(key, field, scalar, finite)
    parts.append("}")
    groups = [parts[first : first + _AT_ONCE] for first in range(0, len(parts), _AT_ONCE)]
    concats = [_concat(group) for group in groups]
    return concats[0] if len(concats) == 1 else _concat(concats)


def _concat(parts: Iterable[str | sql.Composable]) -> sql.Composed:
    texts = [_text(part) if isinstance(part, str) else part for part in parts]
    return sql.SQL("pg_catalog.concat({})").format(sql.SQL(", ").join(texts))


def _text(value: str) -> sql.Composed:
    return sql.SQL("{}::text").format(sql.Literal(value))


def _quoted(name: str) -> str:
    """As PostgreSQL writes a string in JSON."""
    return json.dumps(name, ensure_ascii=False)


def _member(key: str, field: Field, scalar: sql.SQL, finite: Sequence[str]) -> list[str | sql.Composable]:
    """A key and its value as JSON writes them, as arguments of `concat`: it passes over NULL and prints numbers without
    making texts of them, those of the types in `finite` where they are neither infinite nor NaN. Only what PostgreSQL's
    own types print is taken as it is.
    """
    column = field.column
    plain = field.expression is None and not column.json_cast
    own = column.base if column.built_in and plain else ""
    value, null = sql.SQL("x.{}").format(sql.Identifier(column.name)), _text(key + "null")
    if own in _INTEGERS:
        return [key, value, sql.SQL("CASE WHEN {} IS NULL THEN 'null'::text END").format(value)]
    if own in finite:
        number = sql.SQL("{0} < 'Infinity' AND {0} > '-Infinity'").format(value)
        other = sql.SQL("COALESCE({}({})::text, 'null')").format(scalar, value)
        usual, odd = sql.SQL("CASE WHEN {} THEN {} END"), sql.SQL("CASE WHEN {} THEN NULL ELSE {} END")
        return [key, usual.format(number, value), odd.format(number, other)]
    if own in ("json", "jsonb"):
        return [key, sql.SQL("COALESCE({}, 'null')").format(value)]
    if own == "bool":
        cases = sql.SQL("CASE WHEN {} THEN {} WHEN {} IS NULL THEN {} ELSE {} END")
        return [cases.format(value, _text(key + "true"), value, null, _text(key + "false"))]
    if own in _UNQUOTED:
        return [sql.SQL("COALESCE({} || {}::text || '\"', {})").format(_text(key + '"'), value, null)]
    other = sql.SQL("COALESCE({}({}), 'null')").format(scalar, value)
    by_label = column.labels and plain and not column.domain  # no operator of enums takes a domain
    return [_of_labels(key, value, column.labels, other)] if by_label else [key, other]


def _of_labels(key: str, value: sql.Composable, labels: Iterable[str], other: sql.Composable) -> sql.Composable:
    """An enum's member by comparing the value, cheaper than printing it; `other` for NULL and further labels."""
    case, read = sql.SQL("WHEN {} = {} THEN {}"), sql.SQL("CASE {} ELSE {} || {}::text END")
    cases = (case.format(value, sql.Literal(label), _text(key + _quoted(label))) for label in labels)
    return read.format(sql.SQL(" ").join(cases), _text(key), other)


def marked(line: sql.Composable, losses: "Losses", comma: bool) -> sql.Composable:
    """A row's object with what JSON loses of it behind: a blank for each kind of loss, a tab for those that there are;
    nothing where nothing is lost. `comma`: and one of these.
    """
    end = sql.SQL("','" if comma else "''")
    there = [loss for loss in losses if loss is not None]
    if not there:
        return sql.SQL("{} || {}").format(line, end) if comma else line
    tab = sql.SQL("CASE WHEN {} THEN E'\\t' ELSE ' ' END")
    kinds = [sql.SQL("' '") if loss is None else tab.format(loss) for loss in losses]
    code = sql.SQL("CASE WHEN {} THEN {} END").format(sql.SQL(" OR ").join(there), sql.SQL(" || ").join(kinds))
    return sql.SQL("pg_catalog.concat({}, {}, {})").format(line, code, end)


def unmarked(rows: bytes | bytearray, separator: bytes) -> tuple[bytes | bytearray, Tally]:
    """Rows without what `marked` put behind them, which each end in the separator; and how many lost what."""
    lost = [0, 0, 0]
    if b"\t" in rows:  # hardly ever
        for code in _CODES:
            mark = b"}" + code + separator
            if count := rows.count(mark):
                rows = rows.replace(mark, b"}" + separator)
                lost = [sum_ + count * (kind == _LOST) for sum_, kind in zip(lost, code, strict=True)]
    return rows, Tally(0, *lost)


class Losses(NamedTuple):
    """Conditions under which a row has a JSON null beside SQL's, array bounds other than 1, \\u0000 in a json.

    None where no row can.
    """

    nulls: sql.Composable | None
    bounds: sql.Composable | None
    nuls: sql.Composable | None


def losses_of(fields: Iterable[Field]) -> Losses:
    """What JSON cannot carry of these columns: to be counted, and said."""
    plain = [field.column for field in fields if field.expression is None and not field.column.json_cast]
    return Losses(_any(plain, _json_null), _any(plain, _odd_bounds), _any(plain, _nul_character))


def _any(columns: Iterable[Column], condition: Callable[[Column], sql.Composable | None]) -> sql.Composable | None:
    conditions = [found for column in columns if (found := condition(column)) is not None]
    return sql.SQL("({}) IS TRUE").format(sql.SQL(" OR ").join(conditions)) if conditions else None


def _json_null(column: Column) -> sql.Composable | None:
    name = sql.Identifier(column.name)
    if column.base in _JSON and not column.domain and not column.nullable:  # it has no NULL to be taken for
        return None
    if column.base == "jsonb":
        return sql.SQL("pg_catalog.pg_column_size(x.{0}) < {1} AND pg_catalog.jsonb_typeof(x.{0}) = 'null'").format(
            name, _SMALL
        )
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
