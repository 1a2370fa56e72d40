"""What a row must meet, as SQL, against what PostgreSQL itself makes of the same words."""

import pytest
from psycopg import sql

from server.model.conditions import parse_condition
from server.postgres.segments.row_tests import condition
from tests.fix_databases import FreshDatabase

ROWS = """
CREATE TABLE r (kind text, n int, done bool);
INSERT INTO r SELECT k, n, d
FROM unnest(ARRAY['a', 'Ab', 'b''c', 'x%y', '', NULL]) AS k, unnest(ARRAY[-1, 0, 2, NULL]) AS n,
    unnest(ARRAY[true, false, NULL]) AS d
"""
CONDITIONS = [
    "kind = 'a'", "kind <> 'a'", "kind != 'b''c'", "kind IN ('a', 'Ab')", "kind NOT IN ('a', '')", "kind LIKE 'a%'",
    "kind NOT LIKE 'a%'", "kind ILIKE 'a%'", "kind NOT ILIKE 'a%'", "kind LIKE 'x\\%%'", "kind IS NULL",
    "kind IS NOT NULL", "kind ISNULL", "kind NOTNULL", "NOT kind IS NULL", "NOT (kind IS NOT NULL)", "n = -1", "n < 2",
    "n <= 0", "n > -1", "n >= 0", "NOT n = 0", "done", "NOT done", "done = true", "done = false", "done IS NOT NULL",
    "kind = 'a' AND n = 0", "kind = 'a' OR n = 0 AND done", "(kind = 'a' OR n = 0) AND NOT done",
    "NOT (kind LIKE 'a%' OR n IS NOT NULL)", "kind = 'a' AND (n IS NULL OR n NOT IN (0, 2))",
]  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_of_the_settings_holds_where_it_holds_for_postgresql(
    text: str, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(ROWS)
    with fresh_database.connect() as connection:
        ours = sql.SQL("SELECT * FROM r WHERE {} ORDER BY r").format(
            condition(sql.Identifier("r"), parse_condition(text))
        )
        theirs = f"SELECT * FROM r WHERE {text} ORDER BY r"
        assert connection.execute(ours).fetchall() == connection.execute(theirs.encode()).fetchall()
