"""How often tables are read while a segment grows."""

from typing import Any

import pytest

from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.segments import grow, loaded, reference, where


def test_without_an_index_each_table_is_read_once_in_each_direction(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE companies (id int PRIMARY KEY);"
        "CREATE TABLE sites (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);"
        "CREATE TABLE people (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);"
        "CREATE TABLE visits (id int PRIMARY KEY, site int REFERENCES sites, host int REFERENCES people,"
        " guest int REFERENCES people);"
        "INSERT INTO companies SELECT n FROM generate_series(1, 10) AS n;"
        "INSERT INTO sites SELECT n, 1 + n % 10 FROM generate_series(1, 1000) AS n;"
        "INSERT INTO people SELECT n, 1 + n % 10 FROM generate_series(1, 1000) AS n;"
        "INSERT INTO visits SELECT n, 1 + n % 1000, 1 + n % 999, 1 + n % 998 FROM generate_series(1, 20000) AS n;"
        "ANALYZE"
    )
    result = grow(fresh_database, where("companies", ("id", 3)))
    assert result.counts()["visits"][0] > 2000
    assert result.scans["visits"] == 1
    assert result.scans["sites"] <= 2
    assert result.scans["people"] <= 2


def test_a_self_reference_without_an_index_is_read_once_however_deep_it_goes(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE parts (id int PRIMARY KEY, parent int REFERENCES parts);"
        "INSERT INTO parts SELECT n, CASE WHEN n % 100 > 0 THEN n - 1 END FROM generate_series(0, 19999) AS n;"
        "ANALYZE"
    )
    result = grow(fresh_database, where("parts", ("id", 5040)))
    assert result.counts() == {"parts": (60, 40)}
    assert result.scans["parts"] == 1


