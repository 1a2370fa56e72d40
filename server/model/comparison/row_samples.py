"""What an answer shows of rows that differ: a few samples, without what either side's policy hides. Pure."""

from collections.abc import Sequence
from typing import Any

from server.model.comparison.rows import SideTable, TableDifference, TablePlan
from server.model.redaction import Policy

VALUE_CHARACTERS = 200
MOST_SAMPLES = 60
"""Rows shown in one answer, over all tables."""


class RowSamples:
    """Turns the rows of one table into samples, without what a policy hides there or in what a column refers to."""

    def __init__(self, plan: TablePlan, tables: tuple[SideTable, SideTable], policies: tuple[Policy, Policy]) -> None:
        self._names = [column.name for column in plan.columns]
        self._key = plan.key
        self._hidden = {
            column.name
            for table in tables
            for column in table.columns
            for names in ((table.schema, table.name, column.name, column.base), *column.referred)
            if any(policy.how(*names) for policy in policies)
        }

    def whole(self, kind: str, row: Sequence[str | None]) -> dict[str, Any]:
        """A row that only one side has: `{"kind", "key", "row"}`."""
        values = {name: self._value(name, value) for name, value in zip(self._names, row, strict=True)}
        key = {name: values.pop(name) for name in self._key}
        return {"kind": kind, "key": key, "row": values}

    def changed(self, mine: Sequence[str | None], theirs: Sequence[str | None]) -> dict[str, Any]:
        """A row that both have: `{"kind", "key", "columns"}` with the columns that differ, `[source, target]`."""
        both = dict(zip(self._names, zip(mine, theirs, strict=True), strict=True))
        key = {name: self._value(name, both[name][0]) for name in self._key}
        columns = {
            name: "redacted" if name in self._hidden else [self._value(name, value) for value in values]
            for name, values in both.items()
            if values[0] != values[1]
        }
        return {"kind": "changed", "key": key, "columns": columns}

    def _value(self, name: str, value: str | None) -> str | None:
        if name in self._hidden:
            return "redacted"
        if value is not None and len(value) > VALUE_CHARACTERS:
            return value[:VALUE_CHARACTERS] + f"… (+{len(value) - VALUE_CHARACTERS} characters)"
        return value


def shortened(differing: Sequence[TableDifference]) -> list[TableDifference]:
    """The tables with as many samples as one answer can hold."""
    left = MOST_SAMPLES
    result: list[TableDifference] = []
    for item in differing:
        kept = item.samples[: max(left, 1)]
        left -= len(kept)
        notes = item.notes
        if len(kept) < len(item.samples):
            notes = [*notes, "more samples: name the table in `tables`"]
        result.append(item.model_copy(update={"samples": kept, "notes": notes}))
    return result
