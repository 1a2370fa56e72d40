"""Blank values of which each row of a table has another, for columns under a unique constraint: made of its place."""

import re
from typing import LiteralString

from psycopg import sql

from server.model.redaction import hashed_length
from server.model.tables import Column

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
}
_TEXT = (
    "(SELECT pg_catalog.string_agg(pg_catalog.substr('0123456789abcdefghijklmnopqrstuvwxyz',"
    " (1 + {n} / pg_catalog.power(36, k)::int8 % 36)::int4, 1), '' ORDER BY k DESC)"
    " FROM pg_catalog.generate_series(0, {last}) AS k)"
)


def numbered(column: Column) -> sql.Composable | None:
    """The expression for a row `t` in its place (with `ctid`); None where the type has no room for a number."""
    if column.base in _NUMBERED:
        return sql.SQL(_NUMBERED[column.base]).format(n=_PLACE)
    if column.base == "numeric":
        digits, scale = map(int, found.groups()) if (found := _SCALE.fullmatch(column.type)) else (18, 0)
        return sql.SQL("pg_catalog.round({} % 10::numeric ^ {} / 10::numeric ^ {}, {})").format(
            _PLACE, sql.Literal(digits), sql.Literal(scale), sql.Literal(scale)
        )
    if column.category == "S" or column.base == "citext":
        last = min(hashed_length(column), _MOST_DIGITS) - 1
        return sql.SQL(_TEXT).format(n=_PLACE, last=sql.Literal(last))
    return None
