"""Commands that compare: compare-schemas, compare-data."""

from typing import Annotated, Literal

import typer
from pydantic import BaseModel

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import Cursor, DataSide, ExcludedColumns, Json, SchemaSide, Tables
from server.services import Services


def compare_schemas(
    source: SchemaSide,
    target: SchemaSide,
    table: Tables = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", "--kinds", "-k", help="table, column, index, view, …")
    ] = None,
    detail: Annotated[Literal["summary", "differences", "full"], typer.Option()] = "differences",
    cursor: Cursor = None,
    owners: Annotated[bool, typer.Option("--owners", help="Owners count too.")] = False,
    json: Json = False,
) -> None:
    """What takes one schema to another: databases, dumps, exports, migration folders."""
    from server.jobs.compare_schemas import compare_schemas as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(
            services,
            call,
            source=source,
            target=target,
            tables=table,
            kinds=kind,
            detail=detail,
            cursor=cursor,
            owners=owners,
            urls=True,
        )

    answer(run, json)


def compare_data(
    source: DataSide,
    target: DataSide,
    table: Tables = None,
    key: Annotated[list[str] | None, typer.Option(help="incidents=number,region: where no primary key is.")] = None,
    exclude_column: ExcludedColumns = None,
    sample: Annotated[int, typer.Option(min=0, max=20)] = 5,
    equal_types: Annotated[bool, typer.Option("--equal-types", help="Compare values across types.")] = False,
    json: Json = False,
) -> None:
    """Which rows differ between two databases, or an export and one."""
    from server.jobs.compare_data import compare_data as job

    def run(services: Services, call: Call) -> BaseModel:
        keys = [each.partition("=") for each in key or ()]
        return job(
            services,
            call,
            source=source,
            target=target,
            tables=table,
            key={name: columns.split(",") for name, _, columns in keys},
            exclude_columns=exclude_column or (),
            sample=sample,
            equal_types=equal_types,
        )

    answer(run, json)
