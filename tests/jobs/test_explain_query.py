"""explain_query: a short tree, the costly nodes, and what stands out."""

from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.errors import Refused
from server.jobs.explain_query import explain_query
from server.model.querying import QueryPlan
from server.services import load_services
from tests.fix_databases import FreshDatabase

SETTING = """
CREATE TABLE big (id int PRIMARY KEY, kind int, other int, note text);
INSERT INTO big SELECT n, n % 1000, n % 1000, repeat('x', 50) FROM generate_series(1, 50000) AS n;
CREATE INDEX by_kind ON big (kind);
ANALYZE big;
"""


@pytest.fixture
def database(fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(SETTING)
    return fresh_database


def explain(database: FreshDatabase, folder: Path, sql: str, **rest: Any) -> QueryPlan:
    (folder / "pgferry.toml").write_text(f'[databases.it]\nurl = "{database.url}"\n')
    return explain_query(load_services({}, folder), Call(), database="it", sql=sql, **rest)


def test_a_plan_that_was_not_run_has_costs_and_no_times(database: FreshDatabase, tmp_path: Path) -> None:
    answer = explain(database, tmp_path, "SELECT * FROM big WHERE id = $1", params=[7])
    assert answer.plan[0].startswith("Index Scan using big_pkey on big (rows 1, cost ")
    assert answer.execution_ms is None
    assert answer.buffers is None
    assert answer.findings == []


def test_analyze_gives_rows_times_and_buffers_in_an_indented_tree(database: FreshDatabase, tmp_path: Path) -> None:
    sql = "SELECT a.kind, count(*) FROM big AS a JOIN big AS b USING (id) GROUP BY a.kind"
    answer = explain(database, tmp_path, sql, analyze=True)
    assert "rows 1000→1000" in answer.plan[0]
    assert answer.plan[1].startswith("  ")
    assert answer.execution_ms
    assert answer.buffers
    assert answer.costly
    assert 0.4 < sum(node.share for node in answer.costly) < 1.001 + 0.005 * len(answer.costly)  # rounded, each
    assert len(answer.model_dump_json()) < 3000


def test_a_scan_that_an_index_would_spare_is_named_with_the_index(database: FreshDatabase, tmp_path: Path) -> None:
    hidden = explain(database, tmp_path, "SELECT * FROM big WHERE kind + 0 = 5", analyze=True)
    assert any("the index by_kind (kind) was there and not used" in text for text in hidden.findings)
    missing = explain(database, tmp_path, "SELECT * FROM big WHERE other = 5", analyze=True)
    assert any("no index begins with a column of (big.other = 5)" in text for text in missing.findings)
    useful = explain(database, tmp_path, "SELECT * FROM big WHERE other > 5", analyze=True)
    assert not any("index" in text for text in useful.findings)


def test_a_misestimate_by_ten_is_named(database: FreshDatabase, tmp_path: Path) -> None:
    sql = "SELECT * FROM big WHERE kind % 2 = 0 AND other % 2 = 0 AND kind < 900"
    assert any("estimated" in text for text in explain(database, tmp_path, sql, analyze=True).findings)


def test_rows_that_a_limit_did_not_want_are_no_misestimate(database: FreshDatabase, tmp_path: Path) -> None:
    for sql in ("SELECT * FROM big ORDER BY note, other LIMIT 3", "SELECT * FROM big WHERE other >= 0 LIMIT 3"):
        assert explain(database, tmp_path, sql, analyze=True).findings == []


def test_a_sort_on_disk_is_named(database: FreshDatabase, tmp_path: Path) -> None:
    database.run(f"ALTER DATABASE {database.name} SET work_mem = '64kB'")
    answer = explain(database, tmp_path, "SELECT * FROM big ORDER BY note, other", analyze=True)
    assert any("went to disk" in text for text in answer.findings)
    assert answer.settings["work_mem"] == "64kB"


@pytest.mark.parametrize("sql", ["DELETE FROM big", "SELECT nextval('x')", "EXPLAIN SELECT 1", "SELECT 1; SELECT 2"])
@pytest.mark.parametrize("analyze", [True, False])
def test_what_is_no_read_only_query_is_refused(
    sql: str, analyze: bool, database: FreshDatabase, tmp_path: Path
) -> None:
    with pytest.raises(Refused):
        explain(database, tmp_path, sql, analyze=analyze)
    assert database.rows("SELECT count(*) FROM big") == [(50000,)]
