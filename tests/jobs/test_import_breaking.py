"""Imports broken at every step: afterwards everything is as before, or it says committed and is."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, FerryError, OutcomeUnknown
from server.model.imports.reports import FileRejected
from server.postgres import committing
from server.postgres.embedded import EmbeddedServer
from tests.fix_imports import Importing, Make

TABLES = """
CREATE TABLE parents (id int PRIMARY KEY, name text);
CREATE TABLE rows (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int NOT NULL REFERENCES parents, note text UNIQUE);
CREATE INDEX rows_parent ON rows (parent);
INSERT INTO parents SELECT n, 'p' || n FROM generate_series(1, 9) AS n;
INSERT INTO rows (parent, note) SELECT 1 + n % 9, 'old ' || n FROM generate_series(1, 100) AS n;
"""
MODES = ["append", "upsert", "replace"]


def many(count: int = 120_000, last: str = "") -> str:
    return "id,parent,note\n" + "".join(f"{n},{1 + n % 9},note {n}\n" for n in range(101, count)) + last


@pytest.mark.parametrize("mode", MODES)
def test_a_bad_row_at_the_end_leaves_everything_as_it_was(import_into: Make, mode: str) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("rows.csv", many(60_000, "60001,77,orphan\n")), mode)
    assert [(v.kind, v.total) for v in caught.value.violations] == [("foreign_key", 1)]
    assert importing.hash == before


def stopped_when(said: str, act: Callable[[], None]) -> Call:
    """A call that does something once, when the progress says something."""
    done = threading.Event()

    def hear(_done: float, _total: float | None, message: str) -> None:
        if said in message and not done.is_set():
            done.set()
            act()

    return Call(hear)


def terminate(importing: Importing) -> None:
    importing.database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgferry'"
        " AND datname = current_database()"
    )


@pytest.mark.parametrize(("mode", "said"), [*((mode, "rows: ") for mode in MODES), ("upsert", "merging")])
def test_a_session_that_the_server_ends_leaves_everything_as_it_was(import_into: Make, mode: str, said: str) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    call = stopped_when(said, lambda: terminate(importing))
    with pytest.raises(DatabaseFailed, match="connection_lost"):
        importing.run(importing.write("rows.csv", many()), mode, call=call)
    assert importing.hash == before


@pytest.mark.parametrize("mode", MODES)
def test_a_cancelled_call_leaves_everything_as_it_was(import_into: Make, mode: str) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    calls: list[Call] = []
    calls.append(stopped_when("rows: ", lambda: calls[0].cancel()))
    with pytest.raises(Cancelled):
        importing.run(importing.write("rows.csv", many()), mode, call=calls[0])
    assert importing.hash == before


def test_a_call_cancelled_while_it_waits_for_a_lock_changes_nothing(import_into: Make) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    call = Call()
    with psycopg.connect(importing.database.url) as holder:
        holder.execute("LOCK TABLE rows IN ACCESS EXCLUSIVE MODE")
        threading.Timer(0.5, call.cancel).start()
        with pytest.raises(Cancelled):
            importing.run(importing.write("rows.csv", many(200)), call=call)
    assert importing.hash == before


def test_a_lock_held_by_another_session_is_named(import_into: Make) -> None:
    importing = import_into(TABLES)
    importing.configure(imports="lock_timeout_seconds = 0.5")
    before = importing.hash
    with psycopg.connect(importing.database.url, application_name="the holder") as holder:
        holder.execute("LOCK TABLE rows IN SHARE MODE")
        with pytest.raises(DatabaseFailed, match=r"locked.*the holder.*idle in transaction"):
            importing.run(importing.write("rows.csv", many(200)))
    assert importing.hash == before


def test_two_imports_take_turns_with_a_message(import_into: Make) -> None:
    importing = import_into(TABLES)
    heard: list[str] = []
    with psycopg.connect(importing.database.url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [0x7067666572727931])

        def hear(_done: float, _total: float | None, message: str) -> None:
            heard.append(message)
            if message.startswith("waiting"):
                holder.rollback()

        importing.run(importing.write("rows.csv", many(200)), call=Call(hear))
    assert heard.count("waiting for another import or migration of this database to end") == 1


def test_a_killed_process_leaves_everything_as_it_was(import_into: Make, tmp_path: Path) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    importing.write("rows.csv", many(400_000))
    code = (
        "import sys; from server.calls import Call; from server.services import load_services;"
        "from server.jobs.import_data import import_data; from server.model.imports.plan import ImportRequest;"
        "from pathlib import Path;"
        "tell = lambda a, b, c: (print(c), sys.stdout.flush()) if 'rows: ' in c else None;"
        f"import_data(load_services({{}}, Path({str(tmp_path)!r})), Call(tell),"
        " ImportRequest(database='main', path='rows.csv', mode='replace', confirm=True))"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "rows" in process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    ended = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgferry' AND datname = current_database()"
    for _ in range(3000):
        if importing.database.rows(ended) == [(0,)]:
            break
    assert importing.hash == before


@dataclass
class Proxy:
    """Passes bytes both ways until a COMMIT, whose answer it drops (`drop`), or that it loses (`lose`, `hang`)."""

    target: tuple[str, int]
    way: str
    port: int = 0
    broken: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    then_refuse: bool = False

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self.broken.is_set() and self.then_refuse:
                client.close()
                continue
            server = socket.create_connection(self.target)
            threading.Thread(target=self._talk, args=(client, server), daemon=True).start()

    def _talk(self, client: socket.socket, server: socket.socket) -> None:
        """Both ways of one connection, until either end is gone."""
        with client, server:
            back = threading.Thread(target=self._downward, args=(client, server), daemon=True)
            back.start()
            self._upward(client, server)
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()

    def _upward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT" in data[:16] and not self.broken.is_set():
                    self.broken.set()  # before the client can know, and call again
                    client.shutdown(socket.SHUT_RDWR)
                    if self.way == "drop":
                        server.sendall(data)
                        self.answered.wait(60)
                    if self.way == "hang":
                        self.released.wait(30)
                    return
                server.sendall(data)

    def _downward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self.broken.is_set():
                    self.answered.set()
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(importing: Importing, way: str, *, then_refuse: bool = False) -> Generator[Proxy]:
    parts = urlsplit(importing.database.url)
    proxy = Proxy((str(parts.hostname), int(parts.port or 0)), way, then_refuse=then_refuse)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]
        serving = threading.Thread(target=proxy.serve, args=(listener,), daemon=True)
        serving.start()
        importing.configure(url=importing.database.url.replace(f":{parts.port}/", f":{proxy.port}/"))
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()


def test_an_answer_to_commit_that_is_lost_is_found_committed(import_into: Make) -> None:
    importing = import_into(TABLES)
    importing.write("rows.csv", many(200))
    with proxied(importing, "drop") as proxy:
        report = importing.run("rows.csv", "replace")
        assert proxy.broken.is_set()
    assert report.outcome == "committed"
    assert importing.database.rows("SELECT count(*) FROM rows") == [(99,)]


@pytest.mark.parametrize("way", ["lose", "hang"])
def test_a_commit_that_never_arrived_is_found_rolled_back(import_into: Make, way: str) -> None:
    importing = import_into(TABLES)
    before = importing.hash
    importing.write("rows.csv", many(200))
    with proxied(importing, way) as proxy:
        with pytest.raises(DatabaseFailed, match="not_committed"):
            importing.run("rows.csv", "replace")
        proxy.released.set()
    assert importing.hash == before


def test_where_nobody_can_tell_it_says_in_doubt(import_into: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "COMMIT_PATIENCE", 1.0)
    importing = import_into(TABLES)
    importing.write("rows.csv", many(200))
    with proxied(importing, "drop", then_refuse=True), pytest.raises(OutcomeUnknown) as caught:
        importing.run("rows.csv", "append")
    assert caught.value.details["transaction_id"]
    assert "txid_status" in str(caught.value.next)


def test_a_full_disk_of_the_session_is_a_clear_failure(import_into: Make) -> None:
    importing = import_into(TABLES)
    importing.database.run(f"ALTER DATABASE {importing.database.name} SET temp_file_limit = '64kB'")
    before = importing.hash
    with suppress(FerryError):  # temporary files may not be needed at all; what counts is what is left
        importing.run(importing.write("rows.csv", many(60_000, "60001,77,orphan\n")), "replace")
    assert importing.hash == before


@contextmanager
def little_room(importing: Importing, server: EmbeddedServer, folder: Path) -> Generator[str]:
    """A tablespace with about 8 MB: a file system of its own where one may be mounted.

    Else a limit that the kernel sets to every process that the server starts: no file of theirs grows beyond.
    """
    folder.mkdir()
    owner = (server.home / "data").stat().st_uid
    name = f"{importing.database.name}_little"
    mount = ["mount", "-t", "tmpfs", "-o", f"size=8m,uid={owner}", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.call(mount, stderr=subprocess.DEVNULL) == 0:
        try:
            importing.database.run(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
            yield name
            importing.database.run("DROP TABLE rows, parents")
            importing.database.run(f"DROP TABLESPACE {name}")
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    limit_files(server, str(24 << 20))
    try:
        yield "pg_default"
    finally:
        limit_files(server, "unlimited")


def limit_files(server: EmbeddedServer, size: str) -> None:
    """As the server's own user, who may do that to its processes."""
    postmaster = (server.home / "data" / "postmaster.pid").read_text().split()[0]
    owner = Path(f"/proc/{postmaster}").stat()
    same: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", f"--pid={postmaster}", f"--fsize={size}:"], **same, check=True)


