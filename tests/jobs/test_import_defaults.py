"""Rows of scripts that give no value for a column: its default is what they get, however the rows are written."""

from collections.abc import Callable
from typing import Any

import pytest

from server.model.imports.reports import FileRejected
from tests.fix_imports import Importing

Make = Callable[[str], Importing]
TABLE = """CREATE TABLE t (id serial PRIMARY KEY, v text, n int DEFAULT 7);
CREATE TABLE g (a int, twice int GENERATED ALWAYS AS (a * 2) STORED, b text DEFAULT 'b',
  id bigint GENERATED ALWAYS AS IDENTITY)"""
ALL = "SELECT id, v, n FROM t ORDER BY id"


@pytest.fixture
def tables(import_into: Make) -> Importing:
    return import_into(TABLE)


@pytest.mark.parametrize(
    ("script", "rows"),
    [
        ("INSERT INTO t (id, v) VALUES (DEFAULT, 'a'), (DEFAULT, 'b');", [(1, "a", 7), (2, "b", 7)]),
        (
            "INSERT INTO t (v) VALUES ('a'); INSERT INTO t (id, v, n) VALUES (9, 'b', NULL);",
            [(1, "a", 7), (9, "b", None)],
        ),
        ("INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES;", [(1, None, 7), (2, None, 7)]),
        ("INSERT INTO t VALUES (5); INSERT INTO t VALUES (6);", [(5, None, 7), (6, None, 7)]),
        ("INSERT INTO t (id) VALUES (5); INSERT INTO t VALUES (6, 'a', 3);", [(5, None, 7), (6, "a", 3)]),
        ("COPY t (v) FROM stdin;\na\n\\.\nCOPY t FROM stdin;\n6\tb\t3\n\\.\n", [(1, "a", 7), (6, "b", 3)]),
    ],
)
@pytest.mark.parametrize("mode", ["append", "skip", "upsert", "replace"])
def test_what_a_row_of_a_script_lacks_is_its_default(
    tables: Importing, script: str, rows: list[Any], mode: str
) -> None:
    before = tables.hash
    assert tables.check(tables.write("rows.sql", script), mode).passes
    assert tables.hash == before, "a rehearsal draws from no sequence"
    assert tables.run("rows.sql", mode).tables[0].inserted == 2
    assert tables.database.rows(ALL) == rows


@pytest.mark.parametrize("head", ["g", "g (a, twice, b, id)"])
@pytest.mark.parametrize("mode", ["append", "skip", "replace"])
def test_a_computed_column_stands_as_default_in_an_insert_of_pg_dump(tables: Importing, head: str, mode: str) -> None:
    keeping = "OVERRIDING SYSTEM VALUE"
    tables.write("rows.sql", f"INSERT INTO {head} {keeping} VALUES (1, DEFAULT, 'x', 4);\n")
    assert tables.check("rows.sql", mode).passes
    tables.run("rows.sql", mode)
    assert tables.database.rows("SELECT a, twice, b, id FROM g") == [(1, 2, "x", 4)]


@pytest.mark.parametrize(
    "script",
    [
        "INSERT INTO t (id, v, n) VALUES (DEFAULT, 'a', 1), (DEFAULT, 'b', 2), (3, 'c', 'x');",
        "INSERT INTO t (v) VALUES ('a'), ('b'); INSERT INTO t (id, v, n) VALUES (3, 'c', 'x');",
        "INSERT INTO t DEFAULT VALUES; INSERT INTO t VALUES (2, 'b', DEFAULT); INSERT INTO t VALUES (3, 'c', 'x');",
    ],
)
def test_a_failed_script_leaves_sequences_and_tells_no_default_for_a_missing_value(
    tables: Importing, script: str
) -> None:
    before = tables.hash
    with pytest.raises(FileRejected) as rejected:
        tables.run(tables.write("rows.sql", script))
    assert [(v.kind, v.rows, v.columns) for v in rejected.value.violations] == [("bad_value", [3], ["n"])]
    assert tables.hash == before


def test_null_in_a_required_column_is_told_beside_defaults(tables: Importing) -> None:
    script = "INSERT INTO t (id, v, n) VALUES (DEFAULT, 'a', 1), (NULL, 'b', 2);"
    violations = tables.check(tables.write("rows.sql", script)).violations
    assert [(v.kind, v.rows, v.columns) for v in violations] == [("not_null", [2], ["id"])]


def test_json_rows_that_lack_a_key_are_told_where_a_default_would_be_expected(tables: Importing) -> None:
    tables.database.run("INSERT INTO t VALUES (1, 'old', 1)")
    tables.write("t.json", '[{"id": 1, "v": "new"}, {"id": 2, "v": "b", "n": 3}]')
    (issue,) = tables.run("t.json", "upsert").issues
    assert (issue.type, issue.column, issue.severity) == ("column_not_in_every_row", "n", "warning")
    assert issue.current == "gets NULL where a row lacks it"
    assert tables.database.rows(ALL) == [(1, "new", None), (2, "b", 3)]


@pytest.mark.parametrize(
    "script",
    ["INSERT INTO g (a, id) OVERRIDING USER VALUE VALUES (1, 9);", "INSERT INTO t (v[1]) VALUES ('a');"],
)
def test_inserts_that_store_something_else_than_they_give_are_refused(tables: Importing, script: str) -> None:
    with pytest.raises(Exception, match="insert_not_constant"):
        tables.check(tables.write("rows.sql", script))
