"""Plans the SQL that makes one schema equal to another; proved on a rebuilt copy, and saved as a file where asked."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from server.calls import Call
from server.errors import Refused
from server.files.migrations_folder import migrations_folder, next_path, save_migration
from server.files.workspace import refuse_unwritable
from server.model.amounts import several
from server.model.migration.files import read_migration, write_migration
from server.model.migration.renaming import Renaming
from server.model.migration.reports import MigrationPlan, PlannedStatement
from server.model.migration.steps import Step
from server.model.migration.words import spec
from server.postgres.migrations.proving import Measured
from server.proved_plan import Proof, Proving, opened_side
from server.services import Services
from server.sides import ONE_DATABASE, find_source, told

_BUDGET = 14_000


def plan_migration(
    services: Services,
    call: Call,
    *,
    source: str,
    target: str,
    save_as: str | None = None,
    allow_data_loss: bool = False,
    concurrent_indexes: bool = False,
    renames: Sequence[Renaming] = (),
    urls: bool = False,
) -> MigrationPlan:
    """The proved plan; saved as a file with `save_as`, if it is proved and loses no data (or that is allowed)."""
    if save_as is not None:
        refuse_unwritable(_place(services, save_as))
    first, second = find_source(services, source, urls=urls), find_source(services, target, urls=urls)
    with (
        opened_side(services, call, first, None) as before,
        opened_side(services, call, second, before.database) as after,
    ):
        proving = Proving(services, call, before, after)
        proof = proving.prove(renames, concurrent_indexes=concurrent_indexes)
    return _report(services, proof, save_as=save_as, allow_data_loss=allow_data_loss)


def _report(services: Services, proof: Proof, *, save_as: str | None, allow_data_loss: bool) -> MigrationPlan:
    path, notes = None, list(proof.notes)
    losing = proof.losing
    if save_as is not None:
        if proof.measured and proof.verified and (allow_data_loss or not losing):
            path = _save(services, proof, save_as)
        else:
            notes.append(f"Not saved: {_why_not(proof, losing)}.")
    statements, left_out = _statements(proof.measured)
    return MigrationPlan(
        verified=proof.verified,
        source=told(proof.before.source, proof.before.schema.server_version, proof.before.loaded_on),
        target=told(proof.after.source, proof.after.schema.server_version, proof.after.loaded_on),
        same_database=f"{ONE_DATABASE}: there is nothing to plan." if proof.one_database else None,
        statements=statements,
        left_out=left_out,
        path=path,
        fingerprint_before=proof.before.schema.fingerprint,
        fingerprint_after=proof.after.schema.fingerprint,
        differences_left=list(proof.left)[:50],
        data_loss=[] if allow_data_loss else losing,
        possible_renames=list(proof.renames),
        notes=notes,
        next=_next(proof, path, losing, allow_data_loss=allow_data_loss),
    )


def _why_not(proof: Proof, losing: list[str]) -> str:
    if not proof.measured:
        return "there is nothing to do"
    return (
        "differences are left" if not proof.verified else f"data would be lost by {several(len(losing), 'statement')}"
    )


def _statements(measured: Sequence[Measured]) -> tuple[list[PlannedStatement], int]:
    told: list[PlannedStatement] = []
    size = 0
    for each in measured:
        statement = PlannedStatement(
            sql=each.step.sql,
            object=spec(each.step.identity),
            hazards=sorted(each.hazards),
            lock=each.lock,
            reason=each.step.reason or None,
            own_transaction=each.step.phase != "main",
        )
        size += len(statement.model_dump_json())
        if size > _BUDGET and told:
            break
        told.append(statement)
    return told, len(measured) - len(told)


def _place(services: Services, save_as: str) -> Path:
    return next_path(migrations_folder(services.workspace, services.settings.migrations.folder), save_as)


def _save(services: Services, proof: Proof, save_as: str) -> str:
    path = _place(services, save_as)
    steps = [Step(m.step.sql, m.step.identity, m.step.reason, m.hazards, m.step.phase) for m in proof.measured]
    losing = [str(number) for number, step in enumerate(steps, 1) if "data_loss" in step.hazards]
    text = write_migration(
        steps,
        {
            "name": path.stem,
            "source": proof.before.source.asked,
            "target": proof.after.source.asked,
            "fingerprint_before": proof.before.schema.fingerprint,
            "fingerprint_after": proof.after.schema.fingerprint,
            "verified": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} by facts and pg_dump",
            "data_loss": f"statements {', '.join(losing)}, allowed" if losing else "none",
        },
    )
    again = read_migration(path.stem, text)
    if (
        again is None
        or not again.intact
        or [s.sql for s in again.steps] != [re.sub(r"[;\s]+$", "", s.sql) for s in steps]
    ):
        raise Refused("unsaveable", "A statement holds a line that would be read as a mark of the file.")
    save_migration(path, text)
    return str(path)


def _next(proof: Proof, path: str | None, losing: list[str], *, allow_data_loss: bool) -> str:
    database = proof.before.source.asked
    if not proof.measured and proof.verified:
        order = any(note.startswith("The order of columns") for note in proof.notes)
        if proof.one_database:
            return f"Nothing to do: {ONE_DATABASE[0].lower()}{ONE_DATABASE[1:]}."
        return f"Nothing to do: the schemas are equal{', but for the order of columns' if order else ''}."
    if not proof.verified:
        return "Not equal to target yet: change what differences_left names by hand, then plan again."
    if losing and not allow_data_loss:
        return "It loses data (data_loss): ask a person, then call again with allow_data_loss and save_as; or renames."
    if path is None:
        return "Call again with save_as to keep it as a file for apply_migration."
    return f"apply_migration(database={database!r}, path={path!r})."
