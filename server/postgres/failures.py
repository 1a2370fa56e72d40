"""psycopg's errors become ours: one table by SQLSTATE. The only place where they are translated.

PostgreSQL's DETAIL quotes row values, and so do the messages of class 22 (bad values): the first is never shown, of the
second only what is not quoted.
"""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, FerryError, Refused


class Meaning(NamedTuple):
    """What a SQLSTATE means to a caller: the code word, what to do next, and whether it is the caller's to mend."""

    code: str
    next: str
    refused: bool = False


BY_SQLSTATE: dict[str, Meaning] = {
    "28P01": Meaning("wrong_password", "Correct the password where the database is configured.", True),
    "28000": Meaning("access_denied", "Check the role and the server's pg_hba.conf.", True),
    "3D000": Meaning("no_such_database", "Create the database or correct its name where it is configured.", True),
    "42501": Meaning("permission_denied", "Grant the role what is missing, or leave the object out.", True),
    "53300": Meaning("too_many_connections", "Close other sessions and call again."),
    "53100": Meaning("server_disk_full", "Free space on the server and call again."),
    "53200": Meaning("server_out_of_memory", "Call again with less, or give the server more memory."),
    "55P03": Meaning("locked", "Another session holds the lock; call again when it has ended."),
    "57014": Meaning("timed_out", "Raise the timeout in the settings, or ask for less."),
    "57P01": Meaning("connection_lost", "The server ended the session; call again."),
    "57P02": Meaning("connection_lost", "The server crashed; call again when it is back."),
    "57P03": Meaning("server_starting", "The server is starting up or shutting down; call again."),
    "40001": Meaning("serialization_failure", "Another session changed the same rows; call again."),
    "40P01": Meaning("deadlock", "Two sessions waited for each other; call again."),
    "25P03": Meaning("timed_out", "The role or database ends idle transactions very soon; raise that timeout."),
    "25P04": Meaning("timed_out", "The role or database bounds transactions in time; raise that timeout."),
    "25006": Meaning("read_only", "The session is read-only; nothing can be written here."),
    "22021": Meaning(
        "not_utf8", "Text of it is not in the database's encoding; format = sql exports bytes as they are."
    ),
    "22P05": Meaning("not_utf8", "Text of it has no UTF-8; read the column with encode(convert_to(…), 'hex')."),
    "42601": Meaning("syntax_error", "Correct the SQL.", True),
    "42P01": Meaning("unknown_table", "inspect_schema shows the tables there are.", True),
    "42703": Meaning("unknown_column", "inspect_schema shows the columns there are.", True),
    "42883": Meaning("unknown_function", "Check the name and the argument types.", True),
    "0A000": Meaning("not_supported", "This server cannot do that."),
}
BY_CLASS: dict[str, Meaning] = {
    "08": Meaning("connection_lost", "Check that the server is up, and call again."),
    "22": Meaning("bad_value", "A value does not fit its type; check the values and the columns' types."),
    "23": Meaning("constraint_violated", "Mend the rows that break the constraint."),
    "25": Meaning("transaction_state", "Call again."),
    "28": Meaning("access_denied", "Check the role and the server's pg_hba.conf.", True),
    "42": Meaning("bad_statement", "Correct the statement.", True),
    "53": Meaning("server_out_of_resources", "Free resources on the server and call again."),
    "57": Meaning("server_interrupted", "Call again."),
    "58": Meaning("server_system_error", "Read the server's log; its disk or files have a problem."),
    "XX": Meaning("server_internal_error", "Read the server's log."),
}
RECOVERY_CONFLICT = Meaning(
    "recovery_conflict",
    "The standby had to apply what its primary changed, and ended this: call again, ask the primary, or let the standby"
    " wait (max_standby_streaming_delay, hot_standby_feedback).",
)
"""Of SQLSTATE 40001 where the message says so: of what only reads on a standby."""
UNKNOWN_SERVICE = Meaning("unknown_service", "Add the service to pg_service.conf, or use a url.", True)
UNREACHABLE: tuple[tuple[str, Meaning], ...] = (
    ("password authentication failed", BY_SQLSTATE["28P01"]),
    ("no password supplied", BY_SQLSTATE["28P01"]),
    (
        "no encryption",
        Meaning("access_denied", "Without TLS this server lets nobody in from here: try sslmode=require.", True),
    ),
    ("no pg_hba.conf entry", BY_SQLSTATE["28000"]),
    ("does not support SSL", Meaning("tls_refused", "The server has no TLS: use sslmode=prefer or disable.", True)),
    ("SSL error", Meaning("tls_refused", "Check sslmode, sslrootcert and the server's certificate.", True)),
    ("certificate", Meaning("tls_refused", "Check sslmode, sslrootcert and the server's certificate.", True)),
    ("too many clients", BY_SQLSTATE["53300"]),
    ("too many connections", BY_SQLSTATE["53300"]),
    ("connection slots are reserved", BY_SQLSTATE["53300"]),
    (
        "CONNECT privilege",
        Meaning("access_denied", "A person can allow it: GRANT CONNECT ON DATABASE … TO role.", True),
    ),
    ("not permitted to log in", BY_SQLSTATE["28000"]),
    ("pg_hba.conf rejects", BY_SQLSTATE["28000"]),
    ("starting up", BY_SQLSTATE["57P03"]),
    ("shutting down", BY_SQLSTATE["57P03"]),
    ("in recovery mode", BY_SQLSTATE["57P03"]),
    ("not accepting connections", BY_SQLSTATE["57P03"]),
    ("not yet accepting connections", BY_SQLSTATE["57P03"]),
    ("definition of service", UNKNOWN_SERVICE),
    ("service file", UNKNOWN_SERVICE),
    ('role "', BY_SQLSTATE["28000"]),  # … does not exist
    ("does not exist", BY_SQLSTATE["3D000"]),
)
"""What libpq's text says of a connection that could not be made; it comes without a SQLSTATE."""


