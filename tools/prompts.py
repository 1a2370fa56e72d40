"""The prompts (slash commands): whole tasks, each opened with what is true here and now."""

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.types import InputRequiredResult
from pydantic import Field

from tools.calling import Context
from tools.gathering import manifest_text, migrations_of, tables_of, told, whereabouts
from tools.whereabouts import folder_of

Answer = str | InputRequiredResult
"""The prompt; or first the question where the client is, which it answers by itself."""
Database = Annotated[str, Field(description="Name from list_databases")]


def add_prompts(server: MCPServer) -> None:
    """Adds all of them."""
    for function, title in (
        (analyse_export, "Analyse an export"),
        (debug_incident, "Debug an incident from a segment"),
        (compare_worktree, "Compare my worktree with main"),
        (bring_data, "Bring data into this worktree"),
        (review_migration, "Review a migration"),
    ):
        server.prompt(title=title, description=(function.__doc__ or "").strip())(function)


async def analyse_export(
    context: Context, export: Annotated[str, Field(description="Name or path of an export")]
) -> Answer:
    """What an export holds, and what stands out in it."""
    here = await folder_of(context)
    if isinstance(here, InputRequiredResult):
        return here
    manifest = await told(lambda services, _call: manifest_text(services, export), here)
    return f"""Analyse the pgferry export {export}.

Its manifest:
{manifest[:20_000]}

1. Say in a few lines what it is: when, from which database, whole or a segment and by which filters, how many rows of
   which tables, which columns are redacted.
2. Look at the rows in the file, never by reading it whole: jq for json and jsonl, DuckDB or awk for csv.
3. Report what stands out: empty tables, skewed values, missing or odd dates, rows without their partner. Give the
   command behind each number. A redacted column says nothing: do not guess at it.
"""


async def debug_incident(
    context: Context,
    database: Database,
    what: Annotated[str, Field(description="What went wrong, and for whom or when")],
    table: Annotated[str, Field(description="Table of the first row to look at")] = "",
) -> Answer:
    """Finds why something went wrong, on a small copy of the rows around it."""
    here = await folder_of(context)
    if isinstance(here, InputRequiredResult):
        return here
    tables = await told(lambda services, call: tables_of(services, call, database), here)
    start = f" Begin at the table {table}." if table else ""
    return f"""Debug this in the database {database}: {what}.{start}

{await told(whereabouts, here)}
{tables}

1. inspect_schema of {database} (overview, then the tables that matter). query_database to find the rows concerned.
2. export_segment with filters as narrow as those rows allow (estimate_only first): it brings every row that they refer
   to, so that the file always imports.
3. To try something, never work on {database}: import_data into the database of a worktree with access = write, or
   clone_database with how = segment where it is offered, and reproduce there.
4. Answer with the cause, the rows that prove it (keys, not personal data), the query that shows it, and a proposal.
"""


async def compare_worktree(context: Context, main: Database = "main") -> Answer:
    """Writes up how the current worktree's database differs from another, in schema and rows."""
    here = await folder_of(context)
    if isinstance(here, InputRequiredResult):
        return here
    return f"""Compare the database of the current worktree with {main}, and write up what differs.

{await told(whereabouts, here)}

1. If there is no current database, or it is {main} itself, or both are one and the same, say so and stop.
2. compare_schemas from {main} to the current one. For each difference say whether the branch's code explains it
   (git diff against the main branch, migrations).
3. compare_data for tables of reference data (few rows), not for big ones unless asked.
4. Write: what the branch changes on purpose, what drifted by accident, what would break when it is merged, and the next
   step (plan_migration, or nothing). Name hazards as the tools name them.
"""


async def bring_data(
    context: Context,
    source: Database = "main",
    what: Annotated[str, Field(description="Which rows, in words")] = "a small useful part",
) -> Answer:
    """Copies rows from another database into the current worktree's, safely."""
    here = await folder_of(context)
    if isinstance(here, InputRequiredResult):
        return here
    return f"""Bring data from {source} into the database of the current worktree: {what}.

{await told(whereabouts, here)}

1. The target is the current worktree's database. It needs access = write; if it has not, ask the person to grant it in
   pgferry.toml: do not change that file yourself. Never write to {source}.
2. compare_schemas first: rows only fit equal tables.
3. export_segment (or export_database for all) from {source}, with estimate_only first. Say which columns are redacted.
4. check_import rehearses; solve what it lists. Then import_data: append or skip by themselves, upsert and replace only
   after the person agreed.
5. compare_data of what was brought, and report rows per table.
"""


async def review_migration(
    context: Context,
    path: Annotated[str, Field(description="File or folder of a migration")],
    database: Database = "main",
) -> Answer:
    """Reviews a migration before it runs: what it does, what it endangers, whether it gets where it should."""
    here = await folder_of(context)
    if isinstance(here, InputRequiredResult):
        return here
    status = await told(lambda services, call: migrations_of(services, call, database), here)
    return f"""Review the migration {path} for the database {database}.

{await told(whereabouts, here)}
{status}

1. Read {path}. Is it applied, changed since, or out of order?
2. The header of a file of plan_migration says what was proved, and of which schema. A folder that makes a whole schema
   is one side of compare_schemas, from {database} to it. Never apply it.
3. For each statement: what it locks and for how long on tables of this size (inspect_schema shows rows), what it
   rewrites, what it loses, whether it can be undone, what running code breaks between old and new.
4. Answer with a verdict (apply, apply after changes, do not), findings by severity with the line, and better SQL.
"""
