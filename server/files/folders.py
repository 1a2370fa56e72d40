"""Exports that are a folder: one file for each table, and manifest.json, written last."""

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from server.files.disk import disk_failures
from server.files.manifests import write_manifest
from server.files.outlet import ENDINGS, FileFacts, Outlet, sync
from server.files.writing import TableFile, TablePart
from server.model.manifest import Compression, Manifest

_SYNCING = 4
"""Threads that wait for the disk while the next files are written: it takes many small files at once."""
_UNSAFE = re.compile(r"[^\w.-]|^\.", re.UNICODE)


class TableFolder:
    """Writes a folder, mode 0700. What its files open and end with is for the formats to say."""

    ending = ""

    def __init__(self, path: Path, compression: Compression) -> None:
        self.path = path
        self._compression: Compression = compression
        self._outlet: Outlet | None = None
        self._name = ""
        self._taken = {"manifest", "schema"}
        self._total = 0
        self._pool = ThreadPoolExecutor(_SYNCING, thread_name_prefix="sync")
        self._syncing: list[Future[None]] = []
        with disk_failures(path):
            path.mkdir(mode=0o700)

    def begin(self, part: TablePart) -> None:
        self._name = self._file_name(part.key)
        self._outlet = Outlet(self.path / self._name, self._compression)
        if heading := self.heading(part):
            self._outlet.write(heading)

    def write(self, data: Any) -> None:
        assert self._outlet is not None
        self._outlet.write(data)

    def end(self, rows: int) -> TableFile:
        assert self._outlet is not None
        if rows and (closing := self.closing()):
            self._outlet.write(closing)
        facts, size = self._outlet.close(synced=False), self._outlet.written
        self._syncing.append(self._pool.submit(sync, self._outlet.path))
        self._outlet = None
        self._total += facts.bytes
        return TableFile(size, self._name, facts.bytes, facts.sha256)

    def add_file(self, name: str, data: bytes) -> FileFacts:
        """One more file in the folder, as schema.sql; never compressed."""
        outlet = Outlet(self.path / name)
        try:
            outlet.write(data)
            facts = outlet.close()
        finally:
            outlet.abandon()
        self._total += facts.bytes
        return facts

    def close(self, manifest: Manifest) -> FileFacts:
        """Writes the manifest, when all other files lie on the disk."""
        for syncing in self._syncing:
            syncing.result()
        facts = write_manifest(self.path, manifest)
        return FileFacts(self._total + facts.bytes, facts.sha256)

    def abandon(self) -> None:
        if self._outlet is not None:
            self._outlet.abandon()
        self._pool.shutdown(cancel_futures=True)

    def heading(self, part: TablePart) -> bytes:  # noqa: ARG002  for the formats that have one
        return b""

    def closing(self) -> bytes:
        return b""

    def _file_name(self, key: str) -> str:
        """A name that every file system takes, and that no other table has, whatever it makes of letter case."""
        safe = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), key)
        stem = os.fsdecode(os.fsencode(safe)[:180].decode(errors="ignore"))
        name, number = stem, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return f"{name}{self.ending}{ENDINGS[self._compression]}"
