"""What a command costs beside a server of its own: the clock, both sides' processors, the command's memory."""

import json
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from server.postgres.embedded import EmbeddedServer


class Cost(NamedTuple):
    """Seconds of the wall clock, of the client's and the server's processors; MiB of the client at most."""

    wall: float
    client: float
    server: float
    memory: float

    @property
    def cores(self) -> float:
        return self.client + self.server


def measured(server: EmbeddedServer, root: Path, command: Sequence[str]) -> Cost:
    """Runs the command in `root`. Where it prints a report with `seconds`, these count: the peers start in no time."""
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), **os.environ}
    wait_for_sessions(server)
    before, cpu, started = server_cpu(server), _children(), time.monotonic()
    with (root / "report").open("w") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    wall = time.monotonic() - started
    if status:
        raise SystemExit(f"{command[0]} failed")
    wait_for_sessions(server)
    text = (root / "report").read_text()
    if text.startswith("{"):
        wall = json.loads(text)["seconds"]
    return Cost(wall, _children() - cpu, server_cpu(server) - before, usage.ru_maxrss / 1024)


def wait_for_sessions(server: EmbeddedServer) -> None:
    """The server counts a session's work once it is gone."""
    others = "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        while connection.execute(others).fetchone():
            time.sleep(0.05)
    time.sleep(0.1)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def server_cpu(server: EmbeddedServer) -> float:
    """Of the postmaster and of all its backends that have ended."""
    pid = (server.home / "data" / "postmaster.pid").read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
