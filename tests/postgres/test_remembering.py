"""Outlines are read once for each state of a database, and no change of it goes unseen."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from server.model.schema import Identity, Schema
from server.postgres.databases import Connection
from server.postgres.schemas.outlines import read_outline
from server.postgres.transactions import export_snapshot
from tests.fix_databases import FreshDatabase

LATE = Identity("table", "public", "late")


@contextmanager
def looking(database: FreshDatabase, snapshot: str = "", begin: str = "REPEATABLE READ") -> Generator[Connection]:
    """A transaction; `snapshot` is that of another, which it joins."""
    with database.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {begin}".encode())
        if snapshot:
            connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
        connection.execute("SET LOCAL search_path = ''")
        yield connection


def told(database: FreshDatabase) -> Schema:
    with looking(database) as connection:
        return read_outline(connection)


def test_transactions_with_one_snapshot_have_the_schema_read_once(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE early (id int)")
    with looking(fresh_database) as first, looking(fresh_database, export_snapshot(first)) as other:
        assert read_outline(first) is read_outline(other)


def test_another_role_reads_for_itself(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE early (id int)")
    with looking(fresh_database) as first, looking(fresh_database, export_snapshot(first)) as other:
        other.execute("SET LOCAL ROLE pg_monitor")
        mine, theirs = read_outline(first), read_outline(other)
    assert mine is not theirs


def test_a_change_that_commits_is_seen(fresh_database: FreshDatabase) -> None:
    assert LATE not in told(fresh_database).facts
    fresh_database.run("CREATE TABLE late (id int)")
    assert LATE in told(fresh_database).facts
    fresh_database.run("DROP TABLE late")
    assert LATE not in told(fresh_database).facts


def test_what_was_in_progress_is_seen_when_it_has_committed(fresh_database: FreshDatabase) -> None:
    with fresh_database.connect() as writing:
        writing.execute("BEGIN; CREATE TABLE late (id int)")
        fresh_database.run("CREATE TABLE early (id int)")  # begun later, ended before
        assert LATE not in told(fresh_database).facts
        writing.execute("COMMIT")
    assert LATE in told(fresh_database).facts


def test_a_transaction_sees_its_own_changes_and_nobody_else_does(fresh_database: FreshDatabase) -> None:
    with looking(fresh_database) as connection:
        assert LATE not in read_outline(connection).facts
        connection.execute("CREATE TABLE public.late (id int)")
        assert LATE in read_outline(connection).facts
        assert LATE not in told(fresh_database).facts
    assert LATE not in told(fresh_database).facts


def test_what_is_rolled_back_is_not_remembered(fresh_database: FreshDatabase) -> None:
    with looking(fresh_database) as connection:
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE TABLE public.late (id int)")
            assert LATE in read_outline(connection).facts
        assert LATE not in read_outline(connection).facts


def test_where_each_statement_has_its_own_snapshot_the_schema_is_read_anew(fresh_database: FreshDatabase) -> None:
    with looking(fresh_database, begin="READ COMMITTED") as connection:
        assert LATE not in read_outline(connection).facts
        assert read_outline(connection) is not read_outline(connection)
        fresh_database.run("CREATE TABLE late (id int)")
        assert LATE in read_outline(connection).facts


def test_a_dropped_database_is_not_its_successor(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE late (id int)")
    assert LATE in told(fresh_database).facts
    with psycopg.connect(fresh_database.url, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{fresh_database.name}"'.encode())
        connection.execute(f'CREATE DATABASE "{fresh_database.name}"'.encode())
    assert LATE not in told(fresh_database).facts


def test_only_a_few_outlines_are_kept(fresh_database: FreshDatabase) -> None:
    roles = ("pg_monitor", "pg_read_all_stats", "pg_read_all_settings", "pg_signal_backend")
    with looking(fresh_database) as first:
        kept = read_outline(first)
        for role in roles:
            with looking(fresh_database, export_snapshot(first)) as other:
                other.execute(f"SET LOCAL ROLE {role}".encode())
                read_outline(other)
        assert read_outline(first) is not kept
