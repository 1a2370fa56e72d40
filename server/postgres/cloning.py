"""Databases made as copies of another on the same server, marked as ours by a comment, and dropped again."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

from psycopg import errors, sql

from server.calls import Call
from server.errors import DatabaseFailed, Refused
from server.model.cloning import MARK
from server.postgres.databases import Connection, Database, connected
from server.postgres.questions import ask

MAINTENANCE = ("postgres", "template1")
"""Databases from which others are made: nobody may be connected to the one that is copied, not even we."""
_LOCALE = {
    "ENCODING": sql.SQL("ENCODING"),
    "LC_COLLATE": sql.SQL("LC_COLLATE"),
    "LC_CTYPE": sql.SQL("LC_CTYPE"),
    "LOCALE_PROVIDER": sql.SQL("LOCALE_PROVIDER"),
    "BUILTIN_LOCALE": sql.SQL("BUILTIN_LOCALE"),
    "ICU_LOCALE": sql.SQL("ICU_LOCALE"),
    "ICU_RULES": sql.SQL("ICU_RULES"),
}
"""The words that queries/database_locale.sql answers."""

_RIGHTS = {"CONNECT": sql.SQL("CONNECT"), "CREATE": sql.SQL("CREATE"), "TEMPORARY": sql.SQL("TEMPORARY")}


@contextmanager
def beside(call: Call, database: Database) -> Generator[Connection]:
    """A connection to another database of the same server."""
    with connected(call, _maintenance(call, database)) as connection:
        yield connection


def _maintenance(call: Call, database: Database) -> Database:
    """The first of `MAINTENANCE` that is there and is not `database`. Refused: none lets us in."""
    last = Refused("database_misconfigured", f"{database.name} has no address to find its server by.")
    for name in MAINTENANCE:
        if database.address is not None and database.address.dbname != name:
            other = replace(database, address=replace(database.address, dbname=name))
            try:
                with connected(call, other):
                    return other
            except Refused as refused:
                last = refused
    raise last


def make_clone(connection: Connection, source: Database, name: str, *, template: bool) -> None:
    """Makes the database, marks it and gives it the settings of its source, and lets in whom that lets in. On any
    failure nothing is left.
    """
    assert source.address is not None
    origin = source.address.dbname
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(origin if template else "template0")
    )
    if not template:
        words += _locale(connection, origin)
    try:
        _create(connection, words)
    except errors.ObjectInUse:
        raise DatabaseFailed(
            "database_in_use",
            f"{source.name} cannot be copied while others are connected: {_sessions(connection, origin)}.",
            sqlstate="55006",
            state="Nothing was made.",
            next='End those sessions and call again, or take how = "schema", which needs no quiet.',
        ) from None
    except errors.InsufficientPrivilege as error:
        raise Refused(
            "permission_denied",
            f"The role {connection.info.user} may not make {name}: {error.diag.message_primary}.",
            next='CREATEDB lets a role make databases (ALTER ROLE); of one that it does not own, how = "schema".',
        ) from None
    try:
        mark = f"{MARK}{origin}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(mark)))
        for setting, value in ask(connection, "database_settings", origin):
            connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", [setting, value])
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} FROM CURRENT").format(sql.Identifier(name), sql.Identifier(setting))
            )
        _let_in(connection, origin, name)
    except BaseException:
        drop(connection, name)
        raise


def _let_in(connection: Connection, origin: str, name: str) -> None:
    """Gives a database the rights of another: a copy of what not everybody may connect to is closed to them too."""
    rights = ask(connection, "database_rights", origin)
    if rights:
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    for right, grantee, passed_on in rights:
        if right is None:
            continue
        words = sql.SQL("GRANT {} ON DATABASE {} TO {}").format(
            _RIGHTS[right], sql.Identifier(name), sql.Identifier(grantee) if grantee else sql.SQL("PUBLIC")
        )
        connection.execute(words + sql.SQL(" WITH GRANT OPTION" if passed_on else ""))


def refuse_taken(connection: Connection, name: str) -> None:
    """Refused("database_exists")."""
    if connection.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", [name]).fetchone():
        raise _exists(name)


def give_name(connection: Connection, made: str, name: str) -> None:
    """What is done gets the name that was asked for. Refused: somebody was faster."""
    try:
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(made), sql.Identifier(name)))
    except errors.DuplicateDatabase:
        raise _exists(name) from None


def _exists(name: str) -> Refused:
    return Refused("database_exists", f"There is a database {name} already.", next="Name another.")


def _locale(connection: Connection, origin: str) -> sql.Composed:
    """The encoding and locale of another database, in the words that the server has for them."""
    known = ask(connection, "database_locale", origin)
    return sql.Composed([sql.SQL(" {} {}").format(_LOCALE[word], sql.Literal(value)) for word, value in known])


def _create(connection: Connection, words: sql.Composed) -> None:
    """By the fastest way that the server has: sharing blocks on disk (18), copying files (15), else its only one."""
    version = connection.info.server_version
    if version < 150000:
        connection.execute(words)
        return
    words += sql.SQL(" STRATEGY FILE_COPY")
    if version >= 180000:
        try:
            connection.execute("SET file_copy_method = 'clone'")
            connection.execute(words)
        except (errors.InvalidParameterValue, errors.SystemError, errors.FeatureNotSupported, errors.InternalError):
            connection.execute("SET file_copy_method = 'copy'")
        else:
            return
    connection.execute(words)


def _sessions(connection: Connection, origin: str) -> str:
    told = [
        f"pid {pid} ({application or 'unnamed'}, {role}, {state}, since {since})"
        for pid, application, role, state, since in ask(connection, "database_sessions", origin)
    ]
    return "; ".join(told) or "sessions that this role may not see"


def find_clones(connection: Connection) -> dict[str, int]:
    """The databases of the server that pgferry made, with their sizes in bytes."""
    return {str(name): int(size) for name, _, size in ask(connection, "clone_marks", MARK)}


def drop_clone(connection: Connection, name: str) -> None:
    """DatabaseFailed names the sessions that stand in the way."""
    try:
        drop(connection, name)
    except errors.ObjectInUse:
        raise DatabaseFailed(
            "database_in_use",
            f"{name} cannot be dropped while others are connected: {_sessions(connection, name)}.",
            sqlstate="55006",
            state="Nothing was dropped.",
            next="End those sessions and call again.",
        ) from None


def drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def extensions_and_languages(connection: Connection) -> tuple[Sequence[str], Sequence[str]]:
    """What the database has installed: its schema may ask for it again."""
    extensions = connection.execute("SELECT e.extname FROM pg_catalog.pg_extension AS e").fetchall()
    languages = connection.execute("SELECT l.lanname FROM pg_catalog.pg_language AS l").fetchall()
    return [str(row[0]) for row in extensions], [str(row[0]) for row in languages]


def size_of(connection: Connection, name: str) -> int:
    row = connection.execute("SELECT pg_catalog.pg_database_size(%s)", [name]).fetchone()
    return int(row[0]) if row else 0


def url_of(database: Database, name: str) -> str:
    """Where a database of the same server is, without the password."""
    address = database.address
    assert address is not None
    user = f"{quote(address.user, safe='')}@" if address.user else ""
    host = f"[{address.host}]" if ":" in address.host else quote(address.host or "localhost", safe="")
    port = f":{address.port}" if address.port else ""
    return f"postgresql://{user}{host}{port}/{quote(name, safe='')}"
