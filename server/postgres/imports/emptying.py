"""Empties tables for a replace, and tells afterwards what went with them that the file did not bring back."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from server.model.amounts import several
from server.model.imports.plan import TablePlan
from server.model.schema import Schema
from server.model.schema_keys import unique_keys
from server.postgres.databases import Connection
from server.postgres.questions import count_rows
from server.postgres.relations import columns as listed
from server.postgres.relations import relation


@dataclass(frozen=True)
class Emptied:
    """How many rows a table had. `keys`: a temporary table with their primary keys, where the table has one."""

    plan: TablePlan
    rows: int
    keys: sql.Identifier | None = None
    names: tuple[str, ...] = ()


def empty_tables(connection: Connection, plans: Sequence[TablePlan], target: Schema) -> dict[str, Emptied]:
    """TRUNCATEs the tables together, never with CASCADE; what each had, by its name in the file."""
    emptied = {plan.source: _noted(connection, plan, target, number) for number, plan in enumerate(plans)}
    if plans:
        tables = sql.SQL(", ").join(relation(plan.identity) for plan in plans)
        connection.execute(sql.SQL("TRUNCATE TABLE {}").format(tables))
    return emptied


def _noted(connection: Connection, plan: TablePlan, target: Schema, number: int) -> Emptied:
    loaded = {column.name for column in plan.columns}
    keys = (names for names, primary in unique_keys(plan.identity, target) if primary and set(names) <= loaded)
    names = next(keys, ())
    if not names:
        return Emptied(plan, count_rows(connection, relation(plan.identity)))
    kept = sql.Identifier("pg_temp", f"pgferry_emptied_{number}")
    words = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {}")
    connection.execute(words.format(kept, listed(names), relation(plan.identity)))
    return Emptied(plan, count_rows(connection, kept), kept, names)


def told_losses(connection: Connection, emptied: Sequence[Emptied]) -> list[str]:
    """A hazard for each table that had rows: how many were deleted, and how many of them are not in the file."""
    said: list[str] = []
    for one in emptied:
        if not one.rows:
            continue
        gone = ""
        if one.keys is not None:
            words = sql.SQL("(SELECT {0} FROM {1} EXCEPT SELECT {0} FROM {2}) AS gone")
            lost = count_rows(connection, words.format(listed(one.names), one.keys, relation(one.plan.identity)))
            gone = f", {lost} of them with keys that the file does not have"
        said.append(f"data_loss: {one.plan.shown}: {several(one.rows, 'row')} deleted{gone}")
    return said
