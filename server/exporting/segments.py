"""Segments on their way to files: what a request chooses is grown to its closure and made the plan of an export."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from server.calls import Call
from server.errors import Refused
from server.exporting.fingerprints import FingerprintBeside
from server.exporting.hidden import refuse_partly_readable, refuse_what_is_hidden
from server.exporting.plan import Masks, Plan, TableExport, key_of, listed, plan_masks, unmasked
from server.exporting.settling import Settled, settled
from server.model.patterns import matcher
from server.model.redaction import Redactions
from server.model.segments.nodes import SegmentPlan
from server.model.segments.plan import plan_segment
from server.model.segments.reports import DanglingReference, SegmentRequest, applied
from server.model.tables import Table
from server.postgres.databases import Connection
from server.postgres.rows_out.fields import fields_of
from server.postgres.rows_out.statements import RowSource
from server.postgres.rows_out.tables import is_distributed, lock_tables, placed, read_tables
from server.postgres.segments.closing import Closing
from server.postgres.segments.relation_map import read_relation_map
from server.postgres.transactions import reading_with_tables
from server.services import Services

REASONS = 4
"""Reasons that are told for one table; of more than `MANY` tables only the first."""
MANY = 60
BIG = 50_000
"""Rows of a table from which on those of a segment lie apart from each other."""
SHORT = 400
"""Bytes of a row, on the average, that are kept beside the keys."""


class GrownSegment(NamedTuple):
    """A segment with all its rows, on the snapshot that `connection` holds. `why` and `dates` by table."""

    connection: Connection
    plan: Plan
    fingerprint: FingerprintBeside
    why: dict[str, list[str]]
    dates: dict[str, str]
    dangling: list[DanglingReference]


class _Prepared(NamedTuple):
    """A segment about to be grown. `tables`: those it may come to hold rows of, by oid."""

    closing: Closing
    tables: dict[int, Table]
    redactions: Redactions
    settled: Settled
    key: bytes


@contextmanager
def grown_segment(services: Services, call: Call, request: SegmentRequest) -> Generator[GrownSegment]:
    """The rows that the request chooses, closed under references. Refused: see `_prepare` and the segment's plan."""
    database = services.databases.get(request.database)

    def prepare(connection: Connection) -> _Prepared:
        return _prepare(services, call, connection, request, fingerprint)

    with (
        FingerprintBeside(call, database) as fingerprint,
        reading_with_tables(call, database, prepare, row_security=False) as (connection, prepared),
    ):
        prepared.closing.grow()
        plan = _plan(services, request, prepared)
        written = [export.table for export in plan.tables]
        doubts = [*unmasked(prepared.redactions, written), *prepared.settled.said(written)]
        plan = replace(plan, warnings=[*plan.warnings, *doubts])
        yield GrownSegment(connection, plan, fingerprint, _why(prepared), _dates(prepared), _dangling(prepared))


def _prepare(
    services: Services, call: Call, connection: Connection, request: SegmentRequest, fingerprint: FingerprintBeside
) -> _Prepared:
    """Reads the schema, plans the segment and makes its key tables."""
    if is_distributed(connection):
        raise Refused(
            "not_supported",
            "The tables of this database are spread over several servers, where a segment cannot be closed.",
            next="Use export_database with `tables`.",
        )
    relations = read_relation_map(connection, services.settings.references)
    plan = plan_segment(relations, request, services.settings.exports.exclude_tables)
    if not request.estimate_only:
        fingerprint.begin(connection)
    known = placed(connection, [table for table in read_tables(connection) if table.oid in plan.nodes])
    database = services.databases.get(request.database)
    redactions = plan_masks(services, database, known, request.redact, request.exclude_columns, relations.declared())
    masks = redactions.masks
    refuse_partly_readable(known)
    refuse_what_is_hidden(known, masks, way_out="name fewer `tables`: only what rows refer to has to be there")
    lock_tables(connection, known)
    key = key_of(services)
    found = settled(connection, known, masks, key)
    tables = {table.oid: table for table in found.tables}
    if not request.estimate_only:
        _carry(plan, tables, found.masks)
    closing = Closing(call, connection, plan, services.settings.exports.max_rows)
    closing.create()
    return _Prepared(closing, tables, redactions, found, key)


def _carry(plan: SegmentPlan, tables: Mapping[int, Table], masks: Masks) -> None:
    """Decides which tables keep their rows beside the keys: big ones, from which a segment takes few, of short rows.

    To fetch such rows a second time would cost more than to have written them to the temporary table.
    """
    for oid, node in plan.nodes.items():
        table = tables.get(oid)
        if table is None or node.copied or node.sought or table.rows < BIG or table.bytes > table.rows * SHORT:
            continue
        if not any(piece.toast_bytes for piece in table.pieces):
            how = masks.get((table.schema, table.name), {})
            node.carried = tuple(c.name for c in table.columns if how.get(c.name) not in ("exclude", "null"))


def _plan(services: Services, request: SegmentRequest, prepared: _Prepared) -> Plan:
    """The export of what the segment has grown to; tables without rows are only named where they are filtered."""
    closing, tables, masks = prepared.closing, prepared.tables, prepared.settled.masks
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
        key=prepared.key,
        path=request.path,
        export_type="segmented",
        filters=applied(request, _dates(prepared), request.exclude_columns or ()),
        redactions=listed(masks, kept),
        excluded_tables=_left_out(services, prepared, kept),
        warnings=_warnings(closing),
        closed=not closing.dangling,
    )


def _left_out(services: Services, prepared: _Prepared, kept: Sequence[Table]) -> list[str]:
    """The tables that the settings keep out, but for those whose rows are required."""
    matches = matcher(services.settings.exports.exclude_tables)
    written = {table.oid for table in kept}
    nodes = (node for node in prepared.closing.relations.nodes if node.oid not in written)
    return sorted(node.key for node in nodes if matches((node.schema, node.name)))


def _export(prepared: _Prepared, node: int, *, generated: bool) -> TableExport:
    table, grown = prepared.tables[node], prepared.closing.grown[node]
    fields = fields_of(table, prepared.settled.masks.get((table.schema, table.name), {}), generated=generated)
    pieces = [RowSource(fields, origin, order) for origin, order in prepared.closing.origins(node)]
    return TableExport(table, fields, tuple(pieces), grown.rows, grown.matched, grown.required)


def _warnings(closing: Closing) -> list[str]:
    said = [*closing.relations.notes, *closing.notes]
    if not any(grown.rows for grown in closing.grown.values()):
        passed = closing.growth.is_thinned
        which = "Rows match, but none that is to be written (tables, dates)" if passed else "No row matches"
        said.append(f"{which}: the export is empty.")
    return said


def _why(prepared: _Prepared) -> dict[str, list[str]]:
    why: dict[str, list[str]] = {}
    told = REASONS if sum(bool(grown.rows) for grown in prepared.closing.grown.values()) <= MANY else 1
    for node, grown in prepared.closing.grown.items():
        reasons = list(grown.reasons)
        more = [f"and {len(reasons) - told} more"] if len(reasons) > told else []
        if node in prepared.tables:
            why[prepared.tables[node].key] = reasons[:told] + more
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
