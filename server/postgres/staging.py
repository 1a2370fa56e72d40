"""Rows as they stand in a file, staged without judging them: text, or JSON, with their numbers."""

import re
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.raw_cursor import RawCursor

from server.calls import Call
from server.model.import_plan import ColumnPlan, TablePlan
from server.model.schema import Identity
from server.model.table_rows import Form, TableRows
from server.model.violations import Violation
from server.postgres.databases import Connection
from server.postgres.failures import describe
from server.postgres.loading import copy_statement, insert_statement
from server.postgres.relations import written

ROW = "pgferry_row"
_JSON_TYPES = ("json", "jsonb")


@dataclass
class Staged:
    """One table's rows as given: `raw` (alias raw) has a row number and text columns, or one json column `given`."""

    plan: TablePlan
    number: int
    form: Form
    names: dict[str, str]
    """The file's columns by the names they have in the staging table (not JSON)."""
    bad: list[sql.Composed] = field(default_factory=list[sql.Composed])

    @property
    def row_type(self) -> sql.Identifier:
        return sql.Identifier("pg_temp", f"pgferry_raw_{self.number}")

    @property
    def raw(self) -> sql.Composed:
        return sql.SQL("{} AS raw").format(self.row_type)

    @property
    def typed(self) -> sql.Identifier:
        return sql.Identifier("pg_temp", f"pgferry_typed_{self.number}")

    def given(self, column: ColumnPlan) -> sql.Composed:
        """The value as text, NULL where it is NULL."""
        if self.form == "json":
            return sql.SQL("(raw.given ->> {})").format(sql.Literal(column.file))
        return sql.SQL("{}").format(sql.Identifier("raw", self.names[column.file]))

    def reading(self, column: ColumnPlan) -> sql.Composed:
        """The value as the column's type: with its length, its domain's checks, as COPY would read it."""
        kind = written(column.type)
        if column.type.rpartition(".")[2] == "hstore":
            from server.postgres.loading import json_value

            given = sql.SQL("(SELECT {} FROM (SELECT {} AS {}) AS given)")
            as_json = sql.SQL("(raw.given -> {})").format(sql.Literal(column.file))
            if self.form == "json":
                return given.format(json_value(column), as_json, sql.Identifier(column.file))
            return sql.SQL("{}::{}").format(self.given(column), kind)
        if self.form == "json":
            words = sql.SQL(
                "(SELECT r.v FROM pg_catalog.json_to_record(pg_catalog.json_build_object('v', {})) AS r(v {}))"
            )
            return words.format(sql.SQL("raw.given -> {}").format(sql.Literal(column.file)), kind)
        if column.type in _JSON_TYPES:  # a JSON string would become that string, not what it spells
            return sql.SQL("{}::{}").format(self.given(column), kind)
        words = sql.SQL("(SELECT r.v FROM pg_catalog.json_to_record(pg_catalog.json_build_object('v', {})) AS r(v {}))")
        return words.format(self.given(column), kind)


def stage_rows(
    call: Call,
    connection: Connection,
    rows: TableRows,
    plan: TablePlan,
    tables: dict[Identity, Staged],
    found: list[Violation],
) -> None:
    """Puts the rows into the table's raw staging table; a malformed line is a violation and ends that run."""
    staged = tables.get(plan.identity)
    if staged is None:
        staged = tables[plan.identity] = _make(connection, plan, len(tables), rows.form)
    try:
        with connection.transaction():
            if rows.form == "json":
                _stage_json(call, connection, rows, staged)
            elif rows.form == "insert":
                _stage_inserts(call, connection, rows, staged)
            else:
                names = tuple(staged.names[name] for name in rows.columns or plan.file_columns)
                with connection.cursor() as cursor, cursor.copy(copy_statement(staged.row_type, names, rows)) as copy:
                    for chunk in rows.chunks:
                        call.check()
                        copy.write(chunk)
    except psycopg.errors.DataError as error:
        found.append(malformed(plan.shown, error) or _unreadable(plan.shown, error))
        for _ in rows.chunks:
            call.check()


def _make(connection: Connection, plan: TablePlan, number: int, form: Form) -> Staged:
    kept = {column.file: column.name for column in plan.columns}
    names = {name: kept.get(name) or f"pgferry_left_out_{n}" for n, name in enumerate(plan.file_columns)}
    staged = Staged(plan, number, form, names)
    parts = [sql.SQL("given json")]
    if form != "json":
        parts = [sql.SQL("{} text").format(sql.Identifier(name)) for name in names.values()]
    words = sql.SQL("CREATE TEMPORARY TABLE {} ({} bigint GENERATED ALWAYS AS IDENTITY, {}) ON COMMIT DROP")
    connection.execute(words.format(staged.row_type, sql.Identifier(ROW), sql.SQL(", ").join(parts)))
    return staged


def _stage_json(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> None:
    words = sql.SQL("INSERT INTO {} (given) SELECT value FROM pg_catalog.json_array_elements($1::json)")
    cursor = RawCursor(connection)
    for block in rows.chunks:
        call.check()
        cursor.execute(words.format(staged.row_type), [f"[{block.decode()}]"])


def _stage_inserts(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> None:
    names = [staged.names[name] for name in rows.columns or staged.plan.file_columns]
    with connection.cursor(binary=True) as cursor:
        for values in rows.chunks:
            call.check()
            cursor.execute(insert_statement(connection, staged.row_type, names, sql.SQL(""), values))


def malformed(table: str, error: psycopg.Error) -> Violation | None:
    """The line that COPY could not take apart; its context quotes the line, of which only the number is told."""
    if error.sqlstate not in ("22P04", "22021", "22P05"):
        return None
    place = re.search(r"^COPY [^\n]*?, line (\d+)", error.diag.context or "", re.MULTILINE)
    return Violation(
        table=table, kind="malformed", total=1, rows=[int(place[1])] if place else [], what=describe(error)
    )


def _unreadable(table: str, error: psycopg.Error) -> Violation:
    return Violation(table=table, kind="malformed", total=1, what=describe(error))
