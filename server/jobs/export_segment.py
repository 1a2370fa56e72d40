"""Exports the part of a database that filters choose, with every row that it refers to, on one snapshot."""

from typing import NamedTuple

from server.calls import Call
from server.errors import Refused
from server.exporting.plan import SIZE_OF, Masks, Plan, TableExport, listed, plan_masks, refuse_what_is_hidden
from server.exporting.writing import write_export
from server.model.exports import ExportedTable, ExportReport, RedactedColumn
from server.model.manifest import Format
from server.model.segment_plan import plan_segment
from server.model.segment_reports import DanglingReference, SegmentReport, SegmentRequest, applied
from server.model.tables import Table
from server.postgres.closing import Closing
from server.postgres.databases import Connection
from server.postgres.relation_map import read_relation_map
from server.postgres.statements import RowSource, fields_of
from server.postgres.tables import is_distributed, read_tables
from server.postgres.transactions import reading_with_tables
from server.services import Services

REASONS = 4
"""Reasons that are told for one table."""


class _Prepared(NamedTuple):
    """A segment about to be grown. `tables`: those it may come to hold rows of, by oid."""

    closing: Closing
    tables: dict[int, Table]
    masks: Masks


def export_segment(services: Services, call: Call, request: SegmentRequest) -> SegmentReport:
    """Writes the rows that the request chooses, closed under references; with `estimate_only` nothing is written."""
    database = services.databases.get(request.database)
    if request.path is not None and not request.estimate_only:
        services.workspace.new(request.path)

    def prepare(connection: Connection) -> _Prepared:
        return _prepare(services, call, connection, request)

    with reading_with_tables(call, database, prepare, row_security=False) as (connection, prepared):
        prepared.closing.grow()
        plan = _plan(services, request, prepared)
        report = _estimate(plan) if request.estimate_only else write_export(services, call, connection, plan)
    return SegmentReport.of(report, _why(prepared), _dates(prepared), _dangling(prepared))


def _prepare(services: Services, call: Call, connection: Connection, request: SegmentRequest) -> _Prepared:
    """Reads the schema, plans the segment and makes its key tables."""
    if is_distributed(connection):
        raise Refused(
            "not_supported",
            "The tables of this database are spread over several servers, where a segment cannot be closed.",
            next="Use export_database with `tables`.",
        )
    relations = read_relation_map(connection, services.settings.references)
    plan = plan_segment(relations, request, services.settings.exports.exclude_tables)
    tables = {table.oid: table for table in read_tables(connection) if table.oid in plan.nodes}
    masks = plan_masks(
        services,
        services.databases.get(request.database),
        list(tables.values()),
        request.redact,
        request.exclude_columns,
    )
    refuse_what_is_hidden(list(tables.values()), masks)
    closing = Closing(call, connection, plan, services.settings.exports.max_rows)
    closing.create()
    return _Prepared(closing, tables, masks)


def _plan(services: Services, request: SegmentRequest, prepared: _Prepared) -> Plan:
    """The export of what the segment has grown to; tables without rows are only named where they are filtered."""
    closing, tables, masks = prepared
    seeds = {closing.relations.node(seed.relation) for seed in closing.plan.seeds}
    nodes = [node for node in closing.plan.order if closing.grown[node].rows or node in seeds]
    kept = [tables[node] for node in nodes]
    return Plan(
        database=services.databases.get(request.database),
        content="full" if request.format == "sql" else "data",
        format=request.format,
        compression=request.compress,
        tables=[_export(prepared, node, generated=request.format != "sql") for node in nodes],
        word="segment",
        path=request.path,
        export_type="segmented",
        filters=applied(request, _dates(prepared), request.exclude_columns or ()),
        redactions=listed(masks, kept),
        warnings=_warnings(closing),
    )


def _export(prepared: _Prepared, node: int, *, generated: bool) -> TableExport:
    table, grown = prepared.tables[node], prepared.closing.grown[node]
    fields = fields_of(table, prepared.masks.get((table.schema, table.name), {}), generated=generated)
    pieces = [RowSource(fields, origin, order) for origin, order in prepared.closing.origins(node)]
    return TableExport(table, fields, tuple(pieces), grown.rows, grown.matched, grown.required)


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
    return ExportReport(
        path=None,
        format=plan.format,
        content=plan.content,
        bytes=sum(table.bytes for table in tables),
        sha256=None,
        tables=tables,
        total_rows=sum(table.rows for table in tables),
        redacted=[RedactedColumn(table=r.table, column=r.column, how=r.how) for r in plan.redactions],
        excluded_tables=[],
        seconds=0,
        estimated=True,
        warnings=list(plan.warnings),
        next="Call again without estimate_only to write it.",
    )


def _size(export: TableExport, plan_format: Format) -> int:
    known = max(export.table.rows, export.rows, 1)
    return round(export.table.bytes / known * export.rows * SIZE_OF[plan_format])


def _warnings(closing: Closing) -> list[str]:
    said = [*closing.relations.notes, *closing.notes]
    if not any(grown.rows for grown in closing.grown.values()):
        said.append("No row matches: the export is empty.")
    return said


def _why(prepared: _Prepared) -> dict[str, list[str]]:
    why: dict[str, list[str]] = {}
    for node, grown in prepared.closing.grown.items():
        reasons = list(grown.reasons)
        more = [f"and {len(reasons) - REASONS} more"] if len(reasons) > REASONS else []
        if node in prepared.tables:
            why[prepared.tables[node].key] = reasons[:REASONS] + more
    return why


def _dates(prepared: _Prepared) -> dict[str, str]:
    """What dates applied to, by table, as chosen or named."""
    return {
        prepared.tables[oid].key: node.date.column.name
        for oid, node in prepared.closing.plan.nodes.items()
        if node.date and oid in prepared.tables
    }


def _dangling(prepared: _Prepared) -> list[DanglingReference]:
    return [
        DanglingReference(table=found.table, reference=found.reference, rows=found.rows)
        for found in prepared.closing.dangling
    ]
