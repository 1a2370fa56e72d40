"""PostgreSQL's own regression database: built from its sources, read, compared, planned from nothing.

    python tests/benchmarks/regression_database.py postgresql-15.18/src/test/regress --libraries DIR [--bin DIR]

`--libraries` holds regress.so, refint.so and autoinc.so, compiled for that server. The bars, on a quiet machine:
read in under 2 s, equal to itself, nothing planned for it, and what is not modelled is named.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))

from server.calls import Call
from server.errors import FerryError
from server.jobs.compare_schemas import compare_schemas
from server.jobs.inspect_schema import inspect_schema
from server.jobs.plan_migration import plan_migration
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import make_database
from server.services import load_services

_SETTINGS = """
ALTER DATABASE regression SET lc_messages = 'C'; ALTER DATABASE regression SET lc_monetary = 'C';
ALTER DATABASE regression SET lc_numeric = 'C'; ALTER DATABASE regression SET lc_time = 'C';
ALTER DATABASE regression SET bytea_output = 'hex'; ALTER DATABASE regression SET timezone_abbreviations = 'Default'
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("regress", type=Path)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--bin", type=Path, default=Path("/usr/lib/postgresql/15/bin"))
    parser.add_argument("--without-plan", action="store_true")
    options = parser.parse_args()
    with embedded_server(bin_directory=options.bin) as server, tempfile.TemporaryDirectory() as folder:
        _build(server, options.regress.resolve(), options.libraries.resolve())
        make_database(server, "again", template="regression")
        make_database(server, "empty")
        _measure(server, Path(folder), planned=not options.without_plan)


def _build(server: EmbeddedServer, regress: Path, libraries: Path) -> None:
    """Runs the regression SQL in its order; what fails is counted by file, as it is meant to fail now and then."""
    make_database(server, "regression")
    with psycopg.connect(server.url("regression"), autocommit=True) as connection:
        connection.execute(_SETTINGS.encode())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        (Path(folder) / "results").mkdir(mode=0o777)
        (Path(folder) / "results").chmod(0o777)
        names = list(_schedule(regress / "parallel_schedule"))
        unlike = [name for name in names if not _run(server, regress, libraries, Path(folder), name)]
    print(f"{len(names)} files run; {len(unlike)} print something else than expected: {' '.join(unlike)}")


def _schedule(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if line.startswith("test:"):
            yield from line.removeprefix("test:").split()


def _run(server: EmbeddedServer, regress: Path, libraries: Path, folder: Path, name: str) -> bool:
    """One file by psql; whether it printed just what PostgreSQL's own run of it does."""
    environment = os.environ | {
        "PG_ABS_SRCDIR": str(regress), "PG_ABS_BUILDDIR": str(folder), "PG_LIBDIR": str(libraries),
        "PG_DLSUFFIX": ".so", "PGTZ": "PST8PDT", "PGDATESTYLE": "Postgres, MDY", "LC_MESSAGES": "C",
        "PGOPTIONS": "-c intervalstyle=postgres_verbose",
    }  # fmt: skip
    command = [server.bin_directory / "psql", "-X", "-a", "-q", "-d", server.url("regression")]
    command += ["-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"]
    with (regress / "sql" / f"{name}.sql").open("rb") as script:
        done = subprocess.run(
            command, stdin=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=600,
            check=False, cwd=folder,
        )  # fmt: skip
    expected = regress.glob(f"expected/{name}*.out")
    return any(_printed(done.stdout) == _printed(path.read_bytes()) for path in expected)


def _printed(output: bytes) -> str:
    return re.sub(r"\s+", " ", output.decode(errors="replace"))


def _measure(server: EmbeddedServer, folder: Path, *, planned: bool) -> None:
    names = ("regression", "again", "empty")
    settings = "".join(f'[databases.{name}]\nurl = "{server.url(name)}"\n' for name in names)
    (folder / "pgferry.toml").write_text(f'{settings}[postgres]\nbin_directory = "{server.bin_directory}"\n')
    services = load_services({}, folder)
    read = min(_timed(lambda: inspect_schema(services, Call(), database="regression")) for _ in range(3))
    print(f"inspected in {read:.2f} s (bar 2)")
    print(f"compared in {_timed(lambda: compare_schemas(services, Call(), source='regression', target='again')):.2f} s")
    report = compare_schemas(services, Call(), source="regression", target="again")
    print(f"equal to its copy: {report.equal}; not compared: {len(report.not_compared)}")
    for what in report.not_compared:
        print("   ", what)
    for source in ("regression", "empty") if planned else ():
        started = time.perf_counter()
        try:
            plan = plan_migration(services, Call(), source=source, target="again")
        except FerryError as failure:
            print(f"{source} → again: refused in {time.perf_counter() - started:.1f} s: {failure}\n{failure.details}")
            continue
        counted = len(plan.statements) + plan.left_out
        print(f"{source} → again: {counted} statements in {time.perf_counter() - started:.1f} s, {plan.notes}")
        print(f"    verified: {plan.verified}; left {len(plan.differences_left)}:", Counter(plan.differences_left))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
