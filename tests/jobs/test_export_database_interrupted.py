"""An export that is cancelled, waits for a lock or loses its session: it ends, says why and leaves nothing."""

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, FerryError
from server.files import outlet
from server.jobs.inspect_schema import inspect_schema
from tests.fix_databases import FreshDatabase
from tests.fix_exports import Export, comes_true, left_behind, running
from tests.fix_services import Project


@contextmanager
def locked(database: FreshDatabase, table: str) -> Generator[None]:
    """While the block runs, nobody reads the table."""
    with psycopg.connect(database.url) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield
        connection.rollback()


@pytest.mark.parametrize("fmt", ["json", "csv", "sql"])
def test_cancelling_stops_the_query_and_leaves_no_file(
    big: FreshDatabase, export: Export, project: Project, fmt: str
) -> None:
    """In the middle of the rows: as soon as some are on the disk."""

    def cancel_after_some(done: float, total: float | None, message: str) -> None:  # noqa: ARG001
        if done > 1000 and not call.cancelled:
            call.cancel()

    call = Call(cancel_after_some)
    with pytest.raises(Cancelled):
        export(format=fmt, call=call)
    assert comes_true(lambda: running(big) == 0)
    assert left_behind(project) == []


@pytest.mark.parametrize("fmt", ["json", "csv", "sql"])
def test_an_export_that_is_cancelled_while_its_last_bytes_reach_the_disk_leaves_no_file(
    big: FreshDatabase,  # noqa: ARG001  what is exported
    export: Export,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    fmt: str,
) -> None:
    call, sync = Call(), outlet.os.fsync

    def cancelled_meanwhile(descriptor: int) -> None:
        call.cancel()
        sync(descriptor)

    monkeypatch.setattr(outlet.os, "fsync", cancelled_meanwhile)
    with pytest.raises(Cancelled):
        export(format=fmt, call=call)
    assert left_behind(project) == []


def test_cancelling_an_export_that_waits_for_a_lock_ends_it(
    big: FreshDatabase, export: Export, project: Project
) -> None:
    failures: list[BaseException] = []
    call = Call()

    def work() -> None:
        try:
            export(call=call)
        except FerryError as failure:
            failures.append(failure)

    thread = threading.Thread(target=work)
    with locked(big, "big"):
        thread.start()
        assert comes_true(lambda: running(big) == 1)
        call.cancel()
        thread.join(60)
        assert not thread.is_alive()
    assert isinstance(failures[0], Cancelled)
    assert left_behind(project) == []


def test_a_lock_on_a_table_that_is_not_asked_for_fails_no_export_of_rows(
    fresh_database: FreshDatabase, export: Export, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what tells of the whole schema waits for it: its fingerprint, and pg_dump."""
    project.add("it", fresh_database)
    fresh_database.run("CREATE TABLE a AS SELECT 1 AS one; CREATE TABLE b (n int DEFAULT 3); CREATE VIEW v AS TABLE b")
    monkeypatch.setenv("PGFERRY_POSTGRES__LOCK_TIMEOUT_SECONDS", "0.2")
    with locked(fresh_database, "b"):
        assert export(tables=["a"], estimate_only=True).estimated
        report = export(tables=["a"], format="csv")
        with pytest.raises(DatabaseFailed) as failure:
            inspect_schema(project.services, Call(), database="it")
    assert (report.total_rows, len(report.warnings)) == (1, 2)
    assert any("fingerprint is missing" in warning for warning in report.warnings)
    assert failure.value.code == "locked"


@pytest.mark.parametrize("content", ["full", "schema"])
def test_a_lock_that_does_not_come_fails_the_export_with_who_holds_it(
    big: FreshDatabase, export: Export, project: Project, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    """The rows' own LOCK, and pg_dump's."""
    monkeypatch.setenv("PGFERRY_POSTGRES__LOCK_TIMEOUT_SECONDS", "0.5")
    with locked(big, "big"), pytest.raises(DatabaseFailed) as failure:
        export(format="sql", content=content)
    assert failure.value.code == "locked"
    assert re.search(r"public\.big, held by session \d+ \(idle in transaction, its trans", str(failure.value))
    assert "LOCK TABLE" not in str(failure.value)
    assert failure.value.state == "Only read: nothing was changed, and no file was left."
    assert left_behind(project) == []


@pytest.mark.parametrize("content", ["full", "schema"])
def test_an_export_that_waits_for_a_lock_says_so_and_for_whom(big: FreshDatabase, export: Export, content: str) -> None:
    heard: list[str] = []

    def hear(_done: float, _total: float | None, message: str) -> None:
        if message.startswith("waiting for public.big, "):
            heard.append(message)
            holder.close()

    with psycopg.connect(big.url, application_name="the holder") as holder:
        holder.execute("LOCK TABLE big IN ACCESS EXCLUSIVE MODE")
        report = export(format="sql", content=content, call=Call(hear))
    assert re.search(r"held by session \d+ \(the holder, idle in transaction", heard[0])
    assert Path(report.path or "").is_file()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_server_that_ends_the_session_fails_the_export(
    big: FreshDatabase, export: Export, project: Project, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    """With its first rows, of more than sockets hold: else all may have been sent before the session ends."""
    big.run("INSERT INTO big SELECT i, repeat('x', 200) FROM generate_series(60001, 300000) AS i")
    monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", str(workers))
    done = threading.Event()

    def kill(rows: float, total: float | None, message: str) -> None:  # noqa: ARG001
        if rows > 0 and not done.is_set():
            done.set()
            big.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with pytest.raises(DatabaseFailed) as failure:
        export(call=Call(kill))
    assert failure.value.code == "connection_lost"
    assert failure.value.state == "Only read: nothing was changed, and no file was left."
    assert left_behind(project) == []


def test_pg_dump_works_as_the_role_that_pgoptions_name(
    fresh_database: FreshDatabase, export: Export, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would else read with the rights of whoever logs in."""
    role = f"narrow_{fresh_database.name}"
    fresh_database.run(f"CREATE ROLE {role}; CREATE SCHEMA h CREATE TABLE x (id int); CREATE TABLE t (id int)")
    fresh_database.run(f"GRANT SELECT ON t TO {role}")
    project.add("it", fresh_database)
    monkeypatch.setenv("PGOPTIONS", f"-c role={role}")
    try:
        assert export(tables=["t"], format="csv", content="data").total_rows == 0
        with pytest.raises(DatabaseFailed) as failure:
            export(tables=["t"], format="sql")
    finally:
        monkeypatch.delenv("PGOPTIONS")
        fresh_database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert failure.value.code == "pg_dump_failed"
    assert "permission denied for schema h" in failure.value.what


def test_a_server_that_ends_pg_dumps_session_is_told_as_that(
    big: FreshDatabase, export: Export, project: Project
) -> None:
    ending = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE NOT granted AND relation = 'big'::regclass"
    with locked(big, "big"):
        ender = threading.Thread(target=comes_true, args=[lambda: bool(big.rows(ending)[0][0])])
        ender.start()
        with pytest.raises(DatabaseFailed) as failure:
            export(format="sql", content="schema")
        ender.join()
    assert failure.value.code == "connection_lost"
    assert "Query was" not in str(failure.value)
    assert left_behind(project) == []
