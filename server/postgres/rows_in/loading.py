"""Rows into a table, or into a staging table and from there into it: COPY and set-wise INSERT, nothing row by row.

Everything happens in the caller's transaction; staging tables are temporary and go with it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import msgspec
from psycopg import sql
from psycopg.raw_cursor import RawCursor

from server.model.imports.plan import ImportRequest, TablePlan
from server.model.imports.table_rows import TableRows
from server.postgres.databases import Connection
from server.postgres.questions import count_rows
from server.postgres.relations import columns as listed
from server.postgres.relations import relation, written
from server.postgres.rows_in.json_copying import OPTIONS, converting
from server.postgres.rows_in.reading_ahead import ahead
from server.postgres.rows_in.readings import reading_objects

Tell = Callable[[str, int], None]
"""(table, rows so far): called for every chunk; raises to stop."""


@dataclass
class Landing:
    """Where the rows of a table are put: the table itself, or a staging table with the file's columns."""

    plan: TablePlan
    target: sql.Composable
    names: tuple[str, ...]
    """Columns of `target`, one for each of the file's columns."""
    staged: bool
    rows: int = 0

    def columns_for(self, rows: TableRows) -> tuple[str, ...]:
        """The columns of `target` for those that these rows have, in their order."""
        if tuple(rows.columns or ()) in ((), self.plan.file_columns):
            return self.names  # several of the file's columns may have no name
        if self.staged:
            names = dict(zip(self.plan.file_columns, self.names, strict=True))
        else:
            names = {column.file: column.name for column in self.plan.columns}
        return tuple(names.get(name, name) for name in rows.columns or ())  # DEFAULT stands for a computed one


@dataclass
class Merged:
    """What became of a table's rows."""

    inserted: int = 0
    updated: int = 0
    skipped: int = 0


