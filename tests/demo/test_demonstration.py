"""The demo runs from end to end as a person would run it, and without --keep nothing of it stays behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import psycopg
import pytest
from dotenv import dotenv_values
from rich.console import Console
from typer.testing import CliRunner

from server.commands import app
from server.demo import demonstration
from server.demo.session import play
from server.demo.showing import Screen
from server.demo.story import STORY, Step
from tools.catalogue import CATALOGUE

PGFERRY = (sys.executable, "-m", "server", "demo")
ROOT = Path(__file__).parents[2]


def demo(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The demo in a process of its own, whose temporary files go to `folder`."""
    environment = {**os.environ, "TMPDIR": str(folder), "COLUMNS": "120"}
    out = subprocess.PIPE
    return subprocess.Popen(
        [*PGFERRY, *arguments],
        env=environment,
        cwd=ROOT,
        text=True,
        stdout=out,
        stderr=subprocess.STDOUT,
        preexec_fn=heed_interrupts,
    )


def heed_interrupts() -> None:
    """A suite that a shell runs in the background ignores SIGINT, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def nothing_listens(said: str) -> bool:
    """Waits up to a minute."""
    port = re.search(r"on port (\d+)", said)
    assert port is not None
    deadline = time.monotonic() + 60
    while True:  # who was killed is cleaned up after by another process, which takes a moment
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port[1]))) != 0:
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


def is_empty_soon(folder: Path) -> bool:
    """Waits up to a minute."""
    deadline = time.monotonic() + 60
    while any(folder.iterdir()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def read_until(process: "subprocess.Popen[str]", word: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if word in line:
            return said
    raise AssertionError(said)


def test_it_makes_every_call_and_leaves_nothing(open_folder: Path) -> None:
    process = demo(open_folder)
    said, _ = process.communicate(timeout=180)
    assert process.returncode == 0, said
    assert "→ list_databases" in said
    assert "left out" not in said
    assert "claude mcp add pgferry -- " in said
    assert '{"mcpServers": {"pgferry": ' in said
    assert list(open_folder.iterdir()) == []
    assert nothing_listens(said)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_half_way_it_leaves_nothing(open_folder: Path, how: signal.Signals) -> None:
    process = demo(open_folder)
    said = read_until(process, "→ list_databases")
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert is_empty_soon(open_folder)
    assert nothing_listens(said)


def test_kept_it_can_be_stopped_and_started(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "STORY", STORY[:1])
    kept = str(open_folder / "kept")
    said = command("--keep", kept)
    try:
        url = dotenv_values(open_folder / "kept" / "project" / ".env")["DATABASE_URL"]
        assert url is not None
        assert rows_in(url) > 0
        assert "there already" in command("--keep", kept, code=2)
    finally:
        command("--stop", kept)
    assert nothing_listens(said)
    command("--start", kept)
    try:
        assert rows_in(url) > 0
    finally:
        command("--stop", kept)


def test_a_demo_that_was_never_kept_cannot_be_started(tmp_path: Path) -> None:
    assert "There is no demo" in command("--start", str(tmp_path), code=2)
    assert "--keep" in command(str(tmp_path), code=2)


def command(*arguments: str, code: int = 0) -> str:
    """What the command says, which ends with that exit code."""
    done = CliRunner().invoke(app, ["demo", *arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def rows_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM incidents").fetchone()
    assert row is not None
    return row[0]


def test_every_tool_has_a_part_in_the_story() -> None:
    assert {entry.function.__name__ for entry in CATALOGUE} <= {step.tool for step in STORY}


def test_a_call_that_fails_is_told_and_counted(tmp_path: Path) -> None:
    story = (
        Step("list_databases", "Wrong.", {"nonsense": 1}, name="wrong"),
        Step("list_databases", "Wrong on purpose.", {"nonsense": 1}, refused=True),
        Step("no_such_tool", "Not there.", {}, name="absent"),
        Step("list_databases", "Builds on what failed.", {}, needs=("wrong",)),
        Step("list_databases", "Builds on what is not there.", {}, needs=("absent",)),
    )
    failed, said = played(story, tmp_path)
    assert failed == ["list_databases"]
    assert "failed" in said
    assert "refused, as it should be" in said
    assert "no_such_tool" not in said
    assert said.count("left out") == 1


def played(story: Sequence[Step], folder: Path) -> tuple[list[str], str]:
    console = Console(file=(folder / "screen").open("w+", encoding="utf-8"), width=120)
    with (folder / "log").open("w", encoding="utf-8") as log:
        failed = anyio.run(play, story, folder, Screen(console), log)
    console.file.close()
    return failed, (folder / "screen").read_text(encoding="utf-8")
