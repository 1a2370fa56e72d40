"""Commands that bring files into a database: check-import, import-data."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import Database, File, Into, Json, Mode, OnlyTables, Renamed, Yes
from server.errors import Refused
from server.services import Services

if TYPE_CHECKING:
    from server.model.imports.plan import ImportRequest


def check_import(
    database: Database,
    path: File,
    mode: Mode = "append",
    table: OnlyTables = None,
    into_schema: Into = None,
    column: Renamed = None,
    json: Json = False,
) -> None:
    """Rehearses import-data and lists every problem; nothing stays in the database."""
    from server.jobs.check_import import check_import as job

    def run(services: Services, call: Call) -> BaseModel:
        request = _import_request(
            database=database, path=path, mode=mode, tables=table or None, into_schema=into_schema, renamed=column
        )
        return job(services, call, request)

    answer(run, json)


def import_data(
    database: Database,
    path: File,
    mode: Mode = "append",
    table: OnlyTables = None,
    into_schema: Into = None,
    column: Renamed = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--on-conflict-column", "--on-conflict-columns", help="Column of the deciding key."),
    ] = None,
    defer_indexes: Annotated[str, typer.Option(help="auto or never.")] = "auto",
    triggers: Annotated[bool, typer.Option("--triggers/--no-triggers", help="Whether triggers run.")] = True,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Append the same file again.")] = False,
    json: Json = False,
) -> None:
    """Brings a file into a database in one transaction: all of it or nothing."""
    from server.jobs.import_data import import_data as job

    def run(services: Services, call: Call) -> BaseModel:
        request = _import_request(
            database=database,
            path=path,
            mode=mode,
            tables=table or None,
            into_schema=into_schema,
            renamed=column,
            on_conflict_columns=key or None,
            defer_indexes=defer_indexes,
            run_triggers=triggers,
            force=force,
        )
        return job(services, call, request, person_agreed=yes)

    answer(run, json)


def _import_request(renamed: list[str] | None, **values: Any) -> "ImportRequest":
    """What the options of an import ask for; Refused where a value is none of those that there are."""
    from pydantic import ValidationError

    from server.model.imports.plan import ImportRequest

    columns: dict[str, dict[str, str]] = {}
    for renaming in renamed or []:
        place, _, column = renaming.partition("=")
        table, _, name = place.rpartition(".")
        columns.setdefault(table, {})[name] = column
    try:
        return ImportRequest(**{key: value for key, value in values.items() if value is not None}, columns=columns)
    except ValidationError as failure:
        wrong = ", ".join(str(error["loc"][0]) for error in failure.errors(include_input=False))
        raise Refused("bad_arguments", f"Not a possible value: {wrong}.", next="See --help.") from None
