"""Runs a migration's statements, and keeps in the database which migrations were applied (schema pgferry)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.calls import Call
from server.errors import DatabaseFailed, Refused
from server.model.migration.files import FileStep, MigrationFile
from server.postgres.databases import Connection, Database, run_single
from server.postgres.failures import meaning
from server.postgres.outlines import fingerprint_of
from server.postgres.questions import ask_one
from server.postgres.transactions import alone, reading, writing
from server.postgres.turns import wait_for_turn

BUSY = ("55P03", "40P01")
"""A lock was not to be had in time, a deadlock: worth another try."""
_WHEN_BUSY = (
    "Other sessions hold the lock (idle in a transaction, perhaps): apply again when they are done, or let it wait"
    " longer: [migrations] lock_timeout_seconds and attempts."
)
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

Told = Callable[[int, str], None]
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


def run_alone(
    call: Call, database: Database, numbered: Sequence[tuple[int, FileStep]], told: Told, *, lock_timeout: float
) -> None:
    """Statements that cannot share a transaction, one by one: each that succeeds stays."""
    for number, step in numbered:
        told(number, step.what)
        with alone(call, database, lock_timeout=lock_timeout) as connection:
            connection.execute("SET search_path = public")
            state = f"The {number} statements before it stay; this one did nothing."
            again = "apply again" if step.phase == "before" else "plan again: what is left is a plan of its own"
            _run(connection, number, step, state=state, again=again)


def run_together(
    call: Call,
    database: Database,
    migration: MigrationFile,
    numbered: Sequence[tuple[int, FileStep]],
    told: Told,
    *,
    lock_timeout: float,
    check: bool,
) -> str:
    """The transaction of a migration and its record; the fingerprint that it leads to.

    `check`: refuses another schema than the plan was made for, once it is this call's turn: of two that apply the same
    file at once the second would else run it again.
    """
    with writing(call, database, lock_timeout=lock_timeout) as connection:
        wait_for_turn(call, connection)
        if check:
            refuse_unlike(database, migration, fingerprint_of(connection))
        connection.execute("SET LOCAL check_function_bodies = off")
        connection.execute("SET LOCAL search_path = public")  # for the bodies of functions that statements evaluate
        for number, step in numbered:
            told(number, step.what)
            _run(connection, number, step, state="Rolled back: nothing of this transaction is left.")
        connection.execute("SELECT pg_catalog.set_config('search_path', '', true)")
        record(connection, migration)
        return fingerprint_of(connection)


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


def _run(connection: Connection, number: int, step: FileStep, *, state: str, again: str = "apply again") -> None:
    def failed(what: str, sqlstate: str) -> DatabaseFailed:
        busy = sqlstate in BUSY
        return DatabaseFailed(
            "busy" if busy else "migration_failed",
            f"Statement {number + 1} ({step.what}) failed: {what}.",
            sqlstate=sqlstate,
            state=state,
            next=_WHEN_BUSY if busy else f"Correct the rows or the schema that it names, then {again}.",
        )

    with meaning(failed):
        run_single(connection, step.sql.encode())
