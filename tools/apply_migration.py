"""The tool apply_migration."""

from typing import Annotated

from pydantic import Field

from server.model.migration.reports import AppliedMigration
from tools.calling import Context, run_job
from tools.consent import MigrationConsent, agreed
from tools.parameters import DatabaseName


async def apply_migration(
    context: Context,
    consent: MigrationConsent,
    database: DatabaseName,
    path: Annotated[str, Field(description="File of plan_migration, or its number")],
    confirm: Annotated[bool, Field(description="The person agreed")] = False,
) -> AppliedMigration:
    """Run a planned migration in one transaction, if the database still has the schema it was proved for."""
    from server.jobs.apply_migration import apply_migration as job

    return await run_job(
        context,
        lambda services, call: job(
            services, call, database=database, path=path, confirm=confirm, person_agreed=agreed(consent)
        ),
    )
