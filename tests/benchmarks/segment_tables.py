"""One company of 100 over thirteen tables: how long a segment takes beside pg_sample, which is handed the very rows.

    python tests/benchmarks/segment_tables.py --pg-sample "perl pg_sample" [--rounds 5] [--no-index] [--home FOLDER]

The largest table has 5 M rows, others up to 1.2 M; a company has 220,000 of them. pg_sample follows nothing down, so
its rules name rows that the segment reaches from the company: most of them, and (`the sites' alone`) fewer: those below
its sites and not those of its users and equipment elsewhere. Wall clock and both sides' processors, in alternation.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from server.calls import Call
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentRequest
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.services import load_services
from tests.benchmarks.measuring import server_cpu, wait_for_sessions
from tests.benchmarks.segment import psql, sample

SCHEMA = """
CREATE TABLE regions (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE companies (id int PRIMARY KEY, slug text NOT NULL UNIQUE, region_id int NOT NULL REFERENCES regions);
CREATE TABLE sites (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, name text NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, email text NOT NULL UNIQUE);
CREATE TABLE kinds (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE equipment (id int PRIMARY KEY, site_id int NOT NULL REFERENCES sites, name text NOT NULL);
CREATE TABLE incidents (id int PRIMARY KEY, site_id int NOT NULL, kind_id int NOT NULL, reporter_id int NOT NULL,
    equipment_id int, occurred_at timestamptz NOT NULL, title text NOT NULL);
CREATE TABLE participants (
    incident_id int NOT NULL, user_id int NOT NULL, role text NOT NULL, PRIMARY KEY (incident_id, user_id)
);
CREATE TABLE narratives (id int PRIMARY KEY, incident_id int NOT NULL, author_id int NOT NULL, body text NOT NULL);
CREATE TABLE actions (id int PRIMARY KEY, incident_id int NOT NULL, assignee_id int, due date, title text NOT NULL);
CREATE TABLE tags (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE incident_tags (incident_id int NOT NULL, tag_id int NOT NULL, PRIMARY KEY (incident_id, tag_id));
CREATE TABLE readings (id bigint PRIMARY KEY, equipment_id int NOT NULL, incident_id int, taken_at timestamptz NOT NULL,
    value numeric(10,3) NOT NULL, note text);
INSERT INTO regions SELECT n, 'region ' || n FROM generate_series(1, 20) n;
INSERT INTO companies SELECT n, 'company-' || n, 1 + n % 20 FROM generate_series(1, 100) n;
INSERT INTO sites SELECT n, 1 + n % 100, 'site ' || n FROM generate_series(1, 2000) n;
INSERT INTO users SELECT n, 1 + n % 100, 'user' || n || '@example.test' FROM generate_series(1, 20000) n;
INSERT INTO kinds SELECT n, 'kind ' || n FROM generate_series(1, 50) n;
INSERT INTO equipment SELECT n, 1 + n % 2000, 'equipment ' || n FROM generate_series(1, 20000) n;
INSERT INTO incidents SELECT n, 1 + n % 2000, 1 + n % 50, 1 + (n * 7) % 20000,
    CASE WHEN n % 3 > 0 THEN 1 + n % 20000 END,
    timestamptz '2020-01-01' + n * interval '2 minutes', 'incident number ' || n FROM generate_series(1, 600000) n;
INSERT INTO participants SELECT 1 + n % 600000, 1 + (n * 13) % 20000, 'witness' FROM generate_series(1, 1200000) n
    ON CONFLICT DO NOTHING;
INSERT INTO narratives SELECT n, 1 + n % 600000, 1 + (n * 11) % 20000, repeat('what was seen ', 1 + n % 12)
    FROM generate_series(1, 900000) n;
INSERT INTO actions SELECT n, 1 + n % 600000, CASE WHEN n % 4 > 0 THEN 1 + (n * 3) % 20000 END,
    date '2020-01-01' + n % 2000, 'action ' || n FROM generate_series(1, 900000) n;
INSERT INTO tags SELECT n, 'tag ' || n FROM generate_series(1, 100) n;
INSERT INTO incident_tags SELECT 1 + n % 600000, 1 + n % 97 FROM generate_series(1, 1200000) n
    ON CONFLICT DO NOTHING;
INSERT INTO readings SELECT n, 1 + n % 20000, CASE WHEN n % 10 = 0 THEN 1 + (n / 10) % 600000 END,
    timestamptz '2020-01-01' + n * interval '10 seconds', n % 100000 / 1000.0,
    CASE WHEN n % 5 = 0 THEN 'checked by hand' END FROM generate_series(1, 5000000) n;
ALTER TABLE incidents ADD FOREIGN KEY (site_id) REFERENCES sites, ADD FOREIGN KEY (kind_id) REFERENCES kinds,
    ADD FOREIGN KEY (reporter_id) REFERENCES users, ADD FOREIGN KEY (equipment_id) REFERENCES equipment;
ALTER TABLE participants ADD FOREIGN KEY (incident_id) REFERENCES incidents, ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE narratives ADD FOREIGN KEY (incident_id) REFERENCES incidents, ADD FOREIGN KEY (author_id) REFERENCES users;
ALTER TABLE actions ADD FOREIGN KEY (incident_id) REFERENCES incidents, ADD FOREIGN KEY (assignee_id) REFERENCES users;
ALTER TABLE incident_tags ADD FOREIGN KEY (incident_id) REFERENCES incidents, ADD FOREIGN KEY (tag_id) REFERENCES tags;
ALTER TABLE readings ADD FOREIGN KEY (equipment_id) REFERENCES equipment,
    ADD FOREIGN KEY (incident_id) REFERENCES incidents;
"""
INDEXES = """
CREATE INDEX ON sites (company_id); CREATE INDEX ON users (company_id); CREATE INDEX ON equipment (site_id);
CREATE INDEX ON incidents (site_id); CREATE INDEX ON incidents (kind_id);
CREATE INDEX ON incidents (reporter_id); CREATE INDEX ON incidents (equipment_id);
CREATE INDEX ON participants (user_id); CREATE INDEX ON narratives (incident_id);
CREATE INDEX ON narratives (author_id);
CREATE INDEX ON actions (incident_id); CREATE INDEX ON actions (assignee_id); CREATE INDEX ON incident_tags (tag_id);
CREATE INDEX ON readings (equipment_id); CREATE INDEX ON readings (incident_id) WHERE incident_id IS NOT NULL;
"""
SITES = "SELECT id FROM sites WHERE company_id = 17"
USERS = "SELECT id FROM users WHERE company_id = 17"
EQUIPMENT = f"SELECT id FROM equipment WHERE site_id IN ({SITES})"
PEERS = ("regions = false", "kinds = false", "tags = false", "companies = id = 17", "sites = company_id = 17",
         "users = company_id = 17", f"equipment = site_id IN ({SITES})")  # fmt: skip
"""Rules for small tables: pg_sample fills in what the others refer to."""
BIG = "SELECT * FROM readings WHERE equipment_id IN (SELECT id FROM equipment WHERE site_id IN (" + SITES + "))"


def rules(*, others: bool) -> list[str]:
    """What pg_sample is told. Nested ORs, as the segment follows them, it does not finish within minutes."""
    below = "incident_id IN (SELECT i.id FROM incidents i JOIN sites s ON s.id = site_id WHERE company_id = 17)"
    named = {
        "incidents": [f"site_id IN ({SITES})", f"reporter_id IN ({USERS})", f"equipment_id IN ({EQUIPMENT})"],
        "participants": [below, f"user_id IN ({USERS})"],
        "narratives": [below, f"author_id IN ({USERS})"],
        "actions": [below, f"assignee_id IN ({USERS})"],
        "incident_tags": [below],
        "readings": [f"equipment_id IN ({EQUIPMENT})", below],
    }
    return [*PEERS, *(f"{table} = {' OR '.join(tests if others else tests[:1])}" for table, tests in named.items())]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--no-index", action="store_true")
    arguments.add_argument("--home", type=Path)
    arguments.add_argument("--pg-sample", required=True)
    options = arguments.parse_args()
    made = options.home is not None and options.home.exists()
    with embedded_server(options.home, durable=False) as server, tempfile.TemporaryDirectory() as folder:
        if not made:
            fill(server, indexes=not options.no_index)
        root = Path(folder)
        (root / "pgferry.toml").write_text(f'[databases.bench]\nurl = "{server.url("bench")}"\n')
        measure(server, root, options.rounds, options.pg_sample)


def fill(server: EmbeddedServer, *, indexes: bool) -> None:
    """Makes the database."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    with psycopg.connect(server.url("bench"), autocommit=True) as connection:
        connection.execute((SCHEMA + (INDEXES if indexes else "")).encode())
        connection.execute("VACUUM ANALYZE")


def measure(server: EmbeddedServer, root: Path, rounds: int, pg_sample: str) -> None:
    services, out = load_services({}, root), root / "out"
    filters = [{"table": "companies", "where": [{"column": "id", "value": 17}]}]

    def ours(shape: str) -> None:
        request = SegmentRequest.model_validate({"database": "bench", "format": shape, "filters": filters})
        report = export_segment(services, Call(), request)
        assert report.total_rows > 200_000

    works: dict[str, Callable[[], object]] = {
        "export_segment, csv": lambda: ours("csv"),
        "export_segment, json": lambda: ours("json"),
        "COPY of the readings alone": lambda: psql(server, f"\\copy ({BIG}) TO '{out}' (FORMAT csv)"),
        "pg_sample": lambda: sample(server, pg_sample, out, rules(others=True)),
        "pg_sample, the sites' alone": lambda: sample(server, pg_sample, out, rules(others=False)),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(costs(server, work))
    medians = {
        name: [statistics.median(values) for values in zip(*times, strict=True)] for name, times in taken.items()
    }
    wall, cores = medians["export_segment, csv"]
    print(f"load {os.getloadavg()[0]:.1f}; wall and processor seconds, and how often those of export_segment")
    for name, (seconds, processor) in medians.items():
        print(f"{name:30} {seconds:7.3f} {processor:7.3f}   {seconds / wall:6.2f}x {processor / cores:6.2f}x")


def costs(server: EmbeddedServer, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the wall clock and of all processors, of this process, its children and the server."""
    wait_for_sessions(server)
    cpu, started = own_cpu() + server_cpu(server), time.perf_counter()
    work()
    wall = time.perf_counter() - started
    wait_for_sessions(server)
    return wall, own_cpu() + server_cpu(server) - cpu


def own_cpu() -> float:
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


if __name__ == "__main__":
    main()
