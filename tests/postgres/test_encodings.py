"""A database without encoding (SQL_ASCII) keeps any bytes: exported as they are, or told where they stand."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from server.errors import DatabaseFailed, ImportRejected
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import drop_database
from tests.fix_databases import FreshDatabase
from tests.fix_exports import Export, load_with_psql
from tests.fix_imports import Importing
from tests.fix_services import Project

ROWS = b"""CREATE TABLE t (id int PRIMARY KEY, a text, b text);
INSERT INTO t VALUES (1, E'caf\\xe9', 'x'), (2, '\xc3\xa9', '')"""


@pytest.fixture
def bytes_only(postgres: EmbeddedServer) -> Iterator[FreshDatabase]:
    """A database that takes any bytes."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bytes_only TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    yield FreshDatabase("bytes_only", postgres.url("bytes_only"))
    drop_database(postgres, "bytes_only")


def stored(database: FreshDatabase) -> list[tuple[str]]:
    return database.rows("SELECT encode(textsend(a), 'hex') FROM t ORDER BY id")


@pytest.fixture
def filled(bytes_only: FreshDatabase) -> FreshDatabase:
    with psycopg.connect(bytes_only.url, client_encoding="SQL_ASCII", autocommit=True) as connection:
        connection.execute(ROWS)
    return bytes_only


@pytest.mark.parametrize("arguments", [{"format": "json"}, {"format": "csv"}, {"format": "sql", "sql_inserts": True}])
def test_bytes_that_are_no_utf_8_are_told_by_table_and_column(
    filled: FreshDatabase, export: Export, project: Project, arguments: dict[str, object]
) -> None:
    project.add("it", filled)
    with pytest.raises(DatabaseFailed, match=r"\[not_utf8\] it: t \(a\) holds bytes") as failure:
        export(**arguments)
    assert "0xe9" not in str(failure.value)


def test_a_script_keeps_the_bytes_as_they_are(
    filled: FreshDatabase, export: Export, project: Project, importing: Importing, postgres: EmbeddedServer
) -> None:
    """By psql and by an import; but no import puts them into a database of UTF-8, as psql would."""
    project.add("it", filled)
    report = export(format="sql")
    assert "SQL_ASCII" in report.warnings[0]
    script, before = Path(report.path or ""), stored(filled)
    filled.run("DROP TABLE t")
    load_with_psql(postgres, script, filled)
    assert stored(filled) == before
    path = importing.write("bytes.sql", script.read_bytes())
    with pytest.raises(ImportRejected):
        importing.run(path, "restore")
    filled.run("DROP TABLE t")
    importing.configure(url=filled.url)
    importing.run(path, "restore")
    assert stored(filled) == before


def test_the_inserts_of_a_dump_without_encoding_are_read_as_utf_8(importing: Importing) -> None:
    importing.database.run("CREATE TABLE t (a text)")
    importing.run(importing.write("d.sql", "SET client_encoding = 'SQL_ASCII';\nINSERT INTO public.t VALUES ('é');\n"))
    assert importing.database.rows("SELECT a FROM t") == [("é",)]
