"""Passes rows from the server to a writer, table by table, and keeps what the manifest and the progress need."""

import threading
import time
from collections.abc import Callable
from typing import Any

from server.calls import Call
from server.exporting.plan import Plan
from server.files.writing import TableFile, TablePart, Writer
from server.model.amounts import several
from server.model.exports import counted
from server.postgres.rows_out.copying import Tally
from server.postgres.rows_out.statements import copy_heading

OFTEN = 0.1
"""Seconds between two words about rows on their way, which come by the hundred."""


class Tallying:
    """The receiver of an export's rows. `files` and `tallies` by table, in the plan's order, when all is done."""

    def __init__(self, call: Call, plan: Plan, writer: Writer) -> None:
        self._call = call
        self._plan = plan
        self._writer = writer
        self.before: Callable[[], None] = lambda: None
        """Writes what stands before the first table."""
        self._lock = threading.Lock()
        self._moved = [0] * len(plan.tables)
        self._expected = [max(export.rows, 0) for export in plan.tables]
        self._again = 0.0
        self.files: list[TableFile] = []
        self.tallies: list[Tally] = []

    def begin(self, table: int) -> None:
        export = self._plan.tables[table]
        if table == 0:
            self.before()
        heading = None
        if self._plan.shape == "text":
            heading = copy_heading((export.table.schema, export.table.name), export.fields)
        self._writer.begin(TablePart(export.table.key, [field.column.name for field in export.fields], heading))

    def write(self, data: Any) -> None:
        self._writer.write(data)

    def end(self, table: int, tally: Tally) -> None:
        self.files.append(self._writer.end(tally.rows))
        self.tallies.append(tally)
        with self._lock:
            self._expected[table] = self._moved[table] = tally.rows
        self._tell(table)

    def moved(self, table: int, rows: int) -> None:
        """Tells how far the export is, in rows; the total is an estimate that grows where it was too low."""
        with self._lock:
            self._moved[table] += rows
            self._expected[table] = max(self._expected[table], self._moved[table])
            now = time.monotonic()
            due = now >= self._again
            if due:
                self._again = now + OFTEN
        if due:
            self._tell(table)

    def _tell(self, table: int) -> None:
        with self._lock:
            here = self._moved[table]
            done, total, expected = sum(self._moved), sum(self._expected), self._expected[table]
        name = self._plan.tables[table].table.key
        self._call.progress(done, total, f"{name} {counted(here)} of {counted(expected)} rows")

    def losses(self) -> list[str]:
        """What JSON could not carry, counted."""
        if self._plan.shape not in ("json", "jsonl"):
            return []
        said: list[str] = []
        for export, tally in zip(self._plan.tables, self.tallies, strict=False):
            for rows, what in (
                (tally.nulls, "a JSON null beside SQL's NULL: both are written null"),
                (tally.bounds, "an array whose lower bound is not 1: the bound is lost"),
                (tally.nuls, "\\u0000 in a json value: not every reader takes it"),
            ):
                if rows:
                    said.append(f"{export.table.key}: {several(rows, 'row')} with {what}; csv and sql keep it.")
        return said
