"""Which scripts a path means, and in which order: no server."""

import gzip
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from server.errors import Refused
from server.files.schema_files import find_schema_files
from server.model.manifest import Manifest


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("select 1;")
    return folder


def manifest(*, schema_sql: str | None = None, schema_file: str | None = None) -> str:
    return Manifest(
        exported_at="2026-01-01T00:00:00Z", export_type="full", filters_applied={}, record_counts={}, total_records=0,
        content="full", format="json", database="main", server_version="18.0", schema_fingerprint="0",
        schema_sql=schema_sql, schema_file=schema_file,
    ).as_json()  # fmt: skip


def names(folder: Path) -> list[str]:
    return [file.name for file in find_schema_files(folder).files]


def test_numbers_count_by_value_and_down_scripts_are_left_out(tmp_path: Path) -> None:
    made(tmp_path, "10_c.up.sql", "9_b.up.sql", "9_b.down.sql", "1_a.up.sql", "README.md")
    assert names(tmp_path) == ["1_a.up.sql", "9_b.up.sql", "10_c.up.sql"]


def test_flyway_versions_come_before_repeatable_ones_and_undo_is_left_out(tmp_path: Path) -> None:
    made(tmp_path, "R__views.sql", "V2__b.sql", "V1.10__d.sql", "V1.2__c.sql", "U2__b.sql")
    assert names(tmp_path) == ["V1.2__c.sql", "V1.10__d.sql", "V2__b.sql", "R__views.sql"]


def test_each_migration_may_have_a_folder(tmp_path: Path) -> None:
    made(tmp_path, "20240102_b/migration.sql", "20240101_a/migration.sql", "2025_c/up.sql", "2025_c/down.sql")
    assert names(tmp_path) == ["2025_c/up.sql", "20240101_a/migration.sql", "20240102_b/migration.sql"]


def test_sqitch_goes_by_its_plan(tmp_path: Path) -> None:
    made(tmp_path, "deploy/zebra.sql", "deploy/apple.sql", "revert/zebra.sql")
    (tmp_path / "sqitch.plan").write_text("%project=x\n\nzebra 2024-01-01T00:00:00Z me <m@x>\napple [zebra] 2024\n")
    assert names(tmp_path) == ["zebra", "apple"]


def test_only_the_up_part_of_a_two_way_file_is_run_and_lines_are_kept(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("-- +goose Up\ncreate table a ();\n-- +goose Down\ndrop table a;\n")
    (file,) = find_schema_files(tmp_path).files
    with file.opened() as stream:
        text = stream.read(1 << 20).decode()
    assert "drop" not in text
    assert text.splitlines().index("create table a ();") == 1


def test_an_export_gives_its_schema_and_one_without_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'{{"metadata": {manifest(schema_sql="create table a ();")}, "data": {{}}}}')
    (file,) = find_schema_files(tmp_path / "a.json").files
    assert file.text == b"create table a ();"
    folder = made(tmp_path / "export", "schema.sql")
    (folder / "manifest.json").write_text(manifest(schema_file="schema.sql"))
    assert names(folder) == ["schema.sql"]
    for schema_file in ("../../outside.sql", None):
        (folder / "manifest.json").write_text(manifest(schema_file=schema_file))
        with pytest.raises(Refused, match="no_schema_in_file"):
            find_schema_files(folder)
    for document in ('{"metadata": {"tool": "another"}, "data": {}}', '{"t": [{"a": 1}]}', '{"metadata": '):
        (tmp_path / "b.json").write_text(document)
        with pytest.raises(Refused, match="no_schema_in_file"):
            find_schema_files(tmp_path / "b.json")
    with pytest.raises(Refused):
        find_schema_files(made(tmp_path / "empty", "notes.txt"))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_scripts_are_unpacked_by_what_they_begin_with_and_one_that_was_cut_off_is_refused(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    script = b"create table a ();\n" * 1000
    (tmp_path / "whole.sql").write_bytes(pack(script) + pack(script))
    (whole,) = find_schema_files(tmp_path / "whole.sql").files
    with whole.opened() as stream:
        assert stream.read(1 << 20) == script * 2
    (tmp_path / "cut.sql").write_bytes(pack(script)[:-9])
    (cut,) = find_schema_files(tmp_path / "cut.sql").files
    with cut.opened() as stream, pytest.raises(Refused, match="truncated_file"):
        deque(iter(lambda: stream.read(1 << 20), b""))
