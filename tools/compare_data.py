"""The tool compare_data."""

from typing import Annotated

from pydantic import Field

from server.model.comparison.rows import DataComparison
from tools.calling import Context, run_job
from tools.parameters import Patterns


async def compare_data(
    context: Context,
    source: Annotated[str, Field(description="Database or export path")],
    target: Annotated[str, Field(description="Database or export path")],
    tables: Patterns = None,
    key: Annotated[dict[str, list[str]] | None, Field(description="Table to columns, where no primary key")] = None,
    exclude_columns: Annotated[list[str] | None, Field(description="`updated_at`, `users.seen`")] = None,
    sample: Annotated[int, Field(ge=0, le=20)] = 5,
    equal_types: Annotated[bool, Field(description="Compare values across different types")] = False,
) -> DataComparison:
    """Which rows differ between two databases, or an export and one: counts per table and a few samples."""
    from server.jobs.compare_data import compare_data as job

    return await run_job(
        context,
        lambda services, call: job(
            services,
            call,
            source=source,
            target=target,
            tables=tables,
            key=key,
            exclude_columns=exclude_columns or (),
            sample=sample,
            equal_types=equal_types,
        ),
    )
