"""The embedded server starts for anyone, is closed to those without its password, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from server.errors import DatabaseFailed, Refused
from server.postgres import binaries, embedded
from server.postgres.binaries import embedded_binaries
from server.postgres.embedded import EmbeddedServer, embedded_server
from tests.fix_databases import FreshDatabase, MakeDatabase

ROOT = Path(__file__).parents[2]


def bin_directory() -> Path | None:
    folder = os.environ.get("PGFERRY_TEST_POSTGRES_BIN")
    return Path(folder) if folder else None


def test_a_server_is_utf8_with_a_c_locale_and_utc(fresh_database: FreshDatabase) -> None:
    query = "SELECT current_setting('server_encoding'), current_setting('TimeZone'), lower('ÄÉ'), 'a' > 'B'"
    assert fresh_database.rows(query) == [("UTF8", "UTC", "äé", True)]


def test_nobody_enters_without_the_password(postgres: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url("postgres", password="wrong"))


def test_a_clone_has_what_its_template_has(make_database: MakeDatabase) -> None:
    template = make_database()
    template.run("CREATE TABLE crossing (number int); INSERT INTO crossing VALUES (1), (2)")
    assert make_database(template).rows("SELECT number FROM crossing ORDER BY 1") == [(1,), (2,)]


def test_the_wheel_brings_pg_dump() -> None:
    folder = embedded_binaries()
    assert folder is not None
    assert (folder / "pg_dump").exists()


def test_a_throw_away_server_leaves_no_folder_and_no_process() -> None:
    with embedded_server(bin_directory=bin_directory()) as server:
        pid = int((server.home / "data" / "postmaster.pid").read_text().split()[0])
    assert not server.home.exists()
    assert not process_exists(pid)


def test_a_server_goes_when_its_owner_is_killed() -> None:
    program = (
        "import sys, pathlib; from server.postgres.embedded import embedded_server as e\n"
        "folder = pathlib.Path(sys.argv[1]) if sys.argv[1] else None\n"
        "with e(bin_directory=folder) as s: print(s.home, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(bin_directory() or "")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout is not None
        home = Path(owner.stdout.readline().strip())
        pid = int((home / "data" / "postmaster.pid").read_text().split()[0])
        owner.send_signal(signal.SIGKILL)
    assert comes_true(lambda: not home.exists() and not process_exists(pid))


def test_a_kept_server_starts_again_with_its_data_on_its_port(kept_home: Path) -> None:
    first = embedded.start(kept_home, bin_directory=bin_directory(), durable=False)
    try:
        with psycopg.connect(first.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE crossing (number int)")
        assert embedded.start(kept_home, bin_directory=bin_directory(), durable=False) == first
    finally:
        embedded.stop(kept_home, bin_directory=bin_directory())
    with embedded_server(kept_home, bin_directory=bin_directory()) as second:
        assert second == first
        with psycopg.connect(second.url("postgres")) as connection:
            assert connection.execute("SELECT count(*) FROM crossing").fetchone() == (0,)
    assert (kept_home / "data").exists()


def test_programs_out_of_reach_are_copied_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for root with a venv below /root; for an ordinary user nothing is ever copied."""

    def out_of_reach(folder: Path) -> bool:
        return folder.parts[0] == ""

    monkeypatch.setattr(binaries, "_runs_for_everyone", out_of_reach)
    with embedded_server() as server:
        assert server.bin_directory.is_relative_to(server.home) == (os.geteuid() == 0)
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.info.server_version >= 180000
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="initdb"), embedded_server(bin_directory=tmp_path):
        pass


def test_a_server_that_cannot_start_says_why(kept_home: Path) -> None:
    embedded.start(kept_home, bin_directory=bin_directory(), durable=False)
    embedded.stop(kept_home, bin_directory=bin_directory())
    with (kept_home / "data" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseFailed, match="no_such_setting"):
        embedded.start(kept_home, bin_directory=bin_directory(), durable=False)


@pytest.fixture
def kept_home(open_folder: Path) -> Path:
    return open_folder / "home"


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def comes_true(condition: Callable[[], bool]) -> bool:
    """Waits up to a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
