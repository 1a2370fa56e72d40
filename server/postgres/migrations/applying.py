"""Runs a migration's statements, and keeps in the database which migrations were applied (schema pgferry)."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, Refused
from server.model.migration.files import FileStep, MigrationFile
from server.postgres.databases import Connection, Database, run_single
from server.postgres.failures import meaning
from server.postgres.grammar import parse
from server.postgres.questions import ask, ask_one
from server.postgres.schemas.outlines import fingerprint_of
from server.postgres.transactions import alone, reading, standing_by, writing
from server.postgres.turns import holders, wait_for_turn

LOCKED = "55P03"
BUSY = (LOCKED, "40P01")
"""A lock was not to be had in time, a deadlock: worth another try."""
TELL_WHAT_STAYS = ("migration_failed", "busy")
"""The codes of failures of a statement, which say what of the statements before it stays."""
_EXISTS = "42P07"
_WHEN_BUSY = (
    "Let those sessions end their transactions, then {again}; or let it wait longer: [migrations] lock_timeout_seconds"
    " and attempts."
)
_APPLY_AGAIN = "apply again"
_PLAN_AGAIN = "plan again: what is left is a plan of its own"
_MAKE = """
CREATE SCHEMA IF NOT EXISTS pgferry;
CREATE TABLE IF NOT EXISTS pgferry.migrations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    checksum text NOT NULL,
    fingerprint_before text NOT NULL,
    fingerprint_after text NOT NULL
)
"""

Tell = Callable[[int, str], None]
"""Called before each statement with how many are done and what comes."""


@dataclass(frozen=True)
class Applied:
    """A migration as the database remembers it."""

    name: str
    checksum: str
    applied_at: str


def applied_migrations(connection: Connection) -> list[Applied]:
    """Those that were applied, in their order."""
    if not ask_one(connection, "migration_records_exist")[0]:
        return []
    rows = connection.execute("SELECT name, checksum, applied_at::text FROM pgferry.migrations ORDER BY id")
    return [Applied(*row) for row in rows]


def read_fingerprint(call: Call, database: Database) -> str:
    """Of the schema as it is now."""
    with reading(call, database) as connection:
        return fingerprint_of(connection)


@contextmanager
def turn_of(call: Call, database: Database, migration: MigrationFile) -> Generator[None]:
    """The turn of a migration of several transactions, from its first to its last: others wait for all of it.

    Refuses another schema than the plan was made for, as it is once the turn has come.
    """
    with standing_by(call, database) as connection:
        wait_for_turn(call, connection)
        refuse_unlike(database, migration, read_fingerprint(call, database))
        connection.execute("SELECT")  # a simple query closes the last portal, whose snapshot CONCURRENTLY waits for
        yield


def run_alone(call: Call, database: Database, number: int, step: FileStep, tell: Tell, *, lock_timeout: float) -> None:
    """A statement that can share no transaction: where it succeeds it stays."""
    tell(number, step.what)
    with alone(call, database, lock_timeout=lock_timeout) as connection:
        connection.execute("SET search_path = public")
        state = (f"The statements before it ({number}) stay; " if number else "") + "this one did nothing."
        again = _PLAN_AGAIN if number or step.phase == "after" else _APPLY_AGAIN
        with _nothing_half_made(database, step):
            _run(connection, database, number, step, state=state, again=again)


def run_together(
    call: Call,
    database: Database,
    migration: MigrationFile,
    numbered: Sequence[tuple[int, FileStep]],
    tell: Tell,
    *,
    lock_timeout: float,
    has_turn: bool,
) -> str:
    """The transaction of a migration and its record; the fingerprint that it leads to.

    Without `has_turn` it waits for its turn, and refuses another schema than the plan was made for: of two that apply
    the same file at once the second would else run it again.
    """
    with writing(call, database, lock_timeout=lock_timeout) as connection:
        if not has_turn:
            wait_for_turn(call, connection)
            refuse_unlike(database, migration, fingerprint_of(connection))
        before = sum(step.phase == "before" for step in migration.steps)
        state = "Rolled back: nothing of this transaction is left."
        state += f" The statements that ran before it ({before}) stay." if before else ""
        again = _PLAN_AGAIN if before else _APPLY_AGAIN
        connection.execute("SET LOCAL check_function_bodies = off")
        connection.execute("SET LOCAL search_path = public")  # for the bodies of functions that statements evaluate
        for number, step in numbered:
            tell(number, step.what)
            _run(connection, database, number, step, state=state, again=again)
        connection.execute("SELECT pg_catalog.set_config('search_path', '', true)")
        record(connection, migration)
        return fingerprint_of(connection)


@contextmanager
def _nothing_half_made(database: Database, step: FileStep) -> Generator[None]:
    """Drops the invalid index that a CREATE INDEX CONCURRENTLY leaves where it fails or is cancelled."""
    try:
        yield
    except (FerryError, psycopg.Error) as failure:
        index = _index_made(step)
        if index is not None and failure.sqlstate != _EXISTS:
            try:
                with alone(Call(), database) as connection:
                    if ask(connection, "unfinished_index", *index):
                        connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(*index)))
            except FerryError:
                if isinstance(failure, FerryError):
                    failure.state += f" An invalid index is left: {'.'.join(index)}."
        raise


def _index_made(step: FileStep) -> tuple[str, str] | None:
    """Schema and name of the index that a statement makes while others write."""
    (statement,) = parse(step.sql)
    if statement.kind != "index_stmt" or not statement.node.concurrent:
        return None
    return statement.node.relation.schemaname or "public", statement.node.idxname


def refuse_unlike(database: Database, migration: MigrationFile, fingerprint: str) -> None:
    """Refused("other_schema"): the database is not what the migration was planned for."""
    if fingerprint == migration.fingerprint_before:
        return
    if fingerprint == migration.fingerprint_after:
        what, advice = "has the schema that this migration leads to already", "migration_status shows what is applied."
    else:
        what = f"has fingerprint {fingerprint}, not the plan's {migration.fingerprint_before}"
        advice = "Apply what comes before it (migration_status), or plan again from the database as it is."
    raise Refused("other_schema", f"{database.name} {what}.", next=advice)


def record(connection: Connection, migration: MigrationFile) -> None:
    """Notes it as applied, in the transaction of its statements."""
    connection.execute(_MAKE)
    connection.execute(
        "INSERT INTO pgferry.migrations (name, checksum, fingerprint_before, fingerprint_after)"
        " VALUES (%s, %s, %s, %s)",
        [migration.name, migration.checksum, migration.fingerprint_before, migration.fingerprint_after],
    )


def _run(connection: Connection, database: Database, number: int, step: FileStep, *, state: str, again: str) -> None:
    def failed(what: str, sqlstate: str) -> DatabaseFailed:
        told = f"Statement {number + 1} ({step.what}) failed: {what}."
        if sqlstate not in BUSY:
            advice = f"Correct the rows or the schema that it names, then {again}."
            return DatabaseFailed("migration_failed", told, sqlstate=sqlstate, state=state, next=advice)
        who = f" Locked: {holders(database)}." if sqlstate == LOCKED else ""
        return DatabaseFailed("busy", told + who, sqlstate=sqlstate, state=state, next=_WHEN_BUSY.format(again=again))

    with meaning(failed):
        run_single(connection, step.sql.encode())
