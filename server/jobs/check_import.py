"""Rehearses an import: the same run as import_data, ended by ROLLBACK, with everything that is wrong."""

import time

from server.calls import Call
from server.import_runs import run_import
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import CheckReport, FileRejected
from server.services import Services


def check_import(services: Services, call: Call, request: ImportRequest) -> CheckReport:
    """Whether the import would be committed, and if not every issue and violation; nothing stays in the database."""
    started = time.monotonic()
    rehearsal = request.model_copy(update={"rehearse": True})
    try:
        done, seconds = run_import(services, call, rehearsal)
    except FileRejected as failure:
        return _rejected(request, failure, round(time.monotonic() - started, 2))
    return CheckReport(
        outcome="rolled_back",
        passes=True,
        mode=request.mode,
        tables=done.tables,
        sequences_set=done.sequences_set,
        checks=done.checks,
        issues=done.issues,
        hazards=done.hazards,
        seconds=seconds,
        next="It fits: call import_data with the same arguments.",
    )


def _rejected(request: ImportRequest, failure: FileRejected, seconds: float) -> CheckReport:
    return CheckReport(
        outcome="rolled_back",
        passes=False,
        mode=request.mode,
        tables=[],
        sequences_set=0,
        checks=[],
        issues=failure.issues,
        violations=failure.violations,
        seconds=seconds,
        next=failure.next or "Mend the file or the database.",
    )
