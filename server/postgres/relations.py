"""Names as psycopg.sql parts: relations, column lists, and texts that PostgreSQL itself wrote (definitions)."""

from collections.abc import Iterable
from typing import LiteralString, cast

from psycopg import sql

from server.model.schema import Identity


def relation(identity: Identity) -> sql.Identifier:
    """`"schema"."name"`."""
    return sql.Identifier(identity.schema, identity.name)


def rows_of(schema: str, name: str, *, partitioned: bool) -> sql.Composed:
    """`ONLY "schema"."name"`: the rows of a table itself, without those of tables that inherit from it."""
    return sql.SQL("{}{}").format(sql.SQL("" if partitioned else "ONLY "), sql.Identifier(schema, name))


def columns(names: Iterable[str]) -> sql.Composed:
    """`"a", "b"`."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def written(text: object) -> sql.SQL:
    """Text that the server deparsed from its own catalog (a definition, a type), to stand in a statement as it is."""
    return sql.SQL(cast(LiteralString, str(text)))
