"""The attacks that beat other read-only modes, as superuser: each refused with a reason, and nothing happens."""

import re
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import FerryError, Refused
from server.jobs.query_database import query_database
from server.model.querying import QueryResult
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import make_database
from server.services import load_services
from tests.fix_databases import FreshDatabase

SETTING = """
CREATE TABLE victim (id int PRIMARY KEY, note text);
INSERT INTO victim SELECT n, 'row ' || n FROM generate_series(1, 5) AS n;
CREATE SEQUENCE counter;
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS $$ INSERT INTO victim VALUES (99, 'x') RETURNING id $$;
CREATE FUNCTION writes_in_plpgsql() RETURNS int LANGUAGE plpgsql AS $$
    BEGIN DELETE FROM victim; RETURN 1; END $$;
CREATE FUNCTION runs_text(statement text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN EXECUTE statement; RETURN 1; END $$;
CREATE FUNCTION loops_text(statement text) RETURNS SETOF int LANGUAGE plpgsql AS $$
    DECLARE r record; BEGIN FOR r IN EXECUTE statement LOOP RETURN NEXT 1; END LOOP; END $$;
CREATE FUNCTION opens_text(statement text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE c refcursor; r text; BEGIN OPEN c FOR EXECUTE statement; FETCH c INTO r; RETURN r; END $$;
CREATE FUNCTION returns_text(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
    BEGIN RETURN QUERY EXECUTE statement; END $$;
CREATE OPERATOR #@@ (RIGHTARG = text, FUNCTION = ts_stat);
CREATE AGGREGATE rewritten(text) (SFUNC = ts_rewrite, STYPE = tsquery, INITCOND = 'a');
CREATE FUNCTION copies_out() RETURNS int LANGUAGE plpgsql AS $$
    BEGIN COPY victim TO PROGRAM 'touch PLACE'; RETURN 1; END $$;
CREATE FUNCTION liar() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_catalog.pg_notify('channel', 'x'); RETURN 1; END $$;
CREATE FUNCTION sneaky() RETURNS text STABLE LANGUAGE sql AS $$ SELECT pg_catalog.pg_read_file('PG_VERSION') $$;
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT nextval('counter'); END;
CREATE FUNCTION returns_it() RETURNS bigint LANGUAGE sql RETURN nextval('counter');
CREATE FUNCTION calls_another() RETURNS int LANGUAGE sql AS $$ SELECT writes() $$;
CREATE FUNCTION with_default(n bigint DEFAULT nextval('counter')) RETURNS bigint LANGUAGE sql AS $$ SELECT n $$;
CREATE FUNCTION of_row(pair) RETURNS int LANGUAGE plpgsql AS $$ BEGIN NOTIFY channel; RETURN 1; END $$;
CREATE FUNCTION of_victim(victim) RETURNS int LANGUAGE sql AS $$ SELECT writes() $$;
CREATE FUNCTION in_declare() RETURNS int LANGUAGE plpgsql AS $$
    DECLARE n bigint := nextval('counter'); BEGIN RETURN n; END $$;
CREATE FUNCTION in_subscript() RETURNS int LANGUAGE plpgsql AS $$
    DECLARE a int[]; BEGIN a[nextval('counter')] := 1; RETURN 1; END $$;
CREATE FUNCTION changes_settings() RETURNS int LANGUAGE sql SET role = 'postgres' AS $$ SELECT 1 $$;
CREATE FUNCTION alias_of_builtin(text) RETURNS text IMMUTABLE LANGUAGE internal AS 'pg_read_file_all';
CREATE FUNCTION libc(int) RETURNS int IMMUTABLE STRICT LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION state(bigint, int) RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('counter') $$;
CREATE AGGREGATE bad_sum(int) (SFUNC = state, STYPE = bigint, INITCOND = '0');
CREATE FUNCTION equals(pair, int) RETURNS boolean LANGUAGE sql AS $$ SELECT writes() = 1 $$;
CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = int, FUNCTION = equals);
CREATE OPERATOR @@@ (RIGHTARG = text, FUNCTION = pg_catalog.pg_read_file);
CREATE VIEW calls_writes AS SELECT id, writes() AS w FROM victim;
CREATE VIEW of_view AS SELECT * FROM calls_writes;
CREATE VIEW moves AS SELECT nextval('counter');
CREATE VIEW locks AS SELECT * FROM victim FOR UPDATE;
CREATE VIEW terminates AS SELECT pg_terminate_backend(pid) FROM pg_stat_activity;
CREATE TABLE guarded (id int);
INSERT INTO guarded VALUES (1);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON guarded USING (writes() > 0);
CREATE FUNCTION once() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_read_file('PG_VERSION'); RETURN 1; END $$;
CREATE TABLE planned (id int);
CREATE INDEX ON planned (id) WHERE id > once();
"""
EXTENSIONS = "CREATE EXTENSION dblink; CREATE EXTENSION tablefunc; CREATE EXTENSION file_fdw;" + (
    "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
    "CREATE FOREIGN TABLE passwd (line text) SERVER files OPTIONS (filename '/etc/passwd');"
    "CREATE TABLE parted (line text) PARTITION BY LIST (line);"
    "CREATE FOREIGN TABLE part PARTITION OF parted DEFAULT SERVER files OPTIONS (filename '/etc/passwd');"
)

