"""Imports against their peers, in one run: seconds, CPU of client and server, memory, and the ratios that count.

    python -m tests.benchmarks.imports [rows] [name ...]

By hand, on a quiet machine: psql's \\copy, psql -1 -f (of COPY and of INSERTs), a hand-written staging INSERT … ON
CONFLICT. `broken` has bad rows at its end, all of which are told; it stands beside the import of the same rows.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from server.postgres import populating
from server.postgres.binaries import embedded_binaries
from server.postgres.embedded import EmbeddedServer, embedded_server
from tests.benchmarks.measuring import Cost, measured

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
PEERS = {
    "csv": "copy", "csv keys": "copy keys", "json": "csv", "jsonl": "csv", "sql": "psql -1", "upsert": "by hand",
    "inserts": "psql inserts", "broken": "csv keys",
}  # fmt: skip


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
    subprocess.run([str(programs / "pg_dump"), "--inserts", "-f", f"{root}/inserts.sql", url], check=True)
    with (root / "mixed.csv").open() as rows_of, (root / "broken.csv").open("w") as broken:
        broken.writelines(rows_of)
        broken.write("1,1,1,1,twice,,,2026-01-01,,,,,\n0,99999,1,1,nowhere,,,never,,,,,\n1,2\n")
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
    checks = [sys.executable, "-m", "server", "check-import", "it", "--json"]
    return {
        "copy": ("plain", copy),
        "csv": ("plain", [*ours, "mixed.csv"]),
        "copy keys": ("keyed", copy),
        "csv keys": ("keyed", [*ours, "mixed.csv"]),
        "json": ("plain", [*ours, "mixed.json"]),
        "jsonl": ("plain", [*ours, "mixed.jsonl"]),
        "psql -1": ("nothing", [*psql, "-1", "-f", f"{root}/full.sql"]),
        "sql": ("nothing", [*ours, "full.sql", "--mode", "restore"]),
        "psql inserts": ("nothing", [*psql, "-1", "-f", f"{root}/inserts.sql"]),
        "inserts": ("nothing", [*ours, "inserts.sql", "--mode", "restore"]),
        "broken": ("keyed", [*checks, "broken.csv", "--table", "mixed"]),
        "by hand": ("full", [*psql, "-f", f"{root}/upsert.sql"]),
        "upsert": ("full", [*ours, "changed.csv", "--mode", "upsert", "--table", "mixed"]),
    }


def _measure(server: EmbeddedServer, root: Path, template: str, command: Sequence[str]) -> Cost:
    populating.drop_database(server, "target")
    populating.make_database(server, "target", template=template)
    return measured(server, root, command)


if __name__ == "__main__":
    main(sys.argv[1:])
