"""Moves sequences past the values that were loaded, so that ROLLBACK takes it back.

setval() and nextval() are not transactional; a sequence that was rewritten in this transaction is: its new file goes
with a rollback. So each sequence is rewritten (as it is, under its lock) before it is touched.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from server.model import quoting
from server.model.imports.plan import TablePlan
from server.model.imports.table_rows import SequencePosition
from server.model.schema import Identity, Schema
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.relations import relation

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_WHOLE = r"^-?[0-9]{1,19}(\.0*)?$"
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")


@dataclass(frozen=True)
class Counter:
    """A sequence that feeds a column."""

    sequence: str
    """Qualified and quoted, as regclass reads it."""
    table: Identity
    column: str
    counts: bool
    """Whether the column holds whole numbers alone: others may hold anything around what the sequence gives."""


@dataclass(frozen=True)
class _State:
    oid: int
    increment: int
    bounds: tuple[int, int]
    last_value: int
    is_called: bool
    owned: bool
    name: sql.Identifier

    @property
    def next(self) -> int:
        return self.last_value + self.increment if self.is_called else self.last_value


def counters(plans: Iterable[TablePlan], target: Schema) -> list[Counter]:
    """Every sequence behind a column of the tables, or of what they are partitions of: identity, serial, or a default
    that names it.
    """
    found: dict[Counter, None] = {}
    for plan in plans:
        for part in (part for table in target.upward(plan.identity) for part in target.parts(table, "column")):
            attributes = target.facts[part]
            counts = attributes["type"] in _INTEGERS
            named = attributes.get("identity_sequence")
            if isinstance(named, tuple):
                found[Counter(quoting.path(str(named[0]), str(named[1])), plan.identity, part.sub, counts)] = None
            for quoted in _NEXTVAL.findall(str(attributes.get("default", ""))):
                found[Counter(quoted.replace("''", "'"), plan.identity, part.sub, counts)] = None
    return list(found)


def hold_used(connection: Connection, plans: Sequence[TablePlan], target: Schema) -> None:
    """Makes transactional every sequence that the load itself may draw from, for what the file or some rows lack."""
    loaded = {plan.identity: {column.name for column in plan.columns if not plan.drawing} for plan in plans}
    for counter in counters(plans, target):
        if counter.column not in loaded[counter.table]:
            state = _state(connection, counter.sequence)
            if state and state.owned:
                _hold(connection, state)


def set_positions(
    connection: Connection, plans: Sequence[TablePlan], target: Schema, given: Iterable[SequencePosition]
) -> int:
    """Moves sequences forward: past the highest value of their column that they could give themselves, and to where the
    file says, if that is within their bounds; never back.

    Returns how many were moved.
    """
    moved = 0
    for counter in counters(plans, target):
        highest = _highest(connection, counter)
        if highest is not None:
            moved += _advance(connection, counter.sequence, *highest)
    for position in {position.name: position for position in given}.values():
        moved += _advance(connection, position.name, position.last_value, position.is_called)
    return moved


def _advance(connection: Connection, sequence: str, last: int, called: bool) -> int:
    state = _state(connection, sequence)
    if state is None or not _within(state, last) or not _is_further(state, last, called):
        return 0
    if state.owned:
        _hold(connection, state)
        held = _state(connection, sequence)
        if held is None or not _is_further(held, last, called):
            return 0
    connection.execute("SELECT pg_catalog.setval(%s::oid::regclass, %s, %s)", [state.oid, last, called])
    return 1


def _within(state: _State, value: int) -> bool:
    return state.bounds[0] <= value <= state.bounds[1]


def _is_further(state: _State, last: int, called: bool) -> bool:
    coming = last + state.increment if called else last
    return coming > state.next if state.increment > 0 else coming < state.next


def _hold(connection: Connection, state: _State) -> None:
    words = sql.SQL("ALTER SEQUENCE {} INCREMENT BY {}")
    connection.execute(words.format(state.name, sql.Literal(state.increment)))


def _state(connection: Connection, sequence: str) -> _State | None:
    found = ask(connection, "import_sequence", sequence)
    if not found:
        return None
    oid, schema, name, increment, lowest, highest, owned, usable = found[0]
    if not usable:
        return None
    identifier = sql.Identifier(schema, name)
    row: Any = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(identifier)).fetchone()
    return _State(oid, increment, (lowest, highest), row[0], row[1], owned, identifier)


def _highest(connection: Connection, counter: Counter) -> tuple[int, bool] | None:
    """The furthest value of the column in the direction in which its sequence counts, of those within its bounds."""
    state = _state(connection, counter.sequence)
    if state is None:
        return None
    column = sql.Identifier(counter.column)
    if not counter.counts:
        column = sql.SQL("CASE WHEN {0}::text ~ {1} THEN {0}::text::numeric END").format(column, sql.Literal(_WHOLE))
    words = sql.SQL("SELECT pg_catalog.{}({})::bigint FROM {} WHERE {} BETWEEN {} AND {}")
    function = sql.SQL("max" if state.increment > 0 else "min")
    bounds = map(sql.Literal, state.bounds)
    row: Any = connection.execute(words.format(function, column, relation(counter.table), column, *bounds)).fetchone()
    return None if row[0] is None else (int(row[0]), True)
