"""What is done for the touched tables once an import's transaction has ended, on a connection of its own."""

from collections.abc import Sequence

from psycopg import sql

from server.calls import Call
from server.errors import FerryError
from server.model.schema import Identity
from server.postgres.databases import Connection, Database, connected
from server.postgres.relations import relation


def afterwards(database: Database, touched: Sequence[Identity], *, committed: bool) -> str | None:
    """ANALYZE after a commit; VACUUM after a rollback, which gives the space back. Says what it could not do."""
    if not touched:
        return None
    verb = sql.SQL("ANALYZE (SKIP_LOCKED) {}" if committed else "VACUUM (SKIP_LOCKED) {}")
    try:
        with connected(Call(), database) as connection:
            connection.execute("SELECT pg_catalog.set_config('lock_timeout', '3s', false)")
            tables = [relation(identity) for identity in touched]
            tables = [table for table in tables if _is_there(connection, table)]
            for start in range(0, len(tables), 50):
                connection.execute(verb.format(sql.SQL(", ").join(tables[start : start + 50])))
    except FerryError as failure:
        return f"{'ANALYZE' if committed else 'VACUUM'} afterwards failed ({failure.code})"
    return None


def _is_there(connection: Connection, table: sql.Identifier) -> bool:
    """Not after the rollback of an import that made it."""
    found = connection.execute("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", [table.as_string(connection)])
    return found.fetchone() == (True,)
