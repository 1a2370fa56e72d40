"""What an export says of itself: the `metadata` of a json document, manifest.json of a folder, a script's comment."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Content = Literal["full", "schema", "data"]
Format = Literal["json", "jsonl", "csv", "sql"]
Compression = Literal["none", "gzip", "zstd"]
FORMAT_VERSION = "1.0"


class Part(BaseModel):
    """Camel case in the file; keys that a newer pgferry adds are ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class ManifestColumn(Part):
    """A column as written. `generated`: in the rows to be read, but an import leaves it to PostgreSQL."""

    name: str
    type: str
    generated: bool = False
    nullable: bool = True


class ManifestTable(Part):
    """A table of the export. `name` is its key in `recordCounts` and in the document's `data`.

    `file`, `bytes`, `sha256`: of its file in a folder export; in a document `bytes` are those of its rows.
    `matched` and `required`: rows of a segment by why they are there.
    """

    name: str
    schema_name: str
    table: str
    rows: int
    columns: list[ManifestColumn]
    primary_key: list[str] = []
    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    matched: int | None = None
    required: int | None = None


class ManifestRedaction(Part):
    """What was done with a sensitive column: `exclude`, `null`, `hash` or `blank`."""

    table: str
    column: str
    how: str


class ManifestSequence(Part):
    """A sequence's position; `owner` is the `table.column` that it belongs to."""

    schema_name: str
    name: str
    last_value: int
    is_called: bool
    owner: str | None = None


class Manifest(Part):
    """The whole of it. `tables` and `recordCounts` stand in load order: referenced tables first, where an order exists.

    `filtersApplied` is empty for an unfiltered export. `consistency` says what the rows have in common.
    """

    exported_at: str
    export_type: Literal["full", "segmented"]
    version: str = FORMAT_VERSION
    filters_applied: dict[str, Any]
    record_counts: dict[str, int]
    total_records: int
    content: Content
    format: Format
    compression: Compression = "none"
    database: str
    server_version: str
    schema_fingerprint: str
    pgferry: str = ""
    consistency: str = "one snapshot"
    redactions: list[ManifestRedaction] = []
    excluded_tables: list[str] = []
    warnings: list[str] = []
    tables: list[ManifestTable] = []
    sequences: list[ManifestSequence] = []
    schema_sql: str | None = None
    """The DDL by pg_dump, in a json document whose content is not `data`."""
    schema_file: str | None = None
    """The file with the DDL, in a folder."""

    def as_json(self, *, indent: int | None = None) -> str:
        """JSON text; keys with nothing to say are left out, those of the contract never are."""
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return _json({**_head(self), **values}, indent)

    def table(self, name: str) -> ManifestTable | None:
        return next((table for table in self.tables if table.name == name), None)


def _head(manifest: Manifest) -> dict[str, Any]:
    """The contract's keys, first and in their order."""
    return {
        "exportedAt": manifest.exported_at,
        "exportType": manifest.export_type,
        "version": manifest.version,
        "filtersApplied": manifest.filters_applied,
        "recordCounts": manifest.record_counts,
        "totalRecords": manifest.total_records,
    }


def _json(values: dict[str, Any], indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(values, ensure_ascii=False, indent=indent, separators=separators)
