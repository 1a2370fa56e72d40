"""Runs the schema of an export or dump: the whole script into a database without its tables, or what is missing."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.amounts import several
from server.model.imports.script_policy import ScriptPolicy
from server.model.imports.table_rows import RowSource
from server.model.tables import table_key
from server.postgres import grammar
from server.postgres.databases import Connection, run_single
from server.postgres.failures import meaning
from server.postgres.migrations.scratch import apply_setting, failed, run_statement
from server.postgres.refreshing import Named, fill_views, filled, unfilled_views
from server.postgres.rows_in.loading import insert_statement
from server.postgres.scripts.reading import Refusals, ScriptReader, Statement
from server.postgres.scripts.source import ScriptSource, batches, key_of, values_of

_EXISTS = {"42P07", "42P06", "42723", "42701", "42710", "42P16", "42809", "55000"}
"""What is there already: a table, schema, function, column, object, a second primary key, an index on a partition …"""
_TRIGGER = re.compile(
    rb"^\s*(COMMENT\s+ON|ALTER\s+TABLE\s[^']*\s(ENABLE|DISABLE)(\s+(ALWAYS|REPLICA))?)\s+TRIGGER\s", re.I
)
_UNCHECKED = re.compile(rb"\sNOT\s+VALID\s*\Z", re.I)
_ON_CONSTRAINT = re.compile(rb"^\s*COMMENT\s+ON\s+CONSTRAINT\s", re.I)


@dataclass
class Restored:
    """What was run. `whole`: the script's rows too; else only the schema, and the rows are still to be loaded."""

    whole: bool
    statements: int = 0
    there_already: int = 0
    sequences: int = 0
    rows: Counter[str] = field(default_factory=Counter[str])
    passed_over: Counter[str] = field(default_factory=Counter[str])
    later: list[Statement] = field(default_factory=list[Statement])
    """What comes after the rows, as in any dump, and the settings that the script makes before each."""
    empty_before: list[Named] = field(default_factory=list[Named])
    unfilled: list[str] = field(default_factory=list[str])
    """Materialised views that cannot be filled with the rows that came."""

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
        notes = [f"left_out: {'; '.join(found)}"] if found else []
        made = sum(statement.node_kind == "create_trig_stmt" for statement in self.later)
        if self.whole and made:
            notes.append(f"triggers_off: {several(made, 'trigger')} made after the rows (run_triggers = false)")
        if self.unfilled:
            views = several(len(self.unfilled), "materialised view")
            notes.append(f"not_refreshed: no rows in {views}, whose queries fail here: {', '.join(self.unfilled[:10])}")
        return notes


def run_whole(call: Call, connection: Connection, source: ScriptSource, *, run_triggers: bool = True) -> Restored:
    """Statement by statement as psql would, in the caller's transaction; rows are streamed.

    Without `run_triggers` they are made last, wherever the script has them.
    """
    done = Restored(whole=True)
    _begin(connection)
    for statements in batches(source.statements()):
        statement = statements[0]
        if statement.kind == "copy":
            _copy(call, connection, statement, source, done)
        elif statement.kind == "rows":
            _insert(connection, statements, done)
            call.progress(source.position, source.total_bytes, f"{key_of(statement.target)}: loading")
        elif statement.kind == "sequence":
            _run(connection, statement)
            done.sequences += 1
        elif statement.kind == "refresh":
            if not filled(connection, statement.raw):
                done.unfilled.append(key_of(statement.target))
        elif not run_triggers and _about_triggers(statement):
            done.later.append(statement)
        else:
            _schema(call, connection, statement, done, source)
            if statement.kind == "setting":
                done.later.append(statement)
    for statement in done.later:
        _schema(call, connection, statement, done, source)
    _end(connection)
    return done


