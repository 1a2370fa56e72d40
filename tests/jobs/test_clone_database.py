"""clone_database: a copy with or without rows, made only where the settings allow it, and nothing left on failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, ImportRejected, Refused
from server.jobs.clone_database import clone_database
from server.jobs.drop_database import drop_database as drop_database_job
from server.model.cloning import Clone, How, segment_of
from server.model.segments.filters import Filter, FilterCondition, Segment
from server.postgres.embedded import EmbeddedServer
from server.postgres.migrations.scratch import scratch_name
from server.postgres.populating import drop_database
from server.services import load_services
from tests.fix_databases import FreshDatabase

SETTING = """
CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY, v text); CREATE EXTENSION hstore;
INSERT INTO app.t (v) VALUES ('a'), ('b'); CREATE VIEW app.w AS SELECT count(*) FROM app.t;
"""

TENANTS = """
CREATE TABLE companies (id serial PRIMARY KEY, slug text UNIQUE);
CREATE TABLE people (id int PRIMARY KEY, company_id int REFERENCES companies, password text NOT NULL, name text);
CREATE TABLE incidents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id int NOT NULL REFERENCES companies,
    reported_by int REFERENCES people, parent_id bigint REFERENCES incidents, cost numeric);
ALTER TABLE incidents ADD CHECK (cost < 100) NOT VALID;
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE MATERIALIZED VIEW costs AS SELECT company_id, sum(cost) AS cost FROM incidents GROUP BY 1;
INSERT INTO companies (slug) VALUES ('acme'), ('other');
INSERT INTO people VALUES (1, 1, 'SECRET', 'Ann'), (2, 2, 'SECRET', 'Bob');
INSERT INTO incidents (company_id, reported_by, cost) VALUES (1, 1, 5), (1, 2, 6), (2, 2, 7);
UPDATE incidents SET parent_id = 2 WHERE id = 1;
CREATE TRIGGER stop BEFORE INSERT ON incidents FOR EACH ROW EXECUTE FUNCTION stop();
"""
ACME = Segment(filters=[Filter(table="companies", where=[FilterCondition(column="slug", value="acme")])])


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
    segment: Segment | None = None,
) -> Clone:
    (folder / "pgferry.toml").write_text(f'[databases.a]\nurl = "{source.url}"\naccess = "{access}"\n')
    return clone_database(load_services({}, folder), call or Call(), source="a", name=name, how=how, segment=segment)


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


@pytest.mark.parametrize("how", ["template", "schema"])
def test_a_copy_lets_in_whom_its_source_lets_in_and_nobody_else(
    how: How, fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    source, guest, maker = fresh_database.name, f"guest_{fresh_database.name}", f"maker_{fresh_database.name}"
    rights = "SELECT has_database_privilege(%s, %s, %s)"
    asked = [(role, right) for role in (guest, maker) for right in ("CONNECT", "CREATE", "TEMP")]
    fresh_database.run(f"CREATE ROLE {guest}; CREATE ROLE {maker}; REVOKE ALL ON DATABASE {source} FROM PUBLIC")
    fresh_database.run(f"GRANT CONNECT ON DATABASE {source} TO {maker} WITH GRANT OPTION")
    fresh_database.run(f"GRANT CREATE ON DATABASE {source} TO {maker}")
    try:
        clone(fresh_database, tmp_path, name, how)
        with fresh_database.connect() as connection:
            told = [
                [connection.execute(rights, [role, database, right]).fetchone() for role, right in asked]
                for database in (source, name)
            ]
        assert told[0] == told[1] == [(False,), (False,), (False,), (True,), (True,), (False,)]
        drop_database_job(load_services({}, tmp_path), Call(), name=name, confirm=True)
    finally:
        fresh_database.run(f"REVOKE ALL ON DATABASE {source} FROM {maker}; DROP ROLE {guest}; DROP ROLE {maker}")


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
def test_it_is_refused_where_the_settings_do_not_grant_admin(
    access: str, fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
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


def test_a_segment_is_in_its_clone_with_all_that_its_rows_need_and_no_secret(
    fresh_database: FreshDatabase, postgres: EmbeddedServer, tmp_path: Path, name: str
) -> None:
    fresh_database.run(TENANTS)
    told: list[str] = []
    made = clone(
        fresh_database, tmp_path, name, "segment", call=Call(lambda _d, _t, words: told.append(words)), segment=ACME
    )
    assert made.rows == {"companies": 2, "people": 2, "incidents": 2}
    assert made.redacted == ["people.password"]
    copy = FreshDatabase(name, postgres.url(name))
    assert copy.rows("SELECT id, company_id, parent_id FROM incidents ORDER BY id") == [(1, 1, 2), (2, 1, None)]
    assert copy.rows("SELECT DISTINCT password FROM people") == [("xxxx",)]
    assert copy.rows("SELECT * FROM costs") == [(1, 11)]
    assert copy.rows("INSERT INTO companies (slug) VALUES ('new') RETURNING id") == [(3,)]
    assert copy.rows("SELECT count(*) FROM pg_trigger WHERE tgname = 'stop' AND tgenabled = 'O'") == [(1,)]
    assert copy.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'pgferry'") == []
    before = fresh_database.rows("SELECT conname, convalidated FROM pg_constraint ORDER BY 1")
    assert copy.rows("SELECT conname, convalidated FROM pg_constraint ORDER BY 1") == before
    assert any("incidents" in words for words in told)
    assert [entry.name for entry in (tmp_path / ".pgferry" / "exports").iterdir()] == [".gitignore"]


def test_a_segment_that_does_not_load_leaves_no_database_and_no_file(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    fresh_database.run(TENANTS + "ALTER TABLE people ADD CHECK (password = reverse('TERCES'))")  # redaction breaks it
    with pytest.raises(ImportRejected, match="No database was made") as rejected:
        clone(fresh_database, tmp_path, name, "segment", segment=ACME)
    assert rejected.value.details["violations"][0]["table"] == "people"
    assert name not in databases(fresh_database)
    assert [entry.name for entry in (tmp_path / ".pgferry" / "exports").iterdir()] == [".gitignore"]


def test_cancelled_while_it_loads_a_segment_leaves_nothing(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    def take_back(_done: float, _total: float | None, message: str) -> None:
        if "incidents" in message:
            call.cancel()

    fresh_database.run(TENANTS)
    call = Call(take_back)
    with pytest.raises(Cancelled):
        clone(fresh_database, tmp_path, name, "segment", call=call, segment=ACME)
    assert name not in databases(fresh_database)
    assert [entry.name for entry in (tmp_path / ".pgferry" / "exports").iterdir()] == [".gitignore"]


def test_a_schema_alone_has_the_owners_grants_and_encoding_of_its_source(
    fresh_database: FreshDatabase, postgres: EmbeddedServer, tmp_path: Path, name: str
) -> None:
    odd = f"latin_{fresh_database.name}"
    fresh_database.run("CREATE ROLE reader_of_clones")
    fresh_database.run(f"CREATE DATABASE {odd} TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")
    source = FreshDatabase(odd, postgres.url(odd))
    try:
        source.run(
            "CREATE TABLE t (id int); CREATE TABLE u (id int); ALTER TABLE u OWNER TO reader_of_clones;"
            "GRANT SELECT ON t TO reader_of_clones; CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t"
        )
        made = clone(source, tmp_path, name, "schema")
        copy = FreshDatabase(name, postgres.url(name))
        facts = "SELECT relname, relowner, relacl::text FROM pg_class WHERE relnamespace = 2200 ORDER BY 1"
        assert copy.rows(facts) == source.rows(facts)
        assert copy.rows("SELECT count FROM m") == [(0,)]
        place = "SELECT encoding, datcollate, datctype FROM pg_database WHERE datname = current_database()"
        assert copy.rows(place) == source.rows(place)
        assert made.notes == []
    finally:
        drop_database(postgres, name)
        drop_database(postgres, odd)
        fresh_database.run("DROP ROLE reader_of_clones")


def test_a_schema_alone_has_its_foreign_tables_and_event_triggers(
    fresh_database: FreshDatabase, tmp_path: Path, name: str, postgres: EmbeddedServer
) -> None:
    fresh_database.run(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; COMMENT ON SERVER s IS 'said';"
        "CREATE FOREIGN TABLE f (a int OPTIONS (x 'y')) SERVER s;"
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION e(); ALTER EVENT TRIGGER e DISABLE;"
        "COMMENT ON EVENT TRIGGER e IS 'said'"
    )
    clone(fresh_database, tmp_path, name, "schema")
    made = FreshDatabase(name, postgres.url(name))
    assert made.rows("SELECT attfdwoptions FROM pg_attribute WHERE attrelid = 'f'::regclass AND attnum = 1") == [
        (["x=y"],)
    ]
    assert made.rows("SELECT evtenabled, obj_description(oid, 'pg_event_trigger') FROM pg_event_trigger") == [
        ("D", "said")
    ]
    assert made.rows("SELECT obj_description(oid, 'pg_foreign_server') FROM pg_foreign_server") == [("said",)]


def test_what_chooses_rows_goes_with_a_segment_alone() -> None:
    assert segment_of("template", None, {"since": None}) is None
    with pytest.raises(Refused, match="needs filters"):
        segment_of("segment", [], {})
    with pytest.raises(Refused, match=r"filters, since: only with how = .segment."):
        segment_of("schema", [{"table": "t"}], {"since": "2026-01-01"})


def test_a_segment_takes_dates_tables_and_columns_to_leave_out(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    fresh_database.run(
        "CREATE TABLE a (id int PRIMARY KEY, made date, seen date, note text);"
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); INSERT INTO b VALUES (5, NULL);"
        "INSERT INTO a VALUES (1, '2026-01-01', '2020-01-01', 'x'), (2, '2020-01-01', '2026-01-01', 'x')"
    )
    segment = Segment(filters=[Filter(table="a")], since="2025-01-01", date_columns={"a": "seen"}, tables=["a"])
    (tmp_path / "pgferry.toml").write_text(f'[databases.a]\nurl = "{fresh_database.url}"\naccess = "admin"\n')
    made = clone_database(
        load_services({}, tmp_path), Call(), source="a", name=name, how="segment", segment=segment,
        exclude_columns=["a.note"],
    )  # fmt: skip
    assert made.rows == {"a": 1}
    copy = FreshDatabase(name, fresh_database.url.replace(fresh_database.name, name))
    assert copy.rows("SELECT id, note FROM a") == [(2, None)]
    with pytest.raises(Refused, match=r"exclude_columns: only with"):
        segment_of("template", None, {}, ["a.note"])


def test_what_a_killed_process_left_is_swept_by_the_next_clone(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    mine, seconds, host, _, letters = scratch_name().removeprefix("pgferry_").split("_")
    left = f"pgferry_{mine}_{seconds}_{host}_{2**22 + 5}_{letters}"  # no process has that number
    fresh_database.run(f"CREATE DATABASE {left}")
    clone(fresh_database, tmp_path, name, "schema")
    assert {left, name} & databases(fresh_database) == {name}


def test_a_role_that_may_make_no_database_is_told_what_it_needs(
    fresh_database: FreshDatabase, tmp_path: Path, name: str
) -> None:
    fresh_database.run("CREATE ROLE cloner LOGIN PASSWORD 'x'")
    try:
        owned = FreshDatabase(fresh_database.name, f"postgresql://cloner:x@{fresh_database.url.split('@')[1]}")
        with pytest.raises(Refused, match="permission denied to create database") as refused:
            clone(owned, tmp_path, name)
        assert "CREATEDB lets a role make databases" in str(refused.value.next)
        fresh_database.run("ALTER ROLE cloner CREATEDB")
        with pytest.raises(Refused, match="permission denied to copy database") as refused:
            clone(owned, tmp_path, name)
        assert 'how = "schema"' in str(refused.value.next)
        assert clone(owned, tmp_path, name, "schema").how == "schema"
    finally:
        fresh_database.run(f"DROP DATABASE IF EXISTS {name}")
        fresh_database.run("DROP ROLE cloner")
