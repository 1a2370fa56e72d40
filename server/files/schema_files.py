"""Finds the SQL that a path means: a script, an export with its schema, or a folder of migrations in their order.

Knows the names of dbmate, golang-migrate, Flyway, goose, sqitch, Diesel, Prisma and plain numbering. Runs nothing.
"""

import io
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.errors import Refused
from server.files.json_rows import JsonReader, Malformed
from server.files.manifests import document_manifest, read_manifest
from server.files.opening import Readable, opened
from server.model.manifest import Manifest

Kind = Literal["script", "export", "migrations"]
_SQL = re.compile(r"\.sql(\.gz|\.zst)?$", re.IGNORECASE)
_DOWN = re.compile(r"(\.down\.sql|[-_.]down\.sql|^down\.sql|\.undo\.sql)$|^U\d", re.IGNORECASE)
_MARK = r"^[ \t]*--[ \t]*(?:migrate:{way}|\+goose {way}|\+migrate {way}|@{way}|rambler {way}).*$"
_UP, _DOWN_MARK = (re.compile(_MARK.replace("{way}", w), re.IGNORECASE | re.MULTILINE) for w in ("up", "down"))


@dataclass(frozen=True)
class SchemaFile:
    """One script to run. `text` in place of a file: DDL that stands in a document, or the up part of a migration."""

    name: str
    path: Path
    text: bytes | None = None

    @contextmanager
    def opened(self) -> Generator[Readable]:
        """Its bytes, unpacked."""
        if self.text is not None:
            yield io.BytesIO(self.text)
            return
        with opened(self.path) as stream:
            yield stream


@dataclass(frozen=True)
class SchemaFiles:
    """What a path means: the scripts in the order in which they are run."""

    kind: Kind
    path: Path
    files: tuple[SchemaFile, ...]


def find_schema_files(path: Path) -> SchemaFiles:
    """The scripts behind an existing file or folder. Refused where there is no schema in it."""
    if path.is_dir():
        manifest = read_manifest(path)
        return _folder_export(path, manifest) if manifest else _migrations(path)
    if _SQL.search(path.name):
        return SchemaFiles("script", path, (SchemaFile(path.name, path),))
    if re.search(r"\.json(\.gz|\.zst)?$", path.name, re.IGNORECASE) or _begins_as_document(path):
        return SchemaFiles("export", path, (_document(path),))
    raise _no_schema(path, "is no SQL script, export or folder of migrations")


def _begins_as_document(path: Path) -> bool:
    """Whether an export stands there under a name of its own."""
    with opened(path) as stream:
        return stream.read(1) == b"{"


def _no_schema(path: Path, why: str) -> Refused:
    return Refused(
        "no_schema_in_file",
        f"{path.name} {why}.",
        next="Name a database, a .sql file, an export made with content = schema or format = sql, or a folder of *.sql"
        " migrations.",
    )


def _folder_export(path: Path, manifest: Manifest) -> SchemaFiles:
    if manifest.schema_file is None:
        raise _no_schema(path, "is an export of rows only: it has no schema to compare")
    file = (path / manifest.schema_file).resolve()
    if not file.is_relative_to(path.resolve()) or not file.is_file():
        raise _no_schema(path, "names a schema file that is not there")
    return SchemaFiles("export", path, (SchemaFile(manifest.schema_file, file),))


def _document(path: Path) -> SchemaFile:
    """The DDL in the metadata of a json export; only the metadata, which stand first, are read."""
    with opened(path) as stream, suppress(Malformed):
        reader = JsonReader(stream)
        next(reader.tables(), None)
        manifest = document_manifest(reader.metadata, path.name)
        if manifest and manifest.schema_sql is not None:
            return SchemaFile(path.name, path, manifest.schema_sql.encode())
    raise _no_schema(path, "holds rows only: it has no schema to compare")


def _migrations(folder: Path) -> SchemaFiles:
    """Its up scripts in order. Nested folders count where each holds one migration (Prisma, Diesel, sqitch)."""
    plan = folder / "sqitch.plan"
    found = _of_plan(plan) if plan.is_file() else _by_name(folder)
    if not found:
        raise _no_schema(folder, "holds no *.sql migrations")
    return SchemaFiles("migrations", folder, tuple(map(_up_part, found)))


def _of_plan(plan: Path) -> list[tuple[str, Path]]:
    changes: list[tuple[str, Path]] = []
    for line in plan.read_text(encoding="utf-8").splitlines():
        word = line.strip().split(" ", 1)[0]
        if word and not word.startswith(("%", "#", "@")):
            changes.append((word, plan.parent / "deploy" / f"{word}.sql"))
    missing = [name for name, path in changes if not path.is_file()]
    if missing:
        raise _no_schema(plan.parent, f"has no script for {missing[0]}, which sqitch.plan names")
    return changes


def _by_name(folder: Path) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    for path in folder.iterdir():
        if path.is_file() and _SQL.search(path.name) and not _DOWN.search(path.name):
            found.append((path.name, path))
        elif path.is_dir():
            inner = next((path / name for name in ("migration.sql", "up.sql") if (path / name).is_file()), None)
            if inner is not None:
                found.append((f"{path.name}/{inner.name}", inner))
    return sorted(found, key=lambda item: _order(item[0]))


def _order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """Numbers by value, so that 10 comes after 9; Flyway's repeatable ones (R__) last."""
    parts = re.findall(r"\d+|\D+", name.lower())
    keys = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return int(name.startswith("R__")), keys


def _up_part(item: tuple[str, Path]) -> SchemaFile:
    """A migration whose one file has both ways: only what stands under its up mark."""
    name, path = item
    if path.suffix.lower() != ".sql":
        return SchemaFile(name, path)
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    up, down = _UP.search(text), _DOWN_MARK.search(text)
    if up is None and down is None:
        return SchemaFile(name, path)
    start = up.end() if up else 0
    end = down.start() if down and down.start() >= start else len(text)
    lines = "\n" * text[:start].count("\n")  # so that a failure names the line of the file
    return SchemaFile(name, path, (lines + text[start:end]).encode(errors="surrogateescape"))
