"""The command line: serve, and each job by the name of its tool. Results on stdout, progress bars on stderr.

Exit codes: 0 done, 1 failed, 2 refused.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from server.calls import Call
from server.errors import FerryError, Refused
from server.services import Services, load_services

if TYPE_CHECKING:
    from server.model.import_plan import ImportRequest

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Carries PostgreSQL schemas and data safely between databases.",
)
T = TypeVar("T", bound=BaseModel)
Json = Annotated[bool, typer.Option("--json", help="The result as JSON, for programs.")]
stderr = Console(stderr=True)
stdout = Console()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pgferry {version('pgferry')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    """Options of pgferry itself."""


@app.command("list-databases")
def list_databases(json: Json = False) -> None:
    """The databases that pgferry may reach, and how each is."""
    from server.jobs.list_databases import list_databases as job

    answer(job, json)


@app.command("demo")
def demo(
    folder: Annotated[Path | None, typer.Argument(help="Where a demo is kept; by default ./pgferry-demo.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the databases and their server for later.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Only start the server of a demo that was kept.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Only stop it; its data stay.")] = False,
    scale: Annotated[int, typer.Option(min=1, max=1000, help="Times 25,000 rows in each database.")] = 1,
) -> None:
    """Shows pgferry at work on databases of its own; without --keep nothing stays behind."""
    from server.demo.demonstration import default_folder, run_demo, start_demo, stop_demo

    with told_failures():
        kept = folder or default_folder()
        if start or stop:
            (start_demo if start else stop_demo)(kept)
        elif folder is not None and not keep:
            raise Refused("keep_missing", f"{folder} is where a demo is kept.", next="Add --keep, --start or --stop.")
        elif not run_demo(scale=scale, keep=kept if keep else None):
            raise typer.Exit(1)


@contextmanager
def told_failures() -> Generator[None]:
    """A failure of the block is told on stderr and ends with its exit code."""
    try:
        yield
    except FerryError as failure:
        stderr.print(f"[bold red]{failure.code}[/]: ", end="")
        stderr.print(_told(failure), markup=False, highlight=False)
        raise typer.Exit(2 if isinstance(failure, Refused) else 1) from None


Database = Annotated[str, typer.Argument(help="Name from list-databases.")]
Tables = Annotated[list[str] | None, typer.Option("--table", "-t", help="A pattern: incidents, public.*, app.user_*.")]
Cursor = Annotated[str | None, typer.Option(help="next_cursor of the last answer.")]


@app.command("inspect-schema")
def inspect_schema(
    database: Database,
    table: Tables = None,
    detail: Annotated[str, typer.Option(help="overview, tables or full.")] = "tables",
    cursor: Cursor = None,
    json: Json = False,
) -> None:
    """A database's schema: an overview, its tables, or everything about them."""
    from server.jobs.inspect_schema import as_detail
    from server.jobs.inspect_schema import inspect_schema as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, tables=table, detail=as_detail(detail), cursor=cursor)

    answer(run, json)


File = Annotated[str, typer.Argument(help="An export, .sql, .csv, .json or .jsonl; also .gz and .zst.")]
Mode = Annotated[str, typer.Option("--mode", help="append, skip, upsert, replace or restore.")]
OnlyTables = Annotated[list[str] | None, typer.Option("--table", "-t", help="Only this table of the file.")]
Into = Annotated[str | None, typer.Option(help="Load into this schema instead.")]
Renamed = Annotated[
    list[str] | None, typer.Option("--column", help="table.file_column=table_column; empty leaves out.")
]


def _import_request(renamed: list[str] | None, **values: Any) -> "ImportRequest":
    """What the options of an import ask for; Refused where a value is none of those that there are."""
    from pydantic import ValidationError

    from server.model.import_plan import ImportRequest

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


@app.command("check-import")
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


