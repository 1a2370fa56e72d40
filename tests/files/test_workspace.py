"""Where files are written: whole or not at all, and what a killed process left is swept."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.errors import FerryError, Refused
from server.files.outlet import Outlet
from server.files.workspace import Workspace, written_beside
from server.settings import ExportSettings, FileSettings, Settings

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


@pytest.mark.parametrize("without_links", [False, True])
def test_what_appears_at_the_path_meanwhile_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_links: bool
) -> None:
    """Some disks know no second name of a file."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    if without_links:
        monkeypatch.setattr(os, "link", refused)

    def write(path: Path, make: Callable[[Path], object]) -> None:
        with written_beside(path) as part:
            make(part)
            make(path)

    makes: dict[str, Callable[[Path], object]] = {
        "file": lambda path: path.write_text(path.name, encoding="utf-8"),
        "folder": Path.mkdir,
    }
    for name, make in makes.items():
        with pytest.raises(Refused, match="appeared while it was being written"):
            write(tmp_path / name, make)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "file"


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


@pytest.mark.parametrize("link", [".pgferry", ".pgferry/exports"])
def test_a_link_in_the_project_does_not_take_the_export_folder_out_of_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, link: str
) -> None:
    """A checkout may bring such a link along: to `/` it would allow every file there is."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "theirs.json").touch()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(outside)
    workspace = Workspace.of(tmp_path, Settings())
    for use in (
        lambda: workspace.ready(None),
        lambda: workspace.new_export("main-full.json"),
        lambda: workspace.new(f"{link}/mine.json"),
        lambda: workspace.existing(str(outside / "theirs.json")),
    ):
        with pytest.raises(Refused) as refused:
            use()
        assert refused.value.code == "path_outside"
    assert [entry.name for entry in outside.iterdir()] == ["theirs.json"]
    allowing = Workspace.of(tmp_path, Settings(files=FileSettings(allowed_folders=(str(outside),))))
    assert allowing.new_export("main-full.json").is_relative_to(outside)


def test_an_export_folder_that_is_a_circle_of_links_is_told_when_it_is_written_to(tmp_path: Path) -> None:
    (tmp_path / ".pgferry").symlink_to(tmp_path / ".pgferry")
    workspace = Workspace.of(tmp_path, Settings())
    with pytest.raises(FerryError) as failure:
        workspace.new_export("main-full.json")
    assert failure.value.code == "cannot_write"


def test_folders_of_the_settings_may_begin_with_the_home_folder(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    files, exports = FileSettings(allowed_folders=("~/dumps",)), ExportSettings(folder="~/exports")
    workspace = Workspace.of(tmp_path, Settings(files=files, exports=exports))
    assert workspace.new("~/dumps/a.json") == home / "dumps" / "a.json"
    assert workspace.new_export("main-full.json") == home / "exports" / "main-full.json"


def test_a_gitignore_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    workspace = Workspace.of(tmp_path, Settings())
    workspace.exports.mkdir(parents=True)
    (workspace.exports / ".gitignore").symlink_to(tmp_path / "elsewhere")
    workspace.make_export_folder()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_became_a_link_since_its_path_was_checked_is_refused(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.symlink_to(outside)
    with pytest.raises(Refused) as refused, written_beside(folder / "deeper" / "a.json") as part:
        part.write_text("rows")
    assert refused.value.code == "path_outside"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("by_a_link", [True, False])
@pytest.mark.parametrize("a_folder", [True, False])
def test_a_folder_that_is_moved_while_it_is_written_in_keeps_nothing_of_it(
    tmp_path: Path, *, by_a_link: bool, a_folder: bool
) -> None:
    """And what has its name by then gets nothing either."""
    outside, folder, moved = tmp_path / "outside", tmp_path / "folder", tmp_path / "moved"
    outside.mkdir()

    def write() -> None:
        with written_beside(folder / "a") as part:
            if a_folder:
                part.mkdir()
            (part / "t.csv" if a_folder else part).write_text("rows")
            folder.rename(moved)
            folder.symlink_to(outside) if by_a_link else folder.mkdir()

    with pytest.raises(FerryError, match="was moved or replaced") as failure:
        write()
    assert failure.value.code == "cannot_write"
    assert [*outside.iterdir(), *moved.iterdir(), *folder.iterdir()] == []
