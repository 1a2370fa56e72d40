"""Whether what redaction puts in place of values passes the checks of their column: tried with those of some rows."""

import psycopg
from psycopg import errors, sql

from server.model.redaction import How
from server.model.tables import Column, Table
from server.postgres.databases import Connection
from server.postgres.masks import masked
from server.postgres.relations import written

SAMPLE = 1000
"""Rows whose stand-ins are tried."""


def passes(connection: Connection, table: Table, column: Column, how: How, expression: str) -> bool | None:
    """Whether the stand-ins pass a check of the table, or (expression '') those of the column's domain.

    None: it cannot be told. The key of the hash must be set.
    """
    stand_ins = sql.SQL("(SELECT ({})::{} AS {} FROM {} AS t LIMIT {}) AS x").format(
        masked(column, how),
        written(column.type),
        sql.Identifier(column.name),
        sql.Identifier(table.schema, table.name),
        sql.Literal(SAMPLE),
    )
    test = written(expression or "true")
    name = sql.Identifier(column.name)
    try:
        with connection.transaction():
            found = connection.execute(
                sql.SQL("SELECT pg_catalog.count(x.{}) >= 0, pg_catalog.bool_and(coalesce(({}), true)) FROM {}").format(
                    name, test, stand_ins
                )
            ).fetchone()
    except errors.CheckViolation:
        return False
    except psycopg.Error:
        if connection.closed or connection.broken:
            raise
        return None
    return found is None or found[1] is not False
