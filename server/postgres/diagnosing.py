"""Finds every row that breaks a rule, after PostgreSQL refused one: all tables staged, all rules asked set-wise.

Nothing here decides whether an import succeeds: PostgreSQL did. Only row numbers are told, never values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.import_plan import ColumnPlan, ImportPlan, Mode, TablePlan, foreign_keys, names_of
from server.model.schema import Identity, Schema
from server.model.table_rows import RowSource
from server.model.violations import EXAMPLES, Violation
from server.postgres.databases import Connection
from server.postgres.failures import describe
from server.postgres.loading import with_first_line
from server.postgres.questions import ask
from server.postgres.relations import columns as listed
from server.postgres.relations import relation, written
from server.postgres.staging import ROW, Staged, malformed, stage_rows


@dataclass
class Diagnosis:
    """Collects violations; `tables` are those that could be staged, by their identity."""

    connection: Connection
    target: Schema
    mode: Mode
    found: list[Violation]
    tables: dict[Identity, Staged]


def diagnose(
    call: Call, connection: Connection, source: RowSource, plan: ImportPlan, target: Schema
) -> list[Violation]:
    """Every violation in the file, by table and rule; empty where the rules that can be asked are all kept."""
    diagnosis = Diagnosis(connection, target, plan.mode, [], {})
    order = [table.source for table in plan.tables]
    for rows in source.read(order):
        table = plan.table(rows.table)
        if table:
            stage_rows(call, connection, with_first_line(rows, table), table, diagnosis.tables, diagnosis.found)
    for staged in diagnosis.tables.values():
        call.progress(source.total_bytes, source.total_bytes, f"looking for every problem in {staged.plan.shown}")
        _bad_values(diagnosis, staged)
        _make_typed(diagnosis, staged)
    for staged in diagnosis.tables.values():
        call.check()
        _not_null(diagnosis, staged)
        _checks(diagnosis, staged)
        _unique(diagnosis, staged)
    _foreign(diagnosis)
    return diagnosis.found


def _add(
    diagnosis: Diagnosis,
    table: str,
    kind: str,
    query: sql.Composable,
    *,
    columns: Sequence[str] = (),
    constraint: str | None = None,
    what: str = "",
) -> None:
    """Counts the rows of `query` (one column: their numbers) and adds a violation where there are any."""
    words = sql.SQL(
        "SELECT pg_catalog.count(*), (pg_catalog.array_agg(bad.place ORDER BY bad.place))[1:{}] FROM ({}) AS bad(place)"
    ).format(sql.Literal(EXAMPLES), query)
    try:
        with diagnosis.connection.transaction():
            row: Any = diagnosis.connection.execute(words).fetchone()
    except psycopg.errors.DataError as error:
        row = (1, [])
        what = describe(error)
    if row and row[0]:
        rows = [int(place) for place in row[1] or () if place is not None]
        diagnosis.found.append(
            Violation(
                table=table, kind=kind, total=row[0], rows=rows, columns=list(columns), constraint=constraint, what=what
            )
        )


def _bad_values(diagnosis: Diagnosis, staged: Staged) -> None:
    """Values that their type does not take, column by column; asks row by row only where a column has one."""
    for column in staged.plan.columns:
        probe = sql.SQL("SELECT pg_catalog.count({}) FROM {}").format(staged.reading(column), staged.raw)
        try:
            with diagnosis.connection.transaction():
                diagnosis.connection.execute(probe)
        except (psycopg.errors.DataError, psycopg.errors.IntegrityError) as error:
            name = sql.Identifier("pg_temp", f"pgferry_fits_{staged.number}_{len(staged.bad)}")
            _make_judge(diagnosis.connection, name, staged, column)
            bad = sql.SQL("SELECT {} FROM {} WHERE {} IS NOT NULL AND NOT {}(raw.*)").format(
                sql.Identifier("raw", ROW), staged.raw, staged.given(column), name
            )
            staged.bad.append(bad)
            what = f"{describe(error)}: the column is {column.type}"
            _add(diagnosis, staged.plan.shown, "bad_value", bad, columns=[column.name], what=what)


def _make_judge(connection: Connection, name: sql.Identifier, staged: Staged, column: ColumnPlan) -> None:
    """A temporary function that says whether a staged row's value fits the column's type."""
    body = sql.SQL("BEGIN PERFORM {} FROM (SELECT (given).*) AS raw; RETURN true; "
                   "EXCEPTION WHEN OTHERS THEN RETURN false; END").format(staged.reading(column))  # fmt: skip
    words = sql.SQL("CREATE FUNCTION {}(given {}) RETURNS boolean LANGUAGE plpgsql AS {}")
    connection.execute(words.format(name, staged.row_type, sql.Literal(body.as_string(connection))))


def _make_typed(diagnosis: Diagnosis, staged: Staged) -> None:
    """The rows without bad values as the table would hold them: defaults and generated columns filled in."""
    connection, plan = diagnosis.connection, staged.plan
    words = sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DROP")
    connection.execute(words.format(staged.typed, relation(plan.identity)))
    loaded = {column.name for column in plan.columns}
    for part in diagnosis.target.parts(plan.identity, "column"):
        attributes = diagnosis.target.facts[part]
        alter = sql.SQL("ALTER TABLE {} ALTER COLUMN {} ").format(staged.typed, sql.Identifier(part.sub))
        if attributes.get("not_null"):
            connection.execute(alter + sql.SQL("DROP NOT NULL"))
        if part.sub not in loaded and "nextval(" in str(attributes.get("default", "")):
            connection.execute(alter + sql.SQL("DROP DEFAULT"))
    connection.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {} bigint").format(staged.typed, sql.Identifier(ROW)))
    values = sql.SQL(", ").join([sql.Identifier("raw", ROW), *(staged.reading(column) for column in plan.columns)])
    into = listed([ROW, *(column.name for column in plan.columns)])
    fill = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(staged.typed, into, values, staged.raw)
    if staged.bad:
        bad = sql.SQL(" UNION ALL ").join(staged.bad)
        fill += sql.SQL(" WHERE {} NOT IN ({})").format(sql.Identifier("raw", ROW), bad)
    connection.execute(fill)
    connection.execute(sql.SQL("ANALYZE {}").format(staged.typed))


def _not_null(diagnosis: Diagnosis, staged: Staged) -> None:
    loaded = {column.name for column in staged.plan.columns}
    for part in diagnosis.target.parts(staged.plan.identity, "column"):
        if diagnosis.target.facts[part].get("not_null") and part.sub in loaded:
            query = sql.SQL("SELECT {} FROM {} WHERE {} IS NULL").format(
                sql.Identifier(ROW), staged.typed, sql.Identifier(part.sub)
            )
            _add(diagnosis, staged.plan.shown, "not_null", query, columns=[part.sub])


def _checks(diagnosis: Diagnosis, staged: Staged) -> None:
    for part in diagnosis.target.parts(staged.plan.identity, "constraint"):
        attributes = diagnosis.target.facts[part]
        if attributes.get("type") == "check" and not attributes.get("not_enforced"):
            query = sql.SQL("SELECT {} FROM {} WHERE ({}) IS FALSE").format(
                sql.Identifier(ROW), staged.typed, written(attributes["expression"])
            )
            columns = names_of(attributes.get("columns"))
            _add(diagnosis, staged.plan.shown, "check", query, columns=columns, constraint=part.sub)


@dataclass(frozen=True)
class Key:
    """A unique index or exclusion constraint."""

    name: str
    expressions: tuple[str, ...]
    operators: tuple[str, ...] | None
    predicate: str | None
    nulls_equal: bool

    def rows(self, table: sql.Composable, place: sql.Composable) -> sql.Composed:
        """The table's rows that the key covers, as place, k1, k2 …"""
        keys = [
            sql.SQL("{} AS {}").format(written(expression), sql.Identifier(f"k{number}"))
            for number, expression in enumerate(self.expressions)
        ]
        words = sql.SQL("SELECT {} AS place, {} FROM {}").format(place, sql.SQL(", ").join(keys), table)
        return words + (sql.SQL(" WHERE {}").format(written(self.predicate)) if self.predicate else sql.SQL(""))

    def meets(self) -> sql.Composed:
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


