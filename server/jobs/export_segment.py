"""Exports the part of a database that filters choose, with every row that it refers to, on one snapshot."""

from dataclasses import replace

from server.calls import Call
from server.exporting.plan import SIZE_OF, Plan, TableExport
from server.exporting.segments import grown_segment
from server.exporting.steadying import steadied
from server.exporting.writing import write_export
from server.model.exports import ExportedTable, ExportReport, RedactedColumn, listed_tables
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
            report = _estimate(segment.plan)
        else:
            plan = replace(segment.plan, modest=modest)
            report = write_export(services, call, segment.connection, plan, segment.fingerprint)
    return SegmentReport.of(report, segment.why, segment.dates, segment.dangling)


def _estimate(plan: Plan) -> ExportReport:
    """Exact rows; bytes by the average row of each table."""
    tables = [
        ExportedTable(
            name=export.table.key,
            rows=export.rows,
            bytes=_size(export, plan.format),
            matched=export.matched,
            required=export.required,
        )
        for export in plan.tables
    ]
    shown, more = listed_tables(tables)
    return ExportReport(
        path=None,
        format=plan.format,
        content=plan.content,
        bytes=sum(table.bytes for table in tables),
        sha256=None,
        tables=shown,
        total_rows=sum(table.rows for table in tables),
        redacted=[RedactedColumn(table=r.table, column=r.column, how=r.how) for r in plan.redactions],
        excluded_tables=list(plan.excluded_tables),
        seconds=0,
        estimated=True,
        warnings=[*plan.warnings, *more],
        next="Call again without estimate_only to write it.",
    )


def _size(export: TableExport, plan_format: Format) -> int:
    known = max(export.table.rows, export.rows, 1)
    return round(export.table.bytes / known * export.rows * SIZE_OF[plan_format])
