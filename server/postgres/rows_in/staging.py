"""Rows as they stand in a file, staged without judging them: text, or JSON, with their numbers."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
import psycopg
from psycopg import sql
from psycopg.raw_cursor import RawCursor

from server.calls import Call
from server.model.imports.plan import ColumnPlan, TablePlan
from server.model.imports.table_rows import Form, TableRows
from server.model.imports.violations import EXAMPLES, Violation
from server.postgres.databases import Connection
from server.postgres.failures import describe
from server.postgres.rows_in.copy_lines import CopyLines
from server.postgres.rows_in.loading import copy_statement, insert_statement
from server.postgres.rows_in.readings import reading_json, reading_objects, reading_text

ROW = "pgferry_row"
_ZERO = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
DEFAULTED = "\x01the column's default"
"""What stands in a staging table where a row of a script gives no value: no text that anybody has."""


@dataclass
class Staged:
    """One table's rows as given: `raw` (alias raw) has a row number and text columns, or one json column `given`.

    `enums`: types of the database whose values are words, as PostgreSQL prints their names.
    """

    plan: TablePlan
    number: int
    form: Form
    names: dict[str, str]
    """The file's columns by the names they have in the staging table (not JSON)."""
    enums: Collection[str]

    @property
    def row_type(self) -> sql.Identifier:
        return sql.Identifier("pg_temp", f"pgferry_raw_{self.number}")

    @property
    def raw(self) -> sql.Composed:
        return sql.SQL("{} AS raw").format(self.row_type)

    @property
    def typed(self) -> sql.Identifier:
        return sql.Identifier("pg_temp", f"pgferry_typed_{self.number}")

    @property
    def bad(self) -> sql.Identifier:
        """Where values are that their type does not take: `place`, the row, and `name`, the column."""
        return sql.Identifier("pg_temp", f"pgferry_bad_{self.number}")

    def given(self, column: ColumnPlan) -> sql.Composed:
        """The value as text, NULL where it is NULL or none is given."""
        if self.form == "json":
            return sql.SQL("(raw.given ->> {})").format(sql.Literal(column.file))
        words = "NULLIF({}, {})" if self.plan.drawing else "{}"
        return sql.SQL(words).format(sql.Identifier("raw", self.names[column.file]), sql.Literal(DEFAULTED))

    def defaulted(self, column: ColumnPlan) -> sql.Composed:
        """The numbers of the rows of a script that leave the column to its default."""
        words = sql.SQL("SELECT raw.{} FROM {} WHERE raw.{} = {}")
        name = sql.Identifier(self.names[column.file])
        return words.format(sql.Identifier(ROW), self.raw, name, sql.Literal(DEFAULTED))

    def reading(self, column: ColumnPlan) -> sql.Composed:
        """The value as the column's type."""
        if self.form == "json":
            return reading_json(sql.Identifier("raw", "given"), column)
        return reading_text(self.given(column), column.type, self.enums)

    def reading_all(self) -> tuple[sql.Composed, sql.Composed]:
        """(the values of all columns, what to select them from)."""
        if self.form == "json" and self.plan.columns:
            values, given = reading_objects(sql.SQL("json_to_record(raw.given)"), self.plan.columns)
            return values, sql.SQL("{} CROSS JOIN LATERAL {}").format(self.raw, given)
        return sql.SQL(", ").join(self.reading(column) for column in self.plan.columns), self.raw


