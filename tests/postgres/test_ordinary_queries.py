"""A hundred ordinary analytic queries: the cage lets every one of them through."""

from pathlib import Path

import pytest

from server.calls import Call
from server.jobs.query_database import query_database
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import make_database
from server.services import load_services
from tests.fix_databases import FreshDatabase

SETTING = """
CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION tablefunc;
CREATE EXTENSION unaccent; CREATE EXTENSION fuzzystrmatch; CREATE EXTENSION intarray; CREATE EXTENSION ltree;
CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE EXTENSION btree_gist; CREATE EXTENSION pgstattuple;
CREATE EXTENSION tsm_system_rows; CREATE EXTENSION pg_buffercache;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE companies (id int PRIMARY KEY, name citext NOT NULL, parent_id int REFERENCES companies, tags text[],
    settings hstore, path ltree);
CREATE TABLE incidents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id int REFERENCES companies,
    happened_at timestamptz NOT NULL, kind text, severity int, mood mood, cost numeric(12,2), details jsonb,
    place point, during tstzrange, done percent, report tsvector
    GENERATED ALWAYS AS (to_tsvector('english', coalesce(kind, ''))) STORED);
INSERT INTO companies SELECT n, 'Company ' || n, NULLIF(n / 2, 0), ARRAY['a', 'b' || n], hstore('k', n::text),
    ('top.n' || n)::ltree FROM generate_series(1, 20) AS n;
INSERT INTO incidents (company_id, happened_at, kind, severity, mood, cost, details, place, during, done)
SELECT n % 20 + 1, '2026-01-01'::timestamptz + n * interval '7 hours', (ARRAY['fall', 'fire', 'flood'])[n % 3 + 1],
    n % 5, (ARRAY['sad', 'ok', 'happy'])[n % 3 + 1]::mood, n * 1.25,
    jsonb_build_object('n', n, 'tags', jsonb_build_array('x', n)), point(n, -n),
    tstzrange('2026-01-01', '2026-01-01'::timestamptz + n * interval '1 hour'), n % 101
FROM generate_series(1, 500) AS n;
CREATE FUNCTION cost_band(cost numeric) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN cost > 300 THEN 'high' ELSE 'low' END $$;
CREATE FUNCTION slug(value text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE result text := lower(value); BEGIN
        result := regexp_replace(result, '[^a-z0-9]+', '-', 'g');
        IF result = '' THEN RAISE NOTICE 'empty'; RETURN NULL; END IF;
        RETURN result; END $$;
CREATE FUNCTION settled(value text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE parts text[]; BEGIN
        parts[length('[=')] = 'x := ' || value;
        RETURN parts[2]; END $$;
CREATE FUNCTION worst(company int) RETURNS SETOF incidents LANGUAGE plpgsql STABLE AS $$
    BEGIN RETURN QUERY SELECT * FROM incidents AS i WHERE i.company_id = company ORDER BY severity DESC; END $$;
CREATE FUNCTION loops(n int) RETURNS int LANGUAGE plpgsql AS $$
    DECLARE total int := 0; r record; BEGIN
        FOR r IN SELECT id FROM companies WHERE id <= n LOOP total := total + r.id; END LOOP;
        FOR i IN 1..3 LOOP total := total + i; END LOOP;
        RETURN total; END $$;
CREATE FUNCTION add_up(bigint, int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + coalesce($2, 0) $$;
CREATE AGGREGATE my_sum(int) (SFUNC = add_up, STYPE = bigint, INITCOND = '0');
CREATE VIEW busy AS SELECT c.name, count(*) AS n, max(slug(c.name::text)) AS slug
    FROM companies AS c JOIN incidents AS i ON i.company_id = c.id GROUP BY c.name;
CREATE MATERIALIZED VIEW by_kind AS SELECT kind, sum(cost) AS cost FROM incidents GROUP BY kind;
CREATE VIEW by_view AS SELECT * FROM busy WHERE n > 1;
CREATE TABLE lo_notes (id int); CREATE FUNCTION lo_score(int) RETURNS int LANGUAGE sql AS $$ SELECT $1 * 2 $$;
"""
QUERIES = (Path(__file__).parent / "ordinary_queries.txt").read_text(encoding="utf-8").splitlines()
"""One to a line."""


@pytest.fixture(scope="session")
def database(postgres: EmbeddedServer) -> FreshDatabase:
    make_database(postgres, "ordinary", template="template0")
    made = FreshDatabase("ordinary", postgres.url("ordinary"))
    made.run(SETTING)
    return made


def test_there_are_a_hundred_queries_at_least() -> None:
    assert len(QUERIES) >= 100


@pytest.mark.parametrize("sql", QUERIES)
def test_an_ordinary_query_runs(sql: str, database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{database.url}"\n')
    text = sql.replace("\\n", "\n")
    answer = query_database(load_services({}, tmp_path), Call(), database="it", sql=text, limit=5)
    assert answer.redacted == []
    assert answer.returned == len(answer.rows)
    assert all(len(row) == len(answer.columns) for row in answer.rows)
