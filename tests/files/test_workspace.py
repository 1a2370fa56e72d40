"""Where files are written: whole or not at all, and what a killed process left is swept."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.files.workspace import written_beside

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
