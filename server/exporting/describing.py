"""What an export says of itself: the manifest before its rows and after them, and the answer to who asked for it."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from server.exporting.dumps import Dumps
from server.exporting.plan import Plan
from server.exporting.source import Source
from server.exporting.tallying import Tallying
from server.files.outlet import ENDINGS, FileFacts
from server.model import versions
from server.model.exports import ExportedTable, ExportReport, RedactedColumn, listed_tables
from server.model.manifest import Manifest, ManifestColumn, ManifestSequence, ManifestTable
from server.postgres.encodings import knows_no_encoding
from server.postgres.rows_out.tables import read_sequences

ROOM = 6000
"""Bytes kept beyond what the metadata need before the rows are counted: warnings, longer numbers."""
UNPACKED = {"gzip": "gzip -dc", "zstd": "zstd -dc"}
ANY_BYTES = (
    "The database has no encoding (SQL_ASCII), so its text is written as the bytes that it is: psql loads it into"
    " such a database; into another it would not check the bytes, but import_data does."
)
_NO_FINGERPRINT = "The schema's fingerprint is missing: another session held a lock on a table that it depends on."
_version = cache(lambda: version("pgferry"))
"""Reading it anew takes as long as a small export's questions."""


def draft_manifest(source: Source, plan: Plan, at: datetime, dumps: Dumps) -> Manifest:
    """The manifest as far as it is known before the rows: without counts, the fingerprint, and the schema's SQL."""
    sequences, hidden = read_sequences(source.connection) if plan.content != "schema" else ([], [])
    if hidden:
        dumps.warnings.append(f"The role may not read the positions of the sequences {', '.join(hidden)}.")
    if plan.shape == "text" and knows_no_encoding(source.connection):
        dumps.warnings.append(ANY_BYTES)
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
        server_version=versions.shown(source.connection.info.server_version),
        schema_fingerprint="",
        pgferry=_version(),
        consistency=plan.consistency,
        redactions=list(plan.redactions),
        excluded_tables=list(plan.excluded_tables),
        warnings=list(plan.warnings),
        tables=_tables(plan),
        sequences=named_sequences(sequences, plan),
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
                    nullable=field.column.nullable,
                )
                for field in export.fields
            ],
            primary_key=list(export.table.primary_key),
            matched=export.matched,
            required=export.required,
        )
        for export in plan.tables
    ]


def named_sequences(sequences: Sequence[ManifestSequence], plan: Plan) -> list[ManifestSequence]:
    """All of them for a whole export; of chosen tables only those that these own."""
    if not plan.filters:
        return list(sequences)
    keys = {export.table.key for export in plan.tables}
    return [sequence for sequence in sequences if sequence.owner and sequence.owner.rpartition(".")[0] in keys]


def with_schema(draft: Manifest, dumps: Dumps) -> Manifest:
    """The manifest of a document, which holds the schema's SQL: waits for it."""
    return draft.model_copy(update={"schema_sql": dumps.get()})


def room_for(manifest: Manifest) -> int:
    """Bytes to keep for the manifest before the rows, which are counted later."""
    return len(manifest.as_json()) + ROOM + 48 * len(manifest.tables)


def counted(source: Source, draft: Manifest, plan: Plan, tallying: Tallying, dumps: Dumps) -> Manifest:
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
    described = with_schema(draft, dumps) if plan.format == "json" else draft
    fingerprint = source.fingerprint.read(source.connection)
    return described.model_copy(
        update={
            "schema_fingerprint": fingerprint,
            "record_counts": {export.table.key: count for export, count in zip(plan.tables, rows, strict=False)},
            "total_records": sum(rows),
            "tables": tables or draft.tables,
            "warnings": [
                *draft.warnings,
                *dumps.warnings,
                *tallying.losses(),
                *([] if fingerprint else [_NO_FINGERPRINT]),
            ],
            "schema_file": "schema.sql" if plan.format in ("csv", "jsonl") and dumps.get() is not None else None,
        }
    )


def report(
    plan: Plan, manifest: Manifest, tallying: Tallying, path: Path, facts: FileFacts, seconds: float
) -> ExportReport:
    """The answer: where the export lies, what is in it, and what reads it."""
    tables, more = listed_tables(
        [
            ExportedTable(
                name=table.name, rows=table.rows, bytes=file.bytes, matched=table.matched, required=table.required
            )
            for table, file in zip(manifest.tables, tallying.files, strict=False)
        ]
    )
    return ExportReport(
        path=str(path),
        format=plan.format,
        content=plan.content,
        bytes=facts.bytes,
        sha256=facts.sha256,
        tables=tables,
        total_rows=manifest.total_records,
        redacted=_redacted(plan),
        excluded_tables=manifest.excluded_tables,
        seconds=round(seconds, 3),
        warnings=[*manifest.warnings, *more],
        next=f"{_reading(plan, shlex.quote(path.name))}. check_import rehearses an import of it.",
    )


def estimate(plan: Plan, sizes: Sequence[int]) -> ExportReport:
    """The answer where nothing is written. `sizes`: about how many bytes each of the plan's tables would take."""
    tables, more = listed_tables(
        [
            ExportedTable(
                name=export.table.key, rows=export.rows, bytes=size, matched=export.matched, required=export.required
            )
            for export, size in zip(plan.tables, sizes, strict=True)
        ]
    )
    return ExportReport(
        path=None,
        format=plan.format,
        content=plan.content,
        bytes=sum(sizes),
        sha256=None,
        tables=tables,
        total_rows=sum(export.rows for export in plan.tables),
        redacted=_redacted(plan),
        excluded_tables=list(plan.excluded_tables),
        seconds=0,
        estimated=True,
        warnings=[*plan.warnings, *more],
        next="Call again without estimate_only to write it.",
    )


def _redacted(plan: Plan) -> list[RedactedColumn]:
    return [RedactedColumn(table=each.table, column=each.column, how=each.how) for each in plan.redactions]


def _reading(plan: Plan, name: str) -> str:
    """What shows or loads it, as it can be typed beside the file."""
    if plan.format in ("csv", "jsonl"):
        if plan.content == "schema":
            return f"{name}/schema.sql is the schema"
        return f"DuckDB reads {name}/*.{plan.format}{ENDINGS[plan.compression]}; manifest.json says what is in it"
    unpacked = "" if plan.compression == "none" else f"{UNPACKED[plan.compression]} {name} | "
    file = "" if unpacked else f" {name}"
    if plan.format == "sql":
        into = "a database that has its tables" if plan.content == "data" else "an empty database"
        return f"{unpacked}psql -v ON_ERROR_STOP=1{file and f' -f{file}'} loads it into {into}"
    if plan.content == "schema":
        return f"{unpacked}jq -r .metadata.schemaSql{file} shows the schema"
    return f"{unpacked}jq '.metadata | del(.schemaSql)'{file} shows what is in it; jq '.data' or DuckDB reads the rows"