def create_missing(call: Call, connection: Connection, source: RowSource, policy: ScriptPolicy) -> Restored | None:
    """Runs the schema statements of the source; what is there already is left as it is. None: it has no schema."""
    statements: Iterable[Statement]
    refusals = Refusals()
    if isinstance(source, ScriptSource):
        statements = source.statements()
    elif source.schema_sql:
        statements = ScriptReader(io.BytesIO(source.schema_sql.encode()), policy, refusals)
    else:
        return None
    done = Restored(whole=False, empty_before=unfilled_views(connection))
    _begin(connection)
    for statement in statements:
        call.check()
        if statement.kind == "setting":
            apply_setting(connection, statement, local=True)
            done.later.append(statement)
        elif _about_triggers(statement) or _spares_rows(statement):
            done.later.append(statement)
        elif statement.kind in ("schema", "extension"):
            _make(connection, statement, done)
    refusals.raise_any()
    _end(connection)
    return done


def declared_enums(schema_sql: str, policy: ScriptPolicy) -> dict[str, tuple[str, ...]]:
    """`schema.type` → labels, of every enum that the script would make: it is read, not run."""
    found: dict[str, tuple[str, ...]] = {}
    for statement in ScriptReader(io.BytesIO(schema_sql.encode()), policy, Refusals()):
        if statement.node_kind == "create_enum_stmt":
            node = grammar.parse(statement.sql)[0].node
            found[".".join(grammar.name_of(node.type_name))] = grammar.name_of(node.vals)
    return found


def finish(call: Call, connection: Connection, source: RowSource, restored: Restored) -> None:
    """What had to wait until the rows were there, which fill the materialised views that the schema made, too."""
    call.progress(source.position, source.total_bytes, "triggers and views")
    _begin(connection)
    for statement in restored.later:
        if statement.kind == "setting":
            apply_setting(connection, statement, local=True)
        else:
            _make(connection, statement, restored)
    restored.unfilled += [table_key(*view) for view in fill_views(connection, but=restored.empty_before)]
    _end(connection)


def _about_triggers(statement: Statement) -> bool:
    if statement.node_kind in ("alter_table_stmt", "comment_stmt"):
        return _TRIGGER.search(statement.raw) is not None
    return statement.node_kind == "create_trig_stmt"


def _spares_rows(statement: Statement) -> bool:
    """Whether it adds constraints that the rows which are there need not meet (or what is said of constraints)."""
    if statement.node_kind == "comment_stmt":
        return _ON_CONSTRAINT.search(statement.raw) is not None
    if statement.node_kind != "alter_table_stmt" or not _UNCHECKED.search(statement.raw):
        return False
    commands = grammar.parse(statement.sql)[0].node.cmds
    return all(grammar.enum_of(command.alter_table_cmd, "subtype") == "AT_AddConstraint" for command in commands)


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
        done.passed_over[statement.kind] += 1


def _copy(call: Call, connection: Connection, statement: Statement, source: ScriptSource, done: Restored) -> None:
    assert statement.copy is not None
    name = key_of(statement.target)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement.raw) as copy:
                for chunk in statement.copy.chunks():
                    copy.write(chunk)
                    call.progress(source.position, source.total_bytes, f"{name}: loading")
            done.rows[name] += max(cursor.rowcount, 0)
    except psycopg.Error as error:
        _raise(statement, error)


def _insert(connection: Connection, statements: Sequence[Statement], done: Restored) -> None:
    first = statements[0]
    assert first.rows is not None
    name = key_of(first.target)
    keeping = sql.SQL("OVERRIDING SYSTEM VALUE" if first.rows.always else "")
    target = sql.Identifier(*first.target)
    values, ending = values_of(statements), first.rows.ending
    if first.encoding != "utf-8":  # which the session speaks now
        values = values.decode().encode(first.encoding)
    try:
        with connection.cursor(binary=True) as cursor:
            cursor.execute(insert_statement(connection, target, first.columns, keeping, values, ending))
            done.rows[name] += cursor.rowcount
    except psycopg.Error as error:
        _raise(first, error)


def _run(connection: Connection, statement: Statement) -> None:
    try:
        run_single(connection, statement.raw)
    except psycopg.Error as error:
        _raise(statement, error)


def _raise(statement: Statement, error: psycopg.Error) -> None:
    """Rows that do not fit go on as they are, to be explained; a statement that fails is told with its line."""
    if error.sqlstate and error.sqlstate.startswith("55"):
        raise error
    with meaning(partial(failed, statement)):
        raise error
