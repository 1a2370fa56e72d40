"""Rows on their way from a file to a database: what every format hands over, and what it says of itself before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from server.model.manifest import Manifest

Form = Literal["csv", "json", "text", "insert"]
"""How the rows are written: csv as COPY reads it, JSON objects with commas between, COPY text, INSERT statements."""


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table in a file. `rows` None: not counted yet. `columns` None: the file names none (COPY without a list)."""

    name: str
    columns: tuple[str, ...] | None
    rows: int | None = None
    optional: frozenset[str] = frozenset()
    """Columns that some rows lack: JSON's get NULL, a script's the default."""
    estimate: int | None = None
    """About how many rows, where they are not counted."""
    headed: bool = False
    """The columns are what stands in the first line of a csv that another program wrote: names, or values of a row."""
    positional: bool = False
    """INSERTs that name no columns: a value for each from the first on, DEFAULT for those that are computed."""
    drawing: bool = False
    """Rows may take defaults of columns that others have a value for."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """A run of rows of one table. Each chunk is whole rows for json and insert, any bytes for csv and text."""

    table: str
    form: Form
    columns: tuple[str, ...] | None
    chunks: Iterator[bytes]
    options: dict[str, str] = field(default_factory=dict[str, str])
    header: Iterator[bytes] = field(default_factory=lambda: iter(()))
    """The first line of a csv, as it stands in the file: where it names no column, it is a row."""


@dataclass(frozen=True, slots=True)
class SequencePosition:
    """Where a sequence stood; `name` is qualified as SQL writes it."""

    name: str
    last_value: int
    is_called: bool


class RowSource(Protocol):
    """A file or folder to import; can be read more than once, in flat memory."""

    format: str
    manifest: Manifest | None
    tables: tuple[FileTable, ...]
    sha256: str
    total_bytes: int
    sequences: tuple[SequencePosition, ...]
    schema_sql: str | None

    @property
    def position(self) -> int:
        """Bytes of the file read in the current pass, of `total_bytes`."""
        ...

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        """The rows table by table, in `order` where the format allows it, else as they stand in the file."""
        ...


def split_key(key: str) -> tuple[str, str]:
    """(schema, table) of a name as an export writes it: `incidents`, `audit.log`, `"odd.name"`."""
    parts: list[str] = []
    rest = key
    while rest:
        if rest.startswith('"'):
            end = 1
            while (end := rest.find('"', end)) >= 0 and rest.startswith('""', end):
                end += 2
            if end < 0:
                break
            parts.append(rest[1:end].replace('""', '"'))
            rest = rest[end + 1 :].removeprefix(".")
        else:
            part, _, rest = rest.partition(".")
            parts.append(part)
    return (parts[0], ".".join(parts[1:])) if len(parts) > 1 else ("public", parts[0] if parts else "")
