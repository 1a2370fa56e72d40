"""Where files are written: whole or not at all, and what a killed process left is swept."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import FerryError, Refused
from server.files.outlet import Outlet
from server.files.workspace import Workspace, written_beside
from server.settings import FileSettings, Settings

KILLED = """
import os, sys
from pathlib import Path
from server.files.workspace import written_beside
with written_beside(Path(sys.argv[1])) as part:
    part.mkdir()
    (part / "rows.csv").write_text("half")
    os._exit(9)
"""


def test_what_a_killed_process_left_half_written_goes_with_the_next_writing(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.csv")], cwd=repository, check=False)
    assert done.returncode == 9
    assert [entry.suffix for entry in tmp_path.iterdir()] == [".part"]
    other = tmp_path / ".b.json.00000000-1.part"  # of another machine, on a shared folder
    other.touch()
    with written_beside(tmp_path / "c.json") as part:
        part.write_text("whole")
        assert len(list(tmp_path.iterdir())) == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [other.name, "c.json"]


def test_what_a_process_is_writing_at_its_end_goes(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    ending = KILLED.replace("import written_beside", "import remove_unfinished, written_beside")
    ending = ending.replace("os._exit", "remove_unfinished(); os._exit")
    done = subprocess.run([sys.executable, "-c", ending, str(tmp_path / "a.csv")], cwd=repository, check=False)
    assert done.returncode == 9
    assert list(tmp_path.iterdir()) == []


def test_what_is_being_written_is_not_swept(tmp_path: Path) -> None:
    with written_beside(tmp_path / "a.json") as first, written_beside(tmp_path / "b.json") as second:
        first.write_text("a")
        second.write_text("b")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with written_beside(tmp_path / "a.json") as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_two_calls_that_write_the_same_path_do_not_disturb_each_other(tmp_path: Path) -> None:
    with written_beside(tmp_path / "a.json") as first:
        first.write_text("whole")
        with pytest.raises(Refused, match="Another call is writing") as refused, written_beside(tmp_path / "a.json"):
            pass
        assert refused.value.code == "file_exists"
    assert (tmp_path / "a.json").read_text() == "whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_name_that_another_process_takes_meanwhile_gives_way_to_the_next(tmp_path: Path) -> None:
    workspace = Workspace.of(tmp_path, Settings())
    first = workspace.new_export("main-full.json")
    with written_beside(first, lambda: workspace.new_export("main-full.json")) as part:
        part.write_text("mine")
        first.write_text("theirs")
    assert first.read_text() == "theirs"
    assert first.with_name("main-full-2.json").read_text() == "mine"


def test_names_as_long_as_a_file_system_takes_are_written(tmp_path: Path) -> None:
    names = ["x" * 255, "x" * 254 + "y", "ü" * 127]
    for name in names:
        with written_beside(tmp_path / name) as part:
            part.write_text(name)
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {name: name for name in names}


def test_a_path_below_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    workspace = Workspace.of(tmp_path, Settings())
    for path in ("file/x.json", "file/a/b.json"):
        with pytest.raises(Refused, match="is a file, no folder") as refused:
            workspace.new(path)
        assert refused.value.code == "bad_path"


def test_a_folder_that_takes_no_files_is_told_before_anything_is_read(tmp_path: Path) -> None:
    workspace = Workspace.of(tmp_path, Settings(files=FileSettings(allowed_folders=("/proc",))))
    with pytest.raises(FerryError, match=r"^\[cannot_write\] /proc/x.json cannot be written: .* No file was left"):
        workspace.new("/proc/x.json")


def test_what_cannot_be_written_is_told_by_the_name_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "was-removed" / "a.json"

    def write() -> None:
        with written_beside(path) as part:
            path.parent.rmdir()
            Outlet(part)

    with pytest.raises(FerryError, match=r"/a\.json cannot be written") as failure:
        write()
    assert failure.value.code == "cannot_write"
    assert ".part" not in str(failure.value)
