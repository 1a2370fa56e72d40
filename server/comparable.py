"""A side of compare_data: a database as it is, or an export loaded into a scratch database beside the other side."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from server.calls import Call
from server.discovery import Databases
from server.errors import Refused
from server.files.manifests import read_manifest
from server.import_runs import run_import
from server.model.imports.plan import ImportRequest
from server.model.manifest import Manifest
from server.model.redaction import Policy
from server.postgres.databases import Database
from server.postgres.migrations.scratch import scratch
from server.schema_copying import copy_schema
from server.services import Services

LOADED = "export"
"""The name under which the scratch database is known while it is loaded."""


@dataclass(frozen=True)
class DataSide:
    """Where rows are. `only`: the tables that an export holds; `without`: its redacted columns, `table.column`."""

    database: Database
    policy: Policy
    only: tuple[tuple[str, str], ...] | None = None
    without: tuple[str, ...] = ()
    note: str | None = None


def is_export(services: Services, name: str) -> bool:
    """Whether the name means a file or folder: no database has it, and there is such a path, or it looks like one."""
    if name in services.databases.names():
        return False
    return any(mark in name for mark in "/.") or services.workspace.has(name)


@contextmanager
def data_side(services: Services, call: Call, name: str, other: str) -> Generator[DataSide]:
    """One side, for as long as the block runs. Refused: an unknown name; a file that is no import; two exports."""
    if not is_export(services, name):
        yield DataSide(services.databases.get(name), services.redaction(name))
        return
    if is_export(services, other):
        raise Refused("two_exports", "One side at least must be a database.", next="Import one of them first.")
    beside = services.databases.get(other)
    path = services.workspace.existing(name)
    manifest = read_manifest(path)
    with scratch(call, beside, bin_directory=services.settings.postgres.bin_directory) as made:
        loaded = replace(made.database, name=LOADED, access="admin")
        with_schema = _brings_its_schema(manifest)
        if not with_schema:
            copy_schema(services, call, beside, loaded)  # rows alone: their tables are made like the other side's
        alone = replace(services, databases=Databases([loaded]))
        mode = "restore" if with_schema else "append"
        run_import(alone, call, ImportRequest(database=LOADED, path=str(path), mode=mode, run_triggers=False))
        yield _side(loaded, services.redaction(other), manifest)


def _brings_its_schema(manifest: Manifest | None) -> bool:
    """Whether the file makes its tables; a json document of rows does not."""
    if manifest is None:
        return True
    return manifest.content != "data" and (manifest.format == "sql" or manifest.schema_file is not None)


def _side(database: Database, policy: Policy, manifest: Manifest | None) -> DataSide:
    if manifest is None:
        return DataSide(database, policy)
    note = None
    if manifest.export_type == "segmented":
        note = "The export is a segment: rows outside of it are only on the other side."
    return DataSide(
        database,
        policy,
        only=tuple((table.schema_name, table.table) for table in manifest.tables),
        without=tuple(f"{redaction.table}.{redaction.column}" for redaction in manifest.redactions),
        note=note,
    )
