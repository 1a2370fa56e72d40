"""Settles what stands in for sensitive values before a row is read: so that it imports where that can be had, and with
a word on what can not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from server.exporting.plan import Masks
from server.model.redaction import HASHED, How, hashed_length, is_short
from server.model.tables import Column, Table
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.redaction.masks import set_hash_key
from server.postgres.redaction.row_numbers import numbered
from server.postgres.redaction.row_rules import Rule, concerned, keeps, read_keys, read_rules
from server.postgres.redaction.stand_ins import Check, candidates, fitting, passes, refuses
from server.postgres.rows_out.tables import with_attributes

SET = ("blank", "hash", "null", "exclude")
OF_PARTITIONS = "of the partitions"
OF_TYPE = Check("of its type", "", "")
"""That a value is one of its type at all: what a blank of an extension's type is, nobody knows."""
TRIED = 40
"""Values that are tried at most for one rule."""
WAYS_OUT = "exclude it, null it where it may be NULL, or keep it"


class Settled(NamedTuple):
    """Tables and masks as they are written, and what may keep a table's rows from being imported, by its key."""

    tables: list[Table]
    masks: Masks
    doubts: dict[str, list[str]]

    def said(self, tables: Sequence[Table]) -> list[str]:
        """The doubts about some tables."""
        return [doubt for table in tables for doubt in self.doubts.get(table.key, ())]


def settled(connection: Connection, tables: Sequence[Table], masks: Masks, key: bytes) -> Settled:
    """The masks, another stand-in in place of each that a check of its column refuses, where one is found.

    `key`: the export's own; under another, other hashes would be alike.
    """
    masked = {table.oid: dict(masks.get((table.schema, table.name), {})) for table in tables}
    oids = sorted(oid for oid, hows in masked.items() if any(how in SET for how in hows.values()))
    if not oids:
        return Settled(list(tables), masks, {})
    set_hash_key(connection, key)
    checks: dict[tuple[int, str], list[Check]] = {}
    for oid, name, *check in ask(connection, "exported_checks", oids):
        checks.setdefault((oid, name), []).append(Check(*check))
    _do_without_refused_defaults(connection, tables, masked, checks)
    rules = read_rules(connection, oids)
    written: list[Table] = []
    bent: dict[tuple[str, str], Mapping[str, How]] = dict(masks)
    doubts: dict[str, list[str]] = {}
    whole = with_attributes(connection, [table for table in tables if table.oid in oids])
    for table in tables:
        if table.oid in oids:
            trial = _Trial(connection, whole[table.oid], masked[table.oid], checks, rules.get(table.oid, []))
            trial.settle()
            table, bent[table.schema, table.name], doubts[table.key] = trial.table, trial.masks, trial.doubts
        written.append(table)
    return Settled(written, bent, doubts)


def _do_without_refused_defaults(
    connection: Connection,
    tables: Sequence[Table],
    masked: Mapping[int, dict[str, How]],
    checks: Mapping[tuple[int, str], Sequence[Check]],
) -> None:
    """A column whose own check refuses its default cannot be left to that: a stand-in is looked for."""
    left = {
        (table.oid, column.name): column
        for table in tables
        for column in table.columns
        if masked[table.oid].get(column.name) == "exclude" and column.has_default and (table.oid, column.name) in checks
    }
    for oid, name, default in ask(connection, "exported_defaults", sorted({oid for oid, _ in left})) if left else ():
        column = left.get((oid, name))
        if column is not None and refuses(connection, column, default, checks[oid, name]):
            masked[oid][name] = "blank" if column.not_null else "null"


