"""The tool export_database."""

from typing import Annotated, Literal

from pydantic import Field

from server.model.exports import ExportReport
from tools.calling import Context, run_job
from tools.parameters import Compression, DatabaseName, DataFormat, Patterns

ExcludedColumns = Annotated[list[str] | None, Field(description="`email`, `users.email`")]
NewPath = Annotated[
    str | None, Field(description="New file or folder below the project root; default .pgferry/exports")
]


async def export_database(
    context: Context,
    database: DatabaseName,
    content: Literal["full", "schema", "data"] = "full",
    format: DataFormat = "json",  # noqa: A002  the word of the contract
    tables: Patterns = None,
    exclude_tables: Patterns = None,
    exclude_columns: ExcludedColumns = None,
    redact: Literal["policy", "none"] = "policy",
    compress: Compression = "none",
    path: NewPath = None,
    estimate_only: bool = False,
    sql_inserts: bool = False,
) -> ExportReport:
    """Write a database to a file on one consistent snapshot; answers the path, never the rows.

    json: one document. jsonl, csv: a folder with a file per table. sql: a script for psql, with the whole schema.
    Sensitive columns are left out by policy. For some rows of big tables use export_segment.
    """
    from server.jobs.export_database import export_database as job
    from server.model.exports import ExportRequest

    request = ExportRequest(
        database=database,
        content=content,
        format=format,
        tables=tables,
        exclude_tables=exclude_tables,
        exclude_columns=exclude_columns,
        redact=redact,
        compress=compress,
        path=path,
        estimate_only=estimate_only,
        sql_inserts=sql_inserts,
    )
    return await run_job(context, lambda services, call: job(services, call, request))
