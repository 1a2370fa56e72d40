"""The tool compare_schemas."""

from typing import Literal

from server.model.comparison.reports import SchemaComparison
from tools.calling import Context, run_job
from tools.parameters import Cursor, Kinds, Patterns, SchemaSide


async def compare_schemas(
    context: Context,
    source: SchemaSide,
    target: SchemaSide,
    tables: Patterns = None,
    kinds: Kinds = None,
    detail: Literal["summary", "differences", "full"] = "differences",
    cursor: Cursor = None,
) -> SchemaComparison:
    """What takes source's schema to target's, what of it breaks users of the source, and what may be a rename.

    Files are loaded into a scratch database. full adds the parts of added tables and whole texts.
    """
    from server.jobs.compare_schemas import compare_schemas as job

    return await run_job(
        context,
        lambda services, call: job(
            services, call, source=source, target=target, tables=tables, kinds=kinds, detail=detail, cursor=cursor
        ),
    )
