"""How long compare_data takes, next to the least that could be done: reading both tables once.

    python tests/benchmarks/compare_data.py [--rows 5000000] [--key bigint] [--postgres /usr/lib/postgresql/15/bin]

`--key`: bigint, text, uuid or two (text, date). A table and its copy in another database of one server: first equal,
then with 100 planted differences. The floor is `SELECT count(*), sum(hashtext(t::text)) FROM t` on both sides at the
same time. Prints seconds and ratios as JSON; every planted difference has to be found.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import psycopg

from server.calls import Call
from server.jobs.compare_data import compare_data
from server.model.comparison.rows import DataComparison
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import make_database
from server.services import load_services

KEYS = {
    "bigint": ("id bigint PRIMARY KEY", "n"),
    "text": ("id text PRIMARY KEY", "'key-' || n"),
    "uuid": ("id uuid PRIMARY KEY", "md5(n::text)::uuid"),
    "two": ("id text, day date, PRIMARY KEY (id, day)", "'k' || n % 1000, date '2000-01-01' + n / 1000"),
}
ROWS = """
INSERT INTO t SELECT {key}, n, timestamptz '2020-01-01' + n * interval '7 seconds', 'incident number ' || n,
    n % 1000 * 1.5, n % 7 = 0, repeat(md5(n::text), 3) FROM generate_series(1, {rows}) AS n
"""
FLOOR = "SELECT count(*), sum(hashtext(t::text)) FROM t"
CHANGES = 100
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--key", choices=KEYS, default="bigint")
    parser.add_argument("--postgres", type=Path, default=None)
    options = parser.parse_args()
    with embedded_server(bin_directory=options.postgres) as server, tempfile.TemporaryDirectory() as folder:
        prepare(server, options.rows, options.key)
        urls = {name: server.url(name) for name in ("one", "two")}
        settings = "".join(f'[databases.{name}]\nurl = "{url}"\n' for name, url in urls.items())
        (Path(folder) / "pgferry.toml").write_text(settings)
        services = load_services({}, Path(folder))

        def compare() -> DataComparison:
            return compare_data(services, Call(), source="one", target="two")

        floor = [seconds(lambda: both(list(urls.values())))[0]]
        equal_seconds, equal = seconds(compare)
        floor.append(seconds(lambda: both(list(urls.values())))[0])
        assert equal.equal, equal
        plant(urls["two"], options.rows, options.key)
        different_seconds, different = seconds(compare)
        table = different.tables[0]
        found = table.added + table.removed + table.changed
        assert (table.added, table.removed, table.changed) == (30, 30, 40), table
    least = sum(floor) / 2
    shown = {
        "rows": options.rows, "key": options.key, "found": found, "floor": least, "equal": equal_seconds,
        "equal_to_floor": equal_seconds / least, "different": different_seconds,
        "different_to_floor": different_seconds / least, "load": os.getloadavg()[0],
    }  # fmt: skip
    print(json.dumps({name: round(value, 2) if isinstance(value, float) else value for name, value in shown.items()}))


def prepare(server: EmbeddedServer, rows: int, key: str) -> None:
    declared, values = KEYS[key]
    make_database(server, "one")
    with psycopg.connect(server.url("one"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(
            f"CREATE TABLE t ({declared}, n int, at timestamptz, title text, cost numeric, ok bool, more text)".encode()
        )
        connection.execute(ROWS.format(key=values, rows=rows).encode())
        connection.execute("VACUUM ANALYZE t")
    make_database(server, "two", template="one")


def plant(url: str, rows: int, key: str) -> None:
    chosen = random.Random(7).sample(range(1, rows + 1), CHANGES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM t WHERE n = ANY (%s)", [chosen[:30]])
        connection.execute("UPDATE t SET cost = cost + 1 WHERE n = ANY (%s)", [chosen[30:70]])
        numbers = f"SELECT n, now(), 'new' FROM generate_series({rows + 1}, {rows + CHANGES - 70}) AS n"
        columns = "id, day" if key == "two" else "id"
        made = f"SELECT {KEYS[key][1]}, q.* FROM ({numbers}) AS q (n, at, title)"
        connection.execute(f"INSERT INTO t ({columns}, n, at, title) {made}".encode())


def both(urls: list[str]) -> None:
    def ask(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("SET jit = off")
            connection.execute(FLOOR).fetchall()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, urls))


def seconds(work: Callable[[], T]) -> tuple[float, T]:
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result


if __name__ == "__main__":
    main()
