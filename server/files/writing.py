"""What every writer of an export has in common, so that a job can be written once for all formats."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from server.files.outlet import FileFacts
from server.model.manifest import Manifest


class TablePart(NamedTuple):
    """A table that is about to be written. `heading`: the COPY statement that a script opens it with, if it has one."""

    key: str
    columns: Sequence[str]
    heading: str | None = None


class TableFile(NamedTuple):
    """What was written of a table. `bytes` are its rows' before compression; `file` its own file, where it has one."""

    bytes: int
    file: str | None = None
    file_bytes: int | None = None
    sha256: str | None = None


class Writer(Protocol):
    """Writes an export: tables one after the other, the manifest last. After `abandon` nothing is open."""

    def begin(self, part: TablePart) -> None: ...

    def write(self, data: Any) -> None:
        """Bytes of rows as the server shaped them."""
        ...

    def end(self, rows: int) -> TableFile: ...

    def close(self, manifest: Manifest) -> FileFacts:
        """Ends the export; the bytes of all of it, and the sha256 of its file (in a folder, of manifest.json)."""
        ...

    def abandon(self) -> None: ...
