"""A scratch database: made, filled from a script, gone."""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from server.calls import Call
from server.errors import Cancelled, Refused
from server.model.address import parse_url
from server.model.imports.script_policy import ScriptPolicy
from server.postgres.databases import Database, connected
from server.postgres.embedded import EmbeddedServer
from server.postgres.migrations.scratch import PREFIX, is_orphan, load_script, scratch
from server.postgres.schemas.catalog import read_schema
from server.postgres.transactions import reading
from server.processes import this_host
from tests.fix_databases import FreshDatabase

SCRIPT = b"""SET search_path = '';
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'select count(*)::int from app.t';
CREATE TABLE app.t (id int PRIMARY KEY, mood app.mood);
ALTER TABLE app.t OWNER TO nobody_here;
COPY app.t (id, mood) FROM stdin;
1\tgood
\\.
"""


def database_of(fresh: FreshDatabase) -> Database:
    return Database("main", "test", "read", parse_url(fresh.url))


def left(fresh: FreshDatabase) -> list[object]:
    return [name for (name,) in fresh.rows(f"select datname from pg_database where datname like '{PREFIX}%'")]


def test_a_scratch_database_takes_a_script_and_leaves_nothing(fresh_database: FreshDatabase) -> None:
    database = database_of(fresh_database)
    with scratch(Call(), database) as made:
        assert not made.embedded
        with connected(Call(), made.database) as connection:
            loaded = load_script(connection, io.BytesIO(SCRIPT), ScriptPolicy())
        assert loaded.run == 4
        assert loaded.passed_over == {"owner": 1, "copy": 1}
        assert loaded.rows_of == (("app", "t"),)
        with reading(Call(), made.database) as connection:
            schema = read_schema(connection)
        assert schema.relation("app", "t")
        assert len(left(fresh_database)) == 1
    assert not left(fresh_database)


def test_nothing_is_left_after_a_failure_or_a_cancel(fresh_database: FreshDatabase) -> None:
    database = database_of(fresh_database)
    call = Call()

    def fail(what: Callable[[], None]) -> None:
        with scratch(call, database) as made, connected(call, made.database) as connection:
            connection.execute("create table t (a int)")
            what()
            call.check()

    with pytest.raises(ZeroDivisionError):
        fail(lambda: print(1 / 0))
    with pytest.raises(Cancelled):
        fail(call.cancel)
    assert not left(fresh_database)


def test_a_failing_statement_is_told_with_its_line(fresh_database: FreshDatabase) -> None:
    with (
        scratch(Call(), database_of(fresh_database)) as made,
        connected(Call(), made.database) as connection,
        pytest.raises(Refused, match=r"Line 3: CREATE failed"),
    ):
        load_script(connection, io.BytesIO(b"CREATE SCHEMA a;\n\nCREATE TABLE a.t (x a.missing);"), ScriptPolicy())


@pytest.mark.parametrize("whole", [True, False])
def test_a_role_that_may_not_create_databases_gets_one_on_the_embedded_server(
    postgres: EmbeddedServer, fresh_database: FreshDatabase, tmp_path: Path, whole: bool
) -> None:
    """Also where the configured folder has a client's programs alone."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        role = sql.Identifier(f"plain_{fresh_database.name}")
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(role))
    url = postgres.url(fresh_database.name, user=f"plain_{fresh_database.name}", password="x")
    folder = postgres.bin_directory if whole else tmp_path
    with scratch(Call(), Database("main", "test", "read", parse_url(url)), bin_directory=folder) as made:
        assert made.embedded
        with connected(Call(), made.database) as connection:
            assert load_script(connection, io.BytesIO(SCRIPT), ScriptPolicy()).run == 4


def test_orphans_are_swept_and_others_left(postgres: EmbeddedServer, fresh_database: FreshDatabase) -> None:
    old = f"{PREFIX}_{int(time.time()) - 24 * 3600}_00000000_1_abcd1234"
    new = f"{PREFIX}_{int(time.time())}_00000000_1_abcd1234"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        for name in (old, new):
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        with scratch(Call(), database_of(fresh_database)):
            assert old not in left(fresh_database)
            assert new in left(fresh_database)
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(new)))


def test_a_living_process_keeps_its_scratch_database() -> None:
    host, now = this_host(), time.time()
    assert not is_orphan(f"{PREFIX}_{int(now)}_{host}_{os.getpid()}_abcd", now=now)
    assert is_orphan(f"{PREFIX}_{int(now)}_{host}_{2**22 + 5}_abcd", now=now)
    assert not is_orphan("somebodys_database", now=now)
