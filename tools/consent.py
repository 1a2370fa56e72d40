"""Asks the person, through the client, before a tool deletes or overwrites; a cancel is a no."""

from typing import Annotated, cast

from mcp.server.mcpserver import CancelledElicitation, DeclinedElicitation, Elicit, ElicitationResult, Resolve
from pydantic import BaseModel, Field

from server.errors import Refused
from server.model.imports.plan import Mode
from tools.calling import Context

CONSEQUENCES = {
    "upsert": "overwrite rows that have the same key",
    "replace": "delete all rows of its tables first",
    "restore": "create schema objects and load rows",
}


class Consent(BaseModel):
    """The person's answer."""

    agree: bool = Field(title="Go ahead", description="Yes, change the database as described.")


def can_ask(context: Context) -> bool:
    """Whether the client can put a question to the person."""
    capabilities = context.client_capabilities
    return bool(capabilities and capabilities.elicitation)


def ask_about_import(context: Context, database: str, path: str, mode: Mode) -> Elicit[Consent] | None:
    """The question before an import that overwrites; None where nothing is overwritten or the client cannot ask."""
    what = CONSEQUENCES.get(mode)
    if what is None or not can_ask(context):
        return None
    return Elicit(f"Import {path} into {database} with mode {mode}? It will {what}.", Consent)


ImportConsent = Annotated[ElicitationResult[Consent], Resolve(ask_about_import)]


def ask_about_migration(context: Context, database: str, path: str) -> Elicit[Consent] | None:
    """The question before a migration; None where the client cannot ask."""
    if not can_ask(context):
        return None
    return Elicit(
        f"Apply the migration {path} to {database}? It changes the schema, and may drop what the plan says.", Consent
    )


MigrationConsent = Annotated[ElicitationResult[Consent], Resolve(ask_about_migration)]


def agreed(answer: ElicitationResult[Consent]) -> bool:
    """True: a person said yes. False: nobody was asked. Refused: the answer was no, or none."""
    if isinstance(answer, CancelledElicitation):
        raise Refused(
            "not_confirmed",
            "The client was asked and gave no answer of a person.",
            next="Ask them; where a client has none to ask, they can run the same on pgferry's command line.",
        )
    if isinstance(answer, DeclinedElicitation):
        raise Refused("not_confirmed", "The person was asked and said no.", next="Ask them what they want.")
    consent = cast("Consent | None", answer.data)  # None: the question was not put
    if consent is None:
        return False
    if not consent.agree:
        raise Refused("not_confirmed", "The person was asked and said no.", next="Ask them what they want.")
    return True
