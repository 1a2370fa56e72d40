"""Writes a planned export: rows in order over one or several connections, then the manifest, then the final name."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, Refused
from server.exporting.plan import Plan
from server.exporting.tallying import Tallying
from server.files.csv_tables import CsvTables
from server.files.json_document import JsonDocument
from server.files.json_lines import JsonLines
from server.files.outlet import ENDINGS, FileFacts
from server.files.sql_script import SqlScript
from server.files.workspace import written_beside
from server.files.writing import Writer
from server.model.exports import ExportedTable, ExportReport, RedactedColumn, file_name
from server.model.manifest import Manifest, ManifestColumn, ManifestSequence, ManifestTable
from server.postgres.databases import Connection
from server.postgres.dumping import Section, dump_schema, find_dumper, without_checking
from server.postgres.gathering import Batch, Session, Work, gather
from server.postgres.masks import hash_key, set_hash_key
from server.postgres.outlines import fingerprint_of
from server.postgres.statements import set_position
from server.postgres.tables import read_sequences, settle
from server.postgres.transactions import export_snapshot, joining
from server.services import Services
from server.settings import as_secret

ROOM = 6000
"""Bytes kept beyond what the metadata need before the rows are counted: warnings, longer numbers."""

SETTINGS = """\
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET intervalstyle = 'postgres';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;

"""
"""What a script without a schema section sets before its rows; pg_dump's sections say the same."""


class _Source(NamedTuple):
    """The transaction whose snapshot everything is read from. `key` hashes sensitive columns."""

    services: Services
    call: Call
    connection: Connection
    key: bytes


def write_export(services: Services, call: Call, connection: Connection, plan: Plan) -> ExportReport:
    """Writes the plan's rows, read on `connection`'s snapshot, to a new file or folder; nothing stays of a failure."""
    started = time.monotonic()
    at = datetime.now(UTC)
    path = destination(services, plan, at)
    key = services.settings.redaction.key
    source = _Source(services, call, connection, hash_key(as_secret(key) if key else None))
    _prepare(source, plan, connection)
    call.progress(0, sum(export.rows for export in plan.tables), "reading the schema")
    with written_beside(path) as part, ExitStack() as stack:
        dumps = _Dumps(source, plan, stack)
        draft = _draft(source, plan, at, dumps)
        writer = _writer(plan, part, len(draft.as_json()) + ROOM + 48 * len(plan.tables))
        stack.callback(writer.abandon)
        tallying = Tallying(call, plan, writer)
        _write_rows(source, plan, writer, tallying, dumps)
        manifest = _counted(draft, plan, tallying, dumps)
        facts = writer.close(manifest)
    return _report(plan, manifest, tallying, path, facts, time.monotonic() - started)


def destination(services: Services, plan: Plan, at: datetime) -> Path:
    """Where the export goes: the path that was asked for, else a new name in the export folder."""
    if plan.path is not None:
        return services.workspace.new(plan.path)
    ending = f".{plan.format}{ENDINGS[plan.compression] if plan.format in ('json', 'sql') else ''}"
    return services.workspace.new_export(file_name(plan.database.name, plan.word, at, ending))


def _prepare(source: _Source, plan: Plan, connection: Connection) -> None:
    """Settings that a connection needs before it reads rows."""
    settle(connection, by_place=plan.export_type == "full")
    if any(redaction.how == "hash" for redaction in plan.redactions):
        set_hash_key(connection, source.key)


def _writer(plan: Plan, part: Path, room: int) -> Writer:
    if plan.format == "json":
        return JsonDocument(part, plan.compression, room)
    if plan.format == "sql":
        return SqlScript(part, plan.compression, room)
    return (JsonLines if plan.format == "jsonl" else CsvTables)(part, plan.compression)


