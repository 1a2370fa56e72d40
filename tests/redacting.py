"""What tests of redacted segments have in common."""

from typing import Any

from server.calls import Call
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentReport, SegmentRequest
from tests.fix_services import Project


def segment(project: Project, **arguments: Any) -> SegmentReport:
    """A segment of the rows of `people`, or of other filters."""
    filters = [{"table": "people", "where": [{"column": "id", "op": ">", "value": 0}]}]
    asked = {"database": "it", "filters": filters, **arguments}
    return export_segment(project.services, Call(), SegmentRequest.model_validate(asked))


def settle(project: Project, rules: str) -> None:
    """Adds to the settings."""
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write(rules)
