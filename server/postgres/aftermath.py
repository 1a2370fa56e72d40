"""What is done for the touched tables once an import's transaction has ended, on a connection of its own."""

from collections.abc import Sequence

from psycopg import sql

from server.calls import Call
from server.errors import FerryError
from server.model.schema import Identity
from server.postgres.databases import Database, connected
from server.postgres.relations import relation


def afterwards(database: Database, touched: Sequence[Identity], *, committed: bool) -> str | None:
    """ANALYZE after a commit; VACUUM after a rollback, which gives the space back. Says what it could not do."""
    if not touched:
        return None
    verb = sql.SQL("ANALYZE (SKIP_LOCKED) {}" if committed else "VACUUM (SKIP_LOCKED) {}")
    try:
        with connected(Call(), database) as connection:
            connection.execute("SELECT pg_catalog.set_config('lock_timeout', '3s', false)")
            for start in range(0, len(touched), 50):
                tables = sql.SQL(", ").join(relation(identity) for identity in touched[start : start + 50])
                connection.execute(verb.format(tables))
    except FerryError as failure:
        return f"{'ANALYZE' if committed else 'VACUUM'} afterwards failed ({failure.code})"
    return None
