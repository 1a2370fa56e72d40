"""What check_import and import_data share: the file opened, the schema that a script makes, one run, one report."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from server.calls import Call
from server.files.manifests import read_manifest
from server.files.opening import opened, sha256_of
from server.files.sources import ScriptFile, open_source
from server.model.imports.plan import ImportRequest, target_of
from server.model.imports.script_policy import ScriptPolicy
from server.model.imports.table_rows import RowSource
from server.model.schema import RELATIONS, Schema
from server.postgres.databases import Database, connected
from server.postgres.imports.aftermath import afterwards
from server.postgres.imports.imported import Imported
from server.postgres.imports.importing import Import
from server.postgres.migrations.scratch import load_script, scratch
from server.postgres.schemas.catalog import read_schema
from server.postgres.scripts.source import ScriptSource
from server.postgres.transactions import reading, writing
from server.services import Services


class Run(NamedTuple):
    """An import that was committed or rehearsed."""

    done: Imported
    seconds: float


def run_import(services: Services, call: Call, request: ImportRequest) -> Run:
    """Runs the import and commits it, or rolls it back where it is a rehearsal. ImportRejected: it does not fit."""
    started = time.monotonic()
    database = services.databases.get(request.database)
    database.require_write()
    source = open_rows(services, call, request, database)
    given = _schema_of(services, call, database, source)
    settings = services.settings.imports
    committed = False
    run: Import | None = None
    try:
        with writing(
            call, database, rehearse=request.rehearse, lock_timeout=settings.lock_timeout_seconds
        ) as connection:
            redaction = services.redaction(request.database)
            run = Import(
                call, database, connection, source, request, settings.record, _policy(services), redaction, given
            )
            done = run.run()
        committed = not request.rehearse
    finally:
        touched = run.done.touched if run else ()
        problem = afterwards(database, touched, committed=committed)
    if problem:
        done.hazards.append(problem)
    return Run(done, round(time.monotonic() - started, 2))


def open_rows(services: Services, call: Call, request: ImportRequest, database: Database) -> RowSource:
    """The file as a source of rows, read once and found well-formed."""
    path = services.workspace.existing(request.path)
    total = _size(path)
    read = 0

    def heartbeat(size: int) -> None:
        nonlocal read
        read += size
        call.progress(min(read, total), total, f"checking {path.name}")

    alone = request.tables[0] if request.tables and len(request.tables) == 1 else None
    found = open_source(path, alone, heartbeat)
    if not isinstance(found, ScriptFile):
        return found

    @cache
    def there() -> frozenset[tuple[str, str]]:
        with reading(call, database) as connection:
            facts = read_schema(connection)
        return frozenset((identity.schema, identity.name) for identity in facts.of(*RELATIONS, "sequence"))

    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(sha256_of, path, lambda _: call.check())
        source = ScriptSource(
            call,
            lambda: opened(path),
            _policy(services),
            total_bytes=total,
            manifest=read_manifest(path),
            there=there,
        )
        source.sha256 = hashing.result()
    return source


def _policy(services: Services) -> ScriptPolicy:
    imports = services.settings.imports
    return ScriptPolicy(extensions=frozenset(imports.extensions), also_allow=frozenset(imports.allow_statements))


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return max(1, sum(file.stat().st_size for file in files if file.is_file()))


def _schema_of(services: Services, call: Call, database: Database, source: RowSource) -> Schema | None:
    """The schema that a script makes, read from a scratch database; None where the target has none of its tables."""
    if not isinstance(source, ScriptSource) or not source.creates:
        return None
    with reading(call, database) as connection:
        current = read_schema(connection)
    if not any(target_of(name, None) in current.facts for name in source.creates):
        return None
    with scratch(call, database, bin_directory=services.settings.postgres.bin_directory) as made:
        with connected(call, made.database) as connection, source.open() as stream:
            load_script(connection, stream, source.policy, call=call)
        with reading(call, made.database) as connection:
            return read_schema(connection)
