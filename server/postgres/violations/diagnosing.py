"""Finds every row that breaks a rule, after PostgreSQL refused one: all tables staged, all rules asked set-wise.

Nothing here decides whether an import succeeds: PostgreSQL did.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.imports.loaded import Loaded
from server.model.imports.plan import ImportIssue, ImportPlan, Mode
from server.model.imports.table_rows import RowSource
from server.model.imports.violations import EXAMPLES, Violation
from server.model.imports.visible import Visible
from server.model.schema import Identity, Schema, texts
from server.model.schema_keys import foreign_keys
from server.postgres.databases import Connection
from server.postgres.encodings import in_an_encoding
from server.postgres.failures import describe
from server.postgres.relations import relation, written
from server.postgres.rows_in.loading import with_first_line
from server.postgres.rows_in.staging import ROW, Staged, make_staging, stage_rows
from server.postgres.violations.fitting import Fitting
from server.postgres.violations.long_keys import long_keys
from server.postgres.violations.offending import column_issues, offending_values, shown
from server.postgres.violations.partition_rules import partition_rule
from server.postgres.violations.unique_keys import unique_keys_of


class Findings(NamedTuple):
    """Rules that rows break, and what that says of the schema: labels and lengths that a column does not take."""

    violations: Sequence[Violation] = ()
    issues: Sequence[ImportIssue] = ()


@dataclass
class Diagnosis:
    """Collects what is wrong; `tables` are those that were staged, by their identity."""

    call: Call
    connection: Connection
    target: Schema
    mode: Mode
    visible: Visible
    found: list[Violation] = field(default_factory=list[Violation])
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    tables: dict[Identity, Staged] = field(default_factory=dict[Identity, Staged])
    wrong: dict[Identity, list[str]] = field(default_factory=dict[Identity, list[str]])
    """The columns of each table that have values which do not fit their type."""


def diagnose(
    call: Call, connection: Connection, source: RowSource, plan: ImportPlan, target: Schema, visible: Visible
) -> Findings:
    """Every violation in the file, by table and rule; none where the rules that can be asked are all kept."""
    diagnosis = Diagnosis(call, connection, target, plan.mode, visible)
    connection.execute(
        "SELECT pg_catalog.set_config('work_mem', '64MB', true),"
        " pg_catalog.set_config('default_statistics_target', '10', true)"
    )
    _stage(diagnosis, source, plan)
    for staged in diagnosis.tables.values():
        call.progress(source.total_bytes, source.total_bytes, f"looking for every problem in {staged.plan.shown}")
        _fit(diagnosis, staged)
    for staged in diagnosis.tables.values():
        call.progress(source.total_bytes, source.total_bytes, f"asking every rule of {staged.plan.shown}")
        _not_null(diagnosis, staged)
        _checks(diagnosis, staged)
        _partitions(diagnosis, staged)
        _unique(diagnosis, staged)
        _long_keys(diagnosis, staged)
    _foreign(diagnosis)
    return Findings(diagnosis.found, diagnosis.issues)


def _stage(diagnosis: Diagnosis, source: RowSource, plan: ImportPlan) -> None:
    enums = frozenset(identity.qualified for identity in diagnosis.target.of("enum"))
    tables = diagnosis.tables
    for rows in source.read([table.source for table in plan.tables]):
        table = plan.table(rows.table)
        if table is None or not table.columns:
            continue
        if table.identity not in tables:
            made = make_staging(diagnosis.connection, table, len(tables), rows.form, enums)
            tables[table.identity] = made
        given = with_first_line(in_an_encoding(diagnosis.connection, rows), table)
        diagnosis.found += stage_rows(diagnosis.call, diagnosis.connection, given, tables[table.identity])


def _fit(diagnosis: Diagnosis, staged: Staged) -> None:
    """Reads the rows as their types; tells the values that do not fit."""
    fitting = Fitting(diagnosis.call, diagnosis.connection, staged)
    fitting.run(diagnosis.target)
    identity = staged.plan.identity
    diagnosis.wrong[identity] = list(fitting.wrong)
    for column in staged.plan.columns:
        if column.name not in fitting.wrong:
            continue
        query = sql.SQL("SELECT place FROM {} WHERE name = {}").format(staged.bad, sql.Literal(column.name))
        _add(diagnosis, staged, "bad_value", query, columns=[column.name], what=fitting.wrong[column.name])
        shown = _shows(diagnosis, identity, "bad_value", [column.name])
        diagnosis.issues += column_issues(diagnosis.connection, diagnosis.target, staged, column, shown=shown)


def _add(
    diagnosis: Diagnosis,
    staged: Staged,
    kind: str,
    query: sql.Composable,
    *,
    columns: Sequence[str] = (),
    constraint: str | None = None,
    what: str = "",
) -> None:
    """Counts the rows of `query` (one column: their numbers) and adds a violation where there are any."""
    identity, table = staged.plan.identity, staged.plan.shown
    total, rows, what = _counted(diagnosis, query, what)
    if not total:
        return
    values: list[list[str | None]] = []
    if rows and kind != "not_null" and _shows(diagnosis, identity, kind, columns):
        values = offending_values(diagnosis.connection, staged, columns, rows, as_given=kind == "bad_value")
    diagnosis.found.append(
        Violation(
            table=table, kind=kind, total=total, rows=rows, columns=list(columns), values=values,
            constraint=constraint, what=what,
        )
    )  # fmt: skip


def _counted(diagnosis: Diagnosis, query: sql.Composable, what: str) -> tuple[int, list[int], str]:
    """(how many rows a query finds, the first of them, what is said of it)."""
    diagnosis.call.check()
    words = sql.SQL(
        "WITH bad(place) AS MATERIALIZED ({}) SELECT (SELECT pg_catalog.count(*) FROM bad),"
        " ARRAY(SELECT place FROM bad WHERE place IS NOT NULL ORDER BY place LIMIT {})"
    )
    try:
        with diagnosis.connection.transaction():
            row: Any = diagnosis.connection.execute(words.format(query, sql.Literal(EXAMPLES))).fetchone()
    except psycopg.errors.DataError as error:
        return 1, [], describe(error)
    return int(row[0]), [int(place) for place in row[1]], what


def _shows(diagnosis: Diagnosis, table: Identity, kind: str, columns: Sequence[str]) -> bool:
    """Whether the report may hold the values that break a rule.

    A value that does not fit its column may have slipped there from another one: then the whole table must be plain.
    """
    if not columns or not diagnosis.visible.columns(table, columns):
        return False
    return kind not in ("bad_value", "check", "partition") or diagnosis.visible.all_of(table)


def _readable(diagnosis: Diagnosis, staged: Staged, columns: Sequence[str]) -> sql.Composable:
    """The typed rows whose values fit in these columns; in all, where there are none or one is computed."""
    wrong = diagnosis.wrong[staged.plan.identity]
    loaded = {column.name for column in staged.plan.columns}
    if columns and set(columns) <= loaded:
        wrong = [name for name in wrong if name in columns]
    if not wrong:
        return staged.typed
    words = "(SELECT * FROM {} AS t WHERE NOT EXISTS (SELECT FROM {} AS b WHERE b.place = t.{} AND b.name = ANY ({})))"
    return sql.SQL(words + " AS typed").format(staged.typed, staged.bad, sql.Identifier(ROW), sql.Literal(wrong))


def _not_null(diagnosis: Diagnosis, staged: Staged) -> None:
    loaded = {column.name: column for column in staged.plan.columns}
    for part in diagnosis.target.parts(staged.plan.identity, "column"):
        if diagnosis.target.facts[part].get("not_null") and part.sub in loaded:
            query = sql.SQL("SELECT {} FROM {} WHERE {} IS NOT DISTINCT FROM NULL").format(
                sql.Identifier(ROW), _readable(diagnosis, staged, [part.sub]), sql.Identifier(part.sub)
            )
            if staged.plan.drawing and loaded[part.sub].default:
                query += sql.SQL(" AND {} NOT IN ({})").format(sql.Identifier(ROW), staged.defaulted(loaded[part.sub]))
            _add(diagnosis, staged, "not_null", query, columns=[part.sub])


def _checks(diagnosis: Diagnosis, staged: Staged) -> None:
    for part in diagnosis.target.parts(staged.plan.identity, "constraint"):
        attributes = diagnosis.target.facts[part]
        if attributes.get("type") == "check" and not attributes.get("not_enforced"):
            columns = texts(attributes, "columns")
            query = sql.SQL("SELECT {} FROM {} WHERE ({}) IS FALSE").format(
                sql.Identifier(ROW), _readable(diagnosis, staged, columns), written(attributes["expression"])
            )
            _add(diagnosis, staged, "check", query, columns=columns, constraint=part.sub)


def _partitions(diagnosis: Diagnosis, staged: Staged) -> None:
    identity = staged.plan.identity
    rule = partition_rule(diagnosis.connection, diagnosis.target.oids[identity])
    if rule is not None:
        parts = {part.sub: diagnosis.target.facts[part] for part in diagnosis.target.parts(identity, "column")}
        needed = [name for name in rule.columns if parts[name].get("not_null")]
        given = [sql.SQL("{} IS DISTINCT FROM NULL AND ").format(sql.Identifier(name)) for name in needed]
        query = sql.SQL("SELECT {} FROM {} WHERE {} {} IS NOT TRUE").format(
            sql.Identifier(ROW), _readable(diagnosis, staged, rule.columns), sql.Composed(given), rule.takes
        )
        _add(diagnosis, staged, "partition", query, columns=rule.columns, what="no partition takes them")


def _unique(diagnosis: Diagnosis, staged: Staged) -> None:
    """Rows of the file that exclude each other, and rows that a row of the table excludes."""
    plan = staged.plan
    for key in unique_keys_of(diagnosis.connection, diagnosis.target, plan.identity):
        kind = "exclusion" if key.operators else "unique"
        mine = key.rows(_readable(diagnosis, staged, key.columns), sql.Identifier(ROW))
        tell = partial(_add, diagnosis, staged, kind, columns=key.columns, constraint=key.name)
        tell(key.within(mine), what="twice in the file")
        if diagnosis.mode == "replace" or (diagnosis.mode in ("skip", "upsert") and key.decides(plan.key)):
            continue
        tell(key.against(mine, relation(plan.identity)), what="in the table already")


def _long_keys(diagnosis: Diagnosis, staged: Staged) -> None:
    """Rows that an index has no room for."""
    for found in long_keys(diagnosis.connection, staged, diagnosis.target.oids[staged.plan.identity]):
        what = "too long for an entry of the index"
        _add(diagnosis, staged, "index", found.rows, columns=found.columns, constraint=found.name, what=what)


def _foreign(diagnosis: Diagnosis) -> None:
    """References that neither the file nor the database resolves, also those of tables outside of a replace."""
    target, tables = diagnosis.target, diagnosis.tables
    loaded = Loaded(tables, target)
    for key, parent in foreign_keys(target):
        child = Identity("table", key.schema, key.name)
        referring = [tables[table] for table in loaded.within(child)]
        referred = [tables[table].typed for table in loaded.bringing(parent)]
        attributes = target.facts[key]
        if attributes.get("not_enforced") or attributes.get("period"):
            continue
        own, their = texts(attributes, "columns"), texts(attributes, "referenced_columns")
        there = loaded.left(parent) if diagnosis.mode == "replace" else [parent]
        parents = [*map(relation, there), *referred]
        for staged in referring:
            query = _orphans(sql.Identifier("child", ROW), staged.typed, own, their, parents)
            _add(diagnosis, staged, "foreign_key", query, columns=own, constraint=key.sub)
            if attributes.get("match") == "FULL":
                _half_given(diagnosis, staged, key, own)
        if referred and diagnosis.mode == "replace" and (left := loaded.left(child)):
            orphans = [_orphans(_texts(own), relation(table), own, their, parents) for table in left]
            _left_behind(diagnosis, key, own, sql.SQL(" UNION ALL ").join(orphans))


def _half_given(diagnosis: Diagnosis, staged: Staged, key: Identity, own: Sequence[str]) -> None:
    """MATCH FULL: a reference is whole or NULL."""
    given = sql.SQL(", ").join(sql.Identifier(name) for name in own)
    query = sql.SQL("SELECT {} FROM {} WHERE pg_catalog.num_nulls({}) BETWEEN 1 AND {}").format(
        sql.Identifier(ROW), _readable(diagnosis, staged, own), given, sql.Literal(len(own) - 1)
    )
    what = "MATCH FULL: some columns are NULL, others are not"
    _add(diagnosis, staged, "foreign_key", query, columns=own, constraint=key.sub, what=what)


def _left_behind(diagnosis: Diagnosis, key: Identity, columns: Sequence[str], query: sql.Composed) -> None:
    """Tells of rows outside of a replace whose references would break. `query`: what they refer to, as text."""
    total, _, what = _counted(diagnosis, sql.SQL("SELECT NULL::bigint FROM ({}) AS rows").format(query), "")
    if not total:
        return
    child = Identity("table", key.schema, key.name)
    values: list[list[str | None]] = []
    if _shows(diagnosis, child, "foreign_key", columns):
        few = sql.SQL("SELECT DISTINCT * FROM ({}) AS rows ORDER BY 1 LIMIT {}").format(query, sql.Literal(EXAMPLES))
        values = [list(row) for row in diagnosis.connection.execute(few)]
    what = what or "rows that are in the database and not part of the import would refer to nothing"
    diagnosis.found.append(
        Violation(
            table=child.qualified, kind="foreign_key", total=total, columns=list(columns), values=values,
            constraint=key.sub, what=what,
        )
    )  # fmt: skip


def _texts(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(shown(sql.Identifier("child", name)) for name in columns)


def _orphans(
    selected: sql.Composable,
    child: sql.Composable,
    own: Sequence[str],
    their: Sequence[str],
    parents: Iterable[sql.Composable],
) -> sql.Composed:
    given = sql.SQL(" AND ").join(
        sql.SQL("{} IS DISTINCT FROM NULL").format(sql.Identifier("child", name)) for name in own
    )
    equal = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("parent", theirs), sql.Identifier("child", ours))
        for ours, theirs in zip(own, their, strict=True)
    )
    words = sql.SQL("SELECT {} FROM {} AS child WHERE {}").format(selected, child, given)
    for parent in parents:
        words += sql.SQL(" AND NOT EXISTS (SELECT FROM {} AS parent WHERE {})").format(parent, equal)
    return words