def _keys(diagnosis: Diagnosis, identity: Identity) -> list[Key]:
    oid = diagnosis.target.oids[identity]
    rows = ask(diagnosis.connection, "import_unique_keys", oid)
    return [
        Key(name, tuple(exprs), tuple(ops) if ops else None, predicate, equal)
        for name, exprs, ops, predicate, equal in rows
    ]


def _unique(diagnosis: Diagnosis, staged: Staged) -> None:
    """Rows of the file that exclude each other, and rows that a row of the table excludes."""
    for key in _keys(diagnosis, staged.plan.identity):
        kind = "exclusion" if key.operators else "unique"
        mine = key.rows(staged.typed, sql.Identifier(ROW))
        columns = [expression.strip('"') for expression in key.expressions]
        if key.operators or key.nulls_equal:
            within = sql.SQL(
                "SELECT b.place FROM ({0}) AS b WHERE EXISTS (SELECT FROM ({0}) AS a WHERE a.place < b.place AND {1})"
            ).format(mine, key.meets())
        else:
            names = sql.SQL(", ").join(sql.Identifier(f"k{n}") for n in range(len(key.expressions)))
            some_null = sql.SQL(" OR ").join(
                sql.SQL("{} IS NULL").format(sql.Identifier(f"k{n}")) for n in range(len(key.expressions))
            )
            within = sql.SQL(
                "SELECT place FROM (SELECT place, pg_catalog.row_number() OVER (PARTITION BY {0} ORDER BY place) AS nth"
                " FROM ({1}) AS k WHERE NOT ({2})) AS numbered WHERE nth > 1"
            ).format(names, mine, some_null)
        name = staged.plan.shown
        _add(diagnosis, name, kind, within, columns=columns, constraint=key.name, what="twice in the file")
        if diagnosis.mode == "replace" or (diagnosis.mode in ("skip", "upsert") and _decides(key, staged.plan)):
            continue
        theirs = key.rows(relation(staged.plan.identity), sql.SQL("0"))
        against = sql.SQL("SELECT a.place FROM ({}) AS a WHERE EXISTS (SELECT FROM ({}) AS b WHERE {})").format(
            mine, theirs, key.meets()
        )
        _add(diagnosis, name, kind, against, columns=columns, constraint=key.name, what="in the table already")


