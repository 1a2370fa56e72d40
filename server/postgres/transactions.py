"""The only doors to a connection: reading, joining a snapshot, writing. Each is one transaction from end to end."""

import math
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import LiteralString, NamedTuple, TypeVar

import psycopg
from psycopg import sql

from server.calls import Call
from server.errors import ONLY_READ, Refused
from server.postgres.committing import commit
from server.postgres.databases import Connection, Database, connected
from server.postgres.questions import ask_one
from server.postgres.waiting import waits_told

T = TypeVar("T")

SESSION: tuple[tuple[str, str], ...] = (
    ("search_path", ""),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "postgres"),
    ("timezone", "UTC"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("standard_conforming_strings", "on"),
    ("jit", "off"),
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("transaction_timeout", "0"),  # 17 and newer: a long import is no mistake
    ("quote_all_identifiers", "off"),
    ("array_nulls", "on"),  # else {NULL} is read as a text
    ("transform_null_equals", "off"),
    ("client_connection_check_interval", "1s"),  # a query whose client was killed ends too
)
"""What every transaction sets for itself: every type prints as pg_dump would, every deparse is qualified."""


@contextmanager
def reading(
    call: Call, database: Database, *, row_security: bool = True, timeout: float | None = None
) -> Generator[Connection]:
    """One REPEATABLE READ, READ ONLY transaction, rolled back at the end.

    `row_security=False`: rows that a policy would hide make the query fail instead of silently missing.
    """
    with (
        connected(call, database, timeout=timeout, state=ONLY_READ) as connection,
        waits_told(call, database, connection),
    ):
        _begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _settle(connection, row_security=row_security, lock_timeout=min(database.lock_timeout, timeout or math.inf))
        try:
            yield connection
        finally:
            _rollback(connection)


@contextmanager
def reading_with_tables(
    call: Call, database: Database, make: Callable[[Connection], T], *, row_security: bool = True
) -> Generator[tuple[Connection, T]]:
    """As `reading`, beside temporary tables of its own.

    `make` reads what it must and creates them; after it the transaction is READ ONLY, in which temporary tables can
    still be filled and nothing else can be written. They go with the transaction. Refused on a standby, and where the
    role may not make them.
    """
    with connected(call, database, state=ONLY_READ) as connection, waits_told(call, database, connection):
        _refuse_without_tables(database, connection)
        _begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")
        _settle(connection, row_security=row_security, lock_timeout=database.lock_timeout)
        try:
            made = make(connection)
            connection.execute("SET TRANSACTION READ ONLY")
            yield connection, made
        finally:
            _rollback(connection)


def _refuse_without_tables(database: Database, connection: Connection) -> None:
    standby, allowed = ask_one(connection, "temporary_tables")
    if standby:
        raise Refused(
            "no_temporary_tables",
            f"{database.name} is a read-only standby: it has no temporary tables, in which a segment is put together.",
            next="Export the segment from the primary server; export_database works here.",
        )
    if not allowed:
        raise Refused(
            "no_temporary_tables",
            f"The role of {database.name} may not create temporary tables, in which a segment is put together.",
            next="A person can allow it: GRANT TEMPORARY ON DATABASE … TO the role. export_database needs none.",
        )


@contextmanager
def joining(call: Call, database: Database, snapshot: str, *, row_security: bool = True) -> Generator[Connection]:
    """As `reading`, on the snapshot that another transaction exported and still holds."""
    with connected(call, database, state=ONLY_READ) as connection, waits_told(call, database, connection):
        _begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        _settle(connection, row_security=row_security, lock_timeout=database.lock_timeout)
        try:
            yield connection
        finally:
            _rollback(connection)


def beside_of(
    call: Call, database: Database, connection: Connection
) -> Callable[[], AbstractContextManager[Connection]]:
    """Opens a second connection that reads on the snapshot of `connection`."""
    return lambda: joining(call, database, export_snapshot(connection))


def export_snapshot(connection: Connection) -> str:
    """The name by which other transactions can join this one's snapshot while it lasts."""
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


class Habits(NamedTuple):
    """What the database gives its sessions: `schemas`: those on the search path, pg_catalog among them."""

    search_path: str
    schemas: list[str]
    timezone: str


