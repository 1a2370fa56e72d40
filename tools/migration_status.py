"""The tool migration_status."""

from typing import Annotated

from pydantic import Field

from server.model.migration.reports import MigrationStatus
from tools.calling import Context, run_job


async def migration_status(
    context: Context, database: Annotated[str | None, Field(description="Default: all side by side")] = None
) -> MigrationStatus:
    """Which migrations are applied, pending, changed after being applied, or missing from disk."""
    from server.jobs.migration_status import migration_status as job

    return await run_job(context, lambda services, call: job(services, call, database=database))
