"""Rows in JSON: one document, or files with an object a line."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from server.errors import Refused
from server.files.json_rows import NO_OBJECT, JsonReader, Malformed, line_blocks, place_of
from server.files.json_tally import Tally
from server.files.manifests import document_manifest
from server.files.opening import CHUNK, opened, sha256_of
from server.files.row_files import Heartbeat, RowFile, Source, checked
from server.model.imports.table_rows import FileTable, Form, TableRows
from server.model.manifest import Manifest, ManifestTable


class JsonDocument(Source):
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
                tally = tallies.setdefault(name or bare, Tally(name or bare, told=_named_columns(reader.metadata)))
                for block in blocks:
                    heartbeat(len(block))
                    _count(tally, block, reader.block_at)
            metadata = reader.metadata
        manifest = document_manifest(metadata, path.name)
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


def _json_tables(tallies: dict[str, Tally], manifest: Manifest | None) -> list[FileTable]:
    return [_counted(name, tally, manifest.table(name) if manifest else None) for name, tally in tallies.items()]


def _counted(name: str, tally: Tally, told: ManifestTable | None) -> FileTable:
    if told:
        return FileTable(name, tuple(column.name for column in told.columns), tally.rows)
    keys = tuple(tally.keys) if tally.rows else None  # an empty array lacks no column
    return FileTable(name, keys, tally.rows, tally.optional)


class JsonLineFiles(Source):
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
            tally = Tally(file.table, told=file.told is not None)
            with _located(file.path), opened(file.path) as stream:
                for block in line_blocks(stream, tally.add):
                    heartbeat(len(block))
            tables.append(_counted(file.table, tally, file.told))
        source = cls(tables, manifest, [file.path for file in files], checked(files))
        source._files = {file.table: file for file in files}
        source.schema_sql = schema_sql
        return source

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        self._done = 0
        columns = {table.name: table.columns for table in self.tables}
        for table in order:
            with self._reading(self._files[table].path) as stream:
                yield TableRows(table, "json", columns[table], line_blocks(stream))


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
            next="Rows of JSON are [{…}, …], or in .jsonl one a line (jq -c '.[]'); one that should be so is damaged or"
            " cut off: fetch or export it again.",
            details={"line": line, "column": column},
        ) from None