@dataclass
class Loader:
    """Loads the rows of one import; `tell` hears of progress."""

    connection: Connection
    request: ImportRequest
    tell: Tell
    enums: frozenset[str] = frozenset()
    """Types of the database whose values are words, as PostgreSQL prints their names."""
    landings: dict[str, Landing] = field(default_factory=dict[str, Landing])

    def land(self, plan: TablePlan, form: str) -> Landing:
        """Where the table's rows go; a staging table is made at the first call."""
        found = self.landings.get(plan.source)
        if found is None:
            part = form != "json" and bool(plan.left_out) and not (form == "insert" and plan.positional)
            staged = self.request.mode in ("skip", "upsert") or part
            found = (
                self._stage(plan) if staged else Landing(plan, relation(plan.identity), _targets(plan), staged=False)
            )
            self.landings[plan.source] = found
        return found

    def _stage(self, plan: TablePlan) -> Landing:
        name = sql.Identifier("pg_temp", f"pgferry_stage_{len(self.landings)}")
        kept = {column.file: column for column in plan.columns}
        parts: list[sql.Composed] = []
        names: list[str] = []
        for number, file_name in enumerate(plan.file_columns):
            column = kept.get(file_name)
            names.append(column.name if column else f"pgferry_left_out_{number}")
            kind = written(column.type) if column else sql.SQL("text")
            parts.append(sql.SQL("{} {}").format(sql.Identifier(names[-1]), kind))
            if plan.drawing and column and column.default:
                parts[-1] += sql.SQL(" DEFAULT {}").format(written(column.default))
        words = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
        self.connection.execute(words.format(name, sql.SQL(", ").join(parts)))
        return Landing(plan, name, tuple(names), staged=True)

    def take(self, rows: TableRows, plan: TablePlan) -> None:
        """Puts the rows where they land."""
        landing = self.land(plan, rows.form)
        if rows.form == "json":
            taken = self._take_json(rows, landing)
        elif rows.form == "insert":
            taken = self._take_inserts(rows, landing)
        else:
            taken = self._take_copy(rows, landing)
        landing.rows += taken
        self.tell(plan.shown, landing.rows)

    def _take_copy(self, rows: TableRows, landing: Landing) -> int:
        reading = ahead(rows.chunks) if rows.form == "csv" else nullcontext(rows.chunks)
        with reading as ready, self.connection.cursor() as cursor:
            with cursor.copy(copy_statement(landing.target, landing.columns_for(rows), rows)) as copy:
                for chunk in ready:
                    copy.write(chunk)
                    self.tell(landing.plan.shown, landing.rows)
            return max(cursor.rowcount, 0)

    def _take_json(self, rows: TableRows, landing: Landing) -> int:
        """By COPY as long as the rows are plain; a block that is not, and all after it, as JSON by the server."""
        convert = converting(landing.plan.columns, self.enums)
        if convert is None:
            return self._take_json_blocks(rows, landing)
        names = tuple(column.name for column in landing.plan.columns)
        odd: list[bytes] = []

        def lines() -> Iterator[bytes]:
            for block in rows.chunks:
                try:
                    yield convert(block)
                except msgspec.DecodeError:
                    odd.append(block)
                    return

        as_csv = TableRows(rows.table, "csv", names, lines(), OPTIONS)
        with ahead(as_csv.chunks) as ready, self.connection.cursor() as cursor:
            with cursor.copy(copy_statement(landing.target, names, as_csv)) as copy:
                for piece in ready:
                    copy.write(piece)
                    self.tell(landing.plan.shown, landing.rows)
            taken = max(cursor.rowcount, 0)
        if odd:
            rest = TableRows(rows.table, "json", rows.columns, chain(odd, rows.chunks))
            taken += self._take_json_blocks(rest, landing)
        return taken

    def _take_json_blocks(self, rows: TableRows, landing: Landing) -> int:
        names = [column.name for column in landing.plan.columns]
        values, rows_given = reading_objects(sql.SQL("json_to_recordset($1::json)"), landing.plan.columns)
        if not names:
            rows_given = sql.SQL("pg_catalog.json_array_elements($1::json)")
        words = sql.SQL("INSERT INTO {} {} {} SELECT {} FROM {}").format(
            landing.target, bracketed(names), overriding(landing.plan, staged=landing.staged), values, rows_given
        )
        return self._run_blocks(words, rows.chunks, landing)

    def _run_blocks(self, words: sql.Composed, blocks: Iterator[bytes], landing: Landing) -> int:
        taken = 0
        cursor = RawCursor(self.connection)
        with ahead(f"[{block.decode()}]" for block in blocks) as ready:
            for rows in ready:
                cursor.execute(words, [rows])
                taken += cursor.rowcount
                self.tell(landing.plan.shown, landing.rows + taken)
        return taken

    def _take_inserts(self, rows: TableRows, landing: Landing) -> int:
        by_place = not rows.columns and (landing.staged or landing.plan.positional)
        names = () if by_place else landing.columns_for(rows)
        keeping = overriding(landing.plan, staged=landing.staged)
        taken = 0
        with self.connection.cursor(binary=True) as cursor:  # the extended protocol takes one statement and no more
            for values in rows.chunks:
                ending = b"" if landing.staged else rows.options["ending"].encode()
                cursor.execute(insert_statement(self.connection, landing.target, names, keeping, values, ending))
                taken += cursor.rowcount
                self.tell(landing.plan.shown, landing.rows + taken)
        return taken

    def merge(self, plan: TablePlan) -> Merged:
        """Moves staged rows into the table, by the mode; for rows that landed there already, only says so."""
        landing = self.landings.get(plan.source)
        if landing is None:
            return Merged()
        if not landing.staged:
            return Merged(inserted=landing.rows)
        before = count_rows(self.connection, relation(plan.identity)) if plan.partitioned else 0
        inserted, updated = self._move(plan, landing)
        if plan.partitioned and self.request.mode == "upsert":
            touched = inserted + updated
            inserted = count_rows(self.connection, relation(plan.identity)) - before
            updated = touched - inserted
        return Merged(inserted, updated, landing.rows - inserted - updated)

    def _move(self, plan: TablePlan, landing: Landing) -> tuple[int, int]:
        names = _names(plan)
        words = sql.SQL("INSERT INTO {} AS target {} {} SELECT {} FROM {}").format(
            relation(plan.identity), bracketed(names), overriding(plan, staged=False), listed(names), landing.target
        )
        if self.request.mode == "skip":
            on = sql.SQL("({})").format(listed(plan.key)) if plan.key else sql.SQL("")
            words += sql.SQL(" ON CONFLICT {} DO NOTHING").format(on)
        if self.request.mode != "upsert":
            return self.connection.execute(words).rowcount, 0
        words += on_conflict_update(plan)
        if plan.partitioned:  # the row that a partition returns has no system columns
            return 0, self.connection.execute(words).rowcount
        counting = sql.SQL(
            "WITH merged AS ({} RETURNING target.xmax = 0 AS fresh)"
            " SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh) FROM merged"
        ).format(words)
        row: Any = self.connection.execute(counting).fetchone()
        return int(row[0]), int(row[1])


