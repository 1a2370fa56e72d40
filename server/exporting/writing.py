"""Writes a planned export: the rows, then the manifest, then the final name."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from server.calls import Call
from server.exporting.describing import counted, draft_manifest, report, room_for
from server.exporting.dumps import Dumps
from server.exporting.fingerprints import FingerprintBeside
from server.exporting.plan import Plan
from server.exporting.rows import write_rows
from server.exporting.source import Source, prepare
from server.exporting.tallying import Tallying
from server.files.csv_tables import CsvTables
from server.files.json_document import JsonDocument
from server.files.json_lines import JsonLines
from server.files.outlet import ENDINGS
from server.files.sql_script import SqlScript
from server.files.workspace import written_beside
from server.files.writing import Writer
from server.model.exports import ExportReport, file_name
from server.model.manifest import Manifest
from server.postgres.databases import Connection
from server.services import Services


def write_export(
    services: Services, call: Call, connection: Connection, plan: Plan, fingerprint: FingerprintBeside
) -> ExportReport:
    """Writes the plan's rows, read on `connection`'s snapshot, to a new file or folder; nothing stays of a failure."""
    started = time.monotonic()
    at = datetime.now(UTC)
    path = destination(services, plan, at)

    def another() -> Path:
        """Where another process, which chose the same name, was the first to end."""
        nonlocal path
        path = destination(services, plan, at)
        return path

    source = Source(services, call, connection, fingerprint)
    prepare(plan, connection)
    call.progress(0, sum(export.rows for export in plan.tables), "reading the schema")
    with written_beside(path, None if plan.path else another) as part, ExitStack() as stack:
        dumps = Dumps(source, plan, stack)
        draft = draft_manifest(source, plan, at, dumps)
        writer = _writer(plan, part, draft)
        stack.callback(writer.abandon)
        tallying = Tallying(call, plan, writer)
        write_rows(source, plan, draft, writer, tallying, dumps)
        manifest = counted(source, draft, plan, tallying, dumps)
        facts = writer.close(manifest)
        call.check()  # the last moment at which taking the call back leaves nothing
    return report(plan, manifest, tallying, path, facts, time.monotonic() - started)


def destination(services: Services, plan: Plan, at: datetime) -> Path:
    """Where the export goes: the path that was asked for, else a new name in the export folder."""
    if plan.path is not None:
        return services.workspace.new(plan.path)
    ending = f".{plan.format}{ENDINGS[plan.compression] if plan.format in ('json', 'sql') else ''}"
    return services.workspace.new_export(file_name(plan.database.name, plan.word, at, ending))


def _writer(plan: Plan, part: Path, draft: Manifest) -> Writer:
    if plan.format == "json":
        return JsonDocument(part, plan.compression)
    if plan.format == "sql":
        return SqlScript(part, plan.compression, room_for(draft))
    return (JsonLines if plan.format == "jsonl" else CsvTables)(part, plan.compression)
