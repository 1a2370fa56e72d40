"""Exports against their peers, in one run: seconds, CPU of client and server, memory, and the ratios that count.

    python -m tests.benchmarks.exports [rows | demo=SCALE] [rounds=3] [name ...]

By hand, on a quiet machine: psql's \\copy, psql with COPY of row_to_json, pg_dump -Fp, rows fetched and encoded. One
table of mixed rows, a million unless told otherwise, or the demo's main database (SCALE times 25,000 rows, unredacted).
PGFERRY_TEST_POSTGRES_BIN names the folder of another server than the embedded one.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from server.demo.databases import MAIN, fill_databases
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
ROUNDS = 3
"""In alternation, unless told otherwise: of each the run of median time counts."""
PEERS = {"csv": "copy", "json": "row_to_json", "jsonl": "row_to_json", "sql": "pg_dump"}


def main(arguments: Sequence[str]) -> None:
    what = arguments[0] if arguments else "1000000"
    wanted = {argument for argument in arguments[1:] if not argument.startswith("rounds=")}
    rounds = next((int(argument[len("rounds=") :]) for argument in arguments if argument.startswith("rounds=")), ROUNDS)
    folder_of_programs = os.environ.get("PGFERRY_TEST_POSTGRES_BIN")
    with (
        embedded_server(bin_directory=Path(folder_of_programs) if folder_of_programs else None) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        url = _fill(server, what)
        root = Path(folder)
        (root / "pgferry.toml").write_text(f'redaction.allow_none = true\n[databases.it]\nurl = "{url}"\n')
        costs: dict[str, list[Cost]] = {}
        commands = {
            name: command
            for name, command in _commands(server, root, url).items()
            if not wanted or name in wanted or name in {PEERS[n.split()[0]] for n in wanted if n.split()[0] in PEERS}
        }
        for _ in range(rounds):
            for name, command in commands.items():
                costs.setdefault(name, []).append(_measure(server, root, command))
        _show({name: sorted(found)[len(found) // 2] for name, found in costs.items()})


def _show(measured: Mapping[str, Cost]) -> None:
    for name, cost in measured.items():
        peer = measured.get(PEERS.get(name.split()[0], ""))
        ratio = f"{cost.wall / peer.wall:5.2f}x wall {cost.cores / peer.cores:5.2f}x cpu" if peer else ""
        print(
            f"{name:14} {cost.wall:6.2f} s  client {cost.client:5.2f}  server {cost.server:5.2f}"
            f"  {cost.memory:4.0f} MiB  {ratio}"
        )


def _fill(server: EmbeddedServer, what: str) -> str:
    """Makes the rows; the connection string of their database."""
    kind, _, scale = what.partition("=")
    if kind == "demo":
        fill_databases(server, "benchmark", scale=int(scale or 1))
        with psycopg.connect(server.url(MAIN), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        return server.url(MAIN)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for statement in TABLE.replace("{rows}", what).split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    return server.url("postgres")


def _tables(url: str) -> list[str]:
    """Tables with rows of their own, quoted; a partitioned one as a query, as `\\copy` wants it."""
    question = """
        SELECT CASE relkind WHEN 'p' THEN format('(SELECT * FROM %s)', oid::regclass) ELSE oid::regclass::text END
        FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
            AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY oid
    """
    with psycopg.connect(url) as connection:
        return [table for (table,) in connection.execute(question)]


def _commands(server: EmbeddedServer, root: Path, url: str) -> dict[str, list[str]]:
    programs = embedded_binaries() or server.bin_directory
    psql = [str(programs / "psql"), "-qX", url]
    copies: list[str] = []
    lines: list[str] = []
    for number, table in enumerate(_tables(url)):
        copies += ["-c", f"\\copy {table} to {root}/peer-{number}.csv csv header"]
        select = f"SELECT row_to_json(t.*) FROM {table} AS t"
        lines += ["-c", f"COPY ({select}) TO STDOUT (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')"]
    commands = {
        "copy": [*psql, *copies],
        "row_to_json": [*psql, "-o", f"{root}/peer.jsonl", *lines],
        "pg_dump": [str(programs / "pg_dump"), "-Fp", "-f", f"{root}/peer.sql", url],
        "fetched": [sys.executable, "-c", _FETCHING, url, f"{root}/fetched.json", *_tables(url)],
    }
    for name in ("csv", "json", "jsonl", "sql"):
        export = [sys.executable, "-m", "server", "export-database", "it", "--json", "-f", name, "--path", "ours"]
        export += ["--redact", "none"]
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
    for table in sys.argv[3:]:
        with connection.cursor(name="c", row_factory=psycopg.rows.dict_row) as cursor:
            cursor.itersize = 5000
            for row in cursor.execute(f"SELECT * FROM {table} AS t"):
                file.write(encode(row) + b"\\n")
"""


def _measure(server: EmbeddedServer, root: Path, command: Sequence[str]) -> Cost:
    subprocess.run(["rm", "-rf", str(root / "ours")], check=True)
    return measured(server, root, command)


if __name__ == "__main__":
    main(sys.argv[1:])