def stage_rows(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> list[Violation]:
    """Puts the rows into the table's raw staging table; what cannot be taken apart is left out, and told."""
    try:
        with connection.transaction():
            if rows.form == "json":
                return _stage_json(call, connection, rows, staged)
            if rows.form == "insert":
                _stage_inserts(call, connection, rows, staged)
            else:
                return _stage_copy(call, connection, rows, staged)
    except psycopg.errors.DataError as error:
        for _ in rows.chunks:
            call.check()
        return [malformed(staged.plan.shown, error) or _unreadable(staged.plan.shown, error)]
    return []


def make_staging(connection: Connection, plan: TablePlan, number: int, form: Form, enums: Collection[str]) -> Staged:
    """The `number`th staging table, for the rows of one table."""
    kept = {column.file: column.name for column in plan.columns}
    names = {name: kept.get(name) or f"pgferry_left_out_{n}" for n, name in enumerate(plan.file_columns)}
    staged = Staged(plan, number, form, names, enums)
    parts = [sql.SQL("given json")]
    if form != "json":
        column = "{} text DEFAULT {}" if plan.drawing else "{} text"
        parts = [sql.SQL(column).format(sql.Identifier(name), sql.Literal(DEFAULTED)) for name in names.values()]
    words = sql.SQL("CREATE TEMPORARY TABLE {} ({}, {} bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP")
    connection.execute(words.format(staged.row_type, sql.SQL(", ").join(parts), sql.Identifier(ROW)))
    return staged


def _stage_copy(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> list[Violation]:
    names = tuple(staged.names[name] for name in rows.columns or staged.plan.file_columns)
    lines = CopyLines(rows.form == "csv", len(names), rows.options, _numbered(connection, staged))
    with connection.cursor() as cursor, cursor.copy(copy_statement(staged.row_type, names, rows)) as copy:
        for chunk in lines.mended(rows.chunks):
            call.check()
            copy.write(chunk)
    if lines.replaced:
        words = sql.SQL("DELETE FROM {} USING unnest(%s::bigint[], %s::bigint[]) AS w(low, high) WHERE {} BETWEEN"
                        " w.low AND w.high").format(staged.row_type, sql.Identifier(ROW))  # fmt: skip
        connection.execute(words, [[low for low, _ in lines.replaced], [high for _, high in lines.replaced]])
    return [
        Violation(table=staged.plan.shown, kind="malformed", total=found.total, rows=found.rows, what=reason)
        for reason, found in lines.found.items()
    ]


def _numbered(connection: Connection, staged: Staged) -> int:
    """How many numbers were given to the table's rows so far."""
    words = sql.SQL("SELECT pg_catalog.pg_sequence_last_value(pg_catalog.pg_get_serial_sequence({}, {})::regclass)")
    table = sql.Literal(staged.row_type.as_string(connection))
    row = connection.execute(words.format(table, sql.Literal(ROW))).fetchone()
    return int(row[0] or 0) if row else 0


def _stage_json(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> list[Violation]:
    words = sql.SQL("INSERT INTO {} (given) SELECT value FROM pg_catalog.json_array_elements($1::json)")
    cursor = RawCursor(connection)
    left_out: list[int] = []
    for block in rows.chunks:
        call.check()
        if b"\\u0000" in block:
            readable, unreadable = _readable(block, staged.plan.columns)
            first = _numbered(connection, staged) + 1
            left_out += [first + place for place in unreadable]
            cursor.execute(words.format(staged.row_type), [readable])
        else:
            cursor.execute(words.format(staged.row_type), [f"[{block.decode()}]"])
    if not left_out:
        return []
    gone = sql.SQL("DELETE FROM {} WHERE {} = ANY (%s)").format(staged.row_type, sql.Identifier(ROW))
    connection.execute(gone, [left_out])
    what = "a string in it holds \\u0000, a character that PostgreSQL has no text with"
    return [
        Violation(table=staged.plan.shown, kind="malformed", total=len(left_out), rows=left_out[:EXAMPLES], what=what)
    ]


def _readable(block: bytes, columns: Sequence[ColumnPlan]) -> tuple[str, list[int]]:
    """(the rows without the character zero, the places, from 0, of those that have it where it cannot be loaded).

    PostgreSQL's functions for JSON take no row with it; a column of type json does.
    """
    types = {column.file: column.type for column in columns}
    rows = msgspec.json.decode(b"[" + block + b"]", type=list[dict[str, msgspec.Raw]])
    unreadable: list[int] = []
    for place, row in enumerate(rows):
        for name, value in row.items():
            mended = _ZERO.sub(rb"\1\\ufffd", bytes(value))
            if mended != bytes(value):
                row[name] = msgspec.Raw(mended)
                if types.get(name, "json") != "json" and place not in unreadable[-1:]:
                    unreadable.append(place)
    return msgspec.json.encode(rows).decode(), unreadable


def _stage_inserts(call: Call, connection: Connection, rows: TableRows, staged: Staged) -> None:
    names = [staged.names[name] for name in rows.columns or ()]
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
