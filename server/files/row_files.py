"""The row sources: a JSON document, and folders or single files of csv or JSON lines."""

import csv
import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from server.errors import Refused
from server.files.json_rows import NO_OBJECT, JsonReader, Malformed, line_blocks, place_of
from server.files.json_tally import Tally
from server.files.manifest_reading import parse_manifest
from server.files.opening import CHUNK, OpenFile, opened, sha256_of
from server.model.manifest import Manifest, ManifestTable
from server.model.table_rows import FileTable, Form, SequencePosition, TableRows

Heartbeat = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RowFile:
    """One table's file; `told` is what the manifest says of it."""

    table: str
    path: Path
    told: ManifestTable | None = None


class _Source:
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
        SequencePosition(
            _quoted(sequence.schema_name) + "." + _quoted(sequence.name), sequence.last_value, sequence.is_called
        )
        for sequence in manifest.sequences
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class JsonDocument(_Source):
    """One document: pgferry's, `{"data": {table: [rows]}}`, `{table: [rows]}` or a bare array."""

    format = "json"
    form: Form = "json"
    _path: Path
    _bare: str

    @classmethod
    def opened(cls, path: Path, bare: str, heartbeat: Heartbeat) -> "JsonDocument":
        """Walks it once: form, counts, keys. Refused with line and column where it is malformed."""
        tallies: dict[str, Tally] = {}
        metadata: bytes | None = None
        with _located(path), opened(path) as file:
            reader = JsonReader(file)
            for name, blocks in reader.tables():
                tally = tallies.setdefault(name or bare, Tally(told=_named_columns(reader.metadata)))
                for block in blocks:
                    heartbeat(len(block))
                    _count(tally, block, reader.block_at)
            metadata = reader.metadata
        manifest = _manifest(metadata, path.name)
        source = cls(_json_tables(tallies, manifest), manifest, [path], sha256_of(path))
        source._path, source._bare = path, bare
        return source

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        """In the document's order, which is load order in our own exports."""
        self._done = 0
        columns = {table.name: table.columns for table in self.tables}
        with self._reading(self._path) as file:
            for name, blocks in JsonReader(file).tables():
                table = name or self._bare
                if table in order:
                    yield TableRows(table, "json", columns.get(table), blocks)


def _count(tally: Tally, block: bytes, offset: int) -> None:
    try:
        tally.add(block)
    except msgspec.ValidationError:
        raise Malformed(NO_OBJECT, offset) from None


def _named_columns(metadata: bytes | None) -> bool:
    """Whether the document says its columns itself, as ours do: then the keys need not be collected."""
    return metadata is not None and b'"columns"' in metadata


def _manifest(metadata: bytes | None, name: str) -> Manifest | None:
    """The manifest in a document's metadata; other tools' metadata are none."""
    if metadata is None or b'"recordCounts"' not in metadata or b'"tables"' not in metadata:
        return None
    return parse_manifest(metadata, name)


def _json_tables(tallies: dict[str, Tally], manifest: Manifest | None) -> list[FileTable]:
    return [_counted(name, tally, manifest.table(name) if manifest else None) for name, tally in tallies.items()]


def _counted(name: str, tally: Tally, told: ManifestTable | None) -> FileTable:
    if told:
        return FileTable(name, tuple(column.name for column in told.columns), tally.rows)
    return FileTable(name, tuple(tally.keys), tally.rows, tally.optional)


class JsonLineFiles(_Source):
    """One file per table, one JSON object a line."""

    format = "jsonl"
    form: Form = "json"
    _files: dict[str, RowFile]

    @classmethod
    def opened(
        cls, files: Sequence[RowFile], manifest: Manifest | None, heartbeat: Heartbeat, schema_sql: str | None = None
    ) -> "JsonLineFiles":
        """Checks every line and the checksums of the manifest."""
        tables: list[FileTable] = []
        for file in files:
            tally = Tally(told=file.told is not None)
            with _located(file.path), opened(file.path) as stream:
                for block in line_blocks(stream, tally.add):
                    heartbeat(len(block))
            tables.append(_counted(file.table, tally, file.told))
        source = cls(tables, manifest, [file.path for file in files], _checked(files))
        source._files = {file.table: file for file in files}
        source.schema_sql = schema_sql
        return source

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        self._done = 0
        columns = {table.name: table.columns for table in self.tables}
        for table in order:
            with self._reading(self._files[table].path) as stream:
                yield TableRows(table, "json", columns[table], line_blocks(stream))


