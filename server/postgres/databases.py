"""A database that pgferry may reach, and the one place where a connection to it is opened."""

import logging
import os
import socket
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from server.calls import Call
from server.errors import Refused
from server.model.address import Address
from server.postgres.failures import translated
from server.settings import Access

Connection = psycopg.Connection[TupleRow]
"""A synchronous connection whose rows are tuples."""


def _is_news(record: logging.LogRecord) -> bool:
    """Not that a transaction or COPY could not be ended in order after a failure, which is on its way to whoever asked:
    on a lost connection it never can.
    """
    return not str(record.msg).startswith("error ignored ")


for _name in ("psycopg", "psycopg.transaction"):
    logging.getLogger(_name).addFilter(_is_news)

_failed_on: WeakKeyDictionary[psycopg.Error, Connection] = WeakKeyDictionary()


class _Line(Connection):
    """Remembers which of its statements' errors are its own: a job with two databases has to name the right one."""

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().wait(*args, **kwargs)
        except psycopg.Error as error:
            _failed_on.setdefault(error, self)
            raise


def is_of(error: psycopg.Error, *connections: Connection) -> bool:
    """Whether an error is that of one of the connections, as far as is known: False only for another's."""
    failed = _failed_on.get(error)
    return failed is None or failed in connections


@dataclass(frozen=True)
class Database:
    """A named database. `problem` says why its configuration cannot be used; its address is then None.

    `source` is where it was found: `pgferry.toml`, `environment`, or the environment file of a worktree.
    """

    name: str
    source: str
    access: Access
    address: Address | None = field(repr=False)
    worktree: Path | None = None
    branch: str | None = None
    problem: str | None = None
    shared_with: tuple[str, ...] = ()
    connect_timeout: float = 10
    lock_timeout: float = 20

    @property
    def place(self) -> str:
        """`host:port/dbname`, for people."""
        return self.address.shown if self.address else "unknown"

    def require_write(self) -> None:
        """Refused where the settings allow no writing."""
        if self.access == "read":
            raise Refused(
                "read_only_database",
                f"The database {self.name} is configured with access = read.",
                next=f'Only a person should change that: [databases.{self.name}] access = "write" in pgferry.toml.',
            )

    def require_admin(self) -> None:
        """Refused where the settings do not let this database be copied, nor its copies be dropped."""
        if self.access != "admin":
            raise Refused(
                "not_admin",
                f"The database {self.name} is configured with access = {self.access}.",
                next=f'Only a person should change that: [databases.{self.name}] access = "admin" in pgferry.toml.',
            )


@contextmanager
def connected(
    call: Call, database: Database, *, timeout: float | None = None, state: str | None = None
) -> Generator[Connection]:
    """An autocommit connection that cancelling the call interrupts, closed at the end; failures become ours.

    `state`: of the data after a failure, where nothing was to be rolled back.
    """
    if database.address is None:
        raise Refused(
            "database_misconfigured",
            f"The database {database.name} cannot be used: {database.problem}.",
            next=f"Correct it where it is configured ({database.source}).",
        )
    owned: list[Connection] = []
    parameters = {"application_name": "pgferry", "client_encoding": "UTF8", **database.address.parameters()}
    parameters |= session_options(database)
    patience = max(2, round(timeout or database.connect_timeout))
    with (
        translated(
            database.name, call, secret=database.address.password, state=state, passing=lambda e: not is_of(e, *owned)
        ),
        closing(
            _Line.connect(make_conninfo("", **parameters), autocommit=True, connect_timeout=patience)
        ) as connection,
        call.cancelling(lambda: interrupt(connection)),
    ):
        owned.append(connection)
        connection.prepare_threshold = None
        yield connection


_LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def session_options(database: Database) -> dict[str, str]:
    """`options` of a session (`-c name=value …`), which may name its role, for every connection to the database: of its
    address, else of PGOPTIONS; without limits of time, which would end our first statements.

    Only added to where there are some: poolers refuse options that they do not know.
    """
    parameters = database.address.parameters() if database.address else {}
    options = parameters.get("options") or os.environ.get("PGOPTIONS")
    return {"options": " ".join([options, *(f"-c {name}=0" for name in _LIMITS)])} if options else {}


def run_single(connection: Connection, statement: bytes) -> None:
    """Runs one statement and no more: binary results are asked by the extended protocol, which takes a single one."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(statement)


def interrupt(connection: Connection) -> None:
    """Asks the server to stop what the connection is running; a server that does not answer loses the connection."""
    try:
        connection.cancel_safe(timeout=2)
    except psycopg.Error:
        _hang_up(connection)


def _hang_up(connection: Connection) -> None:
    """Ends the conversation without freeing the connection, which another thread still uses."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
