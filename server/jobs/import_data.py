"""Brings a file into a database, in one transaction: all of it or nothing."""

from server.calls import Call
from server.import_runs import run_import
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import ImportReport
from server.services import Services


def import_data(services: Services, call: Call, request: ImportRequest, *, person_agreed: bool = False) -> ImportReport:
    """Commits the whole file, or raises and nothing has changed.

    `person_agreed`: somebody was asked and said yes, which outranks `request.confirm`. Refused: no consent, a file
    that cannot be read. ImportRejected: all that does not fit. DatabaseFailed, OutcomeUnknown: see errors.py.
    """
    _refuse_without_consent(services, request, person_agreed=person_agreed)
    done, seconds = run_import(services, call, request)
    return ImportReport(
        outcome="committed",
        mode=request.mode,
        tables=done.tables,
        sequences_set=done.sequences_set,
        checks=done.checks,
        issues=done.issues,
        hazards=done.hazards,
        seconds=seconds,
        next=f"The rows are in {request.database}; compare_data or query_database can look at them.",
    )


def _refuse_without_consent(services: Services, request: ImportRequest, *, person_agreed: bool) -> None:
    """Refused("confirmation_needed") where the mode may delete or overwrite what is there, and nobody agreed."""
    tables = ", ".join(request.tables or ()) or "every table of the file"
    consequence = {
        "upsert": f"overwrites rows of {tables} in {request.database} that have the same key",
        "replace": f"deletes all rows of {tables} in {request.database} first",
        "restore": f"creates schema objects and loads rows in {request.database}",
    }.get(request.mode)
    if consequence and not request.rehearse:
        what = f"mode {request.mode} {consequence}."
        services.refuse_without_consent(what, confirm=request.confirm, person_agreed=person_agreed)
