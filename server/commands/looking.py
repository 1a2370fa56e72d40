"""Commands that look: list-databases, inspect-schema, query-database, explain-query."""

from typing import Annotated, Literal

import typer
from pydantic import BaseModel

from server.calls import Call
from server.commands.answering import answer
from server.commands.options import Cursor, Database, Json, Params, Sql, Tables
from server.services import Services


def list_databases(json: Json = False) -> None:
    """The databases that pgferry may reach, and how each is."""
    from server.jobs.list_databases import list_databases as job

    answer(job, json)


def inspect_schema(
    database: Database,
    table: Tables = None,
    detail: Annotated[Literal["overview", "tables", "full"], typer.Option()] = "tables",
    cursor: Cursor = None,
    json: Json = False,
) -> None:
    """A database's schema: an overview, its tables, or everything about them."""
    from server.jobs.inspect_schema import inspect_schema as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, tables=table, detail=detail, cursor=cursor)

    answer(run, json)


def query_database(
    database: Database,
    sql: Sql,
    param: Params = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    save_as: Annotated[str | None, typer.Option(help="A .csv, .jsonl or .json file for the whole result.")] = None,
    format_: Annotated[
        Literal["csv", "jsonl", "json"] | None, typer.Option("--format", "-f", help="By default the ending says it.")
    ] = None,
    json: Json = False,
) -> None:
    """Answers one read-only SQL query."""
    from server.jobs.query_database import query_database as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(
            services,
            call,
            database=database,
            sql=sql,
            params=param or (),
            limit=limit,
            save_as=save_as,
            format=format_,
        )

    answer(run, json)


def explain_query(
    database: Database,
    sql: Annotated[str, typer.Argument(help="The query, without EXPLAIN.")],
    param: Params = None,
    analyze: Annotated[bool, typer.Option("--analyze", help="Run it.")] = False,
    json: Json = False,
) -> None:
    """A query's plan as a short tree, with what stands out."""
    from server.jobs.explain_query import explain_query as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, sql=sql, params=param or (), analyze=analyze)

    answer(run, json)