@pytest.mark.parametrize("mode", MODES)
def test_a_full_disk_leaves_everything_as_it_was(
    import_into: Make, postgres: EmbeddedServer, open_folder: Path, mode: str
) -> None:
    importing = import_into(TABLES)
    wide = "x" * 600
    rows = "id,parent,note\n" + "".join(f"{n},{1 + n % 9},{wide}{n}\n" for n in range(101, 60_000))
    with little_room(importing, postgres, open_folder / "little") as space:
        importing.database.run(f"ALTER TABLE rows SET TABLESPACE {space}")
        before = importing.hash
        with pytest.raises(DatabaseFailed) as caught:
            importing.run(importing.write("rows.csv", rows), mode)
        assert caught.value.code in ("server_disk_full", "server_internal_error", "server_system_error")
        assert "Rolled back" in str(caught.value)
        assert importing.hash == before
        importing.write("rows.csv", many(300))
        assert importing.run("rows.csv", mode).outcome == "committed"


def test_a_statement_timeout_of_the_database_is_not_the_imports(import_into: Make) -> None:
    importing = import_into(TABLES)
    importing.database.run(f"ALTER DATABASE {importing.database.name} SET statement_timeout = '100ms'")
    importing.database.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';"
        "CREATE TRIGGER slow AFTER INSERT ON rows EXECUTE FUNCTION slow()"
    )
    assert importing.run(importing.write("rows.csv", many(200))).outcome == "committed"


@pytest.mark.parametrize("mode", MODES)
def test_a_statement_timeout_leaves_everything_as_it_was(import_into: Make, mode: str) -> None:
    """One that a trigger sets: it ends the statement that loads or merges the second table."""
    importing = import_into(
        TABLES
        + """CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('statement_timeout', '50ms', true); RETURN NULL; END $$;
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
        CREATE TRIGGER hurry AFTER INSERT ON parents EXECUTE FUNCTION hurry();
        CREATE TRIGGER slow AFTER INSERT ON rows EXECUTE FUNCTION slow()"""
    )
    before = importing.hash
    importing.write("all/parents.csv", "id,name\n" + "".join(f"{n},new {n}\n" for n in range(10, 20)))
    importing.write("all/rows.csv", "id,parent,note\n" + "".join(f"{n + 200},{n},note {n}\n" for n in range(10, 20)))
    with pytest.raises(DatabaseFailed, match="timed_out"):
        importing.run("all", mode)
    assert importing.hash == before
