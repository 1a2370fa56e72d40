"""What an export is asked for and what it answers; the names of its files; what the numbers are called for people."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from server.model.amounts import several
from server.model.manifest import Compression, Content, Format
from server.model.reports import Report


class ExportRequest(BaseModel):
    """The arguments of export_database. `path` None: a new name in the export folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    content: Content = "full"
    format: Format = "json"
    tables: Sequence[str] | None = None
    exclude_tables: Sequence[str] | None = None
    exclude_columns: Sequence[str] | None = None
    redact: str = "policy"
    compress: Compression = "none"
    path: str | None = None
    estimate_only: bool = False
    sql_inserts: bool = False


class ExportedTable(Report):
    """A table of the answer. `bytes` of its rows before compression. `matched`, `required`: of a segment."""

    name: str
    rows: int
    bytes: int
    matched: int | None = None
    required: int | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}


class RedactedColumn(Report):
    """What was done with a sensitive column: exclude, null, hash or blank."""

    table: str
    column: str
    how: str


class ExportReport(Report):
    """The answer of an export. Holds no row data. An estimate has no path, and its numbers are only estimates."""

    path: str | None
    format: str
    content: str
    bytes: int
    sha256: str | None = Field(description="Of the file; of manifest.json where the export is a folder")
    tables: list[ExportedTable]
    total_rows: int
    redacted: list[RedactedColumn]
    excluded_tables: list[str]
    seconds: float
    estimated: bool = Field(default=False, description="Nothing was written; rows and bytes are estimates")
    warnings: list[str] = Field(default=[])
    next: str | None


LISTED = 300
"""Tables that an answer lists at the most."""


def listed_tables(tables: Sequence[ExportedTable]) -> tuple[list[ExportedTable], list[str]]:
    """The tables that an answer has room for, in their order: the biggest; and what there is to say of the others."""
    if len(tables) <= LISTED:
        return list(tables), []
    biggest = set(sorted(range(len(tables)), key=lambda number: (-tables[number].bytes, number))[:LISTED])
    rest = [table for number, table in enumerate(tables) if number not in biggest]
    rows, size = sum(table.rows for table in rest), sum(table.bytes for table in rest)
    said = f"Listed are the {LISTED} biggest tables, not {len(rest)} more with {several(rows, 'row')}"
    return [tables[number] for number in sorted(biggest)], [
        f"{said} in {size} bytes: see the manifest, or name some in `tables`."
    ]


def file_name(database: str, word: str, at: datetime, ending: str) -> str:
    """`main-full-2026-11-21-231500.json`: database, `full`, `schema`, `data` or `segment`, UTC."""
    safe = re.sub(r"[^\w-]", "_", database)
    return f"{safe}-{word}-{at:%Y-%m-%d-%H%M%S}{ending}"


def counted(number: float) -> str:
    """`950`, `12 k`, `1.2 M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:.0f}"


def filters_of(request: ExportRequest) -> dict[str, Any]:
    """What of a full export's request chose rows or columns; empty where it took everything."""
    chosen = {
        "tables": request.tables,
        "excludeTables": request.exclude_tables,
        "excludeColumns": request.exclude_columns,
    }
    return {key: list(value) for key, value in chosen.items() if value}
