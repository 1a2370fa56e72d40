"""Lists every database that pgferry may reach, each asked at the same time, within three seconds in all."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from server.calls import Call
from server.errors import FerryError
from server.model.reports import DatabaseList, DatabaseRow
from server.postgres.databases import Database
from server.postgres.questions import ask_one
from server.postgres.transactions import reading
from server.services import Services

PATIENCE = 2.6
"""Seconds to wait for the answers; libpq itself waits two at the least."""

MOST = 256
"""Databases that are asked at the same time: as many as there may be, since any of them may be silent."""


@dataclass(frozen=True)
class Probe:
    """What one database said of itself, or the failure in its place."""

    server_version: str | None = None
    size_bytes: int | None = None
    tables: int | None = None
    superuser: bool = False
    status: str = "ok"
    problem: str | None = None
    identity: str | None = None
    """What tells it from every other database, however it is reached; None where it does not say."""


SILENT = Probe(status="unreachable", problem="no answer within 3 s")


def list_databases(services: Services, call: Call) -> DatabaseList:
    """Every configured database and worktree, with what it is and how it is; never fails because one is down."""
    databases = services.databases.all()
    probes = _probe_all(call, databases)
    call.check()
    keys = {database.name: _key(database, probes) for database in databases}
    shared = {name: [other for other in keys if other != name and keys[other] == key] for name, key in keys.items()}
    return DatabaseList(
        databases=[_row(database, probes[database.name], shared[database.name]) for database in databases],
        project_root=str(services.workspace.root),
        current=services.current,
        notes=[*_notes(shared, probes), *_without_any(services)] or ([] if databases else [_how_to_name_one(services)]),
    )


def _probe_all(call: Call, databases: list[Database]) -> dict[str, Probe]:
    """Asks all at once. A database that does not answer in time is left to its own timeout and reported as silent."""
    pool = ThreadPoolExecutor(max_workers=min(MOST, len(databases) or 1), thread_name_prefix="probe")
    asked = {database.name: pool.submit(_probe, call, database) for database in databases}
    wait(asked.values(), timeout=PATIENCE)
    pool.shutdown(wait=False, cancel_futures=True)
    return {
        name: future.result() if future.done() and not future.cancelled() else SILENT for name, future in asked.items()
    }


def _probe(call: Call, database: Database) -> Probe:
    if database.problem:
        return Probe(status="misconfigured", problem=database.problem)
    try:
        with reading(call, database, timeout=2) as connection:
            version, size, tables, superuser = ask_one(connection, "probe")
            (identity,) = ask_one(connection, "database_identity")
    except FerryError as failure:
        status = "unreachable" if failure.code in ("unreachable", "connection_lost") else "refused"
        return Probe(status=status, problem=f"[{failure.code}] {failure.what} {failure.next or ''}".strip())
    return Probe(str(version).split()[0], size, tables, bool(superuser), identity=identity)


def _key(database: Database, probes: dict[str, Probe]) -> tuple[str, str]:
    """Alike for all names of one database: what its server says it is. One that does not answer is what the others at
    its place are, where they agree; else the place tells.
    """
    place = (database.name, *database.shared_with)
    told = {identity for name in place if (identity := probes[name].identity)}
    own = probes[database.name].identity or (told.pop() if len(told) == 1 else None)
    return ("identity", own) if own else ("place", min(place))


def _row(database: Database, probe: Probe, shared_with: list[str]) -> DatabaseRow:
    return DatabaseRow(
        name=database.name,
        source=database.source,
        worktree=str(database.worktree) if database.worktree else None,
        branch=database.branch,
        access=database.access,
        status=probe.status,
        server_version=probe.server_version,
        size_bytes=probe.size_bytes,
        tables=probe.tables,
        shared_with=shared_with,
        problem=probe.problem,
    )


def _notes(shared: dict[str, list[str]], probes: dict[str, Probe]) -> list[str]:
    notes: list[str] = []
    superusers = [name for name, probe in probes.items() if probe.superuser]
    if superusers:
        notes.append(f"The role of {', '.join(superusers)} is a superuser: a role with fewer rights is the real guard.")
    groups = sorted({tuple(sorted((name, *others))) for name, others in shared.items() if others})
    notes += [f"{' and '.join(names)} are one and the same database." for names in groups]
    return notes


def _without_any(services: Services) -> list[str]:
    """The checkouts that name no database, where others do: they are in no row."""
    silent = [worktree.name for worktree in services.worktrees if not (worktree.address or worktree.problem)]
    names = [name for name in silent if name not in services.databases.names()]
    if not names or len(silent) == len(services.worktrees):
        return []
    settings = services.settings.worktrees
    files = ", ".join(settings.env_files)
    own = "clone_database, where access is admin, makes one and answers that line."
    return [f"No database of {', '.join(names)}: no {settings.url_variable} in {files} there; {own}"]


def _how_to_name_one(services: Services) -> str:
    """A file that is read; where the server was not started in a checkout, how it gets to be."""
    add = "No database found: add [databases.NAME] url to pgferry.toml"
    if services.worktrees:
        return f"{add}, or DATABASE_URL to a worktree's .env."
    if not services.settings.worktrees.enabled:
        return f"{add}, or DATABASE_URL to the server's environment."
    root, here = services.workspace.root, services.here
    perhaps = f" (perhaps {here})" if here != root else ""
    return (
        f"{add} in the project root, or DATABASE_URL to the server's environment. {root} is no git checkout, so no "
        f".env file is read: start the server in your project, or set PGFERRY_PROJECT_ROOT to it{perhaps}."
    )
