"""Waiting for a lock of another session: told while it lasts and, where it was in vain, with who holds the table.

Nothing is asked before a second has passed: what does not wait pays a thread that sleeps.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

from server.calls import Call
from server.errors import ONLY_READ, DatabaseFailed, FerryError
from server.postgres.databases import Connection, Database, connected, is_of
from server.postgres.questions import ask

FIRST = 1.0
"""Seconds before the first look; each later one comes after twice the time, while nothing waits."""
AGAIN = 2.0
LONGEST = 10.0
_NEXT = "Let that session end its transaction, or raise lock_timeout_seconds under [postgres], then call again."


@contextmanager
def waits_told(call: Call, database: Database, connection: Connection) -> Generator[None]:
    """While the block runs, progress says when the connection waits for a table and for whom.

    DatabaseFailed("locked"): it waited longer than `database.lock_timeout` allows.
    """
    watch = Watch(call, database, connection=connection)
    try:
        with watch.watching():
            yield
    except psycopg.errors.LockNotAvailable as error:
        if not is_of(error, connection):
            raise
        raise watch.failure() from None


class Watch:
    """Looks now and then whether `connection`, or every session of `program`, waits for a table."""

    def __init__(
        self, call: Call, database: Database, *, connection: Connection | None = None, program: str = ""
    ) -> None:
        self._call = call
        self._database = database
        self._connection = connection
        self._program = program
        self._pids = [connection.info.backend_pid] if connection else []
        self._ended = threading.Event()
        self._seen: list[str] = []

    @contextmanager
    def watching(self) -> Generator[None]:
        thread = threading.Thread(target=self._watch, name="waiting", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def failure(self) -> DatabaseFailed:
        """The failure of a lock that did not come in time, naming the table and the sessions that keep it."""
        held = self._seen or self._holders(Call(), everywhere=True)
        shown = "; ".join(held[:5]) or "a table, held by a session that has ended since"
        return DatabaseFailed(
            "locked",
            f"{self._database.name}: waited {self._database.lock_timeout:g} s for {shown}.",
            sqlstate="55P03",
            state=ONLY_READ,
            next=_NEXT,
        )

    def _watch(self) -> None:
        pause = min(FIRST, self._database.lock_timeout / 2)
        while not self._ended.wait(pause):
            pause = min(2 * pause, LONGEST)
            if not self._busy():
                continue
            held = self._holders(self._call)
            if held:
                self._seen, pause = held, AGAIN
                with suppress(FerryError):  # cancelled: the job hears it itself
                    self._call.progress(0, None, f"waiting for {held[0]}")

    def _busy(self) -> bool:
        connection = self._connection
        return connection is None or connection.pgconn.transaction_status == TransactionStatus.ACTIVE

    def _holders(self, call: Call, *, everywhere: bool = False) -> list[str]:
        """`public.incidents, held by session 7 (psql, idle in transaction for 312 s)` for each; none if unknown."""
        try:
            with connected(call, self._database, timeout=2) as connection:
                found = ask(connection, "lock_holders", self._pids, self._program, everywhere)
        except FerryError:
            return []
        return [_told(*row) for row in found]


def _told(relation: str, how: str, pid: int, application: str, state: str, seconds: int | None) -> str:
    age = "" if seconds is None else f", its transaction {seconds} s old"
    return f"{relation}, {how} by session {pid} ({f'{application}, ' if application else ''}{state}{age})"
