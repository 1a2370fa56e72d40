"""Nothing that the server process ever prints holds a password, a connection string or a value of a row.

One session over stdio with the SDK's client, which provokes each failure of an export; both streams of the process are
kept and searched for what was planted.
"""

import os
import shlex
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import LoggingMessageNotificationParams

from tests.fix_client import REPOSITORY, text_of
from tests.fix_databases import FreshDatabase

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name == "nt", reason="a POSIX shell limits the size of files")]
PLANTED = ("planted-row", "planted-hash", "planted-password", "postgresql://")
BLOCKS = 2048
"""Blocks of 512 or 1,024 bytes that one file may have: the disk is full after 1 or 2 MiB."""
SERVER = "ulimit -f {blocks}; {python} -m server serve 2>{folder}/stderr | tee {folder}/stdout"
CONTENT = """
    CREATE TABLE person (id int PRIMARY KEY, name text, password_hash text);
    INSERT INTO person SELECT i, 'planted-row-' || i, 'planted-hash-' || i FROM generate_series(1, 300) AS i;
    CREATE TABLE big AS SELECT i, 'planted-row-' || repeat('x', 1000) AS filler FROM generate_series(1, 4000) AS i;
    CREATE TABLE shut (name text);
    CREATE ROLE {role} LOGIN PASSWORD 'planted-password';
    GRANT SELECT ON person, big TO {role};
"""


@pytest.fixture
def project(tmp_path: Path, fresh_database: FreshDatabase) -> Generator[Path]:
    role = f"reader_{fresh_database.name}"
    fresh_database.run(CONTENT.format(role=role))
    at = fresh_database.url.split("@")[1]
    urls = {
        "it": f"{role}:planted-password@{at}",
        "wrong": f"{role}:planted-password-wrong@{at}",
        "away": "u:planted-password@127.0.0.1:1/x",
        "nowhere": f"{role}:planted-password@{at.split('/')[0]}/planted",
        "encrypted": f"{role}:planted-password@{at}?sslmode=verify-full&sslrootcert=/nowhere.crt",
        "garbled": "u:planted-password@[::1:5432/x",
        "unset": "u:${PLANTED_UNSET}@127.0.0.1/x",
    }
    settings = "".join(f'[databases.{name}]\nurl = "postgresql://{rest}"\n' for name, rest in urls.items())
    settings += f'[databases.write]\nurl = "{fresh_database.url}"\naccess = "write"\n'
    root = tmp_path / "project"
    root.mkdir()
    (root / "pgferry.toml").write_text(settings)
    (root / "taken.json").touch()
    yield root
    fresh_database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")


@asynccontextmanager
async def session(root: Path, said: list[str]) -> AsyncGenerator[Client]:
    """A client of a server process whose streams are kept beside the project; its messages are told to `said`."""
    command = SERVER.format(blocks=BLOCKS, python=shlex.quote(sys.executable), folder=shlex.quote(str(root.parent)))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != "DATABASE_URL"}
    environment = {**kept, "PYTHONPATH": str(REPOSITORY), "PGFERRY_EXPORTS__WORKERS": "2"}
    parameters = StdioServerParameters(command="bash", args=["-c", command], env=environment, cwd=root)

    async def log(params: LoggingMessageNotificationParams) -> None:
        said.append(str(params))

    async with Client(stdio_client(parameters), logging_callback=log) as client:
        yield client


FILES = {
    "person.csv": "id,name,password_hash\n1,x,planted-hash-1\nplanted-row-1,x,y\n2,x,planted-hash-2,planted-row\n",
    "person.jsonl": '{"id": "planted-row-1", "password_hash": "planted-hash"}\n{"id": 1, "name": "planted-row"}\n',
}
"""Rows that do not fit, beside a column that is sensitive: nothing of them may be shown."""

FAILING: list[tuple[dict[str, Any], str]] = [
    ({"database": "wrong"}, "wrong_password"),
    ({"database": "away"}, "unreachable"),
    ({"database": "nowhere"}, "no_such_database"),
    ({"database": "encrypted"}, "tls_refused"),
    ({"database": "garbled"}, "database_misconfigured"),
    ({"database": "unset"}, "database_misconfigured"),
    ({"database": "planted"}, "unknown_database"),
    ({}, "permission_denied"),
    ({"exclude_tables": ["shut"]}, "disk_full"),
    ({"exclude_tables": ["shut"], "format": "csv"}, "disk_full"),
    ({"tables": ["person"], "path": "taken.json"}, "file_exists"),
    ({"tables": ["person"], "path": "../out.json"}, "path_outside"),
    ({"tables": ["a.b.c"]}, "bad_pattern"),
    ({"tables": ["persons"]}, "unknown_table"),
    ({"exclude_columns": ["person.nam"]}, "unknown_column"),
    ({"format": "xml"}, "bad_arguments"),
    ({"redact": "none"}, "redaction_required"),
]


async def test_no_failure_tells_a_secret(project: Path, fresh_database: FreshDatabase) -> None:
    said: list[str] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        said.append(str(message))

    async with session(project, said) as client:

        async def told(tool: str, **arguments: Any) -> str:
            result = await client.call_tool(tool, arguments, progress_callback=listen)
            said.append(result.model_dump_json())
            return text_of(result)

        for arguments, code in FAILING:
            failure = await told("export_database", **{"database": "it", **arguments})
            assert f"[{code}]" in failure, failure
        assert "[bad_value]" in await told("query_database", database="it", sql="SELECT name::int FROM person")
        ender = threading.Thread(target=end_who_waits, args=[fresh_database])
        with psycopg.connect(fresh_database.url) as holder:
            holder.execute("LOCK TABLE big IN ACCESS EXCLUSIVE MODE")  # so that the export is surely under way
            ender.start()
            assert "[connection_lost]" in await told("export_database", database="it", tables=["big"])
            ender.join()
        assert "planted-row" not in await told("export_database", database="it", tables=["person"])
        assert "person" in await told("inspect_schema", database="it", detail="full")
        assert "wrong" in await told("list_databases")
        for path, content in FILES.items():
            (project / path).write_text(content)
            rehearsed = await told("check_import", database="write", path=path)
            assert '"passes":false' in rehearsed, rehearsed
            failure = await told("import_data", database="write", path=path)
            assert "[rows_rejected]" in failure, failure

    printed = "".join((project.parent / name).read_text() for name in ("stdout", "stderr")) + "".join(said)
    assert '"bytes"' in printed
    assert [secret for secret in PLANTED if secret in printed] == []
    left = [path for path in project.rglob("*") if path.name.startswith(".it-") or path.name.endswith(".part")]
    assert left == []


def end_who_waits(database: FreshDatabase) -> None:
    """Ends the session that waits for the table, as soon as there is one."""
    ending = """SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks AS l
        WHERE NOT l.granted AND l.relation = 'big'::regclass"""
    with database.connect() as other:
        while (row := other.execute(ending).fetchone()) is not None and not row[0]:
            threading.Event().wait(0.02)
