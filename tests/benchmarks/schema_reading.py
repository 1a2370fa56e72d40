"""A schema of 2,000 tables: inspected and compared, next to `pg_dump -s` of it, in one run.

    python tests/benchmarks/schema_reading.py [--tables 2000] [--rounds 4]

Wall seconds, medians of rounds in alternation; before each a transaction commits, so that nothing is known of the
schema, and `again` is the same call after it. The bars, on a quiet machine: inspecting at least 3 times as fast as one
dump, comparing two such databases faster than two dumps.
"""

import argparse
import statistics
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
        calls: dict[str, Callable[[], object]] = {
            "dump": lambda: _dump(server),
            "inspected": lambda: inspect_schema(services, Call(), database="one"),
            "compared": lambda: compare_schemas(services, Call(), source="one", target="other"),
        }
        times: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for name, call in calls.items():
                _commit(server)
                times.setdefault(name, []).append(_seconds(call))
                times.setdefault(f"{name} again", []).append(_seconds(call))
    dump = statistics.median(times["dump"] + times["dump again"])
    print(f"pg_dump -s {dump:.2f} s")
    for name, dumps, bar in (("inspected", 1, 3), ("compared", 2, 1)):
        first, again = (statistics.median(times[key]) for key in (name, f"{name} again"))
        print(
            f"{name} {first:.2f} s: {dumps * dump / first:.1f} times as fast (bar {bar}); again {again:.2f} s:", end=" "
        )
        print(f"{dumps * dump / again:.1f} times")


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


def _commit(server: EmbeddedServer) -> None:
    """Something, so that what was seen before may have changed."""
    with psycopg.connect(server.url("one")) as connection:
        connection.execute("SELECT pg_catalog.txid_current()")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
