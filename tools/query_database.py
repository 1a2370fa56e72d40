"""The tool query_database."""

from typing import Annotated, Any, Literal

from pydantic import Field

from server.model.querying import QueryResult
from tools.calling import Context, run_job
from tools.parameters import DatabaseName


async def query_database(
    context: Context,
    database: DatabaseName,
    sql: Annotated[str, Field(description="One SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW")],
    params: Annotated[list[Any] | None, Field(description="Values of $1, $2 …")] = None,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 50,
    save_as: Annotated[str | None, Field(description="File for the whole result instead")] = None,
    format: Literal["csv", "jsonl", "json"] | None = None,  # noqa: A002  the word that agents use
) -> QueryResult:
    """Answers one read-only SQL query. It cannot write, whatever the role may do.

    Sensitive columns are null. Long results are cut, and say so: aggregate in SQL, or use `save_as`.
    """
    from server.jobs.query_database import query_database as job

    return await run_job(
        context,
        lambda services, call: job(
            services, call, database=database, sql=sql, params=params or (), limit=limit, save_as=save_as, format=format
        ),
    )
