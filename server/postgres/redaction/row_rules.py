"""Whether rows keep the rules of their table as redaction writes them, where a rule concerns more than one value: tried
with the rows themselves: uniqueness with all, the others with some.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql

from server.model.redaction import How
from server.model.tables import Column, Table
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.redaction.masks import masked
from server.postgres.redaction.stand_ins import SAMPLE
from server.postgres.relations import rows_of, written


@dataclass(frozen=True)
class Rule:
    """One rule of a table over some `columns`, generated ones among them. `parts` None: it cannot be tried."""

    name: str
    kind: Literal["check", "generated", "unique", "exclusion"]
    columns: tuple[str, ...]
    parts: tuple[str, ...] | None
    condition: str | None
    nulls_equal: bool
    operators: tuple[str, ...] = ()
    """Of an exclusion constraint: two rows exclude each other where all of them hold."""

    @property
    def said(self) -> str:
        return f"of the generated column {self.name}" if self.kind == "generated" else self.name


def read_rules(connection: Connection, oids: Sequence[int]) -> dict[int, list[Rule]]:
    """The rules of some tables over whole rows, by table."""
    found: dict[int, list[Rule]] = {}
    for oid, name, kind, columns, parts, condition, nulls_equal, operators in ask(
        connection, "exported_rules", list(oids)
    ):
        tried = None if parts is None or None in parts else tuple(parts)
        found.setdefault(oid, []).append(
            Rule(name, kind, tuple(columns), tried, condition, nulls_equal, tuple(operators or ()))
        )
    return found


def read_keys(connection: Connection, oid: int) -> list[Rule]:
    """The rules of a table's unique indexes over plain columns; `read_rules` has none, for most stand-ins keep them."""
    return [
        Rule(
            "", "unique", (*names, *keyed), tuple(sql.Identifier(name).as_string() for name in names), condition, False
        )
        for names, condition, keyed in ask(connection, "exported_keys", oid)
    ]


def concerned(rule: Rule, rules: Iterable[Rule]) -> set[str]:
    """The columns with values of their own that a rule hangs on: of a generated one, those that it is made of."""
    made = {other.name: other.columns for other in rules if other.kind == "generated"}
    return {source for name in rule.columns for source in made.get(name, (name,))}


def keeps(
    connection: Connection, table: Table, masks: Mapping[str, How], rule: Rule, rules: Sequence[Rule]
) -> bool | None:
    """Whether the rows as they are written keep a rule. None: it cannot be told. The key of the hash must be set."""
    needed = [other for other in rules if other.kind == "generated" and other.name in (*rule.columns, rule.name)]
    if rule.parts is None or any(other.parts is None for other in needed):
        return None
    columns = [column for column in table.columns if column.name in concerned(rule, rules)]
    rows = _rows(table, columns, masks, needed, every=rule.kind == "unique")
    try:
        with connection.transaction():
            row = connection.execute(_test(rule, rule.parts, rows)).fetchone()
    except psycopg.DataError:
        return False
    except psycopg.Error:
        if connection.closed or connection.broken:
            raise
        return None
    return row is None or row[0] is not False


def _test(rule: Rule, parts: Sequence[str], rows: sql.Composable) -> sql.Composed:
    if rule.kind == "check":
        return sql.SQL("SELECT pg_catalog.bool_and(coalesce(({}), true)) FROM {} AS x").format(written(parts[0]), rows)
    if rule.kind == "generated":
        name = sql.Identifier(rule.name)
        test = sql.SQL("x.{} IS DISTINCT FROM NULL" if rule.condition else "pg_catalog.num_nulls(x.{}) >= 0").format(
            name
        )
        return sql.SQL("SELECT pg_catalog.bool_and({}) FROM {} AS x").format(test, rows)
    if rule.kind == "exclusion":
        return _excludes(rule, parts, rows)
    keys = [sql.SQL("({})").format(written(part)) for part in parts]
    tests = [] if rule.nulls_equal else [sql.SQL("{} IS DISTINCT FROM NULL").format(key) for key in keys]
    tests.append(sql.SQL("({})").format(written(rule.condition or "true")))
    return sql.SQL(
        "SELECT NOT EXISTS (SELECT FROM {} AS x WHERE {} GROUP BY {} HAVING pg_catalog.count(*) > 1)"
    ).format(rows, sql.SQL(" AND ").join(tests), sql.SQL(", ").join(keys))


def _excludes(rule: Rule, parts: Sequence[str], rows: sql.Composable) -> sql.Composed:
    names = [sql.Identifier(f"k{place}") for place in range(len(parts))]
    keys = [sql.SQL("({}) AS {}").format(written(part), name) for part, name in zip(parts, names, strict=True)]
    meets = [
        sql.SQL("a.{0} {1} b.{0}").format(name, written(operator))
        for name, operator in zip(names, rule.operators, strict=True)
    ]
    return sql.SQL(
        "WITH k AS MATERIALIZED (SELECT pg_catalog.row_number() OVER () AS place, {} FROM {} AS x WHERE {})"
        " SELECT NOT EXISTS (SELECT FROM k AS a JOIN k AS b ON a.place < b.place AND {})"
    ).format(sql.SQL(", ").join(keys), rows, written(rule.condition or "true"), sql.SQL(" AND ").join(meets))


def _rows(
    table: Table, columns: Sequence[Column], masks: Mapping[str, How], generated: Sequence[Rule], *, every: bool
) -> sql.Composed:
    """What stands in FROM for some columns of a table's rows, as an import makes them."""
    values = sql.SQL(", ").join(_value(column, masks) for column in columns)
    limit = sql.SQL("ALL") if every else sql.Literal(SAMPLE)
    rows = sql.SQL("(SELECT {} FROM {} AS t LIMIT {})").format(
        values, rows_of(table.schema, table.name, partitioned=table.partitioned), limit
    )
    types = {column.name: column.type for column in table.columns}
    made = [
        sql.SQL("({})::{} AS {}").format(written(rule.parts[0]), written(types[rule.name]), sql.Identifier(rule.name))
        for rule in generated
        if rule.parts
    ]
    if not made:
        return rows
    return sql.SQL("(SELECT y.*, {} FROM {} AS y)").format(sql.SQL(", ").join(made), rows)


def _value(column: Column, masks: Mapping[str, How]) -> sql.Composed:
    name, how = sql.Identifier(column.name), masks.get(column.name)
    if how is None:
        return sql.SQL("t.{}").format(name)
    return sql.SQL("({})::{} AS {}").format(
        masked(column, "null" if how == "exclude" else how), written(column.type), name
    )
