"""The tool explain_query."""

from typing import Annotated, Any

from pydantic import Field

from server.model.querying import QueryPlan
from tools.calling import Context, run_job
from tools.parameters import DatabaseName


async def explain_query(
    context: Context,
    database: DatabaseName,
    sql: Annotated[str, Field(description="The query, without EXPLAIN")],
    params: Annotated[list[Any] | None, Field(description="Values of $1, $2 …")] = None,
    analyze: Annotated[bool, Field(description="Run it: true times, rows and buffers")] = False,
) -> QueryPlan:
    """Why a query is slow: its plan as a short tree, the costly nodes, misestimates, scans an index would spare."""
    from server.jobs.explain_query import explain_query as job

    return await run_job(
        context,
        lambda services, call: job(services, call, database=database, sql=sql, params=params or (), analyze=analyze),
    )
