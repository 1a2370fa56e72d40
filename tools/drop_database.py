"""The tool drop_database."""

from typing import Annotated

from mcp.server.mcpserver import Elicit, ElicitationResult, Resolve
from pydantic import Field

from server.model.cloning import Dropped
from tools.calling import Context, run_job
from tools.consent import Consent, agreed, can_ask


def ask_about_drop(context: Context, name: str) -> Elicit[Consent] | None:
    """The question before a database is dropped; None where the client cannot ask."""
    return Elicit(f"Drop the database {name} with all its rows?", Consent) if can_ask(context) else None


async def drop_database(
    context: Context,
    consent: Annotated[ElicitationResult[Consent], Resolve(ask_about_drop)],
    name: str,
    confirm: Annotated[bool, Field(description="The person agreed")] = False,
) -> Dropped:
    """Drops a database that clone_database made, and no other."""
    from server.jobs.drop_database import drop_database as job

    return await run_job(
        context,
        lambda services, call: job(services, call, name=name, confirm=confirm, person_agreed=agreed(consent)),
    )
