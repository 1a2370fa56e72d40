"""Commands of databases of one's own: clone-database, drop-database."""

from typing import Annotated, Literal

import typer

from server.commands.answering import answer
from server.commands.options import Database, Json


def clone_database(
    source: Database,
    name: Annotated[str, typer.Argument(help="Of the new database, on the same server.")],
    how: Annotated[Literal["template", "schema"], typer.Option(help="With all rows, or none.")] = "template",
    json: Json = False,
) -> None:
    """A copy of a database, for a worktree of its own."""
    from server.jobs.clone_database import clone_database as job

    answer(lambda services, call: job(services, call, source=source, name=name, how=how), json)


def drop_database(
    name: Annotated[str, typer.Argument(help="A database that clone-database made.")], json: Json = False
) -> None:
    """Drops a database that pgferry made."""
    from server.jobs.drop_database import drop_database as job

    agreed = typer.confirm(f"Drop {name} with all its rows?", err=True)
    answer(lambda services, call: job(services, call, name=name, person_agreed=agreed), json)
