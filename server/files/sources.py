"""Finds out what a file or folder to import is, by what is in it, and opens it as a source of rows."""

import json
from dataclasses import dataclass
from pathlib import Path

from server.errors import Refused
from server.files.csv_sources import CsvFiles
from server.files.json_sources import JsonDocument, JsonLineFiles
from server.files.manifests import read_manifest
from server.files.opening import opened, plain_ending, unpacked_path
from server.files.row_files import Heartbeat, RowFile
from server.model.imports.table_rows import RowSource
from server.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A SQL script: read by PostgreSQL's grammar, so not by this floor."""

    path: Path


def open_source(path: Path, table: str | None, heartbeat: Heartbeat = lambda _: None) -> "RowSource | ScriptFile":
    """The source that `path` is. `table` names the table of a single csv, jsonl or array file.

    Reads the whole file once: checks its form and counts. Refused: unknown, damaged, truncated, not what its manifest
    says; with line and column where there are any.
    """
    if path.is_dir():
        return _folder(path, heartbeat)
    with opened(path) as file:
        head = file.read(4096)
    if not head.strip():
        raise Refused("empty_file", f"{path.name} is empty.", next="Name a file with rows or SQL.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("wrong_encoding", f"{path.name} is UTF-16.", next="Convert it to UTF-8.")
    for beginning, (what, following) in _NOT_PLAIN.items():
        if head.startswith(beginning):
            raise Refused("not_plain", f"{path.name} is {what}.", next=following)
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise Refused("not_plain", f"{path.name} is a web page, perhaps of an error.", next="Fetch the file again.")
    suffix = plain_ending(path)
    kind = _by_content(head.removeprefix(b"\xef\xbb\xbf").lstrip(), suffix)
    single = RowFile(table or _table_of(path), path)
    if kind == "sql":
        return ScriptFile(path)
    if kind == "json":
        return JsonDocument.opened(path, table or _table_of(path), heartbeat)
    if kind == "jsonl":
        return JsonLineFiles.opened([single], None, heartbeat)
    return CsvFiles.opened([single], None, heartbeat)


def _by_content(head: bytes, suffix: str) -> str:
    if head.startswith(b"["):
        return "json"
    if head.startswith(b"{"):
        if suffix in (".jsonl", ".ndjson"):
            return "jsonl"
        first, _, second = head.partition(b"\n")
        several = second.lstrip().startswith(b"{") if suffix == ".json" else b"\n" in head
        return "jsonl" if several and _is_object(first.strip()) else "json"
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix in (".sql", ".psql", ".dump", ".pgsql") or head.startswith((b"--", b"/*", b"\\")):
        return "sql"
    word = head.split(None, 1)[0].upper() if head else b""
    return "sql" if word in _OPENING_WORDS else "csv"


_NOT_PLAIN = {
    b"PGDMP": ("a pg_dump archive", "pg_restore -f dump.sql turns it into a script."),
    b"PGCOPY\n\xff\r\n\0": ("in COPY's binary format", "Copy it again WITH (FORMAT csv, HEADER)."),
    b"PK\x03\x04": ("a workbook or a zip archive", "Save its table as csv, or unpack it."),
    b"SQLite format 3\0": (
        "an SQLite database",
        "Write its tables as csv: sqlite3 -header -csv FILE 'SELECT * FROM t'.",
    ),
    b"PAR1": ("a Parquet file", "Write it as csv or jsonl, as DuckDB's COPY does."),
    b"\x1e": ("a sequence of JSON texts", "Write one row per line without marks between them, as jq -c does."),
}
"""What files of other formats begin with: what such a file is, and how to come by one that can be read."""
_OPENING_WORDS = {b"SET", b"CREATE", b"COPY", b"INSERT", b"SELECT", b"ALTER", b"DROP", b"BEGIN", b"BEGIN;", b"COMMENT"}


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _table_of(path: Path) -> str:
    """The table that a file without a manifest is for: `users` of `users.csv.gz`."""
    plain = unpacked_path(path)
    return plain.stem if plain.suffix.lower() in (".csv", ".tsv", ".jsonl", ".ndjson", ".json") else plain.name


def _folder(path: Path, heartbeat: Heartbeat) -> RowSource:
    manifest = read_manifest(path)
    if manifest:
        files = [RowFile(table.name, _inside(path, table.file), table) for table in manifest.tables if table.file]
        kind = manifest.format
    else:
        found = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
        kinds = {plain_ending(entry) for entry in found} & {".csv", ".tsv", ".jsonl", ".ndjson"}
        if len(kinds) != 1:
            raise Refused(
                "not_an_export",
                f"{path} has neither a manifest.json nor only csv or only jsonl files.",
                next="Name the folder that export_database wrote, or one file.",
            )
        files = [RowFile(_table_of(entry), entry) for entry in found if plain_ending(entry) in kinds]
        kind = "csv" if kinds <= {".csv", ".tsv"} else "jsonl"
    schema_sql = _schema_of(path, manifest)
    if kind == "csv":
        return CsvFiles.opened(files, manifest, heartbeat, schema_sql)
    return JsonLineFiles.opened(files, manifest, heartbeat, schema_sql)


def _schema_of(path: Path, manifest: Manifest | None) -> str | None:
    if manifest is None or manifest.schema_file is None:
        return None
    with opened(_inside(path, manifest.schema_file)) as file:
        try:
            return file.read(256 << 20).decode()
        except UnicodeDecodeError:
            raise Refused(
                "wrong_encoding",
                f"{manifest.schema_file} is not valid UTF-8: it is damaged.",
                next="Fetch or export it again.",
            ) from None


def _inside(folder: Path, name: str) -> Path:
    """A file that a manifest names: never outside of its folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Refused("path_outside", f"The manifest names a file outside of {folder}.", next="Export again.")
    if not path.is_file():
        raise Refused(
            "file_missing", f"The manifest names {name}, which is not in {folder}.", next="Fetch or export it again."
        )
    return path
