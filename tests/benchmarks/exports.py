"""Exports against their peers, in one run: seconds, CPU of client and server, memory, and the ratios that count.

    python -m tests.benchmarks.exports [rows] [name ...]

By hand, on a quiet machine: psql's \\copy, psql with COPY of row_to_json, pg_dump -Fp, rows fetched and encoded.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from server.postgres.binaries import embedded_binaries
from server.postgres.embedded import EmbeddedServer, embedded_server
from tests.benchmarks.measuring import Cost, measured

TABLE = """
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TABLE mixed (id bigint PRIMARY KEY, name text NOT NULL, email varchar(200), created_at timestamptz, day date,
    amount numeric(12, 2), active boolean, notes text, tags text[], data jsonb, f float8, u uuid, m mood);
INSERT INTO mixed SELECT i, 'name ' || i, 'user' || i || '@example.com', now() - i * interval '1 min',
    date '2020-01-01' + (i % 1000)::int, (i % 100000) / 7.0, i % 2 = 0, repeat('lorem ipsum ', (i % 5)::int),
    ARRAY['a' || i % 10, 'b'], jsonb_build_object('k', i, 'v', md5(i::text)), i / 3.0, md5(i::text)::uuid,
    (ARRAY['ok', 'bad'])[1 + i % 2]::mood FROM generate_series(1, {rows}) AS i;
VACUUM ANALYZE mixed;
"""
PEERS = {"csv": "copy", "json": "row_to_json", "jsonl": "row_to_json", "sql": "pg_dump"}


def main(arguments: Sequence[str]) -> None:
    rows = int(arguments[0]) if arguments else 1_000_000
    wanted = set(arguments[1:])
    with embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        _fill(server, rows)
        root = Path(folder)
        (root / "pgferry.toml").write_text(f'[databases.it]\nurl = "{server.url("postgres")}"\n')
        measured: dict[str, Cost] = {}
        for name, command in _commands(server, root).items():
            if not wanted or name in wanted or name in PEERS.values():
                measured[name] = min((_measure(server, root, command) for _ in range(2)), key=lambda cost: cost.wall)
        for name, cost in measured.items():
            peer = measured.get(PEERS.get(name.split()[0], ""))
            ratio = f"{cost.wall / peer.wall:5.2f}x wall {cost.cores / peer.cores:5.2f}x cpu" if peer else ""
            print(
                f"{name:14} {cost.wall:6.2f} s  client {cost.client:5.2f}  server {cost.server:5.2f}"
                f"  {cost.memory:4.0f} MiB  {ratio}"
            )


def _fill(server: EmbeddedServer, rows: int) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for statement in TABLE.replace("{rows}", str(rows)).split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())


def _commands(server: EmbeddedServer, root: Path) -> dict[str, list[str]]:
    programs = embedded_binaries() or server.bin_directory
    url = server.url("postgres")
    lines = "COPY (SELECT row_to_json(t.*) FROM mixed AS t) TO STDOUT (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"
    commands = {
        "copy": [str(programs / "psql"), "-qX", url, "-c", f"\\copy mixed to {root}/peer.csv csv header"],
        "row_to_json": [str(programs / "psql"), "-qX", url, "-o", f"{root}/peer.jsonl", "-c", lines],
        "pg_dump": [str(programs / "pg_dump"), "-Fp", "-f", f"{root}/peer.sql", url],
        "fetched": [sys.executable, "-c", _FETCHING, url, f"{root}/fetched.json"],
    }
    for name in ("csv", "json", "jsonl", "sql"):
        export = [sys.executable, "-m", "server", "export-database", "it", "--json", "-f", name, "--path", "ours"]
        commands[name] = export
        commands[f"{name} (one)"] = ["env", "PGFERRY_EXPORTS__WORKERS=1", *export]
    commands["json gzip"] = [*commands["json"], "--compress", "gzip"]
    commands["json zstd"] = [*commands["json"], "--compress", "zstd"]
    return commands


_FETCHING = """
import sys, psycopg
try:
    import orjson
    encode = lambda row: orjson.dumps(row, default=str)
except ImportError:
    import json
    encode = lambda row: json.dumps(row, default=str).encode()
with psycopg.connect(sys.argv[1]) as connection, open(sys.argv[2], "wb") as file:
    with connection.cursor(name="c", row_factory=psycopg.rows.dict_row) as cursor:
        cursor.itersize = 5000
        for row in cursor.execute("SELECT * FROM mixed"):
            file.write(encode(row) + b"\\n")
"""


def _measure(server: EmbeddedServer, root: Path, command: Sequence[str]) -> Cost:
    subprocess.run(["rm", "-rf", str(root / "ours")], check=True)
    return measured(server, root, command)


if __name__ == "__main__":
    main(sys.argv[1:])
