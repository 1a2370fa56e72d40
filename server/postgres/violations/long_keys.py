"""Rows that an index takes no entry of, for its pages have no room for one as long: tried with an index of the kind."""

from collections.abc import Iterator
from typing import NamedTuple

from psycopg import sql

from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.relations import written
from server.postgres.rows_in.staging import ROW, Staged
from server.postgres.violations.unique_keys import column_names


class LongKeys(NamedTuple):
    """The rows (a query of their numbers) that are too long for an index, and what that is made of."""

    name: str
    columns: list[str]
    rows: sql.Composed


def long_keys(connection: Connection, staged: Staged, oid: int) -> Iterator[LongKeys]:
    """For each index of the table that has the oid, where any staged row may be too long for it."""
    for name, making, expressions in ask(connection, "import_long_keys", oid):
        sizes = [sql.SQL("coalesce(pg_catalog.pg_column_size({}), 0)").format(written(part)) for part in expressions]
        long = sql.SQL(  # no index refuses less than a sixth of a page
            "SELECT * FROM {} WHERE {} > pg_catalog.current_setting('block_size')::int / 8"
        ).format(staged.typed, sql.SQL(" + ").join(sizes))
        if connection.execute(sql.SQL("SELECT EXISTS ({})").format(long)).fetchone() == (True,):
            yield LongKeys(name, column_names(expressions), _tried(connection, staged, making, long))


def _tried(connection: Connection, staged: Staged, making: str, rows: sql.Composed) -> sql.Composed:
    """A query of the rows that fail one by one to come into a table with such an index, which it makes."""
    trial = sql.Identifier("pg_temp", f"pgferry_trial_{staged.number}")
    trying = sql.Identifier("pg_temp", f"pgferry_too_long_{staged.number}")
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(trial))
    words = sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING STORAGE) ON COMMIT DROP")
    connection.execute(words.format(trial, staged.typed))
    connection.execute(sql.SQL("CREATE INDEX ON {} {}").format(trial, written(making)))
    body = sql.SQL("DECLARE given {}; BEGIN FOR given IN {} LOOP BEGIN INSERT INTO {} SELECT (given).*; "
                   "EXCEPTION WHEN program_limit_exceeded THEN RETURN NEXT given.{}; END; END LOOP; END").format(
        staged.typed, rows, trial, sql.Identifier(ROW))  # fmt: skip
    words = sql.SQL("CREATE OR REPLACE FUNCTION {}() RETURNS SETOF bigint LANGUAGE plpgsql AS {}")
    connection.execute(words.format(trying, sql.Literal(body.as_string(connection))))
    return sql.SQL("SELECT {}()").format(trying)
