"""One tenant of 200 out of a big child table: how long a segment takes, next to the least that could be done.

    python tests/benchmarks/segment.py [--rows 5000000] [--rounds 5] [--no-index] [--home FOLDER]
        [--pg-sample "perl pg_sample"]

Compared in one run, in alternation: the single semi-join COPY of the same child rows by psql (the floor: it follows
nothing and proves nothing), and what is written by hand without pgferry: a COPY for each table, each with the
subqueries that its own references need. With `--pg-sample`, how it is run here, pg_sample takes the same rows of the
tenant and what they refer to; and, once, the last 10,000 incidents with all that they refer to, along chains of 1,250
links. `--home` keeps the database for the next run. Memory is that of this process, where the job runs as in a server.
"""

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from server.calls import Call
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentRequest
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.services import load_services

SCHEMA = """
CREATE TABLE tenants (id int PRIMARY KEY, slug text NOT NULL UNIQUE);
CREATE TABLE sites (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, name text);
CREATE TABLE kinds (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, name text NOT NULL);
CREATE TABLE incidents (
    id bigint PRIMARY KEY, site_id int NOT NULL, kind_id int NOT NULL, reporter_id int NOT NULL, follows bigint,
    occurred_at timestamptz NOT NULL, title text NOT NULL, cost numeric(12,2), details jsonb
);
INSERT INTO tenants SELECT n, 'tenant-' || n FROM generate_series(1, 200) AS n;
INSERT INTO sites SELECT n, 1 + n % 200, 'site ' || n FROM generate_series(1, 4000) AS n;
INSERT INTO kinds SELECT n, 'kind ' || n FROM generate_series(1, 40) AS n;
INSERT INTO people SELECT n, 1 + n % 200, 'person ' || n FROM generate_series(1, 20000) AS n;
"""
ROWS = """
INSERT INTO incidents SELECT n, 1 + n % 4000, 1 + n % 40, 1 + n % 20000,
    CASE WHEN n % 50 = 0 AND n > 4000 THEN n - 4000 END,
    timestamptz '2020-01-01' + n * interval '30 seconds', 'incident number ' || n, n % 1000 * 1.5,
    jsonb_build_object('shift', n % 3, 'note', repeat('x', (n % 40)::int))
FROM generate_series(1, %s) AS n
"""
KEYS = """
ALTER TABLE incidents ADD FOREIGN KEY (site_id) REFERENCES sites, ADD FOREIGN KEY (kind_id) REFERENCES kinds,
    ADD FOREIGN KEY (reporter_id) REFERENCES people, ADD FOREIGN KEY (follows) REFERENCES incidents;
"""
INDEXES = """
CREATE INDEX ON incidents (site_id); CREATE INDEX ON incidents (follows) WHERE follows IS NOT NULL;
CREATE INDEX ON incidents (reporter_id); CREATE INDEX ON sites (tenant_id); CREATE INDEX ON people (tenant_id);
"""
MINE = "SELECT i.* FROM incidents i WHERE site_id IN (SELECT id FROM sites WHERE tenant_id = 17)"
BY_HAND = (
    "SELECT * FROM tenants WHERE id = 17",
    "SELECT * FROM sites WHERE tenant_id = 17 OR id IN (SELECT site_id FROM mine)",
    "SELECT * FROM people WHERE tenant_id = 17 OR id IN (SELECT reporter_id FROM mine)",
    "SELECT * FROM kinds WHERE id IN (SELECT kind_id FROM mine)",
    "SELECT * FROM mine UNION SELECT * FROM incidents WHERE id IN (SELECT follows FROM mine)",
)
"""What a person writes: one level of references, and no proof that it is enough."""


PATIENCE = 120
"""Seconds that pg_sample is waited for."""
SAMPLED = (
    "tenants = id = 17",
    "sites = tenant_id = 17",
    "people = tenant_id = 17",
    "kinds = false",
    "incidents = site_id IN (SELECT id FROM sites WHERE tenant_id = 17)",
)
"""The same rows, as pg_sample is told."""
CHAINED = ("tenants = false", "sites = false", "people = false", "kinds = false", "incidents = id > {} - 10000")


