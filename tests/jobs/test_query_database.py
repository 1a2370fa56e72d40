"""query_database: exact values, caps that say so, parameters, files, redaction and errors that teach."""

import csv
import hashlib
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.errors import FerryError, Refused
from server.jobs.query_database import query_database
from server.model.querying import QueryResult
from server.services import load_services
from tests.fix_databases import FreshDatabase

PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, email text, password_hash text, api_token text, born date);
INSERT INTO people SELECT n, 'p' || n || '@example.org', 'SECRET-' || n, 'TOKEN-' || n, '2000-01-01'
FROM generate_series(1, 3) AS n;
CREATE VIEW logins AS SELECT id, password_hash AS phrase, email FROM people;
CREATE VIEW deeper AS SELECT l.id, upper(l.phrase) AS loud, l.email FROM logins AS l;
CREATE VIEW counted AS SELECT count(password_hash) AS n, bool_or(api_token IS NULL) AS missing FROM people;
CREATE FUNCTION get_secret(int) RETURNS text LANGUAGE sql AS 'SELECT password_hash FROM people WHERE id = $1';
"""


@pytest.fixture
def people(fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(PEOPLE)
    return fresh_database


def ask(database: FreshDatabase, folder: Path, sql: str, toml: str = "", **rest: Any) -> QueryResult:
    (folder / "pgferry.toml").write_text(f'{toml}\n[databases.it]\nurl = "{database.url}"\n')
    return query_database(load_services({}, folder), Call(), database="it", sql=sql, **rest)


def test_numbers_are_exact_and_strings_where_json_would_round(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = ask(
        fresh_database,
        tmp_path,
        "SELECT 9007199254740991::bigint, 9223372036854775807::bigint, 1.10::numeric, 0.1::float8, 'NaN'::float8,"
        " true, NULL, '{\"a\": [1, 2.5]}'::jsonb, '{\"a\": 12345678901234567890}'::jsonb, ARRAY[1, 2], 7::smallint",
    )
    assert answer.rows == [
        [
            *(9007199254740991, "9223372036854775807", "1.10", 0.1, "NaN", True, None),
            *({"a": [1, 2.5]}, '{"a": 12345678901234567890}', "{1,2}", 7),
        ]
    ]
    assert [column.type for column in answer.columns[:3]] == ["bigint", "bigint", "numeric"]


def test_a_full_disk_is_told_and_leaves_no_file(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        for ending in ("csv", "jsonl", "json"):
            with pytest.raises(FerryError) as failure:
                ask(fresh_database, tmp_path, "SELECT n FROM generate_series(1, 200000) AS n", save_as=f"x.{ending}")
            assert failure.value.code == "disk_full"
            assert f"x.{ending} in {tmp_path}" in failure.value.what
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pgferry.toml"]


def test_a_nul_in_a_parameter_is_refused_and_never_cuts_the_value(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"\$2 has a NUL") as refused:
        ask(fresh_database, tmp_path, "SELECT $1::text, $2::text", params=["a", "b\0c"])
    assert refused.value.code == "bad_parameters"


def test_a_range_type_of_peoples_own_is_no_hindrance(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    fresh_database.run("CREATE TYPE warmth AS RANGE (subtype = numeric)")
    assert ask(fresh_database, tmp_path, "SELECT 1").rows == [[1]]
    assert ask(fresh_database, tmp_path, "SELECT lower(warmth(1, 2)), isempty(warmth_multirange())").rows == [
        ["1", True]
    ]


def test_a_cut_result_says_so_with_the_true_count(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = ask(fresh_database, tmp_path, "SELECT * FROM generate_series(1, 1234)", limit=10)
    assert (answer.returned, answer.truncated, answer.total) == (10, True, 1234)
    assert answer.next
    assert "save_as" in answer.next


def test_a_whole_result_is_not_called_cut(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = ask(fresh_database, tmp_path, "SELECT * FROM generate_series(1, 10)", limit=10)
    assert (answer.returned, answer.truncated, answer.total, answer.next) == (10, False, 10, None)


def test_the_count_is_left_out_where_it_takes_too_long(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    answer = ask(fresh_database, tmp_path, "SELECT pg_sleep(0.02) FROM generate_series(1, 1000)", limit=1)
    assert (answer.returned, answer.truncated, answer.total) == (1, True, None)


def test_long_values_and_long_answers_are_cut_and_say_so(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    one = ask(fresh_database, tmp_path, "SELECT repeat('x', 5000)")
    assert str(one.rows[0][0]).endswith("… (+4000 characters)")
    assert "1 long values are cut" in str(one.next)
    many = ask(fresh_database, tmp_path, "SELECT repeat('x', 900) FROM generate_series(1, 500)", limit=500)
    assert many.truncated
    assert len(many.model_dump_json()) < 40_000
    assert many.total == 500


def test_parameters_are_values_and_never_sql(people: FreshDatabase, tmp_path: Path) -> None:
    answer = ask(
        people,
        tmp_path,
        "SELECT id, $4::jsonb->>'k' FROM people WHERE id = ANY ($1) AND email <> $2 AND born > $3 ORDER BY id",
        params=[[1, 3], "'; DROP TABLE people; --", "1999-01-01", {"k": 'v"'}],
    )
    assert answer.rows == [[1, 'v"'], [3, 'v"']]
    with pytest.raises(Refused, match="1 parameter "):
        ask(people, tmp_path, "SELECT $1::int")


@pytest.mark.parametrize(
    ("sql", "redacted"),
    [
        ("SELECT * FROM people", ["password_hash", "api_token"]),
        ("SELECT password_hash AS harmless FROM people", ["harmless"]),
        ("SELECT p.password_hash || 'x' AS a, p.id FROM people AS p", ["a"]),
        ("SELECT * FROM logins", ["phrase"]),
        ("SELECT * FROM deeper", ["loud"]),
        ("SELECT * FROM counted", []),
        ("SELECT x FROM (SELECT password_hash AS x FROM people) AS q", ["x"]),
        ("WITH w (a, b) AS (SELECT id, api_token FROM people) SELECT b, a FROM w", ["b"]),
        ("WITH RECURSIVE w AS (SELECT 'x' AS a UNION SELECT password_hash FROM people, w) SELECT a FROM w", ["a"]),
        ("SELECT 'x' AS a UNION ALL SELECT password_hash FROM people", ["a"]),
        ("SELECT row_to_json(p) AS j FROM people AS p", ["j"]),
        ("SELECT p AS p FROM people AS p", ["p"]),
        ("SELECT to_jsonb(p.*) AS j FROM people AS p", ["j"]),
        ("SELECT json_agg(q) AS j FROM (SELECT * FROM people) AS q", ["j"]),
        ("SELECT (SELECT max(password_hash) FROM people) AS m", ["m"]),
        ("SELECT array(SELECT api_token FROM people) AS a", ["a"]),
        ("SELECT string_agg(password_hash, ',') AS a, count(*) FROM people", ["a"]),
        ("SELECT max(password_hash) OVER (ORDER BY id) AS a FROM people", ["a"]),
        ("SELECT CASE WHEN id > 1 THEN api_token END AS c, id IS NULL FROM people", ["c"]),
        ("SELECT * FROM people JOIN logins USING (id)", ["password_hash", "api_token", "phrase"]),
        ("SELECT l.* FROM people AS p, LATERAL (SELECT p.password_hash AS w, p.id) AS l", ["w"]),
        ("SELECT w.w FROM people AS p, LATERAL unnest(ARRAY[p.password_hash]) AS w (w)", ["w"]),
        ("SELECT get_secret(1) AS s", ["s"]),
        ("SELECT * FROM get_secret(1) AS s", ["s"]),
        ("SELECT count(password_hash), api_token IS NULL AS n FROM people GROUP BY 2", []),
        ("SELECT EXISTS (SELECT api_token FROM people) AS e", []),
        ("TABLE people", ["password_hash", "api_token"]),
        ("SELECT rolpassword FROM pg_authid", ["rolpassword"]),
        ("SELECT passwd FROM pg_shadow", ["passwd"]),
        ("SELECT most_common_vals FROM pg_stats", ["most_common_vals"]),
        ("SELECT * FROM (people AS p CROSS JOIN (VALUES (1)) AS v (n)) AS j (a, b, c)", ["c", "api_token"]),
    ],
)
def test_a_sensitive_column_is_hidden_wherever_it_comes_out(
    sql: str, redacted: list[str], people: FreshDatabase, tmp_path: Path
) -> None:
    answer = ask(people, tmp_path, sql)
    assert answer.redacted == redacted
    assert "SECRET" not in answer.model_dump_json().upper().replace("GET_SECRET", "")
    assert "TOKEN-" not in answer.model_dump_json().upper()
    saved = ask(people, tmp_path, sql, save_as="x.jsonl")
    assert saved.saved
    text = Path(saved.saved.path).read_text().upper()
    assert "SECRET-" not in text
    assert "TOKEN-" not in text


@pytest.mark.parametrize(
    ("sql", "redacted"),
    [
        ("SELECT * FROM cards", ["owner"]),
        ("SELECT about || 'x' AS a, id FROM notes", ["a"]),
        ("SELECT * FROM talk", ["whom"]),
        ("SELECT * FROM visits", ["who"]),
        ("SELECT who FROM visits_1", ["who"]),
        ("SELECT badge FROM cards", []),
        ("SELECT short, badge FROM people", ["short"]),
        ("SELECT who FROM calls", ["who"]),
        ("SELECT * FROM seen_1", ["named"]),
        ("SELECT * FROM heirs", ["ssn", "short"]),
    ],
)
def test_what_refers_to_a_sensitive_column_is_hidden_too(
    sql: str, redacted: list[str], fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database.run("""
        CREATE TABLE people (ssn text PRIMARY KEY, badge int UNIQUE,
            short text GENERATED ALWAYS AS (upper(ssn)) STORED UNIQUE);
        CREATE TABLE calls (who text REFERENCES people (short));
        INSERT INTO people VALUES ('SECRET-1', 7); INSERT INTO calls VALUES ('SECRET-1');
        CREATE TABLE cards (owner text UNIQUE REFERENCES people, badge int REFERENCES people (badge));
        CREATE TABLE notes (id int, about text REFERENCES cards (owner));
        CREATE VIEW talk AS SELECT about AS whom FROM notes;
        CREATE TABLE visits (n int, who text REFERENCES people) PARTITION BY LIST (n);
        CREATE TABLE visits_1 PARTITION OF visits DEFAULT;
        INSERT INTO cards VALUES ('SECRET-1', 7); INSERT INTO notes VALUES (1, 'SECRET-1');
        INSERT INTO visits VALUES (1, 'SECRET-1');
        CREATE TABLE heirs () INHERITS (people); INSERT INTO heirs VALUES ('SECRET-2', 8);
        CREATE TABLE seen (named text) PARTITION BY LIST (named); CREATE TABLE seen_1 PARTITION OF seen DEFAULT;
        INSERT INTO seen VALUES ('SECRET-3')
    """)
    answer = ask(fresh_database, tmp_path, sql, '[redaction]\npatterns = { "seen.named" = "null" }')
    assert answer.redacted == redacted
    assert "SECRET" not in answer.model_dump_json()


def test_the_settings_say_what_is_sensitive(people: FreshDatabase, tmp_path: Path) -> None:
    toml = '[redaction]\npatterns = { "people.email" = "hash", "people.api_token" = "keep" }'
    assert ask(people, tmp_path, "SELECT email, api_token FROM people", toml).redacted == ["email"]


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl", "all.json"])
def test_the_whole_result_goes_to_a_file(name: str, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    sql = (
        "SELECT n, n * 10000000000000000.5 AS big,"
        " CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE E'a,\"b\\n' END AS s,"
        " ARRAY[n] AS n FROM generate_series(1, 5000) AS n WHERE n > $1"
    )
    answer = ask(fresh_database, tmp_path, sql, params=[0], save_as=name, limit=3)
    assert answer.saved
    path = Path(answer.saved.path)
    assert (answer.returned, answer.rows, answer.truncated) == (5000, [], False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(path.read_bytes()).hexdigest() == answer.saved.sha256
    assert path.stat().st_size == answer.saved.bytes
    text = path.read_text()
    if name == "all.csv":
        rows = list(csv.reader(text.splitlines(keepends=True)))
        assert rows[0] == ["n", "big", "s", "n"]
        assert rows[2] == ["2", "20000000000000001.0", 'a,"b\n', "{2}"]
        assert '1,10000000000000000.5,"",{1}\n' in text
        assert "3,30000000000000001.5,,{3}\n" in text
        return
    objects = [json.loads(line) for line in text.splitlines()] if name == "all.jsonl" else json.loads(text)
    assert len(objects) == 5000
    assert objects[1] == {"n": 2, "big": 20000000000000001.0, "s": 'a,"b\n', "n_2": [2]}
    assert '"big":10000000000000000.5' in text


def test_a_file_outside_of_the_project_or_one_that_exists_is_refused(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    for path, code in (("/etc/x.csv", "path_outside"), ("pgferry.toml", "file_exists"), ("x.txt", "unknown_format")):
        with pytest.raises(Refused) as refused:
            ask(fresh_database, tmp_path, "SELECT 1", save_as=path)
        assert refused.value.code == code
    with pytest.raises(FerryError):
        ask(fresh_database, tmp_path, "SELECT 1 / (3 - n) FROM generate_series(1, 3) AS n", save_as="half.csv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["pgferry.toml"]


def test_an_error_has_its_sqlstate_its_place_and_the_nearest_names(people: FreshDatabase, tmp_path: Path) -> None:
    with pytest.raises(FerryError) as failed:
        ask(people, tmp_path, "SELECT id,\n  emial\nFROM people")
    assert failed.value.code == "unknown_column"
    assert failed.value.details["sqlstate"] == "42703"
    assert (failed.value.details["line"], failed.value.details["column"]) == (2, 3)
    assert failed.value.details["nearest"][0] == "email"
    with pytest.raises(FerryError) as failed:
        ask(people, tmp_path, "SELECT * FROM poeple")
    assert failed.value.code == "unknown_table"
    assert "people" in failed.value.details["nearest"]
    people.run('CREATE SCHEMA app; CREATE TABLE app.orders (); CREATE TABLE "Odd" ()')
    for written, meant in (("orders", "app.orders"), ("odd", '"Odd"'), ("app.order", "app.orders")):
        with pytest.raises(FerryError) as failed:
            ask(people, tmp_path, f"SELECT * FROM {written}")
        assert failed.value.details["nearest"][0] == meant  # as a query has to write it
    hidden = ask(people, tmp_path, "SELECT password_hash::int FROM people")  # not even computed
    assert hidden.redacted == ["password_hash"]
    for kind in ("int", "regclass"):
        with pytest.raises(FerryError) as failed:
            ask(people, tmp_path, f"SELECT 1 FROM people WHERE password_hash::{kind} = 1")
        assert "SECRET" not in str(failed.value) + str(failed.value.details)
    with pytest.raises(Refused, match="line 1, column 25") as refused:
        ask(people, tmp_path, "SELECT FORM people WHERE")
    assert (refused.value.code, refused.value.details["sqlstate"]) == ("syntax_error", "42601")


def test_names_mean_what_they_mean_to_the_application(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    fresh_database.run(
        "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS n;"
        f"ALTER DATABASE {fresh_database.name} SET search_path = app;"
        f"ALTER DATABASE {fresh_database.name} SET timezone = 'Asia/Tokyo'"
    )
    answer = ask(fresh_database, tmp_path, "SELECT n, current_setting('timezone'), current_schema() FROM t")
    assert answer.rows == [[1, "Asia/Tokyo", "app"]]