class _Trial:
    """One table and its masks, tried against its checks column by column, then against the rules of whole rows."""

    def __init__(
        self,
        connection: Connection,
        table: Table,
        masks: dict[str, How],
        checks: Mapping[tuple[int, str], Sequence[Check]],
        rules: Sequence[Rule],
    ) -> None:
        self.connection = connection
        self.table = table
        self.masks: dict[str, How] = masks
        self.checks = {
            column.name: [*checks.get((table.oid, column.name), ()), *([OF_TYPE] if column.category == "U" else [])]
            for column in table.columns
        }
        self.rules = rules
        self.doubts: list[str] = []

    def settle(self) -> None:
        """Bends table and masks; what cannot be had is among the doubts."""
        for column in self.table.columns:
            if (how := self._how(column)) in SET:
                made, how, told = _passing(self.connection, self.table, column, how, self.checks[column.name])
                self._take(made, how)
                self._doubt(column, told)
        for rule in self.rules:
            self._keep(rule)
        for column in self.table.columns:
            self._doubt(column, self._alike(column))

    def _how(self, column: Column) -> How | None:
        """How a column is masked: left to its default only where no rule may refuse that in all rows."""
        how = self.masks.get(column.name)
        if how == "exclude" and column.has_default and not column.generated and self._is_ruled(column):
            return "blank" if column.not_null else "null"
        return how

    def _is_ruled(self, column: Column) -> bool:
        partitions = any(check.name == OF_PARTITIONS for check in self.checks[column.name])
        return partitions or any(column.name in rule.columns and rule.kind != "generated" for rule in self.rules)

    def _doubt(self, column: Column, told: Sequence[str]) -> None:
        said = (f"{self.table.key}.{column.name} {words}" for words in told)
        self.doubts = list(dict.fromkeys([*self.doubts, *said]))

    def _take(self, column: Column, how: How) -> None:
        columns = [column if column.name == other.name else other for other in self.table.columns]
        self.table = replace(self.table, columns=tuple(columns))
        self.masks = {**self.masks, column.name: how}

    def _keep(self, rule: Rule) -> None:
        """Sees to it that the rows keep a rule, with other stand-ins if need be and if there are some."""
        over = concerned(rule, self.rules)
        masked = [column for column in self.table.columns if column.name in over and self._stands_in(column)]
        if not masked or (kept := keeps(self.connection, self.table, self.masks, rule, self.rules)):
            return
        if kept is None or not any(self._mend(column, rule) for column in masked):
            refuses = "may refuse" if kept is None else "refuses"
            self._doubt(
                masked[0], [f"is redacted, and the check {rule.said} {refuses} the value on import: {WAYS_OUT}."]
            )

    def _alike(self, column: Column) -> list[str]:
        """What to say of stand-ins that a unique index refuses, because those of two rows are alike."""
        how = self.masks.get(column.name)
        if not column.unique or not (how == "blank" or (how == "hash" and is_short(column))):
            return []
        keys = [key for key in self._unique_keys if column.name in key.columns]
        if all(keeps(self.connection, self.table, self.masks, key, self.rules) for key in keys):
            return []
        if how == "blank" and numbered(column) is None:
            alone = any(len(key.parts or ()) == 1 for key in keys)
            told = "they import only if there is one row at most" if alone else "rows of one key become alike"
            return [f"is unique, and redaction writes one value for all rows: {told}; {WAYS_OUT}."]
        room = f"a hash of {hashed_length(column)} characters" if how == "hash" else "the number of a row"
        other = "set blank for it, " if how == "hash" and not column.referenced else ""
        return [f"is unique, and {room} has too little room in it: two values become alike; {other}{WAYS_OUT}."]

    @cached_property
    def _unique_keys(self) -> list[Rule]:
        return read_keys(self.connection, self.table.oid)

    def _stands_in(self, column: Column) -> bool:
        how = self.masks.get(column.name)
        return how in SET and not column.generated and not (how == "exclude" and column.has_default)

    def _mend(self, column: Column, rule: Rule) -> bool:
        """Whether other stand-ins of a column keep this rule and all others: then they are taken."""
        if column.references or column.referenced:
            return False
        before, asked = (self.table, self.masks), self.masks[column.name]
        keys = self._unique_keys if column.unique else []
        concerning = [other for other in (*self.rules, *keys) if column.name in concerned(other, self.rules)]
        first = fitting(self.connection, column, self.checks[column.name])
        named = islice(candidates(column, rule.parts or ()), TRIED) if rule.kind == "check" else ()
        for made, how in _others(column, [first, *named]):
            self._take(made, how)
            fits = (passes(self.connection, self.table, made, how, check) for check in self.checks[column.name])
            tries = (keeps(self.connection, self.table, self.masks, other, self.rules) for other in concerning)
            if all(fits) and all(tries):
                if asked == "hash":
                    self._doubt(column, [f"has other stand-ins, for the check {rule.said} refuses a hash."])
                return True
        self.table, self.masks = before
        return False


