"""Blank values of which each row of a table has another, for columns under a unique constraint: made of its place."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import LiteralString

from psycopg import sql

from server.model.redaction import hashed_length
from server.model.tables import Column
from server.postgres.relations import written

_PLACE = sql.SQL("((t.ctid::text::point)[0]::int8 * 300 + (t.ctid::text::point)[1]::int8)")
"""A number that no two rows of a heap share: a page of 8 KB has 291 rows at most."""
_MOST_DIGITS = 12
_SCALE = re.compile(r"numeric\((\d+),(\d+)\)")

_NUMBERED: dict[str, LiteralString] = {
    "int2": "({n} % 65536 - 32768)",
    "date": "('1970-01-01'::date + ({n} % 2000000)::int4)",
    "timestamp": "('1970-01-01'::timestamp + ({n} % 1000000000000) * '1 second'::interval)",
    "timestamptz": "('1970-01-01 00:00:00+00'::timestamptz + ({n} % 1000000000000) * '1 second'::interval)",
    "time": "('00:00:00'::time + ({n} % 86400000000) * '1 microsecond'::interval)",
    "timetz": "('00:00:00+00'::timetz + ({n} % 86400000000) * '1 microsecond'::interval)",
    "interval": "({n} * '1 second'::interval)",
    "inet": "('::'::inet + {n})",
    "cidr": "('::'::inet + {n})::cidr",
    "macaddr": "pg_catalog.lpad(pg_catalog.to_hex({n} % 281474976710656), 12, '0')::macaddr",
    "macaddr8": "pg_catalog.lpad(pg_catalog.to_hex({n}), 16, '0')::macaddr8",
    "float4": "{n}",
    "float8": "{n}",
    "money": "{n}",
    "oid": "({n} % 4294967296)::oid",
    "pg_lsn": "('0/' || pg_catalog.to_hex({n} % 4294967296))::pg_lsn",
    "xid8": "{n}::text::xid8",
    "tsvector": "pg_catalog.array_to_tsvector(ARRAY[{n}::text])",
    "tsquery": "{n}::text::tsquery",
    "jsonb": "pg_catalog.to_jsonb({n})",
    "point": "pg_catalog.point({n}, 0)",
    "box": "pg_catalog.box(pg_catalog.point({n}, 0), pg_catalog.point({n}, 0))",
    "circle": "pg_catalog.circle(pg_catalog.point({n}, 0), 0)",
    "polygon": "pg_catalog.polygon(pg_catalog.box(pg_catalog.point({n}, 0), pg_catalog.point({n}, 0)))",
    "int4range": "pg_catalog.int4range(({n} % 2147483647)::int4, ({n} % 2147483647)::int4, '[]')",
    "int8range": "pg_catalog.int8range({n}, {n}, '[]')",
    "numrange": "pg_catalog.numrange({n}, {n}, '[]')",
    "daterange": "pg_catalog.daterange({date}, {date}, '[]')",
    "tsrange": "pg_catalog.tsrange({timestamp}, {timestamp}, '[]')",
    "tstzrange": "pg_catalog.tstzrange({timestamptz}, {timestamptz}, '[]')",
}
_INSIDE: dict[str, LiteralString] = {
    "int4": "({n} % 2147483648)::int4",
    "int8": "{n}",
    "uuid": "pg_catalog.lpad(pg_catalog.to_hex({n}), 32, '0')::uuid",
    "bytea": "pg_catalog.int8send({n})",
}
"""Of arrays and composite types: such a column itself is hashed."""
_COUNTED: dict[str, LiteralString] = {
    "int2": "({start}::int8 + {n})",
    "int4": "({start}::int8 + {n})",
    "int8": "({start}::int8 + {n})",
    "numeric": "({start}::numeric + {n})",
    "float8": "({start}::float8 + {n})",
    "date": "({start}::date + {n}::int4)",
    "timestamp": "({start}::timestamp + {n} * '1 second'::interval)",
    "timestamptz": "({start}::timestamptz + {n} * '1 second'::interval)",
}
"""From where a column begins."""
_TEXTS = ("text", "varchar", "bpchar", "name", "citext")
_TEXT = (
    "(SELECT pg_catalog.string_agg(pg_catalog.substr('0123456789abcdefghijklmnopqrstuvwxyz',"
    " (1 + {n} / pg_catalog.power(36, k)::int8 % 36)::int4, 1), '' ORDER BY k DESC)"
    " FROM pg_catalog.generate_series(0, {last}) AS k)"
)


def numbered(column: Column) -> sql.Composable | None:
    """The expression for a row `t` in its place (with `ctid`); None where the type has no room for a number."""
    if column.start is not None and column.base in _COUNTED:
        return sql.SQL(_COUNTED[column.base]).format(n=_PLACE, start=sql.Literal(column.start))
    if column.base in _NUMBERED:
        days = {name: sql.SQL(_NUMBERED[name]).format(n=_PLACE) for name in ("date", "timestamp", "timestamptz")}
        return sql.SQL(_NUMBERED[column.base]).format(n=_PLACE, **days)
    if column.base in ("bit", "varbit"):
        bits = sql.SQL("{}::bit({})").format(
            _PLACE, sql.Literal(column.length or (64 if column.base == "varbit" else 1))
        )
        return bits if column.base == "bit" else sql.SQL("{}::varbit").format(bits)
    if column.base.endswith("multirange"):
        inside = numbered(replace(column, base=column.base.replace("multirange", "range")))
        return inside and sql.SQL("{}({})").format(sql.Identifier("pg_catalog", column.base), inside)
    if column.category == "A":
        inside = _inside(replace(column, base=column.base[1:], category=""))
        return inside and sql.SQL("ARRAY[{}]").format(inside)
    if column.category == "C":
        return _numbered_row(column)
    if column.base == "numeric":
        digits, scale = map(int, found.groups()) if (found := _SCALE.fullmatch(column.type)) else (18, 0)
        return sql.SQL("pg_catalog.round({} % 10::numeric ^ {} / 10::numeric ^ {}, {})").format(
            _PLACE, sql.Literal(digits), sql.Literal(scale), sql.Literal(scale)
        )
    if column.category == "S" or column.base in _TEXTS:
        last = min(hashed_length(column), _MOST_DIGITS) - 1
        return sql.SQL(_TEXT).format(n=_PLACE, last=sql.Literal(last))
    return None


def _inside(column: Column) -> sql.Composable | None:
    if column.base in _INSIDE:
        return sql.SQL(_INSIDE[column.base]).format(n=_PLACE)
    return numbered(column)


def _numbered_row(column: Column) -> sql.Composable | None:
    """A row with the number in the first attribute that has room for one; the others are NULL."""
    for place, attribute in enumerate(column.attributes):
        number = _inside(attribute)
        if number is not None:
            return row_of(column, [number if n == place else sql.NULL for n in range(len(column.attributes))])
    return None


def row_of(column: Column, parts: Sequence[sql.Composable]) -> sql.Composed:
    """A value of a composite type."""
    return sql.SQL("ROW({})::{}").format(sql.SQL(", ").join(parts), written(column.row_type))
