"""What prompts, resources and completions look up: the same jobs as the tools, without progress."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from server.errors import FerryError, Refused, did_you_mean
from tools.calling import run_job

if TYPE_CHECKING:
    from server.calls import Call
    from server.services import Services

T = TypeVar("T")
MOST_NAMES = 60
MOST_CHARACTERS = 6000


async def gather(look_up: "Callable[[Services, Call], T]", here: Path | None = None) -> T:
    """Runs `look_up` in a worker thread; `here` is the folder that the client says it is in."""
    return await run_job(None, look_up, here=here)


async def told(look_up: "Callable[[Services, Call], str]", here: Path | None = None) -> str:
    """What `look_up` has to say, for a prompt; a failure stands in its place."""
    try:
        return await gather(look_up, here)
    except FerryError as failure:
        return str(failure)


def whereabouts(services: "Services", call: "Call") -> str:
    """The databases and worktrees as lines."""
    from server.jobs.list_databases import list_databases

    listed = list_databases(services, call)
    lines = [f"Project: {listed.project_root}. Database of the current worktree: {listed.current or 'none'}."]
    for row in listed.databases:
        where = f", worktree {row.worktree} on branch {row.branch}" if row.worktree else ""
        size = f", PostgreSQL {row.server_version}, {row.tables} tables" if row.server_version else ""
        lines.append(f"- {row.name}: {row.status}, access {row.access}{size}{where}")
    return "\n".join([*lines, *(f"Note: {note}" for note in listed.notes)])


def export_names(services: "Services") -> list[str]:
    """Names in the export folder, newest first."""
    folder = services.workspace.exports
    there = services.workspace.has(str(folder)) and folder.is_dir()
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")] if there else []
    return [entry.name for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime)]


def manifest_text(services: "Services", name: str) -> str:
    """The manifest of an export, by its name in the export folder or its path. Refused: none."""
    from server.files.manifests import read_manifest

    known = export_names(services)
    path = services.workspace.existing(str(services.workspace.exports / name) if name in known else name)
    manifest = read_manifest(path)
    if manifest is None:
        raise Refused("no_manifest", f"{path} has no manifest. {did_you_mean(name, known)}")
    return manifest.as_json(indent=1)


def tables_of(services: "Services", call: "Call", database: str) -> str:
    """The tables of a database in one line."""
    names = table_names(services, call, database)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"Tables of {database}: {', '.join(names[:MOST_NAMES]) or 'none'}{more}."


def migrations_of(services: "Services", call: "Call", database: str) -> str:
    """What is applied to a database and what is not, as JSON."""
    from server.jobs.migration_status import migration_status

    report = migration_status(services, call, database=database)
    return f"Migrations of {database}: {report.model_dump_json(by_alias=True, exclude_defaults=True)[:MOST_CHARACTERS]}"


def table_names(services: "Services", call: "Call", database: str) -> list[str]:
    """The tables of a database, `public.` left out."""
    from server.postgres.comparison.comparing import read_tables
    from server.postgres.transactions import reading

    with reading(call, services.databases.get(database), timeout=3) as connection:
        return [table.shown for table in read_tables(connection).values()]
