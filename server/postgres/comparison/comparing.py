"""Checksums of a table's rows: whole, by parts of the key, and row by row; all computed on the server."""

from collections.abc import Generator, Sequence
from typing import Any

from psycopg import capabilities, sql

from server.model.comparison.rows import ComparedColumn, Hashed, Place, RowSum, SideTable, TablePlan, side_tables
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.relations import rows_of
from server.postgres.rows_out.tables import changed_meanwhile

_CASTS: dict[str | None, sql.SQL] = {
    None: sql.SQL("{}"),
    "integer": sql.SQL("{}::pg_catalog.int8"),
    "number": sql.SQL("pg_catalog.trim_scale({}::pg_catalog.numeric)"),
    "time": sql.SQL("{}::pg_catalog.timestamptz"),
    "json": sql.SQL("{}::pg_catalog.jsonb"),
    "text": sql.SQL("{}::pg_catalog.text"),
}
_HASHED: dict[Hashed, sql.SQL] = {
    "as it is": sql.SQL("{}"),
    "as words": sql.SQL('{} COLLATE pg_catalog."C"'),
    "as int8": sql.SQL("pg_catalog.int8send({})"),
    "as time": sql.SQL("pg_catalog.time_send({})"),
    "as timestamp": sql.SQL("pg_catalog.timestamp_send({})"),
    "as timestamptz": sql.SQL("pg_catalog.timestamptz_send({})"),
    "printed": sql.SQL('{}::pg_catalog.text COLLATE pg_catalog."C"'),
}
_MEMORY = sql.SQL("SET LOCAL work_mem = '64MB'")
"""Room for the sums of all parts, and for sorting the rows of those that differ."""
_CHUNK = 1000 if capabilities.has_stream_chunked() else 1


def read_tables(connection: Connection) -> dict[tuple[str, str], SideTable]:
    """The tables that can be compared, by schema and name."""
    return side_tables(ask(connection, "comparable_tables"))


def refuse_changed(connection: Connection, tables: Sequence[SideTable]) -> None:
    """DatabaseFailed("changed_meanwhile"): a table was not read as the snapshot has it. What is read stays locked."""
    names = [table.schema for table in tables], [table.name for table in tables]
    if anew := ask(connection, "compared_tables_anew", *names):
        raise changed_meanwhile(anew, "emptied or rewritten")


def hash_sample(connection: Connection) -> int | None:
    """The server's own hash of a fixed row; None before 14. Two servers that agree on it hash all rows alike:
    partitions by hash rest on these functions, so they never change, but the order of bytes may differ.
    """
    if connection.info.server_version < 140000:
        return None
    row = connection.execute(
        "SELECT pg_catalog.hash_record_extended(ROW(1::int8, 'pgferry'::text, '2026-01-31'::date, true), 0)"
    ).fetchone()
    return int(row[0]) if row else None


