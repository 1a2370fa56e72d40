"""Runs the schema of an export or dump: the whole script into a database without its tables, or what is missing."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from server.calls import Call
from server.model.script_policy import ScriptPolicy
from server.model.table_rows import RowSource
from server.postgres.databases import Connection
from server.postgres.scratch import apply_setting, failed, run_statement
from server.postgres.script_source import ScriptSource, key_of
from server.postgres.scripts import ScriptReader, Statement

# What is there already: a table, schema, function, column, object, a second primary key, an index on a partition …
_EXISTS = {"42P07", "42P06", "42723", "42701", "42710", "42P16", "42809", "55000"}


@dataclass
class Restored:
    """What was run. `whole`: the script's rows too; else only the schema, and the rows are still to be loaded."""

    whole: bool
    statements: int = 0
    there_already: int = 0
    sequences: int = 0
    rows: dict[str, int] = field(default_factory=dict[str, int])
    passed_over: dict[str, int] = field(default_factory=dict[str, int])
    later: list[Statement] = field(default_factory=list[Statement])
    """Triggers, which come after the rows, as in any dump."""

    @property
    def notes(self) -> list[str]:
        """What was left out, for people."""
        words = {
            "owner": "owners: everything belongs to the importing role",
            "grant": "privileges",
            "drop": "DROP statements",
            "statistics": "planner statistics",
        }
        found = [f"{words[kind]} ({count})" for kind, count in self.passed_over.items() if kind in words]
        return [f"left_out: {'; '.join(found)}"] if found else []


def run_whole(call: Call, connection: Connection, source: ScriptSource) -> Restored:
    """Statement by statement as psql would, in the caller's transaction; rows are streamed."""
    done = Restored(whole=True)
    _begin(connection)
    for statement in source.statements():
        if statement.kind == "copy":
            _copy(call, connection, statement, source, done)
        elif statement.kind == "rows":
            _run(connection, statement)
            name = key_of(statement.target)
            done.rows[name] = done.rows.get(name, 0) + 1
        elif statement.kind in ("sequence", "refresh"):
            _run(connection, statement)
            done.sequences += statement.kind == "sequence"
        else:
            _schema(call, connection, statement, done, source)
    _end(connection)
    return done


def create_missing(call: Call, connection: Connection, source: RowSource) -> Restored | None:
    """Runs the schema statements of the source; what is there already is left as it is. None: it has no schema."""
    statements: Iterable[Statement]
    if isinstance(source, ScriptSource):
        statements = source.statements()
    elif source.schema_sql:
        statements = ScriptReader(io.BytesIO(source.schema_sql.encode()), ScriptPolicy())
    else:
        return None
    done = Restored(whole=False)
    _begin(connection)
    for statement in statements:
        call.check()
        if statement.kind == "setting":
            apply_setting(connection, statement, local=True)
        elif statement.node_kind == "create_trig_stmt" or _about_triggers(statement):
            done.later.append(statement)
        elif statement.kind in ("schema", "extension"):
            _make(connection, statement, done)
    _end(connection)
    return done


def finish(connection: Connection, restored: Restored) -> None:
    """What had to wait until the rows were there."""
    _begin(connection)
    for statement in restored.later:
        _make(connection, statement, restored)
    _end(connection)


def _about_triggers(statement: Statement) -> bool:
    return statement.node_kind == "alter_table_stmt" and b" TRIGGER " in statement.raw.upper()


def _make(connection: Connection, statement: Statement, done: Restored) -> None:
    """Runs a schema statement; what is there already stays as it is."""
    try:
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            cursor.execute(statement.raw)
        done.statements += 1
    except psycopg.Error as error:
        if error.sqlstate not in _EXISTS:
            _raise(statement, error)
        done.there_already += 1


def _begin(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_catalog.set_config('check_function_bodies', 'off', true),"
        " pg_catalog.set_config('search_path', 'public', true)"
    )


def _end(connection: Connection) -> None:
    """Back to what every transaction of ours has; whatever the script deferred is checked."""
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute(
        "SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('client_encoding', 'UTF8', true),"
        " pg_catalog.set_config('datestyle', 'ISO, MDY', true), pg_catalog.set_config('timezone', 'UTC', true)"
    )


def _schema(call: Call, connection: Connection, statement: Statement, done: Restored, source: ScriptSource) -> None:
    if statement.kind == "setting":
        apply_setting(connection, statement, local=True)
    elif statement.kind in ("schema", "extension"):
        if statement.node_kind in ("index_stmt", "alter_table_stmt"):
            call.progress(source.position, source.total_bytes, "indexes and keys")
        try:
            with connection.transaction():
                run_statement(connection, statement)
        except psycopg.Error as error:
            _raise(statement, error)
        done.statements += 1
    else:
        done.passed_over[statement.kind] = done.passed_over.get(statement.kind, 0) + 1


def _copy(call: Call, connection: Connection, statement: Statement, source: ScriptSource, done: Restored) -> None:
    assert statement.copy is not None
    name = key_of(statement.target)
    before = done.rows.get(name, 0)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement.raw) as copy:
                for chunk in statement.copy.chunks():
                    copy.write(chunk)
                    call.progress(source.position, source.total_bytes, f"{name}: loading")
            done.rows[name] = before + max(cursor.rowcount, 0)
    except psycopg.Error as error:
        _raise(statement, error)


def _run(connection: Connection, statement: Statement) -> None:
    try:
        with connection.cursor(binary=True) as cursor:
            cursor.execute(statement.raw)
    except psycopg.Error as error:
        _raise(statement, error)


def _raise(statement: Statement, error: psycopg.Error) -> None:
    """Rows that do not fit go on as they are, to be explained; a statement that fails is told with its line."""
    if error.sqlstate is None or error.sqlstate[:2] in ("57", "53", "08", "55"):
        raise error
    raise failed(statement, error) from None