class _Dumps:
    """The schema's SQL by pg_dump, running beside the rows where it is not needed before them."""

    def __init__(self, source: _Source, plan: Plan, stack: ExitStack) -> None:
        self.warnings: list[str] = []
        self._source = source
        self._plan = plan
        self._needed = plan.content == "schema" or plan.format == "sql"
        self._parts: dict[Section | None, Future[str]] = {}
        if plan.content != "data":
            self._start(stack)

    def _start(self, stack: ExitStack) -> None:
        source, plan = self._source, self._plan
        server_version = source.connection.info.server_version
        try:
            tls = source.connection.pgconn.ssl_in_use
            dumper = find_dumper(source.services.settings.postgres.bin_directory, server_version, tls=tls)
        except Refused as missing:
            self._do_without(missing)
            return
        snapshot = export_snapshot(source.connection)
        in_parts = plan.format == "sql" and plan.content == "full"
        sections: tuple[Section | None, ...] = ("pre-data", "post-data") if in_parts else (None,)
        pool = stack.enter_context(ThreadPoolExecutor(2, thread_name_prefix="pg_dump"))
        for section in sections:
            self._parts[section] = pool.submit(
                dump_schema,
                source.call,
                plan.database,
                dumper,
                server_version,
                snapshot=snapshot,
                section=section,
            )

    def get(self, section: Section | None = None) -> str | None:
        """The SQL, waited for; None where there is none."""
        if section not in self._parts:
            return None
        try:
            return self._parts[section].result()
        except (DatabaseFailed, Refused) as failure:
            self._do_without(failure)
            del self._parts[section]
            return None

    def _do_without(self, failure: FerryError) -> None:
        """Rows are worth having without their schema, where the format does not stand on it."""
        if self._needed:
            raise failure
        self.warnings.append(f"The schema's SQL is missing, so restore cannot create tables: {failure.what}")


def _draft(source: _Source, plan: Plan, at: datetime, dumps: _Dumps) -> Manifest:
    """The manifest as far as it is known before the rows."""
    sequences, hidden = read_sequences(source.connection) if plan.content != "schema" else ([], [])
    if hidden:
        dumps.warnings.append(f"The role may not read the positions of the sequences {', '.join(hidden)}.")
    number = source.connection.info.server_version
    fingerprint = plan.fingerprint() if plan.fingerprint else fingerprint_of(source.connection)
    dumped = dumps.get() if plan.format == "json" else None  # it stands before the rows
    return Manifest(
        exported_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        export_type=plan.export_type,
        filters_applied=dict(plan.filters),
        record_counts={export.table.key: 0 for export in plan.tables},
        total_records=0,
        content=plan.content,
        format=plan.format,
        compression=plan.compression,
        database=plan.database.name,
        server_version=f"{number // 10000}.{number % 10000}",
        schema_fingerprint=fingerprint,
        pgferry=version("pgferry"),
        consistency=plan.consistency,
        redactions=list(plan.redactions),
        excluded_tables=list(plan.excluded_tables),
        warnings=list(plan.warnings),
        tables=_tables(plan),
        sequences=_named_sequences(sequences, plan),
        schema_sql=dumped,
    )


def _tables(plan: Plan) -> list[ManifestTable]:
    return [
        ManifestTable(
            name=export.table.key,
            schema_name=export.table.schema,
            table=export.table.name,
            rows=0,
            columns=[
                ManifestColumn(
                    name=field.column.name,
                    type=field.column.type,
                    generated=field.column.generated,
                    nullable=not field.column.not_null,
                )
                for field in export.fields
            ],
            primary_key=list(export.table.primary_key),
            matched=export.matched,
            required=export.required,
        )
        for export in plan.tables
    ]


def _named_sequences(sequences: Sequence[ManifestSequence], plan: Plan) -> list[ManifestSequence]:
    """All of them for a whole export; of chosen tables only those that these own."""
    if not plan.filters:
        return list(sequences)
    keys = {export.table.key for export in plan.tables}
    return [sequence for sequence in sequences if sequence.owner and sequence.owner.rpartition(".")[0] in keys]


def _write_rows(source: _Source, plan: Plan, writer: Writer, tallying: Tallying, dumps: _Dumps) -> None:
    """The body of the export, between the room for the manifest and the manifest."""

    def open_script() -> None:
        """Waits for the schema as late as it can: the first rows are read meanwhile."""
        if isinstance(writer, SqlScript):
            opening = dumps.get("pre-data") or dumps.get()
            writer.text(opening if opening is not None else SETTINGS)

    batches = [Batch(export.pieces, (export.table.schema, export.table.name)) for export in plan.tables]
    if batches and plan.content != "schema":
        tallying.before = open_script
        gather(source.call, source.connection, _sessions(source, plan), batches, plan.shape, tallying, tallying.moved)
    else:
        open_script()
    if isinstance(writer, SqlScript) and plan.content != "schema":
        sequences, _ = read_sequences(source.connection)
        for sequence in _named_sequences(sequences, plan):
            writer.text(_position(sequence))
        writer.text("\n" + _keys_mended(plan, dumps.get("post-data") or ""))
    elif isinstance(writer, (CsvTables, JsonLines)) and (dumped := dumps.get()) is not None:
        writer.add_file("schema.sql", dumped.encode())


