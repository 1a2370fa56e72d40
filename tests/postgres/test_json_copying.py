"""JSON rows turned into csv mean what PostgreSQL itself reads in the JSON."""

import json
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from server.model.imports.plan import ColumnPlan
from server.model.imports.table_rows import TableRows
from server.postgres.rows_in.json_copying import OPTIONS, converting
from server.postgres.rows_in.loading import copy_statement
from server.postgres.rows_in.readings import reading_objects
from tests.fix_databases import FreshDatabase

TYPES = {"t": "text", "i": "bigint", "n": "numeric", "j": "json", "a": "text[]", "m": "integer[]", "b": "boolean"}
COLUMNS = tuple(ColumnPlan(name, name, kind) for name, kind in TYPES.items())
ODD = [
    "",
    "\\",
    '"',
    "\\n",
    "\n",
    '\\"\\\n',
    "\t\b\f\r/",
    "null",
    "\\.",
    "]\n[",
    "{",
    "[x]",
    "NULL",
    "é🚢",
    "\x01\x7f",
    ",",
]

words = st.sampled_from(ODD) | st.text(st.sampled_from('\\"\nn/u0,[]{}é'), max_size=8)
documents = st.recursive(st.none() | st.booleans() | st.integers() | words, lambda inner: st.lists(inner, max_size=3))
rows = st.fixed_dictionaries(
    {},
    optional={
        "t": st.none() | words,
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "n": st.sampled_from([1, 10**30, "NaN", None]),
        "j": documents | st.dictionaries(words, documents, max_size=2),
        "a": st.none() | st.lists(st.none() | words),
        "m": st.sampled_from([None, [], [1, None], [[1, 2], [3, 4]]]),
        "b": st.none() | st.booleans(),
        "unknown": words,
    },
)


@settings(
    max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(rows, min_size=1, max_size=20), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_any_row_is_read_as_the_server_reads_it(
    fresh_database: FreshDatabase, made: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    block = ",".join(json.dumps(row, indent=indent, ensure_ascii=ascii_only) for row in made).encode()
    with psycopg.connect(fresh_database.url) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE by_copy (t text, i int8, n numeric, j json, a text[], m int[], b bool)"
        )
        connection.execute("CREATE TEMPORARY TABLE by_server (LIKE by_copy)")
        converted = converting(COLUMNS, ())
        assert converted
        lines = TableRows("by_copy", "csv", tuple(TYPES), iter([converted(block)]), OPTIONS)
        statement = copy_statement(sql.Identifier("by_copy"), tuple(TYPES), lines)
        with connection.cursor().copy(statement) as copy:
            for chunk in lines.chunks:
                copy.write(chunk)
        values, given_rows = reading_objects(sql.SQL("json_to_recordset($1::json)"), COLUMNS)
        words = sql.SQL("INSERT INTO by_server SELECT {} FROM {}").format(values, given_rows)
        psycopg.RawCursor(connection).execute(words, [f"[{block.decode()}]"])
        assert read(connection, "by_copy") == read(connection, "by_server")


def read(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> list[tuple[Any, ...]]:
    """Rows as text; a json that is one string by its meaning: COPY keeps its escapes, the server writes them out."""
    j = "CASE json_typeof(j) WHEN 'string' THEN j::jsonb::text ELSE j::text END"
    return connection.execute(f"SELECT row(t, i, n, {j}, a, m, b)::text FROM {table}".encode()).fetchall()


@pytest.mark.parametrize(
    "row", ['{"t": 5}', '{"t": {"a": 1}}', '{"a": [{"b": 1}]}', '{"m": {}}', '{"t": "\\u0000"}', '{"a": "{x}"}', "5"]
)
def test_what_is_not_plain_is_left_to_the_server(row: str) -> None:
    converted = converting(COLUMNS, ())
    assert converted
    with pytest.raises(msgspec.DecodeError):
        converted(row.encode())
