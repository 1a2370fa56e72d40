"""How a value that a file gives as text or JSON is read as its column's type: with its length and its domain's checks.

As COPY would read it. A cast of SQL would cut what is too long for a `varchar(5)`, so it only serves where it is the
type's own input function and no more; json_to_record, which is exact for every type and fifteen times as slow,
reads the rest.
"""

import re
from collections.abc import Collection, Sequence

from psycopg import sql

from server.model.imports.plan import ColumnPlan
from server.postgres.relations import written

_CAST = re.compile(
    r"(?:smallint|integer|bigint|numeric(?:\(\d+,-?\d+\))?|real|double precision|boolean|text|character varying|date"
    r"|(?:time|timestamp)(?:\(\d\))? with(?:out)? time zone|interval|uuid|bytea|jsonb?|inet|cidr|macaddr8?|oid)"
    r"(?:\[\])*"
)
_LENGTH = re.compile(r"character(?: varying)?\((\d+)\)")


def reading_text(given: sql.Composable, type_: str, enums: Collection[str] = ()) -> sql.Composed:
    """The text `given` as a value of the type."""
    kind = written(type_)
    cast = sql.SQL("{}::{}").format(given, kind)
    if _CAST.fullmatch(type_) or type_.removesuffix("[]") in enums or is_hstore(type_):
        return cast
    words = sql.SQL("(SELECT r.v FROM pg_catalog.json_to_record(pg_catalog.json_build_object('v', {})) AS r(v {}))")
    exact = words.format(given, kind)
    if found := _LENGTH.fullmatch(type_):
        longer = sql.SQL("CASE WHEN pg_catalog.length({}) > {} THEN {} ELSE {} END")
        return longer.format(given, sql.Literal(int(found[1])), exact, cast)
    return exact


def reading_json(given: sql.Composable, column: ColumnPlan) -> sql.Composed:
    """The column's value in the json object `given`."""
    value = sql.SQL("({} -> {})").format(given, sql.Literal(column.file))
    if is_hstore(column.type):
        words = sql.SQL("(SELECT {} FROM (SELECT {} AS {}) AS given)")
        return words.format(_json_value(column), value, sql.Identifier(column.file))
    words = sql.SQL("(SELECT r.v FROM pg_catalog.json_to_record(pg_catalog.json_build_object('v', {})) AS r(v {}))")
    return _with_null(words.format(value, written(column.type)), column)


def reading_objects(function: sql.Composable, columns: Sequence[ColumnPlan]) -> tuple[sql.Composed, sql.Composed]:
    """(what to select, what to select it from): all columns at once of what json_to_record or a like `function` reads.

    An hstore is written as an object, which its own input does not read.
    """
    parts = [
        sql.SQL("{} {}").format(sql.Identifier(c.file), written("json" if is_hstore(c.type) else c.type))
        for c in columns
    ]
    given = sql.SQL("pg_catalog.{} AS given({})").format(function, sql.SQL(", ").join(parts))
    return sql.SQL(", ").join(_json_value(column) for column in columns), given


def _json_value(column: ColumnPlan) -> sql.Composed:
    name = sql.Identifier("given", column.file)
    if not is_hstore(column.type):
        return _with_null(sql.Composed([name]), column)
    schema = column.type.rpartition(".")[0]
    make = written(f"{schema}.hstore" if schema else "hstore")
    return sql.SQL(
        "CASE WHEN {0} IS NULL OR pg_catalog.json_typeof({0}) = 'null' THEN NULL"
        " WHEN pg_catalog.json_typeof({0}) = 'string' THEN ({0} #>> '{{}}')::{2} ELSE"
        " (SELECT COALESCE({1}(pg_catalog.array_agg(e.key), pg_catalog.array_agg(e.value)), ''::{2})"
        " FROM pg_catalog.json_each_text({0}) AS e) END"
    ).format(name, make, written(column.type))


def _with_null(value: sql.Composed, column: ColumnPlan) -> sql.Composed:
    """The value; the JSON null where that is one, which PostgreSQL's functions give as NULL."""
    if not column.json_null:
        return value
    return sql.SQL("COALESCE({}, {}::{})").format(value, sql.Literal("null"), written(column.type))


def is_hstore(type_: str) -> bool:
    """Whether it is the type of the extension of that name, wherever that is installed."""
    return type_.rpartition(".")[2] == "hstore"
