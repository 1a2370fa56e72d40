"""The tool clone_database."""

from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from server.model.cloning import Clone, How
from server.model.segments.filters import Filter
from tools.calling import Context, run_job
from tools.export_database import ExcludedColumns
from tools.parameters import DatabaseName, DateColumns, Limit, Moment, Patterns


async def clone_database(
    context: Context,
    source: DatabaseName,
    name: Annotated[str, Field(description="Of the new database, on the same server")],
    how: Annotated[How, Field(description="template: with all rows; segment: those of filters")] = "template",
    filters: list[Filter] | None = None,
    since: Moment = None,
    until: Moment = None,
    date_columns: DateColumns = None,
    tables: Patterns = None,
    follow: Literal["children", "none"] | None = None,
    limit_per_table: Limit = None,
    exclude_columns: ExcludedColumns = None,
) -> Clone:
    """Copies a database, so that a worktree has one of its own that it may break. Answers the line for its .env.

    filters to exclude_columns choose a segment as in export_segment.
    """
    from server.jobs.clone_database import clone_database as job
    from server.model.cloning import segment_of

    choices = {
        "since": since, "until": until, "date_columns": date_columns, "tables": tables, "follow": follow,
        "limit_per_table": limit_per_table,
    }  # fmt: skip
    segment = segment_of(how, filters, choices, exclude_columns)
    wanted = partial(job, source=source, name=name, how=how, segment=segment, exclude_columns=exclude_columns)
    return await run_job(context, wanted)
