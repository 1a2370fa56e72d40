"""Brings a file into a database, in one transaction: all of it or nothing."""

from server.calls import Call
from server.import_runs import refuse_without_consent, run_import
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import ImportReport
from server.services import Services


def import_data(services: Services, call: Call, request: ImportRequest, *, person_agreed: bool = False) -> ImportReport:
    """Commits the whole file, or raises and nothing has changed.

    `person_agreed`: somebody was asked and said yes, which outranks `request.confirm`. Refused: no consent, a file
    that cannot be read. ImportRejected: all that does not fit. DatabaseFailed, OutcomeUnknown: see errors.py.
    """
    refuse_without_consent(services, request, person_agreed=person_agreed)
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
