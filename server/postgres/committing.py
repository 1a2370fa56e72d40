"""COMMIT whose outcome is never left open: a lost connection is resolved by asking the server in a new session."""

import time

import psycopg

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, OutcomeUnknown
from server.postgres.databases import Connection, Database, connected
from server.postgres.failures import translate

COMMIT_PATIENCE = 30.0
"""Seconds that a lost COMMIT is looked up before its outcome is called unknown."""
COMMIT_GRACE = 2.0
"""Seconds in which a COMMIT that arrived may still be taken up: a busy server has it lie for a moment."""


def commit(database: Database, connection: Connection) -> None:
    """COMMIT, and the truth about it: returns where it was committed, though the connection broke.

    DatabaseFailed("not_committed") where it was not, OutcomeUnknown where no server would say.
    """
    row = connection.execute("SELECT pg_catalog.txid_current_if_assigned()::text").fetchone()
    transaction = row[0] if row else None
    session = connection.info.backend_pid
    try:
        ended = connection.execute("COMMIT")
    except psycopg.Error as error:
        if not (connection.closed or connection.broken) or transaction is None:
            raise
        broken = translate(error, database.name, secret=_secret(database))
        _resolve(database, str(transaction), session, broken)
        return
    if ended.statusmessage != "COMMIT":
        raise DatabaseFailed("not_committed", f"{database.name}: the transaction had failed and was rolled back.")


def _secret(database: Database) -> str:
    return database.address.password if database.address else ""


def _resolve(database: Database, transaction: str, session: int, broken: FerryError) -> None:
    """Asks a new session what became of a transaction; returns if it was committed.

    Where COMMIT never arrived and the server has not noticed that we are gone, `session` is ended, which rolls back.
    """
    began = time.monotonic()
    while (waited := time.monotonic() - began) < COMMIT_PATIENCE:
        status = _status(database, transaction, session, ending=waited >= COMMIT_GRACE)
        if status == "committed":
            return
        if status == "aborted":
            raise DatabaseFailed(
                "not_committed",
                f"The connection broke at COMMIT, and the server says that transaction {transaction} was rolled back.",
                next="Nothing was written; call again.",
            )
        time.sleep(0.2)
    raise OutcomeUnknown(
        "in_doubt",
        f"The connection broke at COMMIT ({broken.code}) and the server did not answer for {COMMIT_PATIENCE:.0f} s.",
        next=f"When {database.name} answers again, run SELECT txid_status({transaction}): committed or aborted.",
        details={"transaction_id": transaction},
    )


def _status(database: Database, transaction: str, session: int, *, ending: bool) -> str | None:
    """What the server says of it, None where it cannot be asked. `ending`: where `session` idles in it, it is ended."""
    try:
        with connected(Call(), database, timeout=3) as connection:
            row = connection.execute("SELECT pg_catalog.txid_status(%s::bigint)", [transaction]).fetchone()
            status = str(row[0]) if row and row[0] else None
            if status == "in progress" and ending:
                connection.execute(
                    "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a"
                    " WHERE a.pid = %s AND a.state LIKE 'idle in transaction%%'"
                    " AND a.backend_xid::text::bigint = %s::bigint & 4294967295",
                    [session, transaction],
                )
            return status
    except FerryError:
        return None
