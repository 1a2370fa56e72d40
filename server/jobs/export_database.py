"""Exports a whole database, or some of its tables, to a file: schema, rows or both, on one snapshot."""

from collections.abc import Sequence
from dataclasses import replace

from server.calls import Call
from server.errors import Refused
from server.exporting.describing import estimate
from server.exporting.fingerprints import FingerprintBeside
from server.exporting.hidden import refuse_what_is_hidden
from server.exporting.plan import (
    SIZE_OF,
    Masks,
    Plan,
    key_of,
    listed,
    plan_masks,
    sessions_for,
    unmasked,
    whole_tables,
)
from server.exporting.settling import settled
from server.exporting.steadying import steadied
from server.exporting.writing import write_export
from server.model.amounts import several
from server.model.exports import ExportReport, ExportRequest, filters_of
from server.model.patterns import choose, matcher
from server.model.redaction import Redactions
from server.model.tables import Table, load_order, with_targets
from server.postgres.databases import Connection, Database
from server.postgres.rows_out.tables import (
    count_large_objects,
    is_distributed,
    lock_tables,
    name_secretive_objects,
    placed,
    read_tables,
)
from server.postgres.segments.relation_map import read_relation_map
from server.postgres.transactions import reading
from server.services import Services


def export_database(services: Services, call: Call, request: ExportRequest) -> ExportReport:
    """Writes what the request asks for and reports it; with `estimate_only` nothing is written."""
    database = services.databases.get(request.database)
    _refuse_contradictions(request)
    if not request.estimate_only:
        services.workspace.ready(request.path)
    return steadied(call, lambda modest: _export(services, call, database, request, modest=modest))


def _export(
    services: Services, call: Call, database: Database, request: ExportRequest, *, modest: bool
) -> ExportReport:
    with (
        FingerprintBeside(call, database) as fingerprint,
        reading(call, database, row_security=False) as connection,
    ):
        known = read_tables(connection)
        chosen, left_out = _choose(services, connection, request, known)
        if not (request.estimate_only or modest):
            fingerprint.begin(connection)
        chosen = placed(connection, chosen)
        redactions = _redactions(services, connection, request, chosen, known)
        plan = _plan(services, connection, request, chosen, redactions, left_out)
        if request.estimate_only:
            return estimate(plan, [round(export.table.bytes * SIZE_OF[plan.format]) for export in plan.tables])
        if modest:
            plan = replace(plan, modest=True, sessions=0)
        return write_export(services, call, connection, plan, fingerprint)


def _refuse_contradictions(request: ExportRequest) -> None:
    if request.sql_inserts and request.format != "sql":
        raise Refused("bad_arguments", "sql_inserts is for format = sql.", next="Leave it out, or export sql.")


def _choose(
    services: Services, connection: Connection, request: ExportRequest, tables: Sequence[Table]
) -> tuple[list[Table], list[str]]:
    """The tables whose rows are written, in load order, and the names of those left out on demand or by settings.

    Refused: rows are asked for, but of no table.
    """

    def others() -> dict[tuple[str, str], str]:
        return read_relation_map(connection, ()).others()

    known = {(table.schema, table.name): table for table in tables}
    wanted = choose(request.tables, known, others=others)
    excluded = set(choose(request.exclude_tables, known, others=others) if request.exclude_tables else ())
    by_settings = matcher(services.settings.exports.exclude_tables)
    excluded |= {name for name in known if by_settings(name)}
    kept = [known[name] for name in wanted if name not in excluded]
    left_out = [known[name].key for name in wanted if name in excluded]
    if left_out and not kept and request.content != "schema" and (request.tables or request.exclude_tables):
        raise Refused(
            "nothing_left",
            f"Every table that was asked for is left out again: {', '.join(left_out[:10])}.",
            next="Name others in tables, or fewer in exclude_tables; pgferry.toml may leave out more ([exports]).",
        )
    return load_order(kept), left_out


def _redactions(
    services: Services, connection: Connection, request: ExportRequest, chosen: Sequence[Table], known: Sequence[Table]
) -> Redactions:
    """What is done with the columns of the chosen tables, and of what those refer to: they do as it does."""
    references = services.settings.references
    declared = read_relation_map(connection, references).declared() if references else []
    tables = with_targets(chosen, known, declared)
    database = services.databases.get(request.database)
    return plan_masks(services, database, tables, request.redact, request.exclude_columns, declared)


def _plan(
    services: Services,
    connection: Connection,
    request: ExportRequest,
    chosen: Sequence[Table],
    redactions: Redactions,
    left_out: Sequence[str],
) -> Plan:
    masks: Masks = redactions.masks
    key = key_of(services)
    doubts = unmasked(redactions, chosen)
    if request.content != "schema":
        refuse_what_is_hidden(chosen, masks, way_out="leave the tables out with exclude_tables")
        lock_tables(connection, chosen)
        chosen, masks, _ = found = settled(connection, chosen, masks, key)
        doubts += found.said(chosen)
    distributed = is_distributed(connection)
    sessions = 0 if distributed else sessions_for(services, chosen)
    version = 0 if distributed else connection.info.server_version
    exports = whole_tables(chosen, masks, request.format, version, sessions=sessions)
    return Plan(
        database=services.databases.get(request.database),
        content=request.content,
        format=request.format,
        compression=request.compress,
        tables=exports,
        word=request.content,
        key=key,
        path=request.path,
        inserts=request.sql_inserts,
        filters=filters_of(request),
        redactions=listed(masks, chosen) if request.content != "schema" else (),
        excluded_tables=left_out,
        warnings=[
            *([*_warnings(chosen), *_large_objects(connection), *doubts] if request.content != "schema" else ()),
            *(_secretive(connection) if request.content != "data" else ()),
        ],
        consistency="one transaction, each shard as it was first read" if distributed else "one snapshot",
        sessions=sessions,
    )


def _warnings(tables: Sequence[Table]) -> list[str]:
    """What the rows do not hold although the tables seem to, and references that lead out of the export."""
    said = [
        f"{table.key}: left out: {several(table.foreign_pieces, 'foreign partition')}, whose rows lie elsewhere."
        for table in tables
        if table.foreign_pieces
    ]
    there = {(table.schema, table.name) for table in tables}
    for table in tables:
        outside = sorted(
            {f"{r.schema}.{r.table}" for c in table.columns for r in c.references if (r.schema, r.table) not in there}
        )
        if outside:
            said.append(f"{table.key} refers to {', '.join(outside)}, which this export has no rows of.")
    return said


def _large_objects(connection: Connection) -> list[str]:
    count = count_large_objects(connection)
    return [f"No export holds large objects, of which the database has {count}; pg_dump takes them."] if count else []


def _secretive(connection: Connection) -> list[str]:
    found = [f"{what} {name}" for what, name in name_secretive_objects(connection)]
    said = f"No export holds what may have a password in it: {', '.join(found)}. Create it by hand where you load this."
    return [said] if found else []
