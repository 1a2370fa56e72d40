"""clone_database: a copy with or without rows, made only where the settings allow it, and nothing left on failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, Refused
from server.jobs.clone_database import clone_database
from server.model.cloning import Clone, How
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import drop_database
from server.services import load_services
from tests.fix_databases import FreshDatabase

SETTING = """
CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY, v text); CREATE EXTENSION hstore;
INSERT INTO app.t (v) VALUES ('a'), ('b'); CREATE VIEW app.w AS SELECT count(*) FROM app.t;
"""


@pytest.fixture
def name(postgres: EmbeddedServer, fresh_database: FreshDatabase) -> Iterator[str]:
    yield f"clone_of_{fresh_database.name}"
    drop_database(postgres, f"clone_of_{fresh_database.name}")


def clone(
    source: FreshDatabase,
    folder: Path,
    name: str,
    how: How = "template",
    access: str = "admin",
    call: Call | None = None,
) -> Clone:
    (folder / "pgferry.toml").write_text(f'[databases.a]\nurl = "{source.url}"\naccess = "{access}"\n')
    return clone_database(load_services({}, folder), call or Call(), source="a", name=name, how=how)


def databases(source: FreshDatabase) -> set[str]:
    return {row[0] for row in source.rows("SELECT datname FROM pg_database")}


def test_a_copy_has_all_rows_and_the_settings_of_its_source(
    fresh_database: FreshDatabase, postgres: EmbeddedServer, tmp_path: Path, name: str
) -> None:
    fresh_database.run(SETTING + f"ALTER DATABASE {fresh_database.name} SET search_path = app, public")
    made = clone(fresh_database, tmp_path, name)
    copy = FreshDatabase(name, postgres.url(name))
    assert copy.rows("SELECT id, v FROM t ORDER BY id") == [(1, "a"), (2, "b")]
    assert made.url == f"postgresql://postgres@127.0.0.1:{postgres.port}/{name}"
    assert made.env_line == f"DATABASE_URL={made.url}"
    assert made.size_bytes > 1_000_000
    assert postgres.password not in made.model_dump_json()


def test_a_schema_alone_has_no_rows(
    fresh_database: FreshDatabase, postgres: EmbeddedServer, tmp_path: Path, name: str
) -> None:
    fresh_database.run(SETTING)
    with fresh_database.connect():  # needs no quiet
        clone(fresh_database, tmp_path, name, "schema")
    copy = FreshDatabase(name, postgres.url(name))
    assert copy.rows("SELECT * FROM app.t") == []
    assert copy.rows("SELECT * FROM app.w") == [(0,)]
    assert copy.rows("SELECT 'a=>1'::hstore -> 'a'") == [("1",)]


def test_sessions_in_the_way_are_named_and_nothing_is_made(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    with fresh_database.connect() as other:
        other.execute("SET application_name = 'a worker'")
        with pytest.raises(DatabaseFailed, match=f"pid {other.info.backend_pid} \\(a worker, postgres, idle") as failed:
            clone(fresh_database, tmp_path, name)
    assert failed.value.code == "database_in_use"
    assert name not in databases(fresh_database)


@pytest.mark.parametrize("access", ["read", "write"])
def test_it_needs_admin(access: str, fresh_database: FreshDatabase, tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        clone(fresh_database, tmp_path, name, access=access)
    assert refused.value.code == "not_admin"


@pytest.mark.parametrize("bad", ["", "A", "x; DROP DATABASE y", "dbname=x host=evil", "a" * 64, 'a"b', "postgres "])
def test_an_odd_name_is_refused(bad: str, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        clone(fresh_database, tmp_path, bad)
    assert refused.value.code == "bad_name"


def test_a_name_that_is_taken_is_refused(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    before = databases(fresh_database)
    with pytest.raises(Refused) as refused:
        clone(fresh_database, tmp_path, "postgres")
    assert refused.value.code == "database_exists"
    assert databases(fresh_database) == before


def test_a_cancelled_clone_leaves_nothing(fresh_database: FreshDatabase, tmp_path: Path, name: str) -> None:
    def take_back(_done: float, _total: float | None, _message: str) -> None:
        call.cancel()

    call = Call(take_back)
    with pytest.raises(Cancelled):
        clone(fresh_database, tmp_path, name, "schema", call=call)
    assert name not in databases(fresh_database)
