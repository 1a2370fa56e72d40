"""What the two sides of a comparison may be: a database, or files whose schema is read from a scratch database.

Where files and PostgreSQL meet, below the jobs, for comparing and planning.
"""

import os
import re
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from server.calls import Call
from server.errors import FerryError, Refused
from server.files.schema_files import SchemaFiles, find_schema_files
from server.model import versions
from server.model.address import parse_url
from server.model.comparison.reports import SideReport
from server.model.imports.script_policy import ScriptPolicy
from server.model.schema import Schema
from server.postgres.databases import Connection, Database, connected
from server.postgres.migrations.scratch import load_script, scratch
from server.postgres.questions import ask_one
from server.postgres.schemas.catalog import read_schema
from server.postgres.schemas.outlines import read_outline, read_parts
from server.postgres.transactions import beside_of, reading
from server.services import Services

_URL = re.compile(r"^postgres(ql)?://", re.IGNORECASE)
_MISSING_ROLE = "42704"
ONE_DATABASE = "Both names lead to one and the same database"


@dataclass(frozen=True)
class Source:
    """A side as found, not yet read: exactly one of `database` and `files`."""

    asked: str
    database: Database | None = None
    files: SchemaFiles | None = None


@dataclass(frozen=True)
class Side:
    """A side as read. `place` is equal for two names of one database. `without_grants`: its roles do not exist here."""

    source: Source
    schema: Schema
    place: str
    without_grants: bool = False
    loaded_on: str | None = field(default=None)
    """Where files were loaded: `scratch database beside NAME` or `embedded server`."""


def told(source: Source, server_version: int | None, loaded_on: str | None = None) -> SideReport:
    """Which worktree, branch and database it is, or which files; never more of an address than host, port and name."""
    version = versions.shown(server_version) if server_version else None
    if source.files is not None:
        path = str(source.files.path)
        return SideReport(
            name=source.asked, kind=source.files.kind, path=path, loaded_on=loaded_on, server_version=version
        )
    database = source.database
    assert database is not None
    address = database.address
    return SideReport(
        name=database.name,
        kind="database",
        worktree=str(database.worktree) if database.worktree else None,
        branch=database.branch,
        host=address.host or "localhost" if address else None,
        port=address.port or "5432" if address else None,
        dbname=address.dbname if address else None,
        server_version=version,
    )


def find_source(services: Services, asked: str, *, urls: bool = False) -> Source:
    """A database's name, else a path below the project; `urls` (the command line only) also a connection URL."""
    if asked in services.databases.names():
        return Source(asked, services.databases.get(asked))
    if _URL.match(asked):
        return Source("url", _by_url(asked, allowed=urls))
    try:
        path = services.workspace.existing(asked)
    except FerryError as failure:
        is_path = (os.sep in asked or "." in asked) and not services.databases.of_branch(asked)
        if is_path or failure.code != "file_not_found":
            raise
        raise Refused(
            "unknown_database",
            f"There is no database and no file named {asked}. {services.databases.meant_by(asked)}",
            next="list_databases shows all names; a file or folder is named by its path below the project root.",
        ) from None
    return Source(asked, files=find_schema_files(path))


def _by_url(url: str, *, allowed: bool) -> Database:
    if not allowed:
        raise Refused(
            "url_refused",
            "Databases are named, not given as connection URLs.",
            next="list_databases shows the names; a person adds others to pgferry.toml.",
        )
    try:
        address = parse_url(url)
    except ValueError as wrong:
        raise Refused("bad_url", f"The connection URL cannot be used: {wrong}.") from None
    return Database("url", "the command line", "read", address)


def read_side(services: Services, call: Call, source: Source, *, beside: Database | None = None) -> Side:
    """Its schema: of a database in one snapshot, of files from a scratch database (on the server of `beside`)."""
    if source.database is not None:
        with reading(call, source.database) as connection:
            second = beside_of(call, source.database, connection)
            schema = read_schema(connection, second=second)
            return Side(source, schema, place_of(connection, source.database))
    with opened_files(services, call, source, beside=beside) as (database, loaded_on, without_grants):
        with reading(call, database) as connection:
            schema = read_schema(connection)
        path = str(source.files.path) if source.files else source.asked
        return Side(source, schema, path, without_grants, loaded_on)


Fill = Callable[[Collection[tuple[str, str]]], Side]
"""Reads the parts of some relations (schema, name), in the snapshot of the outline."""


@contextmanager
def outlined_side(
    services: Services, call: Call, source: Source, *, beside: Database | None = None
) -> Generator[tuple[Side, Fill]]:
    """The outline of a database's schema and what fills it, while the block runs; files are read in full."""
    if source.database is None:
        side = read_side(services, call, source, beside=beside)
        yield side, lambda relations: replace(side, schema=side.schema.narrowed(relations))
        return
    with reading(call, source.database) as connection:
        outline = read_outline(connection, second=beside_of(call, source.database, connection))
        side = Side(source, outline, place_of(connection, source.database))
        yield side, lambda relations: replace(side, schema=read_parts(connection, outline, relations))


def place_of(connection: Connection, database: Database) -> str:
    """What makes two names one database: the server's own identity and the database's oid, else how it is reached."""
    (identity,) = ask_one(connection, "database_identity")
    return identity or database.place


@contextmanager
def opened_files(
    services: Services, call: Call, source: Source, *, beside: Database | None = None
) -> Generator[tuple[Database, str, bool]]:
    """A scratch database with the files loaded, where it stands, and whether grants were left out.

    Grants are left out where they name roles that do not exist there. Dropped when the block ends.
    """
    assert source.files is not None
    beside = beside or _somewhere(services)
    for grants in (True, False):
        with scratch(call, beside, bin_directory=services.settings.postgres.bin_directory) as made:
            try:
                _load(call, made.database, source.files, grants=grants)
            except Refused as failure:
                if grants and failure.details.get("sqlstate") == _MISSING_ROLE:
                    continue
                raise
            where = "embedded server" if made.embedded or beside is None else f"scratch database beside {beside.name}"
            yield made.database, where, not grants
            return


def _somewhere(services: Services) -> Database | None:
    """The current database's server, if it can be used: it has the extensions that the project needs."""
    current = services.current
    database = services.databases.get(current) if current else None
    return database if database and database.address else None


def _load(call: Call, database: Database, found: SchemaFiles, *, grants: bool) -> None:
    with connected(call, database) as connection:
        connection.execute("SET synchronous_commit = off")
        for number, file in enumerate(found.files):
            call.progress(number, len(found.files), f"loading {file.name}")
            connection.execute("SET search_path = public")  # a dump sets its own
            with file.opened() as stream:
                try:
                    load_script(connection, stream, ScriptPolicy(migrating=True), call=call, grants=grants)
                except Refused as failure:
                    raise _in_file(failure, file.name) from None


def _in_file(failure: Refused, name: str) -> Refused:
    return Refused(
        failure.code, f"{name}: {failure.what}", state=failure.state, next=failure.next, details=failure.details
    )
