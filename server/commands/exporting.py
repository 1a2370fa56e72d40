"""Commands that write rows to files: export-database, export-segment."""

from typing import Annotated, Literal

import typer

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import (
    AnyDatabase,
    Compression,
    Database,
    DataFormat,
    DateColumns,
    EstimateOnly,
    ExcludedColumns,
    ExcludedTables,
    Follow,
    Json,
    Limit,
    NewPath,
    Redact,
    Since,
    Tables,
    Until,
    Where,
)
from server.services import Services


def export_database(
    database: Database,
    content: Annotated[Literal["full", "schema", "data"], typer.Option(help="Schema, rows or both.")] = "full",
    format_: DataFormat = "json",
    table: Tables = None,
    exclude_table: ExcludedTables = None,
    exclude_column: ExcludedColumns = None,
    redact: Redact = "policy",
    compress: Compression = "none",
    path: NewPath = None,
    estimate_only: EstimateOnly = False,
    sql_inserts: Annotated[bool, typer.Option("--sql-inserts", help="INSERT statements in place of COPY.")] = False,
    json: Json = False,
) -> None:
    """Writes a database to a file, on one consistent snapshot, without its sensitive columns."""
    from server.jobs.export_database import export_database as job
    from server.model.exports import ExportRequest

    request = ExportRequest(
        database=database,
        content=content,
        format=format_,
        tables=table,
        exclude_tables=exclude_table,
        exclude_columns=exclude_column,
        redact=redact,
        compress=compress,
        path=path,
        estimate_only=estimate_only,
        sql_inserts=sql_inserts,
    )
    answer(lambda services, call: job(services, call, request), json)


def export_segment(
    database: AnyDatabase = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    date_column: DateColumns = None,
    table: Tables = None,
    follow: Follow = "children",
    limit: Limit = None,
    format_: DataFormat = "json",
    exclude_column: ExcludedColumns = None,
    redact: Redact = "policy",
    compress: Compression = "none",
    path: NewPath = None,
    estimate_only: EstimateOnly = False,
    json: Json = False,
) -> None:
    """Writes the rows that filters choose, with every row that they refer to, so that it always imports."""
    from server.jobs.export_segment import export_segment as job
    from server.model.segments.reports import SegmentReport, SegmentRequest
    from server.model.segments.words import filters_from, limits_from, pairs_from

    def run(services: Services, call: Call) -> SegmentReport:
        request = SegmentRequest(
            database=database or services.current_or_refused,
            filters=filters_from(where or ()),
            since=since,
            until=until,
            date_columns=pairs_from(date_column or ()),
            tables=table,
            follow=follow,
            limit_per_table=limits_from(limit or ()),
            format=format_,
            compress=compress,
            path=path,
            exclude_columns=exclude_column,
            redact=redact,
            estimate_only=estimate_only,
        )
        return job(services, call, request)

    answer(run, json)