def with_first_line(rows: TableRows, plan: TablePlan) -> TableRows:
    """A csv without a header: its first line is a row."""
    if not plan.headless:
        return rows
    return replace(rows, columns=None, chunks=chain(rows.header, rows.chunks), header=iter(()))


def copy_statement(target: sql.Composable, names: tuple[str, ...], rows: TableRows) -> sql.Composed:
    """COPY … FROM STDIN in the form that the rows have."""
    parts: list[sql.Composable] = [sql.SQL("FORMAT csv" if rows.form == "csv" else "FORMAT text")]
    for option, value in rows.options.items():
        if option in ("delimiter", "null", "quote", "escape", "encoding"):
            parts.append(sql.SQL("{} {}").format(sql.SQL(option), sql.Literal(value)))
        elif option == "header" and value != "false":
            parts.append(sql.SQL("HEADER"))
    return sql.SQL("COPY {} {} FROM STDIN ({})").format(target, bracketed(names), sql.SQL(", ").join(parts))


def insert_statement(
    connection: Connection,
    target: sql.Composable,
    names: Sequence[str],
    keeping: sql.SQL,
    values: bytes,
    ending: bytes = b"",
) -> bytes:
    """INSERT of rows as a script has them: `(…), (…)`, constants alone; DEFAULT VALUES where there are none. Without
    `names` the values are those of the first columns.
    """
    named = bracketed(names if values else ())
    head = sql.SQL("INSERT INTO {} {} {} ").format(target, named, keeping).as_bytes(connection)
    return head + b"VALUES " + values + b" " + ending if values else head + b"DEFAULT VALUES"


def bracketed(names: Sequence[str]) -> sql.Composed:
    """`(a, b)`; nothing for a table without columns, or whose columns are all computed."""
    return sql.SQL("({})").format(listed(names)) if names else sql.Composed([])


def on_conflict_update(plan: TablePlan) -> sql.Composed:
    """Overwrites what differs by a byte (1.0 from 1.00), never with a redacted value; equal rows stay untouched."""
    changing = [c for c in plan.columns if c.name not in plan.key and not c.always and not c.redacted]
    on = sql.SQL(" ON CONFLICT ({}) ").format(listed(plan.key))
    if not changing:
        return on + sql.SQL("DO NOTHING")
    sets = sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(c.name)) for c in changing)
    old = sql.SQL(", ").join(sql.Identifier("target", column.name) for column in changing)
    new = sql.SQL(", ").join(sql.Identifier("excluded", column.name) for column in changing)
    words = sql.SQL("DO UPDATE SET {} WHERE ROW({})::record OPERATOR(pg_catalog.*<>) ROW({})::record").format(
        sets, old, new
    )
    return on + words


def overriding(plan: TablePlan, *, staged: bool) -> sql.SQL:
    """Keeps the file's identity values."""
    return sql.SQL("OVERRIDING SYSTEM VALUE" if any(c.always for c in plan.columns) and not staged else "")


def _targets(plan: TablePlan) -> tuple[str, ...]:
    kept = {column.file: column.name for column in plan.columns}
    return tuple(kept[name] for name in plan.file_columns if name in kept)


def _names(plan: TablePlan) -> list[str]:
    return [column.name for column in plan.columns]
