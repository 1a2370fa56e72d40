"""The tool inspect_schema."""

from typing import Literal

from server.model.inspection.reports import SchemaInspection
from tools.calling import Context, run_job
from tools.parameters import Cursor, DatabaseName, Patterns


async def inspect_schema(
    context: Context,
    database: DatabaseName,
    tables: Patterns = None,
    detail: Literal["overview", "tables", "full"] = "tables",
    cursor: Cursor = None,
) -> SchemaInspection:
    """A database's schema in few words, at most 20 KB an answer.

    overview: a line per table. tables: columns, keys, references, types. full: also checks, indexes, triggers,
    policies, grants, view queries, functions and all other objects; what many tables share stands in `in_common`.
    """
    from server.jobs.inspect_schema import inspect_schema as job

    return await run_job(
        context,
        lambda services, call: job(services, call, database=database, tables=tables, detail=detail, cursor=cursor),
    )
