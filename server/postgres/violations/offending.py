"""What may be shown of rows that break a rule: their values, cut short; labels and lengths that a column does not take.

Asked only where `model.imports.visible` allows it; always a field of a report, never part of a message.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from psycopg import sql

from server.model.amounts import several
from server.model.imports.plan import ColumnPlan, ImportIssue
from server.model.imports.visible import MOST_CHARACTERS
from server.model.schema import Schema, texts
from server.postgres.databases import Connection
from server.postgres.rows_in.staging import ROW, Staged

_MOST_LABELS = 10


def shown(value: sql.Composable) -> sql.Composed:
    """A value as its type prints it, NULL where it is NULL, and no longer than a report bears."""
    words = sql.SQL(
        "CASE WHEN pg_catalog.num_nulls({0}) = 1 THEN NULL"
        " WHEN pg_catalog.length(pg_catalog.format('%s', {0})) > {1}"
        " THEN pg_catalog.left(pg_catalog.format('%s', {0}), {1}) || '…' ELSE pg_catalog.format('%s', {0}) END"
    )
    return words.format(value, sql.Literal(MOST_CHARACTERS))


def offending_values(
    connection: Connection, staged: Staged, columns: Sequence[str], rows: Sequence[int], *, as_given: bool
) -> list[list[str | None]]:
    """What some rows have in some columns, in their order; `as_given`: as the file has it, for it is of no type."""
    by_name = {column.name: column for column in staged.plan.columns}
    if as_given:
        parts = [shown(staged.given(by_name[name])) for name in columns]
        source, number = staged.raw, sql.Identifier("raw", ROW)
    else:
        parts = [shown(sql.Identifier(name)) for name in columns]
        source, number = sql.Composed([staged.typed]), sql.Identifier(ROW)
    words = sql.SQL("SELECT {} FROM {} WHERE {} = ANY ({}) ORDER BY {}").format(
        sql.SQL(", ").join(parts), source, number, sql.Literal(list(rows)), number
    )
    return [list(row) for row in connection.execute(words)]


def column_issues(
    connection: Connection, target: Schema, staged: Staged, column: ColumnPlan, *, shown: bool
) -> Iterator[ImportIssue]:
    """Labels that the column's enum lacks, and how long values are that it has no room for."""
    issue = partial(ImportIssue, table=staged.plan.source, column=column.name)
    given = sql.SQL("SELECT {} AS v FROM {} JOIN {} AS b ON b.place = {} WHERE b.name = {}").format(
        staged.given(column), staged.raw, staged.bad, sql.Identifier("raw", ROW), sql.Literal(column.name)
    )
    enums = {identity.qualified: texts(target.facts[identity], "labels") for identity in target.of("enum")}
    if column.type in enums:
        words = sql.SQL("SELECT DISTINCT pg_catalog.left(v, 64) FROM ({}) AS given ORDER BY 1").format(given)
        labels = [str(label) for (label,) in connection.execute(words)]
        more = f" and {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
        told = ", ".join(labels[:_MOST_LABELS]) + more if shown else several(len(labels), "label")
        current = ", ".join(enums[column.type])
        yield issue(type="enum_label", current=current, import_=f"also {told}")
    elif column.type.startswith(("character varying(", "character(")):
        words = sql.SQL("SELECT pg_catalog.max(pg_catalog.length(v)) FROM ({}) AS given").format(given)
        row = connection.execute(words).fetchone()
        length = row[0] if row else None
        yield issue(type="too_long", current=column.type, import_=f"up to {length} characters")
