"""A schema of 2,000 tables: inspected and compared, next to `pg_dump -s` of it, in one run.

    python tests/benchmarks/schema_reading.py [--tables 2000] [--rounds 4]

Wall seconds, the best of the rounds. The bars, on a quiet machine: inspecting at least 3 times as fast as one dump,
comparing two such databases faster than two dumps.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from server.calls import Call
from server.jobs.compare_schemas import compare_schemas
from server.jobs.inspect_schema import inspect_schema
from server.postgres.dumping import find_dumper
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import make_database
from server.services import load_services

TABLE = """
create table t{n} (id bigint generated always as identity primary key, name text not null,
    email varchar(200) unique, created_at timestamptz not null default now(), updated_at timestamptz,
    amount numeric(12,2) default 0 check (amount >= 0), active boolean not null default true, notes text,
    ref bigint references t{before}, tags text[], data jsonb not null default '{{}}', status text,
    a1 int, a2 int, a3 int);
create index on t{n} (ref);
create index on t{n} (created_at, status) where active
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        _fill(server, options.tables)
        settings = "".join(f'[databases.{name}]\nurl = "{server.url(name)}"\n' for name in ("one", "other"))
        (Path(folder) / "pgferry.toml").write_text(settings)
        services = load_services({}, Path(folder))
        dump = _best(options.rounds, lambda: _dump(server))
        inspected = _best(options.rounds, lambda: inspect_schema(services, Call(), database="one"))
        compared = _best(options.rounds, lambda: compare_schemas(services, Call(), source="one", target="other"))
    print(f"pg_dump -s {dump:.2f} s")
    print(f"inspected {inspected:.2f} s: {dump / inspected:.1f} times as fast (bar 3)")
    print(f"compared {compared:.2f} s: {2 * dump / compared:.1f} times as fast as two dumps (bar 1)")


def _fill(server: EmbeddedServer, tables: int) -> None:
    make_database(server, "one")
    with psycopg.connect(server.url("one"), autocommit=True) as connection:
        for number in range(1, tables + 1):
            connection.execute(TABLE.format(n=number, before=max(1, number - 1)).encode())
        connection.execute("vacuum analyze")
    make_database(server, "other", template="one")


def _dump(server: EmbeddedServer) -> None:
    program = find_dumper(None, 180000).path
    subprocess.run([program, "-s", "-d", server.url("one")], stdout=subprocess.DEVNULL, check=True)


def _best(rounds: int, work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
