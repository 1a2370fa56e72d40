"""The sql format: one script that plain psql loads: schema, rows as COPY blocks or INSERTs, sequences, constraints.

Its first line is a comment that holds the manifest, filled in last into room kept for it.
"""

from pathlib import Path
from typing import Any

from server.files.outlet import FileFacts, Outlet
from server.files.writing import TableFile, TablePart
from server.model.manifest import Compression, Manifest

OPENING = b"-- pgferry manifest: "


class SqlScript:
    """Writes one script. `text` adds statements between the tables; `room` is kept for the manifest."""

    def __init__(self, path: Path, compression: Compression, room: int) -> None:
        self._outlet = Outlet(path, compression, room + len(OPENING) + 1)
        self._outlet.write(b"-- Load it into an empty database: psql -v ON_ERROR_STOP=1 -f FILE\n\n")
        self._start = 0
        self._heading: str | None = None

    def text(self, statements: str) -> None:
        self._outlet.write(statements.encode())

    def begin(self, part: TablePart) -> None:
        self._heading = part.heading
        self._outlet.write(f"-- Rows of {part.key!r}\n".encode())
        if part.heading is not None:
            self._outlet.write(f"{part.heading}\n".encode())
        self._start = self._outlet.written

    def write(self, data: Any) -> None:
        self._outlet.write(data)

    def end(self, rows: int) -> TableFile:
        size = self._outlet.written - self._start
        self._outlet.write(b"\\.\n\n" if self._heading is not None else b"\n\n" if rows else b"\n")
        return TableFile(size)

    def close(self, manifest: Manifest) -> FileFacts:
        return self._outlet.close(OPENING + manifest.as_json().encode() + b"\n")

    def abandon(self) -> None:
        self._outlet.abandon()
