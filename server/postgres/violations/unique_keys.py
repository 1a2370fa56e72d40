"""Unique indexes and exclusion constraints of a table, and the questions which rows exclude each other by them."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from server.model.schema import Identity, Schema
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.relations import written


@dataclass(frozen=True)
class UniqueKey:
    """A unique index or exclusion constraint. `operators`: of an exclusion; `nulls_equal`: NULLS NOT DISTINCT."""

    name: str
    expressions: tuple[str, ...]
    operators: tuple[str, ...] | None
    predicate: str | None
    nulls_equal: bool

    @property
    def columns(self) -> list[str]:
        """Its columns, and its expressions as they are written."""
        return column_names(self.expressions)

    def decides(self, key: Sequence[str]) -> bool:
        """Whether a conflict on this key is what a mode that resolves conflicts by `key` is for; () is any."""
        return not key or set(self.columns) == set(key)

    def rows(self, table: sql.Composable, place: sql.Composable) -> sql.Composed:
        """The table's rows that the key covers, as place, k0, k1 …"""
        keys = [
            sql.SQL("{} AS {}").format(written(expression), name)
            for expression, name in zip(self.expressions, self._names, strict=True)
        ]
        words = sql.SQL("SELECT {} AS place, {} FROM {}").format(place, sql.SQL(", ").join(keys), table)
        return words + (sql.SQL(" WHERE {}").format(written(self.predicate)) if self.predicate else sql.SQL(""))

    def within(self, rows: sql.Composable) -> sql.Composed:
        """The places of rows that an earlier one excludes."""
        if self.operators or self.nulls_equal:
            return sql.SQL(
                "SELECT b.place FROM ({0}) AS b WHERE EXISTS (SELECT FROM ({0}) AS a WHERE a.place < b.place AND {1})"
            ).format(rows, self._meets())
        some_null = sql.SQL(" OR ").join(sql.SQL("{} IS NOT DISTINCT FROM NULL").format(name) for name in self._names)
        return sql.SQL(
            "SELECT place FROM (SELECT place, pg_catalog.row_number() OVER (PARTITION BY {0} ORDER BY place) AS nth"
            " FROM ({1}) AS k WHERE NOT ({2})) AS numbered WHERE nth > 1"
        ).format(sql.SQL(", ").join(self._names), rows, some_null)

    def against(self, rows: sql.Composable, table: sql.Composable) -> sql.Composed:
        """The places of rows that a row of the table excludes."""
        theirs = self.rows(table, sql.SQL("0"))
        return sql.SQL("SELECT a.place FROM ({}) AS a WHERE EXISTS (SELECT FROM ({}) AS b WHERE {})").format(
            rows, theirs, self._meets()
        )

    @property
    def _names(self) -> list[sql.Identifier]:
        return [sql.Identifier(f"k{number}") for number in range(len(self.expressions))]

    def _meets(self) -> sql.Composed:
        """The condition under which rows `a` and `b` exclude each other."""
        plain = sql.SQL("IS NOT DISTINCT FROM" if self.nulls_equal else "=")
        parts = [
            sql.SQL("{} {} {}").format(
                sql.Identifier("a", f"k{n}"), written(self.operators[n]) if self.operators else plain,
                sql.Identifier("b", f"k{n}"),
            )
            for n in range(len(self.expressions))
        ]  # fmt: skip
        return sql.SQL(" AND ").join(parts)


def column_names(expressions: Sequence[str]) -> list[str]:
    """What an index is made of: its columns by their names, its expressions as they are written."""
    return [
        expression[1:-1].replace('""', '"') if expression.startswith('"') else expression for expression in expressions
    ]


def unique_keys_of(connection: Connection, target: Schema, table: Identity) -> list[UniqueKey]:
    """The keys of a table, by name."""
    return [
        UniqueKey(name, tuple(expressions), tuple(operators) if operators else None, predicate, nulls_equal)
        for name, expressions, operators, predicate, nulls_equal in ask(
            connection, "import_unique_keys", target.oids[table]
        )
    ]
