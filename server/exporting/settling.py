"""Settles what stands in for sensitive values before a row is read: so that it imports where that can be had, and with
a word on what can not.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from server.exporting.plan import Masks
from server.model.redaction import How, hashed_length, is_short
from server.model.tables import Column, Table
from server.postgres.databases import Connection
from server.postgres.masks import hash_key, set_hash_key
from server.postgres.questions import ask
from server.postgres.row_numbers import numbered
from server.postgres.stand_ins import Check, fitting, passes, shared

SET = ("blank", "hash", "null", "exclude")
WAYS_OUT = "exclude it, null it where it may be NULL, or keep it"


class Settled(NamedTuple):
    """Tables and masks as they are written, and what may keep a table's rows from being imported, by its key."""

    tables: list[Table]
    masks: Masks
    doubts: dict[str, list[str]]

    def said(self, tables: Sequence[Table]) -> list[str]:
        """The doubts about some tables."""
        return [doubt for table in tables for doubt in self.doubts.get(table.key, ())]


def settled(connection: Connection, tables: Sequence[Table], masks: Masks) -> Settled:
    """The masks, another stand-in in place of each that a check of its column refuses, where one is found."""
    masked = {table.oid: masks.get((table.schema, table.name), {}) for table in tables}
    oids = sorted(oid for oid, hows in masked.items() if any(how in SET for how in hows.values()))
    if not oids:
        return Settled(list(tables), masks, {})
    set_hash_key(connection, hash_key(None))
    checks: dict[tuple[int, str], list[Check]] = {}
    for oid, name, *check in ask(connection, "exported_checks", oids):
        checks.setdefault((oid, name), []).append(Check(*check))
    written: list[Table] = []
    bent: dict[tuple[str, str], dict[str, How]] = {place: dict(hows) for place, hows in masks.items()}
    doubts: dict[str, list[str]] = {}
    for table in tables:
        columns: list[Column] = []
        for column in table.columns:
            how, told = masked[table.oid].get(column.name), list[str]()
            if how in SET:
                made = _settled(connection, table, column, how, checks.get((table.oid, column.name), []))
                column, bent[table.schema, table.name][column.name], told = made
            columns.append(column)
            doubts.setdefault(table.key, []).extend(f"{table.key}.{column.name} {words}" for words in told)
        written.append(replace(table, columns=tuple(columns)))
    return Settled(written, bent, doubts)


def _settled(
    connection: Connection, table: Table, column: Column, how: How, checks: Sequence[Check]
) -> tuple[Column, How, list[str]]:
    """A column and how it is masked in the end, with what there is to say of it."""
    if how == "exclude" and (column.has_default or column.generated):
        return column, how, []
    read: How = "null" if how == "exclude" else how  # what stands there after an import
    found = {check: passes(connection, table, column, read, check) for check in checks}
    refusing = [check.name for check, passed in found.items() if passed is False]
    unsure = [check.name for check, passed in found.items() if passed is None]
    said = [f"is redacted, and the check {name} may refuse the value on import: {WAYS_OUT}." for name in unsure]
    if refusing and not unsure and not column.references and not column.referenced:
        if not column.unique and (value := fitting(connection, column, checks)) is not None:
            words = f"has one value in all rows, for the check {', '.join(refusing)} refuses a {how}."
            return replace(column, stand_in=value), "blank", [words] if how == "hash" else []
        if (
            read != "null"
            and not column.not_null
            and all(passes(connection, table, column, "null", check) for check in checks)
        ):
            return column, "null", [f"is NULL in all rows, for the check {', '.join(refusing)} refuses a {how}."]
    said += [f"is redacted, and the check {name} refuses the value on import: {WAYS_OUT}." for name in refusing]
    if how not in ("null", "exclude") and column.unique:
        said += _alike(connection, table, column, how)
    return column, how, said


def _alike(connection: Connection, table: Table, column: Column, how: How) -> list[str]:
    """What to say of stand-ins that a unique constraint may refuse, because two are alike."""
    if how == "blank" and numbered(column) is None:
        return [
            "is unique, and redaction writes one value for all rows: they import only if there is one row at most; "
            f"{WAYS_OUT}."
        ]
    if (how == "blank" or is_short(column)) and shared(connection, table, column, how):
        room = f"a hash of {hashed_length(column)} characters" if how == "hash" else "the number of a row"
        other = "set blank for it, " if how == "hash" and not column.referenced else ""
        return [f"is unique, and {room} has too little room in it: two values become alike; {other}{WAYS_OUT}."]
    return []
