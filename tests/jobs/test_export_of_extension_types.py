"""Values of types that extensions bring, and of xml, survive every format: of each server, those that it has."""

from itertools import zip_longest
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, insert_json, load_with_psql, unpacked, values
from tests.fix_services import Project

ALWAYS = {
    "cube": ["(1.5, -2), (3, 0.1)", "(1e-300)", "(0, -0)"],
    "seg": ["1.50 .. 2", "~6.5", "<7.0", "1e-30 .."],
    "intarray": ["1 & (2 | !3)", "42"],
    "isn": ["978-0-393-04002-9", "9780393040029!"],
    "lo": ["0", "4294967295"],
    "hstore": ['"a,\\"b"=>"\\\\", c=>NULL', ""],
    "citext": ['Case, "quoted"', "NULL"],
    "ltree": ["a.*{1,2}.b|c@", "!a_*"],
    "vector": ["[1.5, -2, 3e-10]", "[0, 1e38, -0]"],
}
"""By extension: values of a type of its own."""
TYPES = {"intarray": "query_int", "isn": "ean13", "ltree": "lquery"}
"""Where it is called otherwise than its extension."""
XML = [
    "<a b='1'>x &amp; \"y\", z</a>",
    "text &lt; alone",
    "",
    '<?xml version="1.0" standalone="yes"?><a>\n\t\\n</a>',
]
"""Where the server was built with libxml."""


@pytest.fixture
def offered(project: Project, make_database: MakeDatabase) -> tuple[FreshDatabase, FreshDatabase]:
    """A database with a column of each type that the server has, and its empty twin."""
    full, empty = make_database(), make_database()
    columns = _columns_of(full)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    kinds = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.Identifier(TYPES.get(name, name))) for name in columns
    )
    marks = sql.SQL(", ").join(sql.Placeholder() for _ in columns)
    for database in (full, empty):
        with psycopg.connect(database.url) as connection:
            for extension in columns.keys() & ALWAYS:
                connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
            connection.execute(sql.SQL("CREATE TABLE every ({})").format(kinds))
    with psycopg.connect(full.url) as connection:
        insert = sql.SQL("INSERT INTO every ({}) VALUES ({})").format(names, marks)
        connection.cursor().executemany(insert, list(zip_longest(*columns.values())))
    project.add("it", full)
    return full, empty


def _columns_of(database: FreshDatabase) -> dict[str, list[str]]:
    there = {name for (name,) in database.rows("SELECT name FROM pg_available_extensions")}
    columns = {extension: found for extension, found in ALWAYS.items() if extension in there}
    if database.rows("SELECT FROM pg_config WHERE name = 'CONFIGURE' AND setting LIKE '%--with-libxml%'"):
        columns["xml"] = XML
    return columns


def test_they_are_read_back_from_csv(offered: tuple[FreshDatabase, FreshDatabase], export: Export) -> None:
    full, empty = offered
    report = export(format="csv")
    with (
        psycopg.connect(empty.url) as connection,
        connection.cursor().copy("COPY every FROM STDIN (FORMAT csv, HEADER)") as load,
    ):
        load.write((Path(str(report.path)) / "every.csv").read_bytes())
    assert values(empty, "every") == values(full, "every")


def test_they_are_read_back_from_json(offered: tuple[FreshDatabase, FreshDatabase], export: Export) -> None:
    full, empty = offered
    report = export(format="jsonl")
    lines = unpacked(Path(str(report.path)) / "every.jsonl").decode().split("\n")
    insert_json(empty, "every", lines[:-1], list(_columns_of(full)))
    assert values(empty, "every") == values(full, "every")


@pytest.mark.parametrize("inserts", [False, True])
def test_they_are_read_back_from_scripts(
    offered: tuple[FreshDatabase, FreshDatabase],
    export: Export,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
    inserts: bool,
) -> None:
    full, _ = offered
    report = export(format="sql", sql_inserts=inserts)
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert values(copy, "every") == values(full, "every")
