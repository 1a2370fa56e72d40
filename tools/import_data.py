"""The tool import_data."""

from typing import Annotated, Literal

from pydantic import Field

from server.model.imports.reports import ImportReport
from tools.calling import Context, run_job
from tools.consent import ImportConsent, agreed
from tools.parameters import ColumnMap, DatabaseName, ImportMode, ImportPath, IntoSchema, TableNames


async def import_data(
    context: Context,
    consent: ImportConsent,
    database: DatabaseName,
    path: ImportPath,
    mode: ImportMode = "append",
    tables: TableNames = None,
    into_schema: IntoSchema = None,
    columns: ColumnMap = None,
    on_conflict_columns: Annotated[list[str] | None, Field(description="Unique key that decides; else primary")] = None,
    defer_indexes: Literal["auto", "never"] = "auto",
    run_triggers: bool = True,
    confirm: Annotated[bool, Field(description="The person agreed to overwrite or delete")] = False,
    force: Annotated[bool, Field(description="Append the same file again")] = False,
) -> ImportReport:
    """Bring an export, SQL dump, CSV or JSON into a database: one transaction, all or nothing. check_import first.

    Row order and cycles of foreign keys do not matter; sequences are set; everything is validated before COMMIT.
    """
    from server.jobs.import_data import import_data as job
    from server.model.imports.plan import ImportRequest

    request = ImportRequest(
        database=database,
        path=path,
        mode=mode,
        tables=tuple(tables) if tables is not None else None,
        into_schema=into_schema,
        columns=columns or {},
        on_conflict_columns=tuple(on_conflict_columns) if on_conflict_columns else None,
        defer_indexes=defer_indexes,
        run_triggers=run_triggers,
        confirm=confirm,
        force=force,
    )
    return await run_job(context, lambda services, call: job(services, call, request, person_agreed=agreed(consent)))
