"""Which migrations of the folder each database has: applied, pending, changed after that, or missing from disk."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from server.calls import Call
from server.errors import FerryError
from server.files.migrations_folder import list_migrations, migrations_folder
from server.model.migration.files import MigrationFile
from server.model.migration.reports import DatabaseMigrations, MigrationEntry, MigrationState, MigrationStatus
from server.model.tables import table_key
from server.postgres.databases import Database
from server.postgres.migrations.applying import Applied, applied_migrations
from server.postgres.questions import ask
from server.postgres.schemas.outlines import fingerprint_of
from server.postgres.transactions import reading
from server.services import Services
from server.sides import Source, told

_ODD: dict[MigrationState, str] = {
    "changed": "is not the file that was applied to {}: get that back from version control, or compare_schemas.",
    "missing": "was applied to {} and is not on disk: get it back from version control.",
}
_UNLIKE = "the schema is not the one that it led to: it was changed since"
_UNFINISHED = ", or not all of its statements in transactions of their own were run"
_HERE = "not recorded as applied, but the schema already equals fingerprint_after: nothing to do here"


def migration_status(services: Services, call: Call, *, database: str | None = None) -> MigrationStatus:
    """Of one database, or of all side by side; one that is down is listed with its problem."""
    folder = migrations_folder(services.workspace, services.settings.migrations.folder)
    files = list_migrations(folder)
    chosen = [services.databases.get(database)] if database else list(services.databases.all())
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="status") as pool:
        look = partial(_status, call, files, alone=database is not None)
        found = list(pool.map(look, chosen))
    return MigrationStatus(
        folder=services.settings.migrations.folder,
        databases=found,
        next=_next(found, files),
    )


def _status(call: Call, files: list[MigrationFile], database: Database, *, alone: bool) -> DatabaseMigrations:
    side = Source(database.name, database)
    try:
        with reading(call, database) as connection:
            version = connection.info.server_version
            applied = applied_migrations(connection)
            fingerprint = fingerprint_of(connection)
            invalid = [table_key(schema, name) for schema, name in ask(connection, "invalid_indexes")]
    except FerryError as failure:
        if alone:
            raise
        return DatabaseMigrations(database=database.name, side=told(side, None), problem=failure.what)
    entries = _entries(files, applied, fingerprint)
    pending = [file for file in files if not any(a.name == file.name for a in applied)]
    fits = next((file.name for file in pending if file.intact and file.fingerprint_before == fingerprint), None)
    return DatabaseMigrations(
        database=database.name,
        side=told(side, version),
        shared_with=list(database.shared_with),
        fingerprint=fingerprint,
        applied=sum(entry.state == "applied" for entry in entries),
        migrations=[entry for entry in entries if alone or entry.state != "applied" or entry.note],
        fits=fits,
        invalid_indexes=invalid,
    )


def _entries(files: list[MigrationFile], applied: list[Applied], fingerprint: str) -> list[MigrationEntry]:
    """Every migration that is known to either, by name."""
    done = {each.name: each for each in applied}
    entries = [
        MigrationEntry(
            name=file.name,
            state=_state(file, done.get(file.name)),
            applied_at=done[file.name].applied_at if file.name in done else None,
            verified=file.header.get("verified"),
            note=_note(file, applied, fingerprint),
        )
        for file in files
    ]
    known = {file.name for file in files}
    entries += [
        MigrationEntry(name=each.name, state="missing", applied_at=each.applied_at)
        for each in applied
        if each.name not in known
    ]
    return sorted(entries, key=lambda entry: entry.name)


def _note(file: MigrationFile, applied: list[Applied], fingerprint: str) -> str | None:
    """What the record does not tell: a schema that is there without it, or that is not there in spite of it."""
    alike = file.fingerprint_after == fingerprint
    if not any(each.name == file.name for each in applied):
        return _HERE if alike else None
    if alike or not file.intact or applied[-1].name != file.name:
        return None
    return _UNLIKE + (_UNFINISHED if any(step.phase == "after" for step in file.steps) else "")


def _state(file: MigrationFile, applied: Applied | None) -> MigrationState:
    if applied is None:
        return "pending" if file.intact else "changed"
    return "applied" if applied.checksum == file.checksum else "changed"


def _next(found: list[DatabaseMigrations], files: list[MigrationFile]) -> str:
    for each in found:
        if each.fits:
            return f"apply_migration(database={each.database!r}, path={each.fits!r})."
    for state, what in _ODD.items():
        for each in found:
            if odd := [entry.name for entry in each.migrations if entry.state == state and entry.applied_at]:
                return f"{odd[0]} {what.format(each.database)}"
    for each in found:
        if each.invalid_indexes:
            return f"{each.database} has indexes that serve no query: plan_migration makes them anew, or drops them."
    if not files:
        return "plan_migration with save_as makes the first."
    pending = [entry for each in found for entry in each.migrations if entry.state == "pending"]
    if all(entry.note or entry.state == "applied" for each in found for entry in each.migrations):
        if odd := [each for each in found for entry in each.migrations if entry.note and entry.state == "applied"]:
            return f"{odd[0].database} is not as its last migration leads to: compare_schemas, or plan what is left."
        return "Nothing to apply." if not pending else "Nothing to apply: the schemas are those that they lead to."
    return "No pending migration fits any of these databases as they are; plan_migration makes one."
