"""The json format: one document, `{"metadata": …, "data": {table: [rows]}}`, metadata first, one row on a line.

The metadata are one line too, so `head -1` shows them; they are filled in last, into room kept for them.
"""

import json
from pathlib import Path
from typing import Any

from server.files.outlet import FileFacts, Outlet
from server.files.writing import TableFile, TablePart
from server.model.manifest import Compression, Manifest

OPENING = b'{"metadata":'


class JsonDocument:
    """Writes one document, which is to be opened first, as soon as it is known how long the metadata will be."""

    def __init__(self, path: Path, compression: Compression) -> None:
        self._path = path
        self._compression: Compression = compression
        self._opened: Outlet | None = None
        self._between = b"\n"
        self._start = 0

    def open(self, room: int) -> None:
        """Keeps `room` bytes for the metadata; more than that costs a second pass over the file."""
        self._opened = Outlet(self._path, self._compression, room + len(OPENING) + 1)
        self._opened.write(b'\n"data":{')

    @property
    def _outlet(self) -> Outlet:
        assert self._opened is not None
        return self._opened

    def begin(self, part: TablePart) -> None:
        key = json.dumps(part.key, ensure_ascii=False).encode()
        self._outlet.write(self._between + key + b":[\n")
        self._between = b",\n"
        self._start = self._outlet.written

    def write(self, data: Any) -> None:
        self._outlet.write(data)

    def end(self, rows: int) -> TableFile:
        size = self._outlet.written - self._start
        self._outlet.write(b"\n]" if rows else b"]")
        return TableFile(size)

    def close(self, manifest: Manifest) -> FileFacts:
        self._outlet.write(b"\n}}\n")
        return self._outlet.close(OPENING + manifest.as_json().encode() + b",")

    def abandon(self) -> None:
        if self._opened is not None:
            self._opened.abandon()