@contextmanager
def caged(call: Call, database: Database, *, seconds: float) -> Generator[tuple[Connection, Habits]]:
    """As `reading`, for SQL of a caller that was judged before: bounded in time, the session wiped at the end."""
    with connected(call, database, state=ONLY_READ) as connection, waits_told(call, database, connection):
        _begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute(
            "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_schemas(true)::text[],"
            " pg_catalog.current_setting('timezone')"
        ).fetchone()
        assert row is not None
        _settle(connection, row_security=True, statement_timeout=seconds, lock_timeout=database.lock_timeout)
        try:
            yield connection, Habits(*row)
        finally:
            _rollback(connection)
            _wipe(connection)


def _wipe(connection: Connection) -> None:
    """Leaves nothing in a session that a pooler may hand to someone else."""
    if not (connection.closed or connection.broken):
        with suppress(psycopg.Error):
            connection.execute("DISCARD ALL")


@contextmanager
def writing(
    call: Call, database: Database, *, rehearse: bool = False, lock_timeout: float = 10
) -> Generator[Connection]:
    """One READ COMMITTED transaction: committed when the block ends well, rolled back when it does not.

    Refuses a database with access "read". `rehearse` ends in ROLLBACK in place of COMMIT. A connection that breaks at
    COMMIT is resolved by asking a new session (`txid_status`): the block then returns as committed, or
    DatabaseFailed("not_committed") or OutcomeUnknown is raised.
    """
    database.require_write()
    with connected(call, database) as connection:
        _begin(connection, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        _settle(connection, row_security=True, lock_timeout=lock_timeout)
        try:
            yield connection
            call.check()
        except BaseException:
            _rollback(connection)
            raise
        if rehearse:
            _rollback(connection)
        else:
            commit(database, connection)


@contextmanager
def standing_by(call: Call, database: Database) -> Generator[Connection]:
    """A transaction that only holds an advisory lock while others of this call write."""
    database.require_write()
    with connected(call, database) as connection:
        _begin(connection, "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
        _settle(connection, row_security=True)
        try:
            yield connection
        finally:
            _rollback(connection)


@contextmanager
def alone(call: Call, database: Database, *, lock_timeout: float = 10) -> Generator[Connection]:
    """For one statement that cannot run in a transaction (CREATE INDEX CONCURRENTLY): autocommit, else as `writing`."""
    database.require_write()
    with connected(call, database) as connection:
        _settle(connection, row_security=True, lock_timeout=lock_timeout, local=False)
        yield connection


@contextmanager
def own_search_path(connection: Connection) -> Generator[None]:
    """The database's or role's own search_path while the block runs: bodies of triggers and of functions in defaults
    and checks often name tables without their schema. A failure leaves it to the rollback.
    """
    connection.execute("SET LOCAL search_path TO DEFAULT")
    yield
    connection.execute("SELECT pg_catalog.set_config('search_path', '', true)")


def _begin(connection: Connection, statement: LiteralString) -> None:
    """With the statement before it as the only one that a limit of the role or database holds for."""
    connection.execute(
        sql.SQL(statement)
        + sql.SQL("; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
    )


def _settle(
    connection: Connection,
    *,
    row_security: bool,
    lock_timeout: float | None = None,
    statement_timeout: float | None = None,
    local: bool = True,
) -> None:
    """Sets what `SESSION` lists, in one round trip; `local`: for this transaction only."""
    wanted = {**dict(SESSION), "row_security": "on" if row_security else "off"}
    if lock_timeout is not None:
        wanted["lock_timeout"] = f"{round(lock_timeout * 1000)}ms"
    if statement_timeout is not None:
        wanted["statement_timeout"] = f"{round(statement_timeout * 1000)}ms"
    connection.execute(
        "SELECT pg_catalog.set_config(name, value, %s) FROM unnest(%s::text[], %s::text[]) AS wanted(name, value)"
        " WHERE pg_catalog.current_setting(name, true) IS NOT NULL",
        [local, list(wanted), list(wanted.values())],
    )


def _rollback(connection: Connection) -> None:
    """Ends the transaction; a connection that is gone has ended it already."""
    if connection.closed or connection.broken:
        return
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()
