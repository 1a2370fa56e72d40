"""Commands that bring files into a database: check-import, import-data."""

from typing import Annotated, Literal

import typer

from server.commands.answering import answer
from server.commands.options import Database, File, Into, Json, Mode, OnlyTables, Renamed, Yes


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
    from server.model.imports.plan import ImportRequest

    request = ImportRequest(
        database=database,
        path=path,
        mode=mode,
        tables=tuple(table) if table else None,
        into_schema=into_schema,
        columns=_columns(column),
    )
    answer(lambda services, call: job(services, call, request), json)


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
    defer_indexes: Annotated[
        Literal["auto", "never"], typer.Option(help="Whether indexes of big empty tables are built after the rows.")
    ] = "auto",
    triggers: Annotated[bool, typer.Option("--triggers/--no-triggers", help="Whether triggers run.")] = True,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Append the same file again.")] = False,
    json: Json = False,
) -> None:
    """Brings a file into a database in one transaction: all of it or nothing."""
    from server.jobs.import_data import import_data as job
    from server.model.imports.plan import ImportRequest

    request = ImportRequest(
        database=database,
        path=path,
        mode=mode,
        tables=tuple(table) if table else None,
        into_schema=into_schema,
        columns=_columns(column),
        on_conflict_columns=tuple(key) if key else None,
        defer_indexes=defer_indexes,
        run_triggers=triggers,
        force=force,
    )
    answer(lambda services, call: job(services, call, request, person_agreed=yes), json)


def _columns(renamings: list[str] | None) -> dict[str, dict[str, str]]:
    """`table.file_column=table_column`, by the table."""
    columns: dict[str, dict[str, str]] = {}
    for renaming in renamings or []:
        place, _, column = renaming.partition("=")
        table, _, name = place.rpartition(".")
        columns.setdefault(table, {})[name] = column
    return columns
