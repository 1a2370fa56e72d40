"""The tool plan_migration."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from server.model.migration.reports import MigrationPlan
from tools.calling import Context, run_job
from tools.parameters import SchemaSide


class Rename(BaseModel):
    model_config = ConfigDict(extra="forbid")
    from_: str = Field(alias="from")
    to: str


async def plan_migration(
    context: Context,
    source: SchemaSide,
    target: SchemaSide,
    save_as: Annotated[str | None, Field(description="Words for the file's name, migrations/NNNN_words.sql")] = None,
    allow_data_loss: bool = False,
    concurrent_indexes: bool = False,
    renames: Annotated[list[Rename] | None, Field(description="Confirmed: app.users.name → app.users.title")] = None,
) -> MigrationPlan:
    """The SQL that makes source equal to target, keeping its rows; run and compared on a scratch copy.

    Each statement with its measured lock and hazards. Plans losing data are saved only if allowed.
    concurrent_indexes, and proofs of constraints, block no writes.
    """
    from server.jobs.plan_migration import plan_migration as job
    from server.model.migration.renaming import Renaming

    confirmed = [Renaming(rename.from_, rename.to) for rename in renames or ()]
    return await run_job(
        context,
        lambda services, call: job(
            services,
            call,
            source=source,
            target=target,
            save_as=save_as,
            allow_data_loss=allow_data_loss,
            concurrent_indexes=concurrent_indexes,
            renames=confirmed,
        ),
    )