def _keys_mended(plan: Plan, post_data: str) -> str:
    """Without checking the foreign keys from written rows to tables whose rows are not written."""
    there = {(export.table.schema, export.table.name) for export in plan.tables}
    dangling = {
        (export.table.schema, export.table.name, reference.constraint)
        for export in plan.tables
        for column in export.table.columns
        for reference in column.references
        if (reference.schema, reference.table) not in there
    }
    partitioned = {(e.table.schema, e.table.name) for e in plan.tables if e.table.partitioned}
    return without_checking(post_data, dangling, partitioned) if dangling else post_data


def _position(sequence: ManifestSequence) -> str:
    return set_position(sequence.schema_name, sequence.name, sequence.last_value, is_called=sequence.is_called) + "\n"


def _sessions(source: _Source, plan: Plan) -> list[Session]:
    """More connections on the same snapshot. One that cannot be opened is done without: the others do its work."""
    if not plan.sessions:
        return []
    snapshot = export_snapshot(source.connection)

    def session(work: Work) -> None:
        working = False
        try:
            with joining(source.call, plan.database, snapshot, row_security=False) as connection:
                _prepare(source, plan, connection)
                working = True
                work(connection)
        except FerryError:
            source.call.check()
            if working:
                raise

    return [session] * min(plan.sessions, sum(len(export.pieces) for export in plan.tables))


def _counted(draft: Manifest, plan: Plan, tallying: Tallying, dumps: _Dumps) -> Manifest:
    """The manifest with what the rows turned out to be."""
    rows = [tally.rows for tally in tallying.tallies]
    tables = [
        table.model_copy(
            update={
                "rows": count,
                "file": file.file,
                "bytes": file.bytes if file.file is None else file.file_bytes,
                "sha256": file.sha256,
            }
        )
        for table, count, file in zip(draft.tables, rows, tallying.files, strict=False)
    ]
    return draft.model_copy(
        update={
            "record_counts": {export.table.key: count for export, count in zip(plan.tables, rows, strict=False)},
            "total_records": sum(rows),
            "tables": tables or draft.tables,
            "warnings": [*draft.warnings, *dumps.warnings, *tallying.losses()],
            "schema_file": "schema.sql" if plan.format in ("csv", "jsonl") and dumps.get() is not None else None,
        }
    )


def _report(
    plan: Plan, manifest: Manifest, tallying: Tallying, path: Path, facts: FileFacts, seconds: float
) -> ExportReport:
    return ExportReport(
        path=str(path),
        format=plan.format,
        content=plan.content,
        bytes=facts.bytes,
        sha256=facts.sha256,
        tables=[
            ExportedTable(
                name=table.name, rows=table.rows, bytes=file.bytes, matched=table.matched, required=table.required
            )
            for table, file in zip(manifest.tables, tallying.files, strict=False)
        ],
        total_rows=manifest.total_records,
        redacted=[RedactedColumn(table=r.table, column=r.column, how=r.how) for r in manifest.redactions],
        excluded_tables=manifest.excluded_tables,
        seconds=round(seconds, 3),
        warnings=manifest.warnings,
        next=_next(plan, path),
    )


def _next(plan: Plan, path: Path) -> str:
    if plan.format == "json":
        reading = (
            f"jq '.metadata | del(.schemaSql)' {path.name} shows what is in it; jq '.data' or DuckDB reads the rows"
        )
    elif plan.format == "sql":
        reading = "psql -v ON_ERROR_STOP=1 -f loads it into an empty database"
    else:
        reading = f"DuckDB reads {path.name}/*.{plan.format}; manifest.json says what is in it"
    return f"{reading}. check_import rehearses an import of it."
