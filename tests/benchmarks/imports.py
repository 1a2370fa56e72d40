"""Imports against their peers, in one run: seconds, CPU of client and server, memory, and the ratios that count.

    python -m tests.benchmarks.imports [rows] [name ...]

By hand, on a quiet machine: psql's \\copy, psql -1 -f, and a hand-written staging INSERT … ON CONFLICT.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from server.postgres import populating
from server.postgres.binaries import embedded_binaries
from server.postgres.embedded import EmbeddedServer, embedded_server

PARENTS = "".join(
    f"CREATE TABLE p{n} (id int PRIMARY KEY); INSERT INTO p{n} SELECT generate_series(0, 9999);" for n in (1, 2, 3)
)
TABLE = """CREATE TABLE mixed (id bigint PRIMARY KEY, a int, b int, c int, name text NOT NULL, email varchar(200),
    created_at timestamptz, day date, amount numeric(12, 2), active boolean, tags text[], data jsonb, f float8);
CREATE INDEX mixed_name ON mixed (name); CREATE INDEX mixed_created ON mixed (created_at);"""
KEYS = "".join(f"ALTER TABLE mixed ADD FOREIGN KEY ({column}) REFERENCES p{n};" for n, column in enumerate("abc", 1))
ROWS = """INSERT INTO mixed SELECT i, i % 9999, i % 777, i % 55, 'name ' || i, 'user' || i || '@example.com',
    timestamptz '2026-01-01' - i * interval '1 min', date '2020-01-01' + (i % 1000)::int, (i % 100000) / 7.0,
    i % 2 = 0,
    ARRAY['a' || i % 10, 'b'], jsonb_build_object('k', i, 'v', md5(i::text)), i / 3.0
    FROM generate_series(1, {rows}) AS i;"""
UPSERT = """BEGIN; CREATE TEMP TABLE s ON COMMIT DROP AS SELECT * FROM mixed WITH NO DATA;
\\copy s from {root}/changed.csv csv header
INSERT INTO mixed SELECT * FROM s ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c,
  name = excluded.name, email = excluded.email, created_at = excluded.created_at, day = excluded.day,
  amount = excluded.amount, active = excluded.active, tags = excluded.tags, data = excluded.data, f = excluded.f;