@contextmanager
def translated(
    database: str,
    call: Call | None = None,
    *,
    secret: str = "",
    state: str | None = None,
    passing: Callable[[psycopg.Error], bool] = lambda _: False,
) -> Generator[None]:
    """Every psycopg error of the block becomes a FerryError without a value in it, or Cancelled.

    `state`: of the data after a failure, where it is not that of DatabaseFailed. What is `passing` is left to a block
    around this one.
    """
    try:
        yield
    except psycopg.Error as error:
        if passing(error):
            raise
        if call is not None and call.cancelled:
            raise Cancelled from None
        failure = translate(error, database, secret=secret)
        if state and failure.state == DatabaseFailed.state:
            failure.state = state
        raise failure from None


_SERVERS_OWN = ("57", "53", "08")


@contextmanager
def meaning(failure: Callable[[str, str], FerryError]) -> Generator[None]:
    """What fails by the statement's own doing becomes failure(what happened, SQLSTATE); the server's troubles stay."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate
        if state is None or state.startswith(_SERVERS_OWN):
            raise
        raise failure(f"{describe(error)} (SQLSTATE {state})", state) from None


def translate(error: psycopg.Error, database: str, *, secret: str = "") -> FerryError:
    """The failure that an error of psycopg means."""
    state = error.sqlstate
    if state is None:
        return _without_sqlstate(error, database, secret)
    meaning = BY_SQLSTATE.get(state) or BY_CLASS.get(state[:2]) or Meaning("database_error", "Read the message.")
    if state == "40001" and "conflict with recovery" in str(error):
        meaning = RECOVERY_CONFLICT
    what = f"{database}: {describe(error)} (SQLSTATE {state})."
    if meaning.refused:
        refused = Refused(meaning.code, what, next=meaning.next, state="Nothing was changed.")
        refused.sqlstate = state
        return refused
    return DatabaseFailed(meaning.code, what, sqlstate=state, next=meaning.next)


_BYTES = re.compile(r"0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*")


def describe(error: psycopg.Error) -> str:
    """PostgreSQL's message without row values, with the constraint, table and column that it names."""
    diagnosis = error.diag
    state = error.sqlstate or ""
    message = diagnosis.message_primary or type(error).__name__
    if state.startswith("22"):
        message = _BYTES.sub("…", without_quotes(message))
    elif state == "P0001" or " at RAISE" in (diagnosis.context or "").partition("\n")[0]:
        message = f"an exception was raised by {raised_by(diagnosis.context)}"
    named = [
        f"{word} {value}"
        for word, value in (
            ("table", diagnosis.table_name),
            ("column", diagnosis.column_name),
            ("constraint", diagnosis.constraint_name),
        )
        if value and value not in message
    ]
    return message + (f" ({', '.join(named)})" if named else "")


def without_quotes(message: str) -> str:
    """The message with every quoted part blanked: where a value does not fit its type, the quotes hold the value."""
    return re.sub(r'"(?:[^"]|"")*"?', '"…"', message, flags=re.DOTALL)


def without_values(message: str) -> str:
    """The message of a query that ran, without what rows may have put into it: what is quoted, and numbers."""
    return re.sub(r"\b\d[\d.:-]*", "…", without_quotes(message))


def raised_by(context: str | None) -> str:
    """The function that raised, out of PL/pgSQL's context (`PL/pgSQL function f() line 3 at RAISE`)."""
    match = re.match(r"(?:PL/pgSQL )?function ([^\n]*?) line (\d+)", context or "")
    return f"function {match.group(1)}, line {match.group(2)}" if match else "the database's own code"


def _without_sqlstate(error: psycopg.Error, database: str, secret: str) -> FerryError:
    text = " ".join(_SENTENCES.sub(". ", str(error)).split())
    if secret:
        text = text.replace(secret, "…")
    if isinstance(error, psycopg.OperationalError) or _LOST.search(text):
        return of_connection(text, database)
    return DatabaseFailed("database_error", f"{database}: {text}.", next="Report this: it is a defect of pgferry.")


_LOST = re.compile("closed|terminat|lost")
_SENTENCES = re.compile(r"(?<=[^\s.?!:;,])\s*\n\s*(?=[A-Z]|connection to )")
"""Where libpq's next sentence begins on a line of its own, and the one before it has no full stop."""


def of_connection(text: str, database: str) -> FerryError:
    """The failure that libpq's words of a connection mean: one that could not be made, or that broke."""
    what = f"{database}: {text}" if text.endswith((".", "?")) else f"{database}: {text}."
    for words, meaning in UNREACHABLE:
        if words in text:
            kind = Refused if meaning.refused else DatabaseFailed
            return kind(meaning.code, what, next=meaning.next)
    if _LOST.search(text):
        return DatabaseFailed("connection_lost", what, next="Check the server, and call again.")
    return DatabaseFailed(
        "unreachable",
        what,
        state="Nothing was touched.",
        next="Check that the server runs and that host and port are right; list_databases shows where they come from.",
    )
