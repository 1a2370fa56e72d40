"""What all sources of rows share: files of one import, their checksums, and how far a pass over them is."""

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.errors import Refused
from server.files.opening import OpenFile, opened, sha256_of
from server.model import quoting
from server.model.imports.table_rows import FileTable, Form, SequencePosition
from server.model.manifest import Manifest, ManifestTable

Heartbeat = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RowFile:
    """One table's file; `told` is what the manifest says of it."""

    table: str
    path: Path
    told: ManifestTable | None = None


class Source:
    """What all sources share: identity, and how far the current pass is."""

    format = ""
    form: Form = "csv"

    def __init__(
        self, tables: Sequence[FileTable], manifest: Manifest | None, paths: Sequence[Path], sha256: str
    ) -> None:
        self.tables = tuple(tables)
        self.manifest = manifest
        self.sha256 = sha256
        self.total_bytes = sum(path.stat().st_size for path in paths)
        self.sequences = _positions(manifest)
        self.schema_sql = manifest.schema_sql if manifest else None
        self._done = 0
        self._current: OpenFile | None = None

    @property
    def position(self) -> int:
        return self._done + (self._current.position if self._current else 0)

    @contextmanager
    def _reading(self, path: Path) -> Generator[OpenFile]:
        with opened(path) as file:
            self._current = file
            try:
                yield file
            finally:
                self._current = None
        self._done += path.stat().st_size


def _positions(manifest: Manifest | None) -> tuple[SequencePosition, ...]:
    if manifest is None:
        return ()
    return tuple(
        SequencePosition(quoting.path(sequence.schema_name, sequence.name), sequence.last_value, sequence.is_called)
        for sequence in manifest.sequences
    )


def checked(files: Sequence[RowFile], heartbeat: Heartbeat = lambda _: None) -> str:
    """The checksum of all files together; Refused where one is not what its manifest says."""
    whole = hashlib.sha256()
    for file in files:
        found = sha256_of(file.path, heartbeat)
        told = file.told.sha256 if file.told else None
        if told and told != found:
            raise Refused(
                "checksum_mismatch",
                f"{file.path.name} is not the file that its manifest describes: it was changed, or is incomplete.",
                next="Fetch or export it again; to import changed files, remove manifest.json.",
            )
        whole.update(found.encode())
    return whole.hexdigest()
