"""No query gets at what is sensitive: not by another name, not through what people wrote, not through a failure."""

from pathlib import Path

import pytest

from server.calls import Call
from server.errors import FerryError, Refused
from server.jobs.explain_query import explain_query
from server.jobs.query_database import query_database
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import make_database
from server.services import load_services
from tests.fix_databases import FreshDatabase

USERS = """
CREATE TABLE users (id int PRIMARY KEY, name text, password text, ssn int);
INSERT INTO users VALUES (1, 'ann', 'PLANTED', 777777777), (2, 'bob', 'PLANTED', 777777777);
CREATE TABLE victim (id int); INSERT INTO victim VALUES (1);
CREATE TYPE pair AS (a int, b int);
"""
BEHIND = """
CREATE VIEW v AS SELECT id, password AS p FROM users;
CREATE VIEW vv AS SELECT q.* FROM (SELECT id, p AS x FROM v) AS q;
CREATE MATERIALIZED VIEW mv AS SELECT id, password AS harmless FROM users;
CREATE FUNCTION whole() RETURNS text LANGUAGE sql AS $$ SELECT u::text FROM users AS u LIMIT 1 $$;
CREATE FUNCTION inner_f() RETURNS text LANGUAGE sql AS $$ SELECT password FROM users LIMIT 1 $$;
CREATE FUNCTION folded() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT password FROM users LIMIT 1 $$;
CREATE FUNCTION outer_f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN inner_f(); END $$;
CREATE FUNCTION by_view() RETURNS text LANGUAGE sql AS $$ SELECT p FROM v LIMIT 1 $$;
CREATE FUNCTION first_of_two() RETURNS text LANGUAGE plpgsql AS $$
    DECLARE found text; n int; BEGIN SELECT password INTO found FROM users LIMIT 1; n := 1; RETURN found; END $$;
CREATE FUNCTION count(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION def_f(t text DEFAULT inner_f()) RETURNS text LANGUAGE sql AS $$ SELECT t $$;
CREATE FUNCTION raises() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    RAISE 'it is %', (SELECT password FROM users LIMIT 1) USING ERRCODE = '42P01', HINT = 'PLANTED'; END $$;
CREATE FUNCTION tbl() RETURNS SETOF users LANGUAGE sql AS $$ SELECT * FROM users $$;
CREATE FUNCTION tbl2() RETURNS TABLE (a int, b text) LANGUAGE plpgsql AS $$ BEGIN
    RETURN QUERY SELECT u.id, u.password FROM users AS u; END $$;
CREATE EXTENSION tablefunc; CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (password 'PLANTED');
ALTER DATABASE hidden SET app.jwt_secret = 'PLANTED'; ANALYZE;
"""
UNWRITTEN = """
CREATE FUNCTION op_f(int, int) RETURNS text LANGUAGE sql AS $$ SELECT password FROM users LIMIT 1 $$;
CREATE OPERATOR ==> (LEFTARG = int, RIGHTARG = int, FUNCTION = op_f);
CREATE FUNCTION cast_f(pair) RETURNS text LANGUAGE sql AS $$ SELECT password FROM users LIMIT 1 $$;
CREATE CAST (pair AS text) WITH FUNCTION cast_f(pair);
CREATE FUNCTION sf(text, int) RETURNS text LANGUAGE sql AS $$ SELECT max(password) FROM users $$;
CREATE AGGREGATE leak_agg(int) (SFUNC = sf, STYPE = text, INITCOND = '');
"""
OF_A_CLASS = """
CREATE FUNCTION lt_f(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).a < ($2).a $$;
CREATE FUNCTION eq_f(pair, pair) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_notify('x', 'y'); RETURN ($1).a = ($2).a; END $$;
CREATE FUNCTION cmp_f(pair, pair) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).a - ($2).a $$;
CREATE OPERATOR <<<< (LEFTARG = pair, RIGHTARG = pair, FUNCTION = lt_f);
CREATE OPERATOR ==== (LEFTARG = pair, RIGHTARG = pair, FUNCTION = eq_f);
CREATE OPERATOR CLASS pair_ops DEFAULT FOR TYPE pair USING btree AS
    OPERATOR 1 <<<<, OPERATOR 3 ====, FUNCTION 1 cmp_f(pair, pair);
"""
OF_A_TYPE = """
CREATE TYPE odd;
CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = text);
"""
REPLACED = """
CREATE OR REPLACE FUNCTION pg_catalog.pg_sleep_for(interval) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('x', 'y'); END $$
"""
LEAKS = (Path(__file__).parent / "leaks.txt").read_text(encoding="utf-8").splitlines()
"""One to a line."""


@pytest.fixture(scope="session")
def hidden(postgres: EmbeddedServer) -> FreshDatabase:
    make_database(postgres, "hidden", template="template0")
    database = FreshDatabase("hidden", postgres.url("hidden"))
    database.run(USERS + BEHIND)
    return database


