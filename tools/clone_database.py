"""The tool clone_database."""

from typing import Annotated

from pydantic import Field

from server.model.cloning import Clone, How
from tools.calling import Context, run_job
from tools.parameters import DatabaseName


async def clone_database(
    context: Context,
    source: DatabaseName,
    name: Annotated[str, Field(description="Of the new database, on the same server")],
    how: Annotated[How, Field(description="template: with all rows")] = "template",
) -> Clone:
    """Copies a database, so that a worktree has one of its own that it may break. Answers the line for its .env."""
    from server.jobs.clone_database import clone_database as job

    return await run_job(context, lambda services, call: job(services, call, source=source, name=name, how=how))