COMMIT;"""
PEERS = {"csv": "copy", "csv keys": "copy keys", "json": "csv", "jsonl": "csv", "sql": "psql -1", "upsert": "by hand"}


class Cost(NamedTuple):
    """Seconds of the wall clock, of the client's and the server's processors; MiB of the client at most."""

    wall: float
    client: float
    server: float
    memory: float


def main(arguments: Sequence[str]) -> None:
    rows = int(arguments[0]) if arguments else 1_000_000
    wanted = set(arguments[1:])
    wanted |= {PEERS[name] for name in wanted if name in PEERS}
    with embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _prepare(server, root, rows)
        measured: dict[str, Cost] = {}
        for name, (template, command) in _commands(server, root).items():
            if not wanted or name in wanted:
                measured[name] = _measure(server, root, template, command)
        for name, cost in measured.items():
            peer = measured.get(PEERS.get(name, ""))
            cores = (cost.client + cost.server) / (peer.client + peer.server) if peer else 0
            ratio = f"{cost.wall / peer.wall:5.2f}x wall {cores:5.2f}x cpu" if peer else ""
            print(
                f"{name:10} {cost.wall:6.2f} s  client {cost.client:5.2f}  server {cost.server:5.2f}"
                f"  {cost.memory:4.0f} MiB  {ratio}",
                flush=True,
            )


def _prepare(server: EmbeddedServer, root: Path, rows: int) -> None:
    """Templates: nothing, the table, with keys, full; and the files."""
    for name, statements in {
        "nothing": "",
        "plain": TABLE,
        "keyed": PARENTS + TABLE + KEYS,
        "full": TABLE + ROWS.replace("{rows}", str(rows)),
    }.items():
        populating.make_database(server, name)
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            connection.execute(statements.encode() or b"SELECT")
    programs = embedded_binaries() or server.bin_directory
    url = server.url("full")
    lines = "COPY (SELECT row_to_json(t.*) FROM mixed AS t) TO STDOUT (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"
    same = "email, created_at, day, amount, active, tags, data, f"
    changed = f"(SELECT id, a, b, c, name || '!' AS name, {same} FROM mixed)"
    for command in (
        f"\\copy mixed to {root}/mixed.csv csv header",
        f"\\copy {changed} to {root}/changed.csv csv header",
    ):
        subprocess.run([str(programs / "psql"), "-qX", url, "-c", command], check=True)
    subprocess.run([str(programs / "psql"), "-qX", url, "-o", f"{root}/mixed.jsonl", "-c", lines], check=True)
    with (root / "mixed.json").open("w") as document, (root / "mixed.jsonl").open() as source:
        document.write('{"data":{"mixed":[\n')
        for number, line in enumerate(source):
            document.write(("," if number else "") + line)
        document.write("]}}")
    subprocess.run([str(programs / "pg_dump"), "-Fp", "-f", f"{root}/full.sql", url], check=True)
    (root / "upsert.sql").write_text(UPSERT.replace("{root}", str(root)))
    (root / "pgferry.toml").write_text(f'[databases.it]\nurl = "{server.url("target")}"\naccess = "write"\n')


def _commands(server: EmbeddedServer, root: Path) -> dict[str, tuple[str, list[str]]]:
    psql = [
        str((embedded_binaries() or server.bin_directory) / "psql"),
        "-qX",
        "-v",
        "ON_ERROR_STOP=1",
        server.url("target"),
    ]
    copy = [*psql, "-c", f"\\copy mixed from {root}/mixed.csv csv header"]
    ours = [sys.executable, "-m", "server", "import-data", "it", "--json", "--yes"]
    return {
        "copy": ("plain", copy),
        "csv": ("plain", [*ours, "mixed.csv"]),
        "copy keys": ("keyed", copy),
        "csv keys": ("keyed", [*ours, "mixed.csv"]),
        "json": ("plain", [*ours, "mixed.json"]),
        "jsonl": ("plain", [*ours, "mixed.jsonl"]),
        "psql -1": ("nothing", [*psql, "-1", "-f", f"{root}/full.sql"]),
        "sql": ("nothing", [*ours, "full.sql", "--mode", "restore"]),
        "by hand": ("full", [*psql, "-f", f"{root}/upsert.sql"]),
        "upsert": ("full", [*ours, "changed.csv", "--mode", "upsert", "--table", "mixed"]),
    }


def _measure(server: EmbeddedServer, root: Path, template: str, command: Sequence[str]) -> Cost:
    populating.drop_database(server, "target")
    populating.make_database(server, "target", template=template)
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), **os.environ}
    before, cpu, started = _server_cpu(server), _children(), time.monotonic()
    with (root / "report").open("w") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    wall = time.monotonic() - started
    _wait_for_the_end(server)
    text = (root / "report").read_text()
    if status:
        raise SystemExit(f"{command[0]} failed")
    if text.startswith("{"):
        wall = json.loads(text)["seconds"]  # the peers start in no time, Python does not
    return Cost(wall, _children() - cpu, _server_cpu(server) - before, usage.ru_maxrss / 1024)


def _wait_for_the_end(server: EmbeddedServer) -> None:
    """The server counts a session's work once it is gone."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        while connection.execute("SELECT FROM pg_stat_activity WHERE datname = 'target'").fetchone():
            time.sleep(0.05)
    time.sleep(0.1)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _server_cpu(server: EmbeddedServer) -> float:
    """Of the postmaster and of all its backends that have ended."""
    pid = (server.home / "data" / "postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
