"""The tool export_segment."""

from typing import Annotated, Literal

from pydantic import Field

from server.model.segments.filters import Filter
from server.model.segments.reports import SegmentReport
from tools.calling import Context, run_job
from tools.export_database import ExcludedColumns, NewPath
from tools.parameters import Compression, DatabaseName, DataFormat, DateColumns, Limit, Moment, Patterns


async def export_segment(
    context: Context,
    database: DatabaseName,
    filters: Annotated[list[Filter], Field(min_length=1)],
    since: Moment = None,
    until: Moment = None,
    date_columns: DateColumns = None,
    tables: Patterns = None,
    follow: Literal["children", "none"] = "children",
    limit_per_table: Limit = None,
    format: DataFormat = "json",  # noqa: A002  the word of the contract
    compress: Compression = "none",
    path: NewPath = None,
    exclude_columns: ExcludedColumns = None,
    redact: Literal["policy", "none"] = "policy",
    estimate_only: bool = False,
) -> SegmentReport:
    """Export only some rows (a tenant, last week, …) with every row they refer to, so that it always imports.

    From the filtered rows down to what belongs to them (`follow`), then up to what those need. Filters add up: to
    narrow one, put more conditions in it. since (included) and until apply to each table's date, told in the answer.
    `tables` restricts what is written; required rows come anyway.
    """
    from server.jobs.export_segment import export_segment as job
    from server.model.segments.reports import SegmentRequest

    request = SegmentRequest(
        database=database,
        filters=filters,
        since=since,
        until=until,
        date_columns=date_columns or {},
        tables=tables,
        follow=follow,
        limit_per_table=limit_per_table,
        format=format,
        compress=compress,
        path=path,
        exclude_columns=exclude_columns,
        redact=redact,
        estimate_only=estimate_only,
    )
    return await run_job(context, lambda services, call: job(services, call, request))
