"""Redaction as SQL: the expression that stands in a SELECT in place of a sensitive column.

NULL stays NULL. A keyed hash is HMAC-SHA-256 over the value's text, the same in every table of one export; its key
travels as a setting of the session, never in the text of a query and never into a file.
"""

import hashlib

from psycopg import sql

from server.model.redaction import HASHED, How, hashed_length
from server.model.tables import Column
from server.postgres.databases import Connection
from server.postgres.redaction.row_numbers import numbered, row_of
from server.postgres.relations import written

_INNER, _OUTER = "pgferry.hash_inner", "pgferry.hash_outer"
_BLOCK = 64


def set_hash_key(connection: Connection, key: bytes) -> None:
    """Gives the session the key, for the transaction only; every connection of an export needs it."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    for name, pad in ((_INNER, 0x36), (_OUTER, 0x5C)):
        padded = bytes(byte ^ pad for byte in block).hex()
        connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, padded])


def masked(column: Column, how: How) -> sql.Composable:
    """The expression for a column whose mask is `null`, `hash` or `blank`; the rows' table is called t."""
    value = sql.SQL("t.{}").format(sql.Identifier(column.name))
    if how == "null":
        return sql.SQL("NULL")
    if not column.readable:  # then it has a value in every row, and what it is stays unknown
        value = sql.SQL("'0'::{}").format(written(column.type)) if column.category in "SV" else sql.SQL("NULL")
    if how == "hash" and column.base in HASHED:
        return _hash(column, value)
    if column.stand_in is not None:
        blank: sql.Composable = sql.SQL("{}::{}").format(sql.Literal(column.stand_in), written(column.type))
    else:
        blank = (numbered(column) if column.unique else None) or _blank(column, value)
    return _where_set(value, blank) if column.readable else blank


def _where_set(value: sql.Composable, stand_in: sql.Composable) -> sql.Composed:
    """NULL stays NULL. `IS NOT NULL` would be false too for a row with a NULL in it."""
    return sql.SQL("CASE WHEN {} IS DISTINCT FROM NULL THEN {} END").format(value, stand_in)


def _hash(column: Column, value: sql.Composable) -> sql.Composable:
    if column.base in ("int4", "int8"):
        return sql.SQL("({})::{}").format(_number(value), sql.Identifier("pg_catalog", column.base))
    digest = _digest(sql.SQL("pg_catalog.lower({}::text)" if column.base == "citext" else "{}::text").format(value))
    digits = sql.SQL("pg_catalog.encode({}, 'hex')").format(digest)
    if column.base == "bytea":
        return digest
    if column.base == "uuid":
        return sql.SQL("pg_catalog.left({}, 32)::uuid").format(digits)
    return sql.SQL("pg_catalog.left({}, {})").format(digits, hashed_length(column))


def _digest(text: sql.Composable) -> sql.Composed:
    """HMAC-SHA-256 of a text under the session's key."""
    return sql.SQL(
        "pg_catalog.sha256((SELECT pg_catalog.decode(pg_catalog.current_setting({outer}), 'hex')) || pg_catalog.sha256("
        "(SELECT pg_catalog.decode(pg_catalog.current_setting({inner}), 'hex'))"
        " || pg_catalog.convert_to({text}, 'UTF8')))"
    ).format(outer=sql.Literal(_OUTER), inner=sql.Literal(_INNER), text=text)


