"""The embedded PostgreSQL behind the demo and the tests: a private server on loopback, with a password, run by its own
initdb and pg_ctl. It never touches a server that it did not make.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.errors import DatabaseFailed, FerryError, Refused
from server.postgres import keeper
from server.postgres.binaries import Programs, clean_environment, enterable, programs_for, unprivileged_account

_HOST = "127.0.0.1"
_USER = "postgres"
_SETTINGS = {
    "listen_addresses": f"'{_HOST}'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server: where it listens, who its superuser is, where its files and its programs are."""

    host: str
    port: int
    user: str
    password: str
    home: Path
    bin_directory: Path

    def url(self, dbname: str, *, user: str | None = None, password: str | None = None) -> str:
        """The connection string of one of its databases, as its superuser unless told otherwise."""
        login = f"{user or self.user}:{password or self.password}"
        return f"postgresql://{login}@{self.host}:{self.port}/{dbname}"


@contextmanager
def embedded_server(
    home: Path | None = None,
    *,
    inside: Path | None = None,
    bin_directory: Path | None = None,
    durable: bool | None = None,
) -> Generator[EmbeddedServer]:
    """A server for as long as the block runs; a keeper process stops it even when this process is killed.

    Without `home` its data live in a temporary folder (of `inside`, where one is named) that goes with it. Durable
    (fsync, autovacuum) by default only with a `home`. Refused: no programs, no unprivileged user to run as.
    DatabaseFailed: it did not start.
    """
    place = (home or _temporary_home(inside)).resolve()
    with _keeper(place, remove=home is None) as orders:
        cluster = _Cluster.prepare(place, bin_directory, durable=home is not None if durable is None else durable)
        cluster.start_by(orders)
        yield cluster.server


def start(home: Path, *, bin_directory: Path | None = None, durable: bool = True) -> EmbeddedServer:
    """Starts the server that lives in `home`, made there the first time, and leaves it running."""
    cluster = _Cluster.prepare(home.resolve(), bin_directory, durable=durable)
    if cluster.pg_ctl("status").returncode != 0:
        done = cluster.pg_ctl("start")
        if done.returncode != 0:
            raise cluster.failure(done.stdout)
    return cluster.server


def stop(home: Path, *, bin_directory: Path | None = None) -> None:
    """Stops the server that lives in `home`, if it runs."""
    if (home / "server.json").exists():
        _Cluster.prepare(home.resolve(), bin_directory, durable=True).pg_ctl("stop")


@dataclass(frozen=True)
class _Cluster:
    """An initialised data directory and the programs that serve it."""

    server: EmbeddedServer
    programs: Programs
    durable: bool

    @classmethod
    def prepare(cls, home: Path, bin_directory: Path | None, *, durable: bool) -> "_Cluster":
        _make_home(home)
        programs = programs_for(home, bin_directory)
        known = home / "server.json"
        if not known.exists():
            _initialise(home, programs, durable=durable)
            facts = {"port": _free_port(), "password": (home / "password").read_text()}
            known.touch(mode=0o600)
            known.write_text(json.dumps(facts))
            (home / "password").unlink()
        facts = json.loads(known.read_text())
        server = EmbeddedServer(_HOST, facts["port"], _USER, facts["password"], home, programs.folder)
        return cls(server, programs, durable)

    def arguments(self, act: str) -> list[str]:
        home = self.server.home
        rest = {
            "status": [],
            "start": ["-s", "-w", "-t", "60", "-l", str(home / "server.log"), "-o", f"-p {self.server.port}"],
            "stop": ["-s", "-w", "-m", "fast" if self.durable else "immediate"],
        }
        return [act, "-D", str(home / "data"), *rest[act]]

    def pg_ctl(self, act: str) -> "subprocess.CompletedProcess[str]":
        return self.programs.run(self.server.home, "pg_ctl", *self.arguments(act))

    def start_by(self, orders: "subprocess.Popen[str]") -> None:
        """Has the keeper start it, who will also stop it."""
        account = self.programs.account
        commands = {act: [self.programs.path("pg_ctl"), *self.arguments(act)] for act in ("start", "stop")}
        log = self.server.home / "program.log"
        whom = {"uid": account.uid if account else None, "gid": account.gid if account else None}
        assert orders.stdin is not None
        assert orders.stdout is not None
        orders.stdin.write(json.dumps(commands | whom | {"cwd": str(self.server.home), "log": str(log)}) + "\n")
        orders.stdin.flush()
        if orders.stdout.readline().strip() != "0":
            raise self.failure(log.read_text(errors="replace"))

    def failure(self, said: str) -> DatabaseFailed:
        log = self.server.home / "server.log"
        return _failure("The server did not start", said + (log.read_text(errors="replace") if log.exists() else ""))


@contextmanager
def _keeper(home: Path, *, remove: bool) -> Generator["subprocess.Popen[str]"]:
    """The process that stops the server (and removes `home`) when the block ends or this process does."""
    apart: dict[str, Any] = {"start_new_session": True}  # an interrupt from the terminal is ours to handle, not its
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    command = [sys.executable, "-I", "-S", keeper.__file__, str(home), "remove" if remove else "keep"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process: subprocess.Popen[str] = subprocess.Popen(command, cwd="/", env=clean_environment(), **pipes, **apart)
    try:
        yield process
    finally:
        process.communicate()  # ends its standard input, and waits for it


def _make_home(home: Path) -> None:
    account = unprivileged_account()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is None:
        return
    if not enterable(home.parent):
        what = f"As root the server runs as an unprivileged user, who cannot enter {home.parent}."
        raise Refused(
            "folder_unreachable", what, next="Name a folder every user can reach, for example below /var/tmp."
        )
    os.chown(home, account.uid, account.gid)


def _temporary_home(inside: Path | None) -> Path:
    places = [inside] if inside else [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    if unprivileged_account() is not None:
        places = [place for place in places if place.is_dir() and enterable(place.resolve())] or places
    return Path(tempfile.mkdtemp(prefix="pgferry-", dir=places[0]))


def _initialise(home: Path, programs: Programs, *, durable: bool) -> None:
    """Runs initdb; leaves the superuser's password in `home / "password"`."""
    data, password = home / "data", home / "password"
    shutil.rmtree(data, ignore_errors=True)  # of an initdb that was interrupted
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(18))
    if programs.account is not None:
        os.chown(password, programs.account.uid, programs.account.gid)
    major = int((re.search(r"\d+", programs.run(home, "postgres", "-V").stdout) or ["0"])[0])
    login = ["-U", _USER, "--auth=scram-sha-256", f"--pwfile={password}"]
    if major >= 16 and not durable:
        login += ["-c", "scram_iterations=1"]  # they slow down guessing, and each login; nobody guesses this password
    done = programs.run(home, "initdb", "-N", "-D", str(data), "-E", "UTF8", *login, *_locale(major))
    if done.returncode != 0:
        raise _failure("initdb failed", done.stdout)
    settings = _SETTINGS | ({} if durable else _THROW_AWAY)
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())


def _locale(major: int) -> list[str]:
    """C.UTF-8: built into PostgreSQL since 17, before that the operating system's."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8", "--lc-messages=C"]


def _free_port() -> int:
    """Below the range that systems give to outgoing connections, so that none of those has it at a later start."""
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((_HOST, port))
            return port


def _failure(what: str, said: str) -> DatabaseFailed:
    last = " ".join(line.strip() for line in said.strip().splitlines()[-4:])
    return DatabaseFailed("embedded_server_failed", f"{what}: {last}", state=FerryError.state)
