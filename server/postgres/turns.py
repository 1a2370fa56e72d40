"""Imports and migrations of one database take turns; and who holds a lock that an import waited for in vain."""

import time
from collections.abc import Sequence

from server.calls import Call
from server.errors import DatabaseFailed, FerryError
from server.postgres.databases import Connection, Database, connected
from server.postgres.questions import ask

KEY = 0x7067666572727931
"""Of the advisory lock: the letters pgferry1."""


def wait_for_turn(call: Call, connection: Connection) -> None:
    """Waits, with a message, until no other import or migration of this database is under way; held to the end of the
    transaction.
    """
    while not _taken(connection):
        call.progress(0, None, "waiting for another import or migration of this database to end")
        time.sleep(0.25)


def _taken(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_catalog.pg_try_advisory_xact_lock(%s)", [KEY]).fetchone()
    return bool(row and row[0])


def holders(database: Database, oids: Sequence[int] | None = None) -> str:
    """The sessions that hold the tables (None: any of people's) and what they do, up to five."""
    sessions: list[str] = []
    try:
        with connected(Call(), database, timeout=3) as connection:
            wanted = None if oids is None else list(oids)
            for table, pid, state, application, seconds, mode in ask(connection, "blocking_sessions", wanted):
                who = f"session {pid}{f' ({application})' if application else ''}"
                sessions.append(f"{table} by {who}, {state}, its transaction {seconds} s old, {mode}")
    except FerryError:
        sessions = []
    return "; ".join(sessions[:5]) or "by a session that has ended since"


def locked(database: Database, oids: Sequence[int]) -> DatabaseFailed:
    """The failure of a lock that did not come in time, naming the sessions that hold the tables and what they do."""
    return DatabaseFailed(
        "locked",
        f"{database.name}: a table stayed locked: {holders(database, oids)}.",
        sqlstate="55P03",
        next="Let that session end its transaction, or raise lock_timeout_seconds under [imports], then call again.",
    )
