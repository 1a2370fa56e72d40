"""Commands of migrations: plan-migration, apply-migration, migration-status."""

from typing import Annotated

import typer
from pydantic import BaseModel

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import Database, Json, SchemaSide, Yes
from server.services import Services


def plan_migration(
    source: SchemaSide,
    target: SchemaSide,
    save_as: Annotated[str | None, typer.Option(help="Words for the name of the file it is saved as.")] = None,
    allow_data_loss: Annotated[bool, typer.Option("--allow-data-loss", help="Save it although it loses data.")] = False,
    concurrent_indexes: Annotated[
        bool, typer.Option("--concurrent-indexes", help="Build indexes and prove constraints without blocking writes.")
    ] = False,
    rename: Annotated[
        list[str] | None, typer.Option("--rename", "--renames", help="A confirmed rename: app.t.a=app.t.b.")
    ] = None,
    json: Json = False,
) -> None:
    """The SQL that makes source equal to target, proved on a scratch copy."""
    from server.jobs.plan_migration import plan_migration as job
    from server.model.migration.renaming import Renaming

    def run(services: Services, call: Call) -> BaseModel:
        split = [each.partition("=") for each in rename or ()]
        return job(
            services,
            call,
            source=source,
            target=target,
            save_as=save_as,
            allow_data_loss=allow_data_loss,
            concurrent_indexes=concurrent_indexes,
            renames=[Renaming(before, after) for before, _, after in split],
            urls=True,
        )

    answer(run, json)


def apply_migration(
    database: Database,
    path: Annotated[str, typer.Argument(help="A file of plan-migration, its name or its number.")],
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Runs a planned migration in one transaction."""
    from server.jobs.apply_migration import apply_migration as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, path=path, person_agreed=yes)

    answer(run, json)


def migration_status(
    database: Annotated[str | None, typer.Argument(help="Name from list-databases; default: all.")] = None,
    json: Json = False,
) -> None:
    """Which migrations are applied, pending, changed or missing, per database."""
    from server.jobs.migration_status import migration_status as job

    answer(lambda services, call: job(services, call, database=database), json)