def test_a_cycle_of_tables_without_indexes_is_read_once_for_each_table(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE teams (id int PRIMARY KEY, lead int, since date NOT NULL) PARTITION BY RANGE (id);
    CREATE TABLE teams_a PARTITION OF teams FOR VALUES FROM (0) TO (5000);
    CREATE TABLE teams_b PARTITION OF teams DEFAULT;
    CREATE TABLE users (id int PRIMARY KEY, team int NOT NULL REFERENCES teams, mentor int REFERENCES users);
    ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES users;
    INSERT INTO teams SELECT n, NULL, '2026-01-01' FROM generate_series(1, 10000) AS n;
    INSERT INTO users SELECT n, n, CASE WHEN n % 7 = 0 THEN n - 1 END FROM generate_series(1, 10000) AS n;
    UPDATE teams SET lead = id - 1 WHERE id % 20 > 0 AND id > 1;
    """
    fresh_database.run(ddl + "ANALYZE")
    result = grow(fresh_database, where("teams", ("id", 4990)))
    assert result.grown["teams"].matched == 10
    assert result.grown["users"].matched >= 10
    assert {table: result.scans[table] for table in ("teams_a", "teams_b", "users")} == {
        "teams_a": 1, "teams_b": 1, "users": 1,
    }  # fmt: skip
    loaded(result, make_database, ddl, in_order=False)
    sample = grow(fresh_database, where("teams", ("id", 4990), limit_per_table=3))
    assert (sample.grown["teams"].matched, sample.grown["users"].matched) == (3, 3)
    late: dict[str, Any] = {"since": "2027-01-01", "date_columns": {"teams": "since"}}
    dated = grow(fresh_database, where("teams", ("id", 4990), **late))
    assert dated.grown["teams"].matched == 1
    assert dated.grown["users"].matched == 2  # of the team, and the one whose mentor that is


@pytest.mark.parametrize("partitioned", [False, True])
def test_ways_into_a_cycle_without_indexes_and_within_it_are_asked_in_one_reading(
    partitioned: bool, fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = f"""
    CREATE TABLE firms (id int PRIMARY KEY);
    CREATE TABLE parts (
        id int PRIMARY KEY, firm int REFERENCES firms, maker int REFERENCES firms, whole int, made_on date
    ) {"PARTITION BY RANGE (id)" if partitioned else ""};
    {"CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (5000);" if partitioned else ""}
    {"CREATE TABLE parts_b PARTITION OF parts DEFAULT;" if partitioned else ""}
    ALTER TABLE parts ADD FOREIGN KEY (whole) REFERENCES parts;
    """
    fresh_database.run(
        ddl + "INSERT INTO firms SELECT n FROM generate_series(1, 100) AS n;"
        "INSERT INTO parts SELECT n, CASE WHEN n % 3 > 0 THEN 1 + n % 100 END, 1 + n % 97,"
        " CASE WHEN n % 10 = 0 AND n > 500 THEN n - 500 END, date '2026-01-01' + n % 400"
        " FROM generate_series(1, 10000) AS n; ANALYZE"
    )
    below = (
        "WITH RECURSIVE b AS (SELECT p.* FROM parts p WHERE (firm = 7 OR maker = 7)"
        " UNION SELECT p.* FROM parts p JOIN b ON p.whole = b.id) SELECT id FROM b"
    )
    result = grow(fresh_database, where("firms", ("id", 7)))
    expected = {str(id_) for (id_,) in fresh_database.rows(below)}
    assert result.grown["parts"].matched == len(expected)
    assert expected <= set(result.values("parts"))
    tables = ("parts_a", "parts_b") if partitioned else ("parts",)
    assert {table: result.scans[table] for table in tables} == dict.fromkeys(tables, 1)
    loaded(result, make_database, ddl, in_order=True)
    dated = grow(fresh_database, where("firms", ("id", 7), since="2026-06-01", date_columns={"parts": "made_on"}))
    late = "SELECT id FROM parts WHERE made_on >= '2026-06-01' AND (firm = 7 OR maker = 7)"
    assert {str(id_) for (id_,) in fresh_database.rows(late)} <= set(dated.values("parts"))
    sample = grow(fresh_database, where("firms", ("id", 7), limit_per_table=5))
    assert sample.grown["parts"].matched == 5


def test_keys_of_a_partition_and_of_its_table_are_asked_in_one_reading(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE sites (id int PRIMARY KEY);
    CREATE TABLE people (id int PRIMARY KEY, site int NOT NULL REFERENCES sites);
    CREATE TABLE visits (id int, site int REFERENCES sites, host int) PARTITION BY RANGE (id);
    CREATE TABLE visits_a PARTITION OF visits FOR VALUES FROM (0) TO (5000);
    CREATE TABLE visits_b PARTITION OF visits DEFAULT;
    ALTER TABLE visits_a ADD FOREIGN KEY (host) REFERENCES people;
    """
    fresh_database.run(
        ddl + "INSERT INTO sites SELECT n FROM generate_series(0, 99) AS n;"
        "INSERT INTO people SELECT n, n % 100 FROM generate_series(0, 999) AS n;"
        "INSERT INTO visits SELECT n, n % 99, CASE WHEN n % 2 = 0 THEN n % 1000 END FROM generate_series(0, 9999) AS n;"
        "ANALYZE"
    )
    result = grow(fresh_database, where("sites", ("id", 8)))
    of_site, of_host = "SELECT id FROM visits WHERE site = 8", "SELECT id FROM visits_a WHERE host % 100 = 8"
    expected = [str(id_) for (id_,) in fresh_database.rows(f"{of_site} UNION {of_host}")]
    assert result.values("visits") == sorted(expected)
    assert (result.scans["visits_a"], result.scans["visits_b"]) == (1, 1)
    loaded(result, make_database, ddl, in_order=True)


@pytest.mark.parametrize(("kind", "key"), [("int", ""), ("text", "PRIMARY KEY"), ("text", "")])
def test_virtual_references_in_a_cycle_read_each_table_once_in_each_direction(
    kind: str, key: str, fresh_database: FreshDatabase
) -> None:
    """Where nothing has an index, and where the types differ so that none can be used."""
    fresh_database.run(
        f"CREATE TABLE parts (id int {key}, whole {kind}, maker int); CREATE TABLE makers (id int {key}, best {kind});"
        "INSERT INTO parts SELECT n, CASE WHEN n % 30 > 0 THEN n - 1 END, n FROM generate_series(0, 2999) AS n;"
        "INSERT INTO makers SELECT n, n + 30 FROM generate_series(0, 2999) AS n; ANALYZE"
    )
    cycle = [("parts(whole)", "parts(id)"), ("parts(maker)", "makers(id)"), ("makers(best)", "parts(id)")]
    references = [reference(*ends) for ends in cycle]
    up = grow(fresh_database, where("parts", ("id", 2905), follow="none"), references=references)
    assert up.counts() == {"parts": (1, 103), "makers": (0, 104)}
    assert up.values("parts")[:2] == ["2880", "2881"]
    down = grow(fresh_database, where("makers", ("id", 60)), references=references)
    assert down.grown["parts"].matched == 90
    for result, directions in ((up, 1), (down, 2)):
        filtered = {"parts": result is up and not key, "makers": result is down and not key}
        assert [table for table, own in filtered.items() if result.scans[table] > directions + own] == []


def test_a_sparse_reference_is_looked_up_in_its_index_alone(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE events (id int PRIMARY KEY, follows int REFERENCES events, body text);"
        "CREATE INDEX ON events (follows) WHERE follows IS NOT NULL;"
        "INSERT INTO events SELECT n, CASE WHEN n % 50 = 0 AND n > 400 THEN n - 400 END, repeat('x', 200)"
        " FROM generate_series(1, 20000) AS n; ANALYZE"
    )
    result = grow(fresh_database, where("events", ("id", "between", [5000, 5500])))
    assert result.grown["events"].matched == 791
    assert result.scans["events"] == 0


def test_a_long_chain_upwards_is_followed_in_one_statement(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE parts (id int PRIMARY KEY, parent int REFERENCES parts, twin int REFERENCES parts);"
        "INSERT INTO parts SELECT n, CASE WHEN n > 2 THEN n - 2 END, CASE WHEN n % 1000 = 0 THEN n - 1 END"
        " FROM generate_series(1, 6000) AS n; ANALYZE"
    )
    result = grow(fresh_database, where("parts", ("id", 5002), follow="none"))
    assert result.counts() == {"parts": (1, 2500 + 2500)}
    assert result.scans["parts"] == 0


def test_a_long_chain_downwards_is_followed_in_a_few_statements(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE parts (id int PRIMARY KEY, parent int REFERENCES parts, twin int REFERENCES parts);"
        "CREATE INDEX ON parts (parent); CREATE INDEX ON parts (twin);"
        "INSERT INTO parts SELECT n, CASE WHEN n > 2 THEN n - 2 END, CASE WHEN n % 1000 = 0 THEN n - 1 END"
        " FROM generate_series(1, 6000) AS n; UPDATE parts SET parent = 5999 WHERE id = 1; ANALYZE"
    )
    result = grow(fresh_database, where("parts", ("id", 1)))
    assert result.counts() == {"parts": (3000 + 2501, 499)}
    assert result.statements < 25
    assert result.scans["parts"] == 0


@pytest.mark.parametrize("circle", [True, False])
def test_a_sample_beside_dates_reads_a_table_without_an_index_once(tenants: FreshDatabase, circle: bool) -> None:
    tenants.run("DROP INDEX incidents_site_id_idx")
    if not circle:
        tenants.run("ALTER TABLE incidents DROP CONSTRAINT incidents_follows_fkey")
    result = grow(tenants, where("companies", ("slug", "acme"), since="2026-03-01", limit_per_table={"incidents": 3}))
    assert result.counts()["incidents"][0] == 3
    assert result.scans["incidents"] == 1
