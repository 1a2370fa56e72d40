"""What prompts, resources and completions look up: the same jobs as the tools, without progress."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from server.errors import FerryError, Refused
from server.running import run

if TYPE_CHECKING:
    from server.calls import Call
    from server.services import Services

T = TypeVar("T")


async def gather(look_up: "Callable[[Services, Call], T]") -> T:
    """Runs `look_up` in a worker thread."""
    from server.services import load_services

    return await run(lambda call: look_up(load_services(os.environ, Path.cwd()), call))


async def whereabouts() -> str:
    """The databases and worktrees as lines for a prompt; a failure stands in their place."""
    try:
        return await gather(_whereabouts)
    except FerryError as failure:
        return f"The databases could not be listed: {failure}"


def _whereabouts(services: "Services", call: "Call") -> str:
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
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")] if folder.is_dir() else []
    return [entry.name for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime)]


def manifest_text(services: "Services", name: str) -> str:
    """The manifest of an export, by its name in the export folder or its path. Refused: none."""
    from server.errors import did_you_mean
    from server.files.manifests import read_manifest

    known = export_names(services)
    path = services.workspace.exports / name if name in known else services.workspace.existing(name)
    manifest = read_manifest(path)
    if manifest is None:
        raise Refused("no_manifest", f"{path} has no manifest. {did_you_mean(name, known)}")
    return manifest.as_json(indent=1)


def table_names(services: "Services", call: "Call", database: str) -> list[str]:
    """The tables of a database, `public.` left out."""
    from server.postgres.comparing import read_tables
    from server.postgres.transactions import reading

    with reading(call, services.databases.get(database), timeout=3) as connection:
        return [table.shown for table in read_tables(connection).values()]
