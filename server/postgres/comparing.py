"""Checksums of a table's rows: whole, by parts of the key, and row by row; all aggregated on the server."""

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from server.model.comparing import ComparedColumn, Rows, SideTable, TablePlan, side_tables
from server.postgres.databases import Connection
from server.postgres.questions import ask

_CASTS: dict[str | None, sql.SQL] = {
    None: sql.SQL("{}"),
    "integer": sql.SQL("{}::pg_catalog.int8"),
    "number": sql.SQL("pg_catalog.trim_scale({}::pg_catalog.numeric)"),
    "time": sql.SQL("{}::pg_catalog.timestamptz"),
    "json": sql.SQL("{}::pg_catalog.jsonb"),
    "text": sql.SQL("{}::pg_catalog.text"),
}


def read_tables(connection: Connection) -> dict[tuple[str, str], SideTable]:
    """The tables that can be compared, by schema and name."""
    return side_tables(ask(connection, "comparable_tables"))


class TableSums:
    """Asks one side for the checksums of one table, as the plan says."""

    def __init__(self, connection: Connection, table: SideTable, plan: TablePlan) -> None:
        self._connection = connection
        self._plan = plan
        name = sql.Identifier(table.schema, table.name)
        self._table = sql.SQL("FROM {} AS t").format(name if table.partitioned else sql.SQL("ONLY {}").format(name))
        self._row = _hash(_record(plan.columns))
        by_name = {column.name: column for column in plan.columns}
        self._key_columns = [by_name[column] for column in plan.key]
        if plan.integer_key:
            self._key: sql.Composable = sql.SQL("{}::pg_catalog.int8").format(_column(plan.key[0]))
        elif plan.key:
            self._key = _record(self._key_columns)
        else:
            self._key = self._row

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

    def parts(self, *, shift: int, mask: int) -> dict[int, tuple[int, int]]:
        """The number of rows and the sum of their checksums for each part of the key."""
        # The planner takes every part for a group of one row, and would sort the table: few groups fit into memory.
        self._connection.execute("SET LOCAL enable_sort = off")
        self._connection.execute("SET LOCAL work_mem = '1GB'")
        statement = sql.SQL("SELECT {}, pg_catalog.count(*), pg_catalog.sum({}) {} GROUP BY 1").format(
            self._part(shift, mask), self._row, self._table
        )
        parts = {int(part): (int(count), int(total)) for part, count, total in self._rows(statement)}
        self._connection.execute("SET LOCAL enable_sort TO DEFAULT")
        self._connection.execute("SET LOCAL work_mem TO DEFAULT")
        return parts

    def of_ranges(self, ranges: Sequence[tuple[int, int]]) -> Rows:
        """The checksums of the rows whose integer key lies in one of the ranges, found by the index."""
        column = _column(self._plan.key[0])
        statement = sql.SQL(
            "SELECT r.k, r.h FROM unnest(%s::pg_catalog.int8[], %s::pg_catalog.int8[]) AS w (low, high)"
            " CROSS JOIN LATERAL (SELECT {} AS k, {} AS h {} WHERE {} BETWEEN w.low AND w.high) AS r"
        ).format(self._key, self._row, self._table, column)
        lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
        return _collected(self._connection.execute(statement, [lows, highs]).fetchall())

    def of_parts(self, parts: Sequence[int], *, mask: int) -> Rows:
        """The checksums of the rows in some parts of a key that is no integer: one scan."""
        statement = sql.SQL("SELECT {}, {} {} WHERE {} = ANY (%s::pg_catalog.int8[])").format(
            self._key, self._row, self._table, self._part(0, mask)
        )
        return _collected(self._connection.execute(statement, [list(parts)]).fetchall())

    def samples(self, keys: Sequence[Any]) -> dict[Any, tuple[str | None, ...]]:
        """The rows of a few keys as text, in the order of the plan's columns."""
        if not keys:
            return {}
        key = _column(self._plan.key[0]) if self._plan.integer_key else self._key
        texts = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(_value(c)) for c in self._plan.columns)
        kind = sql.SQL("text" if self._plan.key and not self._plan.integer_key else "int8")
        statement = sql.SQL("SELECT {} {}, {} {} WHERE {} = ANY (%s::pg_catalog.{}[]) LIMIT {}").format(
            sql.SQL("" if self._plan.key else "DISTINCT ON (1)"),
            self._key,
            texts,
            self._table,
            key,
            kind,
            sql.Literal(len(keys)),
        )
        return {row[0]: tuple(row[1:]) for row in self._connection.execute(statement, [list(keys)])}

    def _part(self, shift: int, mask: int) -> sql.Composed:
        if self._plan.integer_key:
            return sql.SQL("({} >> {})").format(self._key, sql.Literal(shift))
        key = self._key if not self._plan.key else _hash(self._key)
        return sql.SQL("({} & {}::pg_catalog.int8)").format(key, sql.Literal(mask))

    def _rows(self, statement: sql.Composed) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()


def _collected(rows: Sequence[tuple[Any, ...]]) -> Rows:
    checksums: dict[Any, int] = {}
    counts: dict[Any, int] = {}
    for key, checksum in rows:
        checksums[key] = checksums.get(key, 0) + checksum
        counts[key] = counts.get(key, 0) + 1
    return Rows(checksums, counts)


def _column(name: str) -> sql.Composed:
    return sql.SQL("t.{}").format(sql.Identifier(name))


def _value(column: ComparedColumn) -> sql.Composed:
    return _CASTS[column.cast].format(_column(column.name))


def _record(columns: Sequence[ComparedColumn]) -> sql.Composed:
    return sql.SQL("ROW({})::pg_catalog.text").format(sql.SQL(", ").join(_value(column) for column in columns))


def _hash(text: sql.Composable) -> sql.Composed:
    return sql.SQL("pg_catalog.hashtextextended({}, 0)").format(text)
