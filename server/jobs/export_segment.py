"""Exports the part of a database that filters choose, with every row that it refers to, on one snapshot."""

from dataclasses import replace

from server.calls import Call
from server.exporting.describing import estimate
from server.exporting.plan import SIZE_OF, TableExport
from server.exporting.segments import grown_segment
from server.exporting.steadying import steadied
from server.exporting.writing import write_export
from server.model.manifest import Format
from server.model.segments.reports import SegmentReport, SegmentRequest
from server.services import Services


def export_segment(services: Services, call: Call, request: SegmentRequest) -> SegmentReport:
    """Writes the rows that the request chooses, closed under references; with `estimate_only` nothing is written."""
    services.databases.get(request.database)
    if not request.estimate_only:
        services.workspace.ready(request.path)
    return steadied(call, lambda modest: _export(services, call, request, modest=modest))


def _export(services: Services, call: Call, request: SegmentRequest, *, modest: bool) -> SegmentReport:
    with grown_segment(services, call, request) as segment:
        if request.estimate_only:
            plan = segment.plan
            report = estimate(plan, [_size(export, plan.format) for export in plan.tables])
        else:
            plan = replace(segment.plan, modest=modest)
            report = write_export(services, call, segment.connection, plan, segment.fingerprint)
    return SegmentReport.of(report, segment.why, segment.dates, segment.dangling)


def _size(export: TableExport, plan_format: Format) -> int:
    """Bytes of the rows, which are exact, by the average row of their table."""
    known = max(export.table.rows, export.rows, 1)
    return round(export.table.bytes / known * export.rows * SIZE_OF[plan_format])