_DELIMITERS = ",\t;|"


class CsvFiles(_Source):
    """One csv file per table as COPY reads it: the first line names the columns, an unquoted empty field is NULL.

    What stands between the columns is told by the first line: a comma, else a tab, a semicolon or a bar.
    """

    format = "csv"
    form: Form = "csv"
    _files: dict[str, RowFile]
    _delimiters: dict[str, str]

    @classmethod
    def opened(
        cls, files: Sequence[RowFile], manifest: Manifest | None, heartbeat: Heartbeat, schema_sql: str | None = None
    ) -> "CsvFiles":
        """Reads the headers and checks the checksums of the manifest; PostgreSQL itself reads the rows."""
        sha256 = _checked(files, heartbeat)
        headers = {file.table: _header(file) for file in files}
        tables = [
            FileTable(file.table, headers[file.table].names, file.told.rows if file.told else None,
                      estimate=headers[file.table].estimate)
            for file in files
        ]  # fmt: skip
        source = cls(tables, manifest, [file.path for file in files], sha256)
        source._delimiters = {table: header.delimiter for table, header in headers.items()}
        source._files = {file.table: file for file in files}
        source.schema_sql = schema_sql
        return source

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        self._done = 0
        columns = {table.name: table.columns for table in self.tables}
        for table in order:
            file = self._files[table]
            with self._reading(file.path) as stream:
                delimiter = self._delimiters[table]
                options = {"delimiter": delimiter} if delimiter != "," else {}
                yield TableRows(table, "csv", columns[table], _without_header(stream), options)


def _checked(files: Sequence[RowFile], heartbeat: Heartbeat = lambda _: None) -> str:
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


def _header_line(stream: OpenFile) -> tuple[bytes, bytes]:
    """(the first record, what was read beyond it); a quoted name may hold a line break."""
    data = stream.read(CHUNK).removeprefix(b"\xef\xbb\xbf")
    end, quoted = 0, False
    for end, letter in enumerate(data):
        if letter == 0x22:
            quoted = not quoted
        elif letter == 0x0A and not quoted:
            return data[: end + 1], data[end + 1 :]
    return data, b""


@dataclass(frozen=True)
class _Header:
    """The columns, what stands between them, and about how many rows there are, by the length of the first ones."""

    names: tuple[str, ...]
    delimiter: str
    estimate: int


def _header(file: RowFile) -> _Header:
    with opened(file.path) as stream:
        line, sample = _header_line(stream)
        lines = sample.count(b"\n")
        size = file.path.stat().st_size * (4 if stream.packed else 1)
    estimate = size * lines // max(1, len(sample)) if len(sample) >= CHUNK // 2 else lines
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Refused("wrong_encoding", f"{file.path.name}: the first line is not UTF-8.", next="Convert it.") from None
    names, delimiter = _split(text, "," if file.told else _DELIMITERS)
    return _Header(names, delimiter, estimate)


def _split(header: str, delimiters: str) -> tuple[tuple[str, ...], str]:
    """The names, by the first delimiter that finds more than one; else the whole line is one name."""
    for delimiter in delimiters:
        names = next(csv.reader([header], delimiter=delimiter), list[str]())
        if len(names) > 1:
            return tuple(names), delimiter
    return tuple(next(csv.reader([header]), list[str]())), delimiters[0]


def _without_header(stream: OpenFile) -> Iterator[bytes]:
    _, rest = _header_line(stream)
    if rest:
        yield rest
    while piece := stream.read(CHUNK):
        yield piece


@contextmanager
def _located(path: Path) -> Generator[None]:
    """Malformed JSON becomes a refusal with line and column."""
    try:
        yield
    except Malformed as failure:

        def again(offset: int) -> Iterator[bytes]:
            with opened(path) as stream:
                while offset > 0 and (piece := stream.read(min(offset, CHUNK))):
                    offset -= len(piece)
                    yield piece

        line, column = place_of(failure.offset, again)
        raise Refused(
            "malformed_json",
            f"{path.name}, line {line}, column {column}: {failure.what}.",
            next="The file is damaged or cut off: fetch or export it again.",
            details={"line": line, "column": column},
        ) from None