def _decides(key: Key, plan: TablePlan) -> bool:
    """Whether a conflict on this key is what the mode is for."""
    if not plan.key:
        return True
    return {name.strip('"') for name in key.expressions} == set(plan.key)


def _foreign(diagnosis: Diagnosis) -> None:
    """References that neither the file nor the database resolves, also those of tables outside of a replace."""
    target = diagnosis.target
    for key, parent in foreign_keys(target):
        child = Identity("table", key.schema, key.name)
        staged, referenced = diagnosis.tables.get(child), diagnosis.tables.get(parent)
        attributes = target.facts[key]
        if attributes.get("not_enforced") or attributes.get("period"):
            continue
        own, their = names_of(attributes.get("columns")), names_of(attributes.get("referenced_columns"))
        there = [] if diagnosis.mode == "replace" and referenced else [relation(parent)]
        there += [referenced.typed] if referenced else []
        if staged:
            query = _orphans(staged.typed, sql.Identifier("child", ROW), own, their, there)
            _add(diagnosis, staged.plan.shown, "foreign_key", query, columns=own, constraint=key.sub)
        elif referenced and diagnosis.mode == "replace":
            query = _orphans(relation(child), sql.SQL("NULL::bigint"), own, their, there)
            what = "rows that are in the database and not part of the import would refer to nothing"
            _add(diagnosis, child.qualified, "foreign_key", query, columns=own, constraint=key.sub, what=what)


def _orphans(
    child: sql.Composable,
    place: sql.Composable,
    own: Sequence[str],
    their: Sequence[str],
    parents: Iterable[sql.Composable],
) -> sql.Composed:
    given = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier("child", name)) for name in own)
    equal = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("parent", theirs), sql.Identifier("child", ours))
        for ours, theirs in zip(own, their, strict=True)
    )
    words = sql.SQL("SELECT {} FROM {} AS child WHERE {}").format(place, child, given)
    for parent in parents:
        words += sql.SQL(" AND NOT EXISTS (SELECT FROM {} AS parent WHERE {})").format(parent, equal)
    return words


def as_violation(table: str, error: psycopg.Error) -> Violation:
    """What PostgreSQL itself said, where no rule was found to be broken: a trigger's exception, a malformed line."""
    found = malformed(table, error)
    return found or Violation(
        table=error.diag.table_name or table,
        kind="raised",
        total=1,
        constraint=error.diag.constraint_name,
        columns=[error.diag.column_name] if error.diag.column_name else [],
        what=f"{describe(error)} (SQLSTATE {error.sqlstate})",
    )