@app.command("import-data")
def import_data(
    database: Database,
    path: File,
    mode: Mode = "append",
    table: OnlyTables = None,
    into_schema: Into = None,
    column: Renamed = None,
    key: Annotated[list[str] | None, typer.Option("--on-conflict-column", help="Column of the deciding key.")] = None,
    defer_indexes: Annotated[str, typer.Option(help="auto or never.")] = "auto",
    triggers: Annotated[bool, typer.Option("--triggers/--no-triggers", help="Whether triggers run.")] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to what the mode overwrites or deletes.")] = False,
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


Side = Annotated[str, typer.Argument(help="A database's name, a connection URL, or a .sql file, export or folder.")]


@app.command("compare-schemas")
def compare_schemas(
    source: Side,
    target: Side,
    table: Tables = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", "-k", help="table, column, index, view, …")] = None,
    detail: Annotated[str, typer.Option(help="summary, differences or full.")] = "differences",
    cursor: Cursor = None,
    owners: Annotated[bool, typer.Option("--owners", help="Owners count too.")] = False,
    json: Json = False,
) -> None:
    """What takes one schema to another: databases, dumps, exports, migration folders."""
    from server.jobs.compare_schemas import as_detail
    from server.jobs.compare_schemas import compare_schemas as job

    def run(services: Services, call: Call) -> BaseModel:
        wanted = as_detail(detail)
        return job(
            services,
            call,
            source=source,
            target=target,
            tables=table,
            kinds=kind,
            detail=wanted,
            cursor=cursor,
            owners=owners,
            urls=True,
        )

    answer(run, json)


@app.command("export-segment")
def export_segment(
    database: Annotated[str | None, typer.Argument(help="Name from list-databases; by default the current.")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", "-w", help="companies.slug=acme; those of one table all hold.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601, included.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601, not included.")] = None,
    date_column: Annotated[
        list[str] | None, typer.Option(help="incidents=occurred_at; companies= applies no dates to companies.")
    ] = None,
    table: Tables = None,
    follow: Annotated[Literal["children", "none"], typer.Option(help="Whether rows below come along.")] = "children",
    limit: Annotated[list[str] | None, typer.Option(help="100 for every table, incidents=100 for one.")] = None,
    format_: Annotated[
        Literal["json", "jsonl", "csv", "sql"], typer.Option("--format", "-f", help="jsonl and csv write a folder.")
    ] = "json",
    exclude_column: Annotated[list[str] | None, typer.Option(help="`email`, `users.email`.")] = None,
    redact: Annotated[
        Literal["policy", "none"], typer.Option(help="none only where the settings allow it.")
    ] = "policy",
    compress: Annotated[Literal["none", "gzip", "zstd"], typer.Option(help="How files are compressed.")] = "none",
    path: Annotated[str | None, typer.Option(help="A new file or folder below the project root.")] = None,
    estimate_only: Annotated[bool, typer.Option("--estimate-only", help="Rows and bytes; writes nothing.")] = False,
    json: Json = False,
) -> None:
    """Writes the rows that filters choose, with every row that they refer to, so that it always imports."""
    from server.jobs.export_segment import export_segment as job
    from server.model.segment_reports import SegmentRequest, filters_from, limits_from, pairs_from

    def run(services: Services, call: Call) -> BaseModel:
        request = SegmentRequest(
            database=database or services.current_or_refused,
            filters=filters_from(where or ()),
            since=since,
            until=until,
            date_columns=pairs_from(date_column or ()),
            tables=table,
            follow=follow,
            limit_per_table=limits_from(limit or ()),
            format=format_,
            compress=compress,
            path=path,
            exclude_columns=exclude_column,
            redact=redact,
            estimate_only=estimate_only,
        )
        return job(services, call, request)

    answer(run, json)


@app.command("query-database")
def query_database(
    database: Database,
    sql: Annotated[str, typer.Argument(help="One SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW.")],
    param: Annotated[list[str] | None, typer.Option(help="The value of $1, then of $2 ….")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    save_as: Annotated[str | None, typer.Option(help="A .csv, .jsonl or .json file for the whole result.")] = None,
    json: Json = False,
) -> None:
    """Answers one read-only SQL query."""
    from server.jobs.query_database import query_database as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, sql=sql, params=param or (), limit=limit, save_as=save_as)

    answer(run, json)


@app.command("explain-query")
def explain_query(
    database: Database,
    sql: Annotated[str, typer.Argument(help="The query, without EXPLAIN.")],
    param: Annotated[list[str] | None, typer.Option(help="The value of $1, then of $2 ….")] = None,
    analyze: Annotated[bool, typer.Option("--analyze", help="Run it.")] = False,
    json: Json = False,
) -> None:
    """A query's plan as a short tree, with what stands out."""
    from server.jobs.explain_query import explain_query as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, sql=sql, params=param or (), analyze=analyze)

    answer(run, json)


@app.command("export-database")
def export_database(
    database: Database,
    content: Annotated[Literal["full", "schema", "data"], typer.Option(help="Schema, rows or both.")] = "full",
    format_: Annotated[
        Literal["json", "jsonl", "csv", "sql"], typer.Option("--format", "-f", help="jsonl and csv write a folder.")
    ] = "json",
    table: Tables = None,
    exclude_table: Annotated[list[str] | None, typer.Option(help="A pattern of tables to leave out.")] = None,
    exclude_column: Annotated[list[str] | None, typer.Option(help="`email`, `users.email`.")] = None,
    redact: Annotated[
        Literal["policy", "none"], typer.Option(help="none only where the settings allow it.")
    ] = "policy",
    compress: Annotated[Literal["none", "gzip", "zstd"], typer.Option(help="How files are compressed.")] = "none",
    path: Annotated[str | None, typer.Option(help="A new file or folder below the project root.")] = None,
    estimate_only: Annotated[bool, typer.Option("--estimate-only", help="Rows and bytes; writes nothing.")] = False,
    sql_inserts: Annotated[bool, typer.Option("--sql-inserts", help="INSERT statements in place of COPY.")] = False,
    json: Json = False,
) -> None:
    """Writes a database to a file, on one consistent snapshot, without its sensitive columns."""
    from server.jobs.export_database import export_database as job
    from server.model.exports import ExportRequest

    request = ExportRequest(
        database=database,
        content=content,
        format=format_,
        tables=table,
        exclude_tables=exclude_table,
        exclude_columns=exclude_column,
        redact=redact,
        compress=compress,
        path=path,
        estimate_only=estimate_only,
        sql_inserts=sql_inserts,
    )
    answer(lambda services, call: job(services, call, request), json)


@app.command("compare-data")
def compare_data(
    source: Database,
    target: Annotated[str, typer.Argument(help="The other database.")],
    table: Tables = None,
    exclude_column: Annotated[list[str] | None, typer.Option(help="`updated_at`, `users.seen`.")] = None,
    sample: Annotated[int, typer.Option(min=0, max=20)] = 5,
    equal_types: Annotated[bool, typer.Option("--equal-types", help="Compare values across types.")] = False,
    json: Json = False,
) -> None:
    """Which rows differ between two databases."""
    from server.jobs.compare_data import compare_data as job

    def run(services: Services, call: Call) -> BaseModel:
        excluded = exclude_column or ()
        return job(
            services, call, source=source, target=target, tables=table, exclude_columns=excluded, sample=sample,
            equal_types=equal_types,
        )  # fmt: skip

    answer(run, json)


@app.command("clone-database")
def clone_database(
    source: Database,
    name: Annotated[str, typer.Argument(help="Of the new database, on the same server.")],
    how: Annotated[Literal["template", "schema"], typer.Option(help="With all rows, or none.")] = "template",
    json: Json = False,
) -> None:
    """A copy of a database, for a worktree of its own."""
    from server.jobs.clone_database import clone_database as job

    answer(lambda services, call: job(services, call, source=source, name=name, how=how), json)


@app.command("drop-database")
def drop_database(
    name: Annotated[str, typer.Argument(help="A database that clone-database made.")], json: Json = False
) -> None:
    """Drops a database that pgferry made."""
    from server.jobs.drop_database import drop_database as job

    agreed = typer.confirm(f"Drop {name} with all its rows?", err=True)
    answer(lambda services, call: job(services, call, name=name, person_agreed=agreed), json)


@app.command("plan-migration")
def plan_migration(
    source: Side,
    target: Side,
    save_as: Annotated[str | None, typer.Option(help="Words for the name of the file it is saved as.")] = None,
    allow_data_loss: Annotated[bool, typer.Option("--allow-data-loss", help="Save it although it loses data.")] = False,
    concurrent_indexes: Annotated[
        bool, typer.Option("--concurrent-indexes", help="Build indexes without blocking writes.")
    ] = False,
    rename: Annotated[list[str] | None, typer.Option("--rename", help="A confirmed rename: app.t.a=app.t.b.")] = None,
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


@app.command("apply-migration")
def apply_migration(
    database: Database,
    path: Annotated[str, typer.Argument(help="A file of plan-migration, its name or its number.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to what it changes.")] = False,
    json: Json = False,
) -> None:
    """Runs a planned migration in one transaction."""
    from server.jobs.apply_migration import apply_migration as job

    def run(services: Services, call: Call) -> BaseModel:
        return job(services, call, database=database, path=path, person_agreed=yes)

    answer(run, json)


@app.command("migration-status")
def migration_status(
    database: Annotated[str | None, typer.Argument(help="Name from list-databases; default: all.")] = None,
    json: Json = False,
) -> None:
    """Which migrations are applied, pending, changed or missing, per database."""
    from server.jobs.migration_status import migration_status as job

    answer(lambda services, call: job(services, call, database=database), json)


def answer(job: Callable[[Services, Call], T], as_json: bool) -> None:
    """Runs a job with a progress bar on stderr and prints its report; a failure ends with its exit code."""
    with told_failures():
        report = _with_bar(job)
    if as_json:
        typer.echo(report.model_dump_json(by_alias=True))
    else:
        stdout.print_json(report.model_dump_json(by_alias=True), indent=2)


def _told(failure: FerryError) -> str:
    next_step = f"\nNext: {failure.next}" if failure.next else ""
    return f"{failure.what}\n{failure.state}{next_step}"


def _with_bar(job: Callable[[Services, Call], T]) -> T:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True) as bars:
        bar = bars.add_task("", total=None, visible=False)

        def show(done: float, total: float | None, message: str) -> None:
            bars.update(bar, completed=done, total=total, description=message, visible=True)

        call = Call(show)
        return _interruptible(call, lambda: job(load_services(os.environ, Path.cwd()), call))


def _interruptible(call: Call, work: Callable[[], T]) -> T:
    """Ctrl-C cancels the call, as an agent's cancel does: queries stop on the server, files are removed."""
    import signal

    def interrupt(*_: Any) -> None:
        call.cancel()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        return work()
    finally:
        signal.signal(signal.SIGINT, before)