NINETEEN = {
    "COMMIT": ["COMMIT; DELETE FROM victim"],
    "ROLLBACK and BEGIN READ WRITE": ["ROLLBACK; BEGIN READ WRITE; DELETE FROM victim; COMMIT"],
    "comments between": ["/* a */ COMMIT /* b */ ; -- c\\n DELETE FROM victim", "SELECT 1 /* ; */; DELETE FROM victim"],
    "COPY TO PROGRAM": ["COPY victim TO PROGRAM 'touch PLACE'", "COPY (SELECT 1) TO PROGRAM 'touch PLACE'"],
    "COPY TO and FROM a file": ["COPY victim TO 'PLACE'", "COPY victim FROM '/etc/passwd'"],
    "pg_read_file": ["SELECT pg_read_file('PG_VERSION')"],
    "pg_ls_dir": ["SELECT pg_ls_dir('.')"],
    "lo_create": ["SELECT lo_create(4711)"],
    "lo_export": ["SELECT lo_export(4711, 'PLACE')"],
    "dblink": ["SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t (a int)"],
    "pg_terminate_backend": ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"],
    "pg_notify": ["SELECT pg_notify('channel', 'x')"],
    "advisory locks": ["SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock_shared(1)"],
    "set_config": ["SELECT set_config('work_mem', '1GB', false)"],
    "nextval and setval": ["SELECT nextval('counter')", "SELECT setval('counter', 99)"],
    "a data-modifying CTE": ["WITH gone AS (DELETE FROM victim RETURNING *) SELECT * FROM gone"],
    "SELECT FOR UPDATE": ["SELECT * FROM victim FOR UPDATE"],
    "DO, PREPARE and EXECUTE": [
        "DO $$ BEGIN DELETE FROM victim; END $$", "PREPARE p AS DELETE FROM victim", "EXECUTE p",
    ],
    "writes behind EXPLAIN ANALYZE, a function and a view": [
        "EXPLAIN ANALYZE DELETE FROM victim", "SELECT writes()", "SELECT * FROM calls_writes",
    ],
}  # fmt: skip
"""What beat the read-only modes of others, by its name."""
ATTACKS = (Path(__file__).parent / "attacks.txt").read_text(encoding="utf-8").splitlines()
"""One to a line."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = Path("/tmp") / f"pgferry-{tmp_path.name}-{id(tmp_path)}"
    assert not folder.exists()
    return folder


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> FreshDatabase:
    """One database for all attacks: each leaves it as it was."""
    make_database(postgres, "attacked", template="template0")
    database = FreshDatabase("attacked", postgres.url("attacked"))
    database.run(SETTING + EXTENSIONS)
    return database


def ask(database: FreshDatabase, folder: Path, sql: str, **rest: object) -> QueryResult:
    (folder / "pgferry.toml").write_text(f'[databases.it]\nurl = "{database.url}"\naccess = "admin"\n')
    return query_database(load_services({}, folder), Call(), database="it", sql=sql, **rest)  # pyright: ignore[reportArgumentType]  options of the job


def state(database: FreshDatabase) -> object:
    """Rows, sequence, objects, large objects, held locks, sessions."""
    return database.rows(
        "SELECT (SELECT array_agg(v ORDER BY id) FROM victim AS v)::text, (SELECT (last_value, is_called)::text"
        " FROM counter), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_largeobject_metadata),"
        " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), current_setting('work_mem'),"
        " (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_extension)"
    )


@pytest.mark.parametrize("name", NINETEEN)
def test_each_of_the_nineteen_attacks_is_refused(
    name: str, template: FreshDatabase, tmp_path: Path, place: Path
) -> None:
    for attack in NINETEEN[name]:
        refused_without_a_trace(attack, template, tmp_path, place)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_with_a_reason_and_nothing_happens(
    attack: str, template: FreshDatabase, tmp_path: Path, place: Path
) -> None:
    refused_without_a_trace(attack, template, tmp_path, place)


def refused_without_a_trace(attack: str, template: FreshDatabase, tmp_path: Path, place: Path) -> None:
    sql = attack.replace("\\n", "\n").replace("PLACE", str(place))
    before = state(template)
    with template.connect() as witness:
        witness.execute("LISTEN channel")
        with pytest.raises(Refused) as refused:
            ask(template, tmp_path, sql)
        witness.execute("SELECT 1")  # nobody ended this session
        assert list(witness.notifies(timeout=0, stop_after=1)) == []
    assert refused.value.code in ("not_read_only", "syntax_error")
    assert len(refused.value.what) > 20
    assert state(template) == before
    assert not place.exists()


def test_a_cast_of_peoples_own_that_writes_closes_the_database_to_queries(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database.run(
        "CREATE TABLE t (n int); CREATE TYPE pair AS (a int, b int);"
        "CREATE FUNCTION f(pair) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); RETURN 1; END $$;"
        "CREATE CAST (pair AS int) WITH FUNCTION f(pair) AS IMPLICIT"
    )
    with pytest.raises(Refused, match="INSERT"):
        ask(fresh_database, tmp_path, "SELECT abs((1, 2)::pair)")


def test_a_domain_whose_condition_writes_closes_the_database_to_queries(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database.run("CREATE SEQUENCE s; CREATE DOMAIN d AS int CHECK (nextval('s') > VALUE)")
    with pytest.raises(Refused, match="nextval"):
        ask(fresh_database, tmp_path, "SELECT 1::d")


def test_a_query_that_runs_too_long_is_stopped(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    services = load_services({"PGFERRY_QUERIES__TIMEOUT_SECONDS": "1"}, tmp_path)
    assert services.settings.queries.timeout_seconds == 30  # the environment is the process's own
    (tmp_path / "pgferry.toml").write_text(
        f'[queries]\ntimeout_seconds = 0.2\n[databases.it]\nurl = "{fresh_database.url}"\n'
    )
    with pytest.raises(FerryError) as failed:
        query_database(load_services({}, tmp_path), Call(), database="it", sql="SELECT pg_sleep(20)")
    assert failed.value.code == "timed_out"


def test_nothing_is_left_of_the_session(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    ask(fresh_database, tmp_path, "SELECT setseed(0.5)")
    left = fresh_database.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgferry' AND datname = current_database()"
        " AND state <> 'idle'"
    )
    assert left == [(0,)]


def test_the_reason_names_the_way_there(template: FreshDatabase, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        ask(template, tmp_path, "SELECT * FROM of_view")
    assert re.search(r"INSERT.*\(in the function public\.writes\)", str(refused.value))


def test_a_person_can_vouch_for_a_function(template: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(
        f'[queries]\nallow_functions = ["public.runs_text"]\n[databases.it]\nurl = "{template.url}"\n'
    )
    services = load_services({}, tmp_path)
    answer = query_database(services, Call(), database="it", sql="SELECT runs_text('SELECT 1')")
    assert answer.rows == [[1]]
    with pytest.raises(FerryError, match="read-only transaction"):
        query_database(services, Call(), database="it", sql="SELECT runs_text('DELETE FROM victim')")


@pytest.mark.parametrize(
    ("link", "many", "code"),
    [("||", 100, None), ("||", 5_000, "too deeply"), ("||", 50_000, "10,000"), (" UNION SELECT ", 50_000, "10,000")],
)
def test_a_chain_is_judged_or_refused_however_long_it_is(
    link: str, many: int, code: str | None, template: FreshDatabase, tmp_path: Path
) -> None:
    """PostgreSQL's parser as a library has no bound for it: the process would end."""
    sql = "SELECT " + link.join(["''"] * many)
    if code is None:
        assert ask(template, tmp_path, sql).rows == [[""]]
        return
    with pytest.raises(Refused, match=code) as refused:
        ask(template, tmp_path, sql)
    assert refused.value.code == "not_read_only"