def best(rounds: int, work: Callable[[], object]) -> float:
    """The median of some rounds, in seconds."""
    taken: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def psql(server: EmbeddedServer, *statements: str) -> None:
    command = [str(server.bin_directory / "psql"), "-X", "-q", "-d", server.url("bench")]
    for statement in statements:
        command += ["-c", statement]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def sample(server: EmbeddedServer, command: str, out: Path, rules: Sequence[str] = SAMPLED) -> None:
    """pg_sample on the same rows; it makes a schema of its own in the database, and drops it."""
    limits = [part for rule in rules for part in ("--limit", rule)]
    where = ["--db-host", server.host, "--db-port", str(server.port), "--db-user", server.user, "--file", str(out)]
    subprocess.run(
        [*shlex.split(command), "--data-only", "--force", *limits, *where, "bench"],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PGPASSWORD": server.password},
        timeout=PATIENCE,
    )
    assert out.read_bytes().count(b"incident number") > 1000, "pg_sample failed"


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--no-index", action="store_true")
    arguments.add_argument("--home", type=Path)
    arguments.add_argument("--pg-sample")
    options = arguments.parse_args()
    made = options.home is not None and options.home.exists()
    with embedded_server(options.home, durable=False) as server, tempfile.TemporaryDirectory() as folder:
        if not made:
            fill(server, options.rows, indexes=not options.no_index)
        root = Path(folder)
        (root / "pgferry.toml").write_text(f'[databases.bench]\nurl = "{server.url("bench")}"\n')
        measure(server, root, options.rounds, options.pg_sample)


def fill(server: EmbeddedServer, rows: int, *, indexes: bool) -> None:
    """Makes the database."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    with psycopg.connect(server.url("bench"), autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute(ROWS.replace("%s", str(rows)).encode())
        connection.execute((KEYS + INDEXES if indexes else KEYS).encode())
        connection.execute("VACUUM ANALYZE")


def asked(**condition: object) -> SegmentRequest:
    """A segment of some tenants."""
    filters = [{"table": "tenants", "where": [condition]}]
    return SegmentRequest.model_validate({"database": "bench", "format": "csv", "filters": filters})


def measure(server: EmbeddedServer, root: Path, rounds: int, pg_sample: str | None) -> None:
    out = root / "out.csv"
    services = load_services({}, root)
    request = asked(column="slug", value="tenant-17")
    report = export_segment(services, Call(), request)
    print({table.name: (table.matched, table.required) for table in report.tables})
    by_hand = [f"\\copy (WITH mine AS ({MINE}) {query}) TO '{out}' (FORMAT csv)" for query in BY_HAND]
    works: dict[str, Callable[[], object]] = {
        "semi-join COPY of the child by psql": lambda: psql(server, f"\\copy ({MINE}) TO '{out}' (FORMAT csv)"),
        "export_segment, closed, csv": lambda: export_segment(services, Call(), request),
        "written by hand, table by table": lambda: psql(server, *by_hand),
    }
    if pg_sample:
        works["pg_sample, data alone"] = lambda: sample(server, pg_sample, out)
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):  # in alternation, so that a busy moment is everybody's
        for name, work in works.items():
            taken[name].append(best(1, work))
    (_, floor), (_, ours), *_ = medians = [(name, statistics.median(times)) for name, times in taken.items()]
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, seconds in medians:
        print(f"{name:36} {seconds:7.3f} s   {seconds / floor:6.2f}x of the COPY   {seconds / ours:6.2f}x of ours")
    if pg_sample:
        chains(server, root, pg_sample)
    before = peak()
    larger = export_segment(services, Call(), asked(column="id", op="<=", value=20))
    print(f"peak memory {before:.0f} MiB; after {larger.total_rows:,} rows in one segment {peak():.0f} MiB")


def chains(server: EmbeddedServer, root: Path, pg_sample: str) -> None:
    """What refers far up: the newest incidents, each of which may follow another, and so on."""
    with psycopg.connect(server.url("bench")) as connection:
        (rows,) = connection.execute("SELECT max(id) FROM incidents").fetchone() or (0,)
    where = [{"column": "id", "op": ">", "value": rows - 10_000}]
    request = SegmentRequest.model_validate(
        {"database": "bench", "format": "csv", "filters": [{"table": "incidents", "where": where}], "follow": "none"}
    )
    services, started = load_services({}, root), time.perf_counter()
    total = export_segment(services, Call(), request).total_rows
    ours = time.perf_counter() - started
    started = time.perf_counter()
    try:
        sample(server, pg_sample, root / "sample.sql", [rule.format(rows) for rule in CHAINED])
    except subprocess.TimeoutExpired:
        print("pg_sample was stopped", end="; ")
    theirs = time.perf_counter() - started
    print(f"chains, {total:,} rows: export_segment {ours:.1f} s, pg_sample {theirs:.1f} s, {theirs / ours:.1f}x")


if __name__ == "__main__":
    main()