def _others(column: Column, values: Sequence[str | None]) -> Iterator[tuple[Column, How]]:
    """What else may stand in for a column's values, what says least first; `values`: some that may pass its checks."""
    yield column, "blank"
    yield replace(column, stand_in=values[0]), "blank"
    yield replace(column, unique=True, stand_in=None), "blank"
    for value in values[1:]:
        yield replace(column, stand_in=value), "blank"
    if column.base in HASHED:
        yield column, "hash"
    if not column.not_null:
        yield column, "null"


def _unlike(column: Column, checks: Sequence[Check]) -> Iterator[tuple[Column, How]]:
    """What stands in for values in each row another: texts of the lengths that the checks name, numbers and days from
    those on that they name.
    """
    if column.category in "ND":
        values = (value for value in candidates(column, [check.text for check in checks]) if "inf" not in value)
        for value in islice(values, TRIED):
            yield replace(column, start=value), "blank"
    if column.category != "S" or column.base not in HASHED:
        return
    named = {int(number) for check in checks for number in re.findall(r"\d{1,3}", check.text)}
    lengths = sorted({near for number in named for near in (number - 1, number, number + 1) if near > 0}, reverse=True)
    cut = [replace(column, length=min(length, column.length or length)) for length in lengths]
    for made in cut:
        if not is_short(made):
            yield made, "hash"
    for made in cut:
        yield made, "blank"


def _passing(
    connection: Connection, table: Table, column: Column, how: How, checks: Sequence[Check]
) -> tuple[Column, How, list[str]]:
    """A column and how it is masked so that its checks pass, as far as that can be had; what there is to say of it."""
    if how == "exclude" and (column.has_default or column.generated):
        return column, how, []
    read: How = "null" if how == "exclude" else how  # what stands there after an import
    found = {check: passes(connection, table, column, read, check) for check in checks}
    refusing = [check.name for check, passed in found.items() if passed is False]
    unsure = [check.name for check, passed in found.items() if passed is None]
    said = [f"is redacted, and the check {name} may refuse the value on import: {WAYS_OUT}." for name in unsure]
    if refusing and not unsure and not column.references and not column.referenced:
        for made, other in _unlike(column, checks) if column.unique and read != "null" else ():
            if all(passes(connection, table, made, other, check) for check in checks):
                words = f"has the number of its row, for the check {', '.join(refusing)} refuses a {how}."
                return made, other, [words] if how == "hash" != other else []
        if not column.unique and (value := fitting(connection, column, checks)) is not None:
            words = f"has one value in all rows, for the check {', '.join(refusing)} refuses a {how}."
            return replace(column, stand_in=value), "blank", [words] if how == "hash" else []
        others: list[How] = [*([] if column.unique else ["blank"]), *([] if column.not_null else ["null"])]
        for other in others:
            if other != read and all(passes(connection, table, column, other, check) for check in checks):
                told = f"is NULL in all rows, for the check {', '.join(refusing)} refuses a {how}."
                return column, other, [told] if other == "null" else []
    said += [f"is redacted, and the check {name} refuses the value on import: {WAYS_OUT}." for name in refusing]
    return column, how, said