def told(database: FreshDatabase, folder: Path, sql: str) -> str:
    """All that a caller hears."""
    (folder / "pgferry.toml").write_text(f'[databases.it]\nurl = "{database.url}"\naccess = "admin"\n')
    try:
        return query_database(load_services({}, folder), Call(), database="it", sql=sql).model_dump_json()
    except FerryError as failure:
        return f"{failure} {failure.details}"


def shows_nothing(text: str) -> bool:
    return not any(secret in text.upper() for secret in ("PLANTED", "DETNALP", "777777777", "SCRAM"))


def test_no_query_tells_what_is_sensitive(hidden: FreshDatabase, tmp_path: Path) -> None:
    told_by = [sql for sql in LEAKS if not shows_nothing(told(hidden, tmp_path, sql))]
    assert told_by == []


def test_what_is_beside_it_is_shown(hidden: FreshDatabase, tmp_path: Path) -> None:
    answer = told(hidden, tmp_path, "SELECT id, name, max(id) OVER (), outer_f() IS NULL FROM users")
    assert '"redacted":[]' in answer
    assert '"redacted":[]' in told(hidden, tmp_path, "SELECT current_setting('work_mem')")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT j.id, name FROM users u JOIN (SELECT id FROM users) v USING (id) AS j",
        "SELECT tableoid::regclass, ctid, count(*) FROM users GROUP BY 1, 2",
        "SELECT n, ordinality, name FROM users, generate_series(1, 2) WITH ORDINALITY AS n",
        "SELECT (SELECT upper(q.name) FROM (SELECT u.*) q) FROM users u",
        "WITH RECURSIVE a AS (SELECT * FROM w), w AS (SELECT id, name n FROM users) SELECT upper(n), a FROM a",
        "WITH RECURSIVE t(n, s) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, s || n FROM t WHERE n < 9) SELECT s FROM t",
        "WITH RECURSIVE t AS (SELECT id, 1 d FROM users UNION SELECT u.id, d + 1 FROM t, users u WHERE d < 3) TABLE t",
        "WITH RECURSIVE a AS (SELECT i, name FROM w JOIN users u ON u.id = i), w AS (SELECT id i FROM users) TABLE a",
        "EXPLAIN SELECT inner_f(), upper(name) FROM users",
    ],
)
def test_names_that_lead_to_nothing_sensitive_are_shown(sql: str, hidden: FreshDatabase, tmp_path: Path) -> None:
    assert '"redacted":[]' in told(hidden, tmp_path, sql)


@pytest.mark.parametrize("value", ["pg_column_size({})", "num_nulls({})"])
def test_what_is_made_of_it_tells_nothing_by_its_size(value: str, hidden: FreshDatabase, tmp_path: Path) -> None:
    made = "repeat('x', ascii(substr(password, 1, 1)))"
    assert '"redacted":["it"]' in told(hidden, tmp_path, f"SELECT {value.format(made)} AS it FROM users")
    named = f"SELECT {value.format('x')} AS it FROM (SELECT {made} FROM users) AS q (x)"
    assert '"redacted":["it"]' in told(hidden, tmp_path, named)
    assert '"redacted":[]' in told(hidden, tmp_path, f"SELECT {value.format('password')} AS it FROM users")


def test_no_plan_shows_what_planning_itself_has_read(hidden: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{hidden.url}"\n')
    services = load_services({}, tmp_path)
    with pytest.raises(Refused, match="sensitive_plan"):
        explain_query(services, Call(), database="it", sql="SELECT id FROM users WHERE name = folded()")
    assert explain_query(services, Call(), database="it", sql="SELECT id FROM users WHERE name = inner_f()").plan


@pytest.mark.parametrize("sql", ["SELECT 1 ==> 1", "SELECT (1, 2)::pair::text", "SELECT leak_agg(1)"])
def test_operators_casts_and_aggregates_do_not_bring_it_in(
    sql: str, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database.run(USERS + UNWRITTEN)
    assert shows_nothing(told(fresh_database, tmp_path, sql))
    assert '"redacted":[]' in told(fresh_database, tmp_path, "SELECT id, name FROM users")


@pytest.mark.parametrize(
    ("made", "sql"),
    [
        (OF_A_CLASS, "SELECT DISTINCT (id, 1)::pair FROM victim"),
        (OF_A_TYPE, "SELECT 'x'::odd"),
        (REPLACED, "SELECT pg_sleep_for('0')"),
    ],
)
def test_what_people_put_where_it_is_never_named_is_judged(
    made: str, sql: str, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database.run(USERS + made)
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\naccess = "admin"\n')
    with pytest.raises(Refused, match="not_read_only"):
        query_database(load_services({}, tmp_path), Call(), database="it", sql=sql)


def test_a_huge_value_stays_on_the_server(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = told(fresh_database, tmp_path, "SELECT repeat('x', 10000000), ARRAY[repeat('y', 3000)], 'z'::char(3)")
    assert "… (+9999000 characters)" in answer
    assert "… (+2002 characters)" in answer
    assert '"z  "' in answer
