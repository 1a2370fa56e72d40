"""Commands of databases of one's own: clone-database, drop-database."""

from typing import Annotated, Literal

import typer
from pydantic import BaseModel

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import (
    Database,
    DateColumns,
    ExcludedColumns,
    Json,
    Limit,
    Since,
    Tables,
    Until,
    Where,
)
from server.services import Services


def clone_database(
    source: Database,
    name: Annotated[str, typer.Argument(help="Of the new database, on the same server.")],
    how: Annotated[
        Literal["template", "schema", "segment"], typer.Option(help="All rows, none, or those of --where.")
    ] = "template",
    where: Where = None,
    since: Since = None,
    until: Until = None,
    date_column: DateColumns = None,
    table: Tables = None,
    follow: Annotated[
        Literal["children", "none"] | None, typer.Option(help="Whether rows below come along; by default they do.")
    ] = None,
    limit: Limit = None,
    exclude_column: ExcludedColumns = None,
    json: Json = False,
) -> None:
    """A copy of a database, for a worktree of its own."""
    from server.jobs.clone_database import clone_database as job
    from server.model.cloning import segment_of
    from server.model.segments.words import filters_from, limits_from, pairs_from

    def run(services: Services, call: Call) -> BaseModel:
        filters = filters_from(where) if where else None
        choices = {
            "since": since, "until": until, "date_columns": pairs_from(date_column) if date_column else None,
            "tables": table, "follow": follow, "limit_per_table": limits_from(limit or ()),
        }  # fmt: skip
        segment = segment_of(how, filters, choices, exclude_column)
        return job(services, call, source=source, name=name, how=how, segment=segment, exclude_columns=exclude_column)

    answer(run, json)


def drop_database(
    name: Annotated[str, typer.Argument(help="A database that clone-database made.")], json: Json = False
) -> None:
    """Drops a database that pgferry made."""
    from server.jobs.drop_database import drop_database as job

    agreed = typer.confirm(f"Drop {name} with all its rows?", err=True)
    answer(lambda services, call: job(services, call, name=name, person_agreed=agreed), json)