def _number(value: sql.Composable) -> sql.Composed:
    """A whole number for another, never the same for two: what fits 32 bits is permuted in four rounds of a Feistel
    network over its lower 31, its sign kept, so that columns of either size agree; beyond, 62 bits of the hash.
    """
    halves = sql.SQL("(SELECT {0}::int8 AS v, ({0}::int8 >> 15 & 65535)::int4 AS l, ({0}::int8 & 32767)::int4 AS r)")
    rounds = halves.format(value)
    for number in range(4):
        turned, by = (("l", "r"), ("r", "l"))[number % 2]
        key = sql.SQL("{} || h.{}").format(sql.Literal(f"{number}:"), sql.Identifier(by))
        bits = sql.SQL("('x' || pg_catalog.left(pg_catalog.encode({}, 'hex'), 4))::bit(16)::int4 & {}").format(
            _digest(key), 65535 if turned == "l" else 32767
        )
        rounds = sql.SQL(
            "(SELECT h.v, h.{kept}, h.{turned} # ({bits}) AS {turned} FROM {before} AS h OFFSET 0)"
        ).format(kept=sql.Identifier(by), turned=sql.Identifier(turned), bits=bits, before=rounds)
    wide = sql.SQL("('x' || pg_catalog.left(pg_catalog.encode({}, 'hex'), 16))::bit(64)::int8").format(
        _digest(sql.SQL("{}::text").format(value))
    )
    return sql.SQL(
        "SELECT CASE WHEN h.v BETWEEN -2147483648 AND 2147483647"
        " THEN h.l::int8 * 32768 + h.r - CASE WHEN h.v < 0 THEN 2147483648 ELSE 0 END"
        " ELSE {} & 4611686018427387903 | 4611686018427387904 END FROM {} AS h"
    ).format(wide, rounds)


_BLANK_TYPES: dict[str, sql.SQL] = {
    "bytea": sql.SQL("''::bytea"),
    "json": sql.SQL("'{}'::jsonb"),
    "jsonb": sql.SQL("'{}'::jsonb"),
    "uuid": sql.SQL("'00000000-0000-0000-0000-000000000000'::uuid"),
    "time": sql.SQL("'00:00:00'"),
    "timetz": sql.SQL("'00:00:00+00'"),
    "macaddr": sql.SQL("'00:00:00:00:00:00'"),
    "macaddr8": sql.SQL("'00:00:00:00:00:00:00:00'"),
    "pg_lsn": sql.SQL("'0/0'"),
    "xid": sql.SQL("'0'"),
    "xid8": sql.SQL("'0'"),
    "point": sql.SQL("'(0,0)'"),
    "line": sql.SQL("'{1,0,0}'"),
    "lseg": sql.SQL("'[(0,0),(0,0)]'"),
    "box": sql.SQL("'(0,0),(0,0)'"),
    "path": sql.SQL("'((0,0))'"),
    "polygon": sql.SQL("'((0,0))'"),
    "circle": sql.SQL("'<(0,0),0>'"),
}
_BLANK_CATEGORIES: dict[str, sql.SQL] = {
    "A": sql.SQL("'{}'::text[]"),
    "B": sql.SQL("false"),
    "D": sql.SQL("'1970-01-01'"),
    "I": sql.SQL("'0.0.0.0'"),
    "N": sql.SQL("0"),
    "T": sql.SQL("'00:00:00'"),
}


def _blank(column: Column, value: sql.Composable) -> sql.Composable:
    """A value of the type that says nothing; a text keeps its length class, the power of two below its length."""
    if column.base in _BLANK_TYPES:
        return _BLANK_TYPES[column.base]
    if column.category in _BLANK_CATEGORIES:
        return _BLANK_CATEGORIES[column.category]
    if column.labels:
        return sql.Literal(column.labels[0])
    if column.category == "S":
        return sql.SQL(
            "pg_catalog.repeat('x', CASE WHEN {value} = '' THEN 0"
            " ELSE pg_catalog.power(2, pg_catalog.floor(pg_catalog.log(2, pg_catalog.length({value}::text))))::int END)"
        ).format(value=value)
    if column.category == "R":
        return sql.SQL("'{}'" if "multirange" in column.base else "'empty'")
    if column.category == "V":
        return sql.SQL("{value} # {value}").format(value=value)
    if column.attributes:
        parts = [(inner, sql.SQL("({}).{}").format(value, sql.Identifier(inner.name))) for inner in column.attributes]
        return row_of(column, [_where_set(part, _blank(inner, part)) for inner, part in parts])
    if column.category == "C":
        return sql.SQL("pg_catalog.jsonb_populate_record(NULLIF({value}, {value}), '{{}}')").format(value=value)
    return sql.SQL("''")
