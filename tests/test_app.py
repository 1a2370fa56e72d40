"""The server process: it starts without a database, and ends cleanly on end of input and on signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fix_client import REPOSITORY
from tests.fix_databases import FreshDatabase

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


class Process:
    """A server process spoken to in raw JSON-RPC lines."""

    def __init__(self, project: Path) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != "DATABASE_URL"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server"],
            cwd=project,
            env={**kept, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def say(self, message: dict[str, Any]) -> None:
        self.say_line(json.dumps(message).encode())

    def say_line(self, line: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def hello(self) -> None:
        self.say(HELLO)
        assert self.hear()["result"]["serverInfo"]["name"] == "pgferry"
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, tool: str, **arguments: Any) -> None:
        self.say({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})

    def end(self) -> tuple[int, bytes]:
        """Exit code and what stderr said."""
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err


@pytest.fixture
def project(tmp_path: Path, fresh_database: FreshDatabase) -> Path:
    (tmp_path / "pgferry.toml").write_text(f'[databases.main]\nurl = "{fresh_database.url}"\n')
    return tmp_path


@pytest.fixture
def server(project: Path) -> Generator[Process]:
    process = Process(project)
    yield process
    process.process.kill()
    process.process.wait()
    for stream in (process.process.stdin, process.process.stdout, process.process.stderr):
        assert stream
        with suppress(BrokenPipeError):
            stream.close()


@pytest.fixture
def sleeping(server: Process, fresh_database: FreshDatabase) -> Process:
    """A server in the middle of a query."""
    server.hello()
    server.call("query_database", database="main", sql="SELECT 1 FROM generate_series(1, 1e11) AS g(n) WHERE n < 0")
    wait_for(lambda: running(fresh_database) == 1)
    return server


def running(database: FreshDatabase) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgferry' AND datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])


def wait_for(condition: Any, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_starts_and_answers_without_touching_a_database(server: Process, fresh_database: FreshDatabase) -> None:
    server.hello()
    server.say({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
    assert server.hear()["result"]["tools"]
    assert running(fresh_database) == 0


def test_half_a_character_does_not_leave_a_call_without_an_answer(server: Process) -> None:
    server.hello()
    server.say_line(
        rb'{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "query_database", "arguments":'
        rb' {"database": "main", "sql": "SELECT $1, $2, $3", "params": ["a\ud83d", "\ud83d\ude00", "\\ud83d"]}}}'
    )
    assert server.hear()["result"]["structuredContent"]["rows"] == [["a\ufffd", "\U0001f600", "\\ud83d"]]


def test_end_of_input_ends_it(server: Process) -> None:
    server.hello()
    code, err = server.end()
    assert (code, err) == (0, b"")


def test_a_client_that_is_gone_before_its_answer_ends_it(server: Process) -> None:
    server.hello()
    assert server.process.stdin
    assert server.process.stdout
    assert server.process.stderr
    server.process.stdout.close()
    server.say({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
    server.process.stdin.close()
    assert server.process.wait(timeout=60) == 0
    assert server.process.stderr.read() == b""


def test_a_client_that_reads_no_more_ends_it_and_the_running_query(
    sleeping: Process, fresh_database: FreshDatabase
) -> None:
    """Its input stays open."""
    assert sleeping.process.stdout
    assert sleeping.process.stderr
    sleeping.process.stdout.close()
    assert sleeping.process.wait(timeout=60) == 0
    wait_for(lambda: running(fresh_database) == 0)
    assert sleeping.process.stderr.read() == b""


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it(server: Process, sign: str) -> None:
    server.hello()
    server.process.send_signal(signal.Signals[sign])
    assert server.process.wait(timeout=60) == 0


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_stops_the_running_query_on_the_server(
    sleeping: Process, fresh_database: FreshDatabase, sign: str
) -> None:
    sleeping.process.send_signal(signal.Signals[sign])
    assert sleeping.process.wait(timeout=60) == 0
    wait_for(lambda: running(fresh_database) == 0)


def test_end_of_input_stops_the_running_query_on_the_server(sleeping: Process, fresh_database: FreshDatabase) -> None:
    assert sleeping.process.stdin
    sleeping.process.stdin.close()
    assert sleeping.process.wait(timeout=60) == 0
    wait_for(lambda: running(fresh_database) == 0)


def test_cancelling_a_call_stops_its_query_and_the_server_goes_on(
    sleeping: Process, fresh_database: FreshDatabase
) -> None:
    sleeping.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}})
    wait_for(lambda: running(fresh_database) == 0)
    sleeping.say({"jsonrpc": "2.0", "id": 4, "method": "tools/list"})
    while (answer := sleeping.hear())["id"] != 4:
        pass
    assert answer["result"]["tools"]
