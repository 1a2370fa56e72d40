"""Whatever rows hypothesis makes up come back from every format as they were."""

import json
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Json, Jsonb

from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, insert_json, raw_rows, values
from tests.fix_services import Project

TABLE = """
CREATE TABLE {} (t text, n numeric, f float8, r float4, i bigint, b bytea, a text[], m int[][], ts timestamptz, d date,
    iv interval, j json, jb jsonb, flag bool, vc varchar(30), c "char")
"""
COLUMNS = ["t", "n", "f", "r", "i", "b", "a", "m", "ts", "d", "iv", "j", "jb", "flag", "vc", "c"]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
words = st.one_of(
    texts, st.sampled_from(["", "\\N", "\\.", "\\.\n", "NULL", '"', "'", "\r\n", "\x01", "\x02", "{}", "🚢"])
)
leaves = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | words
documents = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=6)
objects = st.dictionaries(words, documents, max_size=3)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


rows = st.tuples(
    maybe(words),
    maybe(
        st.decimals(allow_nan=True, allow_infinity=False)
        .filter(lambda number: (not number.is_snan() and not number.is_signed()) or number.is_finite())
        .map(str)
    ),
    maybe(st.floats()),
    maybe(st.floats(width=32)),
    maybe(st.integers(-(2**63), 2**63 - 1)),
    maybe(st.binary()),
    maybe(st.lists(maybe(words))),
    maybe(st.lists(st.lists(maybe(st.integers(-5, 5)), min_size=2, max_size=2), min_size=1)),
    maybe(st.sampled_from(["infinity", "4713-01-01 BC", "294276-12-31 23:59:59.999999", "2024-02-29 12:00+05:30"])),
    maybe(st.dates().map(str) | st.sampled_from(["infinity", "-infinity", "0044-03-15 BC"])),
    maybe(st.timedeltas()),
    maybe(objects.map(Json)),
    maybe(objects.map(Jsonb)),
    maybe(st.booleans()),
    maybe(words.filter(lambda text: len(text) <= 30)),
    maybe(st.sampled_from("aZ ,\"'\\")),
)


@settings(
    max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(rows, min_size=1, max_size=20))
def test_any_rows_come_back(project: Project, export: Export, make_database: MakeDatabase, made: list[Any]) -> None:
    database = _database(project, make_database)
    database.run("TRUNCATE source; TRUNCATE target")
    with psycopg.connect(database.url) as connection:
        places = ", ".join(["%s"] * len(COLUMNS))
        connection.cursor().executemany(f"INSERT INTO source VALUES ({places})".encode(), made)
    wanted = values(database, "source")

    written = [row for _, row in raw_rows(str(export(tables=["source"]).path))]
    assert [json.loads(row, parse_float=str)["t"] for row in written] == [row[0] for row in made]
    insert_json(database, "target", written, COLUMNS)
    assert values(database, "target") == wanted

    folder = Path(str(export(tables=["source"], format="csv", content="data").path))
    database.run("TRUNCATE target")
    with psycopg.connect(database.url) as connection:
        with connection.cursor().copy("COPY target FROM STDIN (FORMAT csv, HEADER)") as load:
            load.write((folder / "source.csv").read_bytes())
        connection.commit()
    assert values(database, "target") == wanted

    for inserts in (False, True):
        script = Path(str(export(tables=["source"], format="sql", content="data", sql_inserts=inserts).path))
        database.run("TRUNCATE target")
        _load(database, script.read_bytes().decode())
        assert values(database, "target") == wanted


_made: dict[Path, FreshDatabase] = {}


def _database(project: Project, make_database: MakeDatabase) -> FreshDatabase:
    """One for all examples."""
    if project.root not in _made:
        _made[project.root] = made = make_database()
        made.run(TABLE.format("source") + ";" + TABLE.format("target"))
        project.add("it", made)
    return _made[project.root]


def _load(database: FreshDatabase, script: str) -> None:
    """The rows of a script, into `target`: as psql would, framed by the lines COPY and \\."""
    body = script.partition("-- Rows of 'source'\n")[2]
    with psycopg.connect(database.url) as connection:
        if body.startswith("COPY"):
            heading, _, rest = body.partition(";\n")
            lines = rest.partition("\\.\n\n")[0] if not rest.startswith("\\.\n\n") else ""
            with connection.cursor().copy(heading.replace("source", "target", 1).encode()) as load:
                load.write(lines.encode())
        else:
            connection.execute(body.replace('INSERT INTO "public"."source"', "INSERT INTO target").encode())
        connection.commit()
