"""The folder of migrations: `NNNN_name.sql` files, and `applied.jsonl`, which tells where and when each was applied."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from server.errors import Refused, did_you_mean
from server.files.workspace import Workspace, followed, named_folder, written_beside
from server.model.migration.files import MigrationFile, read_migration, slug

_NUMBERED = re.compile(r"(\d{4,})_.*\.sql")
_RECORD = "applied.jsonl"
_RECORDED = re.compile(r'"migration": "([^"]+)"')


def migrations_folder(workspace: Workspace, folder: str) -> Path:
    """The folder, inside of what pgferry may touch; it need not exist yet."""
    wanted = followed(named_folder(workspace.root, folder))
    if not any(wanted.is_relative_to(allowed) for allowed in workspace.allowed):
        raise Refused(
            "path_outside",
            f"The folder of migrations, {folder}, lies outside of the project.",
            next="Set [migrations] folder in pgferry.toml to one below it, or allow it: [files] allowed_folders.",
        )
    return wanted


def list_migrations(folder: Path) -> list[MigrationFile]:
    """Every file of ours, by number; files that are not ours are passed over."""
    paths = sorted(path for path in folder.glob("*.sql") if _NUMBERED.fullmatch(path.name)) if folder.is_dir() else []
    found = (read_migration(path.stem, _text(path)) for path in paths)
    return [migration for migration in found if migration is not None]


def _text(path: Path) -> str:
    """What stands in it; bytes that are no UTF-8 make a text whose checksum fits no plan."""
    return path.read_text(encoding="utf-8", errors="replace")


def next_path(folder: Path, name: str) -> Path:
    """The path of the next migration, `NNNN_name.sql`."""
    words = slug(re.sub(r"\.sql$", "", Path(name).name)) or "migration"
    words = re.sub(r"^\d{4,}_", "", words)
    names = [path.name for path in folder.glob("*.sql")] + _once_applied(folder)
    numbers = [int(match[1]) for name in names if (match := _NUMBERED.fullmatch(name))]
    return folder / f"{max(numbers, default=0) + 1:04d}_{words}.sql"


def _once_applied(folder: Path) -> list[str]:
    """The files that the record names, there or not: none of their numbers is given again."""
    record = folder / _RECORD
    lines = _text(record).splitlines() if record.is_file() else []
    return [f"{found[1]}.sql" for line in lines if (found := _RECORDED.search(line))]


def save_migration(path: Path, text: str) -> None:
    """Writes it, whole or not at all; never over another."""
    with written_beside(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def open_migration(workspace: Workspace, folder: Path, name: str) -> MigrationFile:
    """The migration of that path, file name, or number. Refused: none, or not one that plan_migration wrote."""
    path = _find(workspace, folder, name)
    migration = read_migration(path.stem, _text(path))
    if migration is None:
        raise Refused(
            "not_a_migration",
            f"{path.name} was not written by plan_migration: nothing proves what it does.",
            next="Plan it with plan_migration, or run it by your own tools.",
        )
    return migration


def _find(workspace: Workspace, folder: Path, name: str) -> Path:
    stem = name.removesuffix(".sql")
    known = {path.stem: path for path in folder.glob("*.sql")} if folder.is_dir() else {}
    if stem in known:
        return known[stem]
    numbered = [path for key, path in known.items() if stem.isdigit() and key.startswith(f"{int(stem):04d}_")]
    if len(numbered) == 1:
        return numbered[0]
    if os.sep not in name and "/" not in name:
        raise Refused("unknown_migration", f"There is no migration {name}.", next=did_you_mean(stem, known))
    return workspace.existing(name)


def record_applied(folder: Path, entry: Mapping[str, str]) -> None:
    """Adds a line to `applied.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _RECORD).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(dict(entry), ensure_ascii=False) + "\n")
