"""A database to import into, its settings, and a hash of everything in a database: rows, sequences, schema."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from server.calls import Call
from server.jobs.check_import import check_import
from server.jobs.import_data import import_data
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import CheckReport, ImportReport
from server.postgres.embedded import EmbeddedServer
from server.services import load_services
from tests.fix_databases import FreshDatabase, MakeDatabase


@dataclass(frozen=True)
class Importing:
    """A project folder whose database `main` may be written."""

    folder: Path
    database: FreshDatabase
    bin_directory: Path

    def configure(self, url: str | None = None, imports: str = "", access: str = "write") -> None:
        toml = f'[databases.main]\nurl = "{url or self.database.url}"\naccess = "{access}"\n[imports]\n{imports}\n'
        (self.folder / "pgferry.toml").write_text(toml)

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def run(self, path: str, mode: str = "append", call: Call | None = None, **more: Any) -> ImportReport:
        request = ImportRequest.model_validate({"database": "main", "path": path, "mode": mode, "confirm": True} | more)
        return import_data(load_services({}, self.folder), call or Call(), request)

    def check(self, path: str, mode: str = "append", **more: Any) -> CheckReport:
        request = ImportRequest.model_validate({"database": "main", "path": path, "mode": mode} | more)
        return check_import(load_services({}, self.folder), Call(), request)

    def program(self, name: str, *arguments: str, stdin: str | None = None, url: str | None = None) -> str:
        """Runs psql or pg_dump of the server's own installation on the database."""
        command = [str(self.bin_directory / name), "-d", url or self.database.url, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def hash(self) -> str:
        return content_hash(self.database.url)


Make = Callable[[str], Importing]
"""Makes a database by the SQL given, to import into."""
SITES = """
CREATE TABLE sites (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, boss int);
CREATE TABLE people (id serial PRIMARY KEY, site int NOT NULL REFERENCES sites, mail varchar(20),
    age int CHECK (age >= 0), twice int GENERATED ALWAYS AS (age * 2) STORED, chief int REFERENCES people);
ALTER TABLE sites ADD CONSTRAINT sites_boss_fkey FOREIGN KEY (boss) REFERENCES people (id);
COMMENT ON CONSTRAINT sites_boss_fkey ON sites IS 'a cycle';
CREATE INDEX people_age ON people (age);
"""
"""Two tables that refer to each other, and one of them to itself."""


def content_hash(url: str, *, schema: bool = True) -> str:
    """Equal for databases with equal rows (in any order), sequence positions and, if asked, catalog facts."""
    digest = hashlib.sha256()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = ''")
        connection.execute("SET extra_float_digits = 3")
        for (name,) in connection.execute(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema',"
            " 'pgferry') AND NOT c.relispartition ORDER BY 1"
        ).fetchall():
            words = b"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM " + name.encode() + b" AS t"
            digest.update(repr((name, connection.execute(words).fetchone())).encode())
        for schema_name, name in connection.execute(
            "SELECT schemaname, sequencename FROM pg_sequences WHERE schemaname <> 'pgferry' ORDER BY 1, 2"
        ).fetchall():
            words = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema_name, name))
            digest.update(repr((name, connection.execute(words).fetchone())).encode())
        if schema:
            digest.update(json.dumps(_catalog(connection)).encode())
    return digest.hexdigest()


def _catalog(connection: Any) -> list[Any]:
    """Constraints, indexes, triggers and columns, as PostgreSQL prints them."""
    own = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgferry')"
    queries = (
        "SELECT k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated,"
        " obj_description(k.oid, 'pg_constraint') FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace",
        "SELECT x.indrelid::regclass::text, pg_get_indexdef(x.indexrelid), x.indisvalid,"
        " obj_description(x.indexrelid, 'pg_class') FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace",
        "SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c"
        " ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND NOT t.tgisinternal",
        "SELECT a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " a.attidentity::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p', 'S')",
    )
    return [
        [[str(value) for value in row] for row in connection.execute(f"{query} WHERE {own} ORDER BY 1, 2".encode())]
        for query in queries
    ]


@pytest.fixture
def importing(tmp_path: Path, fresh_database: FreshDatabase, postgres: EmbeddedServer) -> Importing:
    """An empty database to import into."""
    made = Importing(tmp_path, fresh_database, postgres.bin_directory)
    made.configure()
    return made


@pytest.fixture
def import_into(tmp_path: Path, make_database: MakeDatabase, postgres: EmbeddedServer) -> Make:
    """A database made by the SQL given, to import into."""

    def make(statements: str) -> Importing:
        database = make_database()
        database.run(statements)
        made = Importing(tmp_path, database, postgres.bin_directory)
        made.configure()
        return made

    return make
