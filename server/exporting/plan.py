"""What an export will write: tables with their columns, masks and row sources. Made by a job, written by `writing`."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from server.errors import Refused
from server.model.amounts import some_of
from server.model.manifest import Compression, Content, Format, ManifestRedaction
from server.model.names import quoted
from server.model.redaction import NOTHING, How, Redactions, plan_redactions
from server.model.tables import Place, Table
from server.postgres.databases import Database
from server.postgres.rows_out.fields import Field, fields_of
from server.postgres.rows_out.statements import RowSource, Shape, cut, from_piece
from server.services import Services
from server.settings import as_secret

Masks = Mapping[tuple[str, str], Mapping[str, How]]
"""By (schema, table): column → what is done with it."""

SIZE_OF = {"json": 2.0, "jsonl": 2.0, "csv": 0.9, "sql": 0.9}
"""Bytes of an export for each byte of its tables, roughly."""
STEP = 1024
"""Heap blocks of one piece: 8 MB of rows, twice that of JSON."""
LONG_VALUES = 16 << 20
"""Bytes of TOAST beyond which rows are not put together by the server: 64 blocks of them may be too much for it."""
WORTH_IT = 16 << 20
"""Bytes of rows from which on a second connection pays."""


@dataclass(frozen=True)
class TableExport:
    """A table and which of its rows and columns are written. `rows`: as far as known before, for progress."""

    table: Table
    fields: tuple[Field, ...]
    pieces: tuple[RowSource, ...]
    rows: int
    matched: int | None = None
    required: int | None = None


@dataclass(frozen=True)
class Plan:
    """A whole export. `tables` in load order. `sessions`: connections beside the first that may share its snapshot;
    0 where the pieces need what only the first connection has, as temporary tables. `word` stands in the default name;
    `key` hashes sensitive columns.
    """

    database: Database
    content: Content
    format: Format
    compression: Compression
    tables: Sequence[TableExport]
    word: str
    key: bytes = field(repr=False)
    path: str | None = None
    inserts: bool = False
    export_type: Literal["full", "segmented"] = "full"
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    redactions: Sequence[ManifestRedaction] = ()
    excluded_tables: Sequence[str] = ()
    warnings: Sequence[str] = ()
    consistency: str = "one snapshot"
    sessions: int = 0
    modest: bool = False
    """Beside one pg_dump at a time: the server has few connections left."""
    closed: bool = False
    """Every row that a written one refers to is written too."""

    @property
    def shape(self) -> Shape:
        if self.format == "sql":
            return "inserts" if self.inserts else "text"
        return self.format


def plan_masks(
    services: Services,
    database: Database,
    tables: Sequence[Table],
    redact: str,
    exclude_columns: Sequence[str] | None,
    declared: Sequence[tuple[Place, Place]],
) -> Redactions:
    """The masks by the settings' policy. `declared`: what the references of the settings link.

    Refused: `redact` neither policy nor none, or none where it is not allowed.
    """
    if redact not in ("policy", "none"):
        raise Refused("bad_arguments", f"redact is policy or none, not {redact}.", next="Name one of them.")
    if redact == "none" and not services.settings.redaction.allow_none:
        raise Refused(
            "redaction_required",
            "The settings do not allow exports without redaction.",
            next="Export with redact = policy; only a person should set [redaction] allow_none = true.",
        )
    policy = NOTHING if redact == "none" else services.redaction(database.name)
    return plan_redactions(policy, tables, exclude_columns or (), declared)


def key_of(services: Services) -> bytes:
    """The key of one export: the settings' own, or a random one that is forgotten afterwards."""
    configured = services.settings.redaction.key
    return as_secret(configured).encode() if configured else secrets.token_bytes(32)


def unmasked(redactions: Redactions, tables: Sequence[Table]) -> list[str]:
    """What to say of the columns of some tables that should be redacted, and are not."""
    written = {table.key for table in tables}
    kept = [(f"{table.key}.{quoted(column.name)}", column) for table, column in redactions.kept if table.key in written]
    said = (
        ([name for name, column in kept if not column.references], "no hash fits every column that refers to them"),
        ([name for name, column in kept if column.references], "foreign keys do as what they refer to: redact that"),
    )
    return [f"Not redacted, although meant to be: {some_of(names)}; {why}." for names, why in said if names]


def listed(masks: Masks, tables: Sequence[Table]) -> list[ManifestRedaction]:
    """The masks as the manifest and the answer tell them."""
    return [
        ManifestRedaction(table=table.key, column=column.name, how=how)
        for table in tables
        for column in table.columns
        if (how := masks.get((table.schema, table.name), {}).get(column.name))
    ]


def whole_tables(
    tables: Sequence[Table], masks: Masks, plan_format: Format, server_version: int, *, sessions: int
) -> list[TableExport]:
    """Every row of the tables. Generated columns are written to be read, but not into a script: it makes them.

    `sessions`: connections beside the first; a single one reads each table as one piece.
    """
    step = STEP if sessions else 1 << 32
    return [_whole(table, masks, plan_format != "sql", server_version, step) for table in tables]


def _whole(table: Table, masks: Masks, generated: bool, server_version: int, step: int) -> TableExport:
    fields = fields_of(table, masks.get((table.schema, table.name), {}), generated=generated)
    pieces: list[RowSource] = []
    for piece in table.pieces:
        together = piece.toast_bytes < LONG_VALUES
        source = RowSource(fields, from_piece(piece, table), together=together)
        if piece.heap and table.lockable and server_version >= 140000:
            pieces += cut(source, piece.blocks, step)
        else:
            pieces.append(source)
    return TableExport(table, fields, tuple(pieces), table.rows)


def sessions_for(services: Services, tables: Sequence[Table]) -> int:
    """How many connections beside the first: as the settings say, else one for each core if there is enough to do."""
    configured = services.settings.exports.workers
    if configured is not None:
        return configured - 1
    size = sum(table.bytes for table in tables)
    if size < WORTH_IT:
        return 0
    return max(0, min(os.cpu_count() or 1, 8, 1 + size // (WORTH_IT // 4)) - 1)
