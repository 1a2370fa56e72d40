"""What a person at a terminal sees, and what a program does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import typer.main
from rich.console import Console
from typer.testing import CliRunner

from server.commands import answering, app
from tests.fix_client import REPOSITORY
from tests.fix_imports import Importing
from tools.catalogue import build_tools

TABLE = "CREATE TABLE notes (id int PRIMARY KEY, stars int CHECK (stars < 6)); INSERT INTO notes VALUES (1, 2)"


@pytest.fixture
def notes(import_into: Callable[[str], Importing], monkeypatch: pytest.MonkeyPatch) -> Importing:
    importing = import_into(TABLE)
    monkeypatch.chdir(importing.folder)
    for name in ("DATABASE_URL", "CLAUDE_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return importing


@pytest.mark.usefixtures("notes")
def test_a_person_reads_words_and_a_program_json(monkeypatch: pytest.MonkeyPatch) -> None:
    query = ["query-database", "main", "SELECT id, NULL AS gone, 1234567 AS many FROM notes"]
    assert json.loads(CliRunner().invoke(app, [*query, "--json"]).stdout)["rows"] == [[1, None, 1234567]]
    assert json.loads(CliRunner().invoke(app, query).stdout)["rows"] == [[1, None, 1234567]]
    monkeypatch.setattr(answering, "_stdout", Console(force_terminal=True, width=100, color_system=None))
    lines = [line.split() for line in CliRunner().invoke(app, query).stdout.splitlines()]
    assert lines[-2:] == [["id", "gone", "many"], ["1", "NULL", "1234567"]]


def run(notes: Importing, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, cwd=notes.folder, env=environment, capture_output=True, text=True, check=False)


def test_a_program_finds_no_bar_on_stderr_and_each_sentence_of_a_failure_on_one_line(notes: Importing) -> None:
    assert run(notes, "query-database", "main", "SELECT 1").stderr == ""
    refused = run(notes, "export-segment", "main", "--where", "notes.id ~ 3")
    assert (refused.returncode, refused.stdout) == (2, "")
    what, state, after = refused.stderr.splitlines()
    assert what == "bad_filter: The filter 'notes.id ~ 3' cannot be read."
    assert state == "Nothing was touched."
    assert after.startswith("Next: Write table.column=value")
    assert after.endswith("contains.")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_person_is_told_every_violation_of_a_rejected_import(notes: Importing) -> None:
    path = notes.write("notes.csv", "id,stars\n1,3\n2,9\n3,7\n")
    done = CliRunner().invoke(app, ["import-data", "main", path, "--yes"])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "notes_pkey" in done.stderr
    assert "notes_stars_check" in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_a_command_and_its_query(notes: Importing, sign: signal.Signals) -> None:
    _is_cancelled_by(sign, notes)


def test_an_interrupt_counts_though_the_shell_that_started_the_command_had_it_ignored(notes: Importing) -> None:
    _is_cancelled_by(signal.SIGINT, notes, "sh", "-c", "trap '' INT; exec \"$@\"", "sh")


def _is_cancelled_by(sign: signal.Signals, notes: Importing, *starter: str) -> None:
    endless = "SELECT 1 FROM generate_series(1, 1e11) AS g(n) WHERE n < 0"
    command = [*starter, sys.executable, "-m", "server", "query-database", "main", endless]
    process = subprocess.Popen(
        command, cwd=notes.folder, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, stderr=subprocess.PIPE
    )
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%1e11%' AND application_name = 'pgferry'"
    wait_for(lambda: notes.database.rows(running) == [(1,)])
    process.send_signal(sign)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"cancelled" in said
    wait_for(lambda: notes.database.rows(running) == [(0,)])


def test_a_command_that_nohup_started_minds_no_closed_terminal(notes: Importing) -> None:
    command = ["nohup", sys.executable, "-m", "server", "query-database", "main", "SELECT pg_sleep(1), 'woke' AS up"]
    process = subprocess.Popen(
        command, cwd=notes.folder, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.PIPE
    )
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND application_name = 'pgferry'"
    wait_for(lambda: notes.database.rows(asleep) == [(1,)])
    process.send_signal(signal.SIGHUP)
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"woke" in answer


def test_an_interrupt_while_a_command_is_still_loaded_ends_it_without_a_traceback() -> None:
    interrupting = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["pgferry", "list-databases"]
from server.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", interrupting], cwd=REPOSITORY, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_a_command_takes_the_words_of_its_tool() -> None:
    commands = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  click's group has no type here
    otherwise = {"filters", "confirm", "run_triggers"}  # --where, --yes, --no-triggers
    for tool in build_tools(admin=True):
        parameters = commands[tool.name.replace("_", "-")].params  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  as above
        words = {word.lstrip("-").replace("-", "_") for each in parameters for word in each.opts}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  as above
        assert set(tool.parameters["properties"]) - words <= otherwise, tool.name


def test_serve_is_a_command_that_can_be_read_about() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "serve", "--help"], check=True, capture_output=True, text=True
    )
    assert "claude mcp add" in done.stdout
