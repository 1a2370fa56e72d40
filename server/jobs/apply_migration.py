"""Applies a migration file to a database: only the very schema it was proved for, in one transaction, and on record."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, OutcomeUnknown, Refused
from server.files.migrations_folder import migrations_folder, open_migration, record_applied
from server.model.amounts import several
from server.model.migration.files import MigrationFile
from server.model.migration.reports import AppliedMigration
from server.postgres.databases import Database
from server.postgres.migrations.applying import (
    BUSY,
    TELL_WHAT_STAYS,
    read_fingerprint,
    refuse_unlike,
    run_alone,
    run_together,
    turn_of,
)
from server.services import Services
from server.sides import Source, told

T = TypeVar("T")


def apply_migration(
    services: Services, call: Call, *, database: str, path: str, confirm: bool = False, person_agreed: bool = False
) -> AppliedMigration:
    """Runs the file's statements. Refused: changed after it was proved, another schema, nobody agreed.

    DatabaseFailed: a statement fails; its transaction is rolled back. OutcomeUnknown as for imports.
    """
    started = time.monotonic()
    found = services.databases.get(database)
    found.require_write()
    folder = migrations_folder(services.workspace, services.settings.migrations.folder)
    migration = open_migration(services.workspace, folder, path)
    _refuse_changed(migration)
    refuse_unlike(found, migration, read_fingerprint(call, found))
    _refuse_without_consent(services, found, migration, confirm=confirm, person_agreed=person_agreed)
    fingerprint, attempts = _run(services, call, found, migration)
    notes = [] if fingerprint == migration.fingerprint_after else ["The schema's fingerprint is not the target's."]
    notes += _recorded_on_disk(folder, database, migration)
    return AppliedMigration(
        database=database,
        side=told(Source(database, found), None),
        migration=migration.name,
        outcome="applied",
        statements=len(migration.steps),
        own_transactions=sum(step.phase != "main" for step in migration.steps),
        seconds=round(time.monotonic() - started, 2),
        fingerprint=fingerprint,
        attempts=attempts,
        notes=notes,
        next="migration_status shows the others." if not notes else "compare_schemas shows what differs.",
    )


def _recorded_on_disk(folder: Path, database: str, migration: MigrationFile) -> list[str]:
    """Adds it to the folder's record. It is applied and in the database's own: a full disk is no more than a note."""
    entry = {
        "database": database,
        "migration": migration.name,
        "checksum": migration.checksum,
        "applied_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    try:
        record_applied(folder, entry)
    except OSError as failure:
        return [f"It is applied and recorded in the database, but not in {folder}: {failure.strerror}."]
    return []


def _refuse_changed(migration: MigrationFile) -> None:
    if not migration.intact:
        raise Refused(
            "migration_changed",
            f"{migration.name} was changed after it was proved: its checksum does not fit.",
            next="Plan it again with plan_migration.",
        )


def _refuse_without_consent(
    services: Services, database: Database, migration: MigrationFile, *, confirm: bool, person_agreed: bool
) -> None:
    apart = sum(step.phase != "main" for step in migration.steps)
    what = f"{migration.name} changes the schema of {database.name} with {several(len(migration.steps), 'statement')}"
    what += f", {apart} of them in transactions of their own" if apart else " in one transaction"
    what += f"; it loses data ({migration.header['data_loss']})" if migration.loses_data else ""
    hazardous = [step.what for step in migration.steps if step.what.endswith("]")]
    services.refuse_without_consent(
        f"{what}.", confirm=confirm, person_agreed=person_agreed, details={"hazards": hazardous[:20]}
    )


def _run(services: Services, call: Call, database: Database, migration: MigrationFile) -> tuple[str, int]:
    """The fingerprint afterwards, and how often the transaction was tried."""
    settings = services.settings.migrations
    total = len(migration.steps)
    numbered = list(enumerate(migration.steps))
    by_phase = {phase: [each for each in numbered if each[1].phase == phase] for phase in ("before", "main", "after")}

    def tell(number: int, what: str) -> None:
        call.progress(number, total, what)

    timeout = settings.lock_timeout_seconds
    apart = bool(by_phase["before"] or by_phase["after"])
    together = partial(
        run_together, call, database, migration, by_phase["main"], tell, lock_timeout=timeout, has_turn=apart
    )
    done = 0
    try:
        with turn_of(call, database, migration) if apart else nullcontext():
            for each in by_phase["before"]:
                run_alone(call, database, *each, tell, lock_timeout=timeout)
                done += 1
            fingerprint, attempts = _tried(call, together, settings.attempts)
            done += len(by_phase["main"])
            for each in by_phase["after"]:
                patience = max(timeout, 60) if "CONCURRENTLY" in each[1].sql else timeout  # which waits without a lock
                alone = partial(run_alone, call, database, *each, tell, lock_timeout=patience)
                attempts = max(attempts, _tried(call, alone, settings.attempts)[1])
                done += 1
            if by_phase["after"]:
                fingerprint = read_fingerprint(call, database)
    except FerryError as failure:
        if done and failure.code not in TELL_WHAT_STAYS:
            _tell_what_stays(failure, done, total)
        raise
    return fingerprint, attempts


def _tell_what_stays(failure: FerryError, done: int, total: int) -> None:
    """A lost connection or a cancelled call knows of no more than its own transaction."""
    if done == total:
        failure.state, failure.next = "The migration is applied and recorded.", "migration_status shows it."
        return
    lost = isinstance(failure, OutcomeUnknown) or failure.code == "connection_lost"
    failure.state = f"The statements before it ({done} of {total}) stay; "
    failure.state += "migration_status tells whether this one does." if lost else "of this one nothing is left."
    failure.next = "Plan again: what is left is a plan of its own."


def _tried(call: Call, transaction: Callable[[], T], most: int) -> tuple[T, int]:
    """Again while others hold a lock that is needed, each time after a longer pause."""
    for attempt in range(1, most + 1):
        try:
            return transaction(), attempt
        except DatabaseFailed as failure:
            if failure.sqlstate not in BUSY or attempt == most:
                raise
        until = time.monotonic() + 0.2 * 2**attempt
        while time.monotonic() < until:
            call.progress(0, None, f"waiting for a lock, attempt {attempt + 1} of {most} follows")
            time.sleep(0.1)
    raise AssertionError("unreachable")
