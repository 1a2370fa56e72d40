"""The command line: serve, demo, and each job by the name of its tool. Results on stdout, progress bars on stderr.

Exit codes: 0 done, 1 failed, 2 refused.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from server.commands.cloning import clone_database, drop_database
from server.commands.comparing import compare_data, compare_schemas
from server.commands.demonstrating import demo
from server.commands.exporting import export_database, export_segment
from server.commands.importing import check_import, import_data
from server.commands.looking import explain_query, inspect_schema, list_databases, query_database
from server.commands.migrating import apply_migration, migration_status, plan_migration

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Carries PostgreSQL schemas and data safely between databases.",
)
for command in (
    demo,
    list_databases,
    inspect_schema,
    export_database,
    export_segment,
    check_import,
    import_data,
    compare_schemas,
    plan_migration,
    apply_migration,
    migration_status,
    query_database,
    explain_query,
    compare_data,
    clone_database,
    drop_database,
):
    app.command(command.__name__.replace("_", "-"))(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pgferry {version('pgferry')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")] = False,
) -> None:
    """Options of pgferry itself."""
