"""The tool check_import."""

from server.model.imports.reports import CheckReport
from tools.calling import Context, run_job
from tools.parameters import ColumnMap, DatabaseName, ImportMode, ImportPath, IntoSchema, TableNames


async def check_import(
    context: Context,
    database: DatabaseName,
    path: ImportPath,
    mode: ImportMode = "append",
    tables: TableNames = None,
    into_schema: IntoSchema = None,
    columns: ColumnMap = None,
) -> CheckReport:
    """Rehearse import_data: the same run, rolled back. Lists every problem at once, with row numbers.

    `passes` says whether it would be committed.
    """
    from server.jobs.check_import import check_import as job
    from server.model.imports.plan import ImportRequest

    request = ImportRequest(
        database=database,
        path=path,
        mode=mode,
        tables=tuple(tables) if tables is not None else None,
        into_schema=into_schema,
        columns=columns or {},
    )
    return await run_job(context, lambda services, call: job(services, call, request))