class TableSums:
    """Asks one side for the checksums of one table, as the plan says. `by_value`: by the server's own hash of rows."""

    def __init__(self, connection: Connection, table: SideTable, plan: TablePlan, *, by_value: bool) -> None:
        self._connection = connection
        self._plan = plan
        rows = rows_of(table.schema, table.name, partitioned=table.partitioned)
        self._table = sql.SQL("FROM {} AS t").format(rows)
        hashed = _hash_of_values if by_value else _hash_of_text
        self._row = hashed(plan.columns)
        self._second: sql.Composable = sql.SQL("0::pg_catalog.int8")
        by_name = {column.name: column for column in plan.columns}
        if plan.integer_key:
            self._key: sql.Composable = sql.SQL("{}::pg_catalog.int8").format(_column(plan.key[0]))
        else:
            key = [by_name[column] for column in plan.key] or plan.columns
            self._key, self._second = hashed(key), hashed(key, seed=1)

    def whole(self) -> tuple[int, int]:
        """The number of rows and the sum of their checksums: one scan, in parallel where the server does that."""
        statement = sql.SQL("SELECT pg_catalog.count(*), pg_catalog.sum({}) {}").format(self._row, self._table)
        count, total = self._rows(statement)[0]
        return int(count), int(total or 0)

    def span(self) -> tuple[int, int] | None:
        """The least and the greatest integer key."""
        statement = sql.SQL("SELECT pg_catalog.min(k), pg_catalog.max(k) FROM (SELECT {} AS k {}) AS q")
        low, high = self._rows(statement.format(_column(self._plan.key[0]), self._table))[0]
        return None if low is None else (int(low), int(high))

    def parts(self, low: int, high: int, *, shift: int) -> dict[int, tuple[int, int]]:
        """The number of rows and the sum of their checksums for each of the parts `low` to `high` of the key.

        Grouped by a joined series, not by the expression: its number of groups the planner knows, and so takes a hash
        table and several processes, where it would else sort the whole table.
        """
        self._connection.execute(_MEMORY)
        statement = sql.SQL(
            "SELECT g.part, pg_catalog.count(*), pg_catalog.sum({})"
            " {} JOIN pg_catalog.generate_series(%s::pg_catalog.int8, %s::pg_catalog.int8) AS g (part) ON g.part = {}"
            " GROUP BY g.part"
        ).format(self._row, self._table, self._part(shift, high))
        found = self._connection.execute(statement, [low, high]).fetchall()
        return {int(part): (int(count), int(total)) for part, count, total in found}

    def rows_of_ranges(self, ranges: Sequence[tuple[int, int]]) -> Generator[RowSum]:
        """The rows whose integer key lies in one of the ranges, in order of key, found by the index."""
        statement = sql.SQL(
            "SELECT r.* FROM unnest(%s::pg_catalog.int8[], %s::pg_catalog.int8[]) AS w (low, high)"
            " CROSS JOIN LATERAL ({} WHERE {} BETWEEN w.low AND w.high) AS r ORDER BY 1, 2"
        ).format(self._sums(), _column(self._plan.key[0]))
        self._connection.execute("SET LOCAL enable_seqscan = off")
        return self._stream(statement, [[low for low, _ in ranges], [high for _, high in ranges]])

    def rows_of_parts(self, parts: Sequence[int], high: int, *, shift: int) -> Generator[RowSum]:
        """The rows in some parts of the key, in order of key: one scan."""
        statement = sql.SQL("{} WHERE {} = ANY (%s::pg_catalog.int8[]) ORDER BY 1, 2").format(
            self._sums(), self._part(shift, high)
        )
        return self._stream(statement, [list(parts)])

    def _sums(self) -> sql.Composed:
        return sql.SQL("SELECT {}, {}, {}, t.tableoid::pg_catalog.int8, t.ctid::text {}").format(
            self._key, self._second, self._row, self._table
        )

    def _stream(self, statement: sql.Composed, values: Sequence[Any]) -> Generator[RowSum]:
        """Rows as they come, after the first has been waited for."""
        self._connection.execute(_MEMORY)
        rows = self._connection.cursor().stream(statement, values, size=_CHUNK)
        first = next(rows, None)

        def all_of_them() -> Generator[RowSum]:
            if first is not None:
                yield _row_sum(first)
            for row in rows:
                yield _row_sum(row)
            self._connection.execute("SET LOCAL enable_seqscan TO DEFAULT")

        return all_of_them()

    def at(self, places: Sequence[Place]) -> dict[Place, tuple[str | None, ...]]:
        """The rows at a few places as text, in the order of the plan's columns."""
        if not places:
            return {}
        texts = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(_value(c)) for c in self._plan.columns)
        statement = sql.SQL(
            "SELECT t.tableoid::pg_catalog.int8, t.ctid::text, {} {} WHERE t.ctid = ANY (%s::pg_catalog.tid[])"
        ).format(texts, self._table)
        found = self._connection.execute(statement, [[spot for _, spot in places]]).fetchall()
        return {(int(row[0]), str(row[1])): tuple(row[2:]) for row in found}

    def _part(self, shift: int, high: int) -> sql.Composed:
        """The part of a row: some high bits of an integer key, some low bits of another's hash."""
        if self._plan.integer_key:
            return sql.SQL("({} >> {})").format(self._key, sql.Literal(shift))
        return sql.SQL("({} & {}::pg_catalog.int8)").format(self._key, sql.Literal(high))

    def _rows(self, statement: sql.Composed) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()


def _row_sum(row: tuple[Any, ...]) -> RowSum:
    key, second, checksum, table, spot = row
    return key, second, checksum, table, spot


def _column(name: str) -> sql.Composed:
    return sql.SQL("t.{}").format(sql.Identifier(name))


def _value(column: ComparedColumn) -> sql.Composed:
    return _CASTS[column.cast].format(_column(column.name))


def _hash_of_text(columns: Sequence[ComparedColumn], *, seed: int = 0) -> sql.Composed:
    values = sql.SQL(", ").join(_value(column) for column in columns)
    words = sql.SQL("pg_catalog.hashtextextended(ROW({})::pg_catalog.text, {})")
    return words.format(values, sql.Literal(seed))


def _hash_of_values(columns: Sequence[ComparedColumn], *, seed: int = 0) -> sql.Composed:
    """A third of the time that printing the row takes; what has no exact hash is printed all the same."""
    values = sql.SQL(", ").join(_HASHED[column.hashed].format(_value(column)) for column in columns)
    return sql.SQL("pg_catalog.hash_record_extended(ROW({}), {})").format(values, sql.Literal(seed))
