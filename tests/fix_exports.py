"""Exports as tests make them, and what is read back from each format."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from server.calls import Call
from server.files.opening import CHUNK, opened
from server.jobs.export_database import export_database
from server.model.exports import ExportReport, ExportRequest
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project

Export = Callable[..., ExportReport]
BIG = "CREATE TABLE big AS SELECT i, repeat('x', 200) AS filler FROM generate_series(1, 60000) AS i"


@pytest.fixture
def export(project: Project) -> Export:
    """Exports the database called `it` of the project."""

    def run(**arguments: Any) -> ExportReport:
        call = arguments.pop("call", None) or Call()
        return export_database(project.services, call, ExportRequest(database="it", **arguments))

    return run


@pytest.fixture
def big(project: Project, fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(BIG)
    project.add("it", fresh_database)
    return fresh_database


def left_behind(project: Project) -> list[str]:
    """Every file below the project, hidden ones too, but for its settings and the export folder's .gitignore."""
    files = [path for path in project.root.rglob("*") if path.is_file()]
    return [path.name for path in files if path.name not in ("pgferry.toml", ".gitignore")]


def programs(server: EmbeddedServer) -> Path:
    """The folder of psql and pg_dump of the server's own version."""
    return server.bin_directory


def load_with_psql(server: EmbeddedServer, script: Path, target: FreshDatabase) -> None:
    """Runs a script as a person would; fails with psql's words."""
    command = [server.bin_directory / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, target.url]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr


def dumped(server: EmbeddedServer, database: FreshDatabase, *options: str) -> list[str]:
    """pg_dump's lines, without the random words of \\restrict."""
    command = [server.bin_directory / "pg_dump", "--no-owner", "--no-acl", *options, database.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def unpacked(path: Path) -> bytes:
    """All of a file, decompressed where it is compressed."""
    with opened(path) as file:
        return b"".join(iter(lambda: file.read(CHUNK), b""))


def document(path: str) -> dict[str, Any]:
    """A json export, its numbers as they are written."""
    return dict(json.loads(unpacked(Path(path)), parse_float=str, parse_int=str))


def raw_rows(path: str) -> Iterator[tuple[str, str]]:
    """(table, JSON text) of each row of a json export: one stands on each line."""
    table = ""
    for line in unpacked(Path(path)).decode().split("\n")[2:]:
        if line.endswith('":['):
            table = json.loads(line[:-2])
        elif line.startswith("{"):
            yield table, line.removesuffix(",")


def values(database: FreshDatabase, table: str) -> list[str]:
    """Every row of a table as PostgreSQL's own text."""
    return [row[0] for row in database.rows(f"SELECT t::text FROM {table} AS t ORDER BY 1")]


def insert_json(database: FreshDatabase, table: str, rows: list[str], columns: list[str]) -> None:
    """Loads JSON rows as PostgreSQL reads them."""
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    statement = sql.SQL(
        "INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM json_populate_record(NULL::{0}, %s)"
    ).format(sql.SQL(table), names)  # pyright: ignore[reportArgumentType]  the test's own table
    with psycopg.connect(database.url) as connection:
        connection.cursor().executemany(statement, [[row] for row in rows])


def comes_true(condition: Callable[[], bool]) -> bool:
    """Within a minute: what is waited for happens, or never does."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def running(database: FreshDatabase) -> int:
    """How many queries of pgferry's the server is busy with."""
    query = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
        AND application_name = 'pgferry'"""
    return int(database.rows(query)[0][0])
