"""Every fixed question is prepared by a real server, says what it answers, and names the catalog it asks."""

from pathlib import Path

import pytest
from psycopg import sql

from server.postgres.questions import since, understood
from tests.fix_databases import FreshDatabase

QUERIES = sorted((Path(__file__).parents[2] / "server" / "postgres" / "queries").glob("*.sql"))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_question_is_understood_by_every_server_that_is_asked_it(path: Path, fresh_database: FreshDatabase) -> None:
    with fresh_database.connect() as connection:
        connection.execute(b"SET search_path = ''")
        major = connection.info.server_version // 10000
        if major >= since(path.stem):
            connection.execute(sql.SQL("PREPARE question AS ") + sql.SQL(understood(path.stem, major)))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_question_opens_by_saying_what_it_answers(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("-- ")


def test_a_server_of_an_older_major_is_not_asked_for_functions_that_it_lacks() -> None:
    assert "coalesce(NULL, p.prosrc)" in understood("cage_functions", 13)
    assert "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)" in understood("cage_functions", 14)
