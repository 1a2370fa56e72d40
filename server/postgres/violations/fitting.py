"""Reads staged rows as their table's types, and finds the values that do not fit, without looking at rows one by one.

Ranges of rows, ever smaller where one does not fit; in the smallest a function judges value by value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.imports.plan import ColumnPlan
from server.model.schema import Attributes, Schema
from server.model.schema_domains import domain_of
from server.postgres.databases import Connection
from server.postgres.failures import describe
from server.postgres.relations import columns as listed
from server.postgres.relations import relation, written
from server.postgres.rows_in.staging import ROW, Staged

_JUDGED = 1024
"""Rows of which each is judged by itself, where one of them does not fit."""
_PARTS = 32
"""Ranges into which one is divided."""
_NUMBER = sql.Identifier("raw", ROW)


@dataclass
class Fitting:
    """Fills `staged.typed`, in which values that do not fit are NULL, and `staged.bad`, which says where they are."""

    call: Call
    connection: Connection
    staged: Staged
    wrong: dict[str, str] = field(default_factory=dict[str, str])
    """Columns that have such values, with what their type says of the first."""
    _judges: dict[str, sql.Identifier] = field(default_factory=dict[str, sql.Identifier])

    def run(self, target: Schema) -> None:
        """Makes both tables and fills them."""
        self._make(target)
        self.connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(self.staged.row_type, sql.Identifier(ROW)))
        words = sql.SQL("SELECT pg_catalog.min({0}), pg_catalog.max({0}) FROM {1}")
        row = self.connection.execute(words.format(_NUMBER, self.staged.raw)).fetchone()
        if row and row[0] is not None:
            self._narrow(int(row[0]), int(row[1]))
        self.connection.execute(sql.SQL("ANALYZE {}").format(self.staged.typed))

    def _make(self, target: Schema) -> None:
        """The table as the target has it, with its defaults and generated columns, and without its constraints.

        A domain refuses the NULL that stands for a value which does not fit: its columns have the type beneath.
        """
        typed, plan = self.staged.typed, self.staged.plan
        words = sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING STORAGE) ON COMMIT DROP")
        self.connection.execute(words.format(typed, relation(plan.identity)))
        loaded = {column.name for column in plan.columns}
        parts = {part.sub: target.facts[part] for part in target.parts(plan.identity, "column")}
        acts = [act for name, facts in parts.items() for act in _loosened(name, facts, target, given=name in loaded)]
        acts.append(sql.SQL("ADD COLUMN {} bigint").format(sql.Identifier(ROW)))
        computed = [name for name, facts in parts.items() if "generated" in facts]
        acts += [sql.SQL("DROP COLUMN {}").format(sql.Identifier(name)) for name in computed]
        self._alter(acts)
        self._alter([_computed(name, parts[name]) for name in computed])
        words = sql.SQL("CREATE TEMPORARY TABLE {} (place bigint, name text) ON COMMIT DROP")
        self.connection.execute(words.format(self.staged.bad))

    def _alter(self, acts: Sequence[sql.Composed]) -> None:
        if acts:
            words = sql.SQL("ALTER TABLE {} {}")
            self.connection.execute(words.format(self.staged.typed, sql.SQL(", ").join(acts)))

    def _fills(self, rows: tuple[int, int]) -> bool:
        """Reads some rows; False, and nothing done, where a value does not fit."""
        values, source = self.staged.reading_all()
        try:
            with self.connection.transaction():
                self._insert(values, source, rows)
        except (psycopg.errors.DataError, psycopg.errors.IntegrityError):
            return False
        return True

    def _insert(self, values: sql.Composed, source: sql.Composed, rows: tuple[int, int]) -> None:
        into = listed([ROW, *(column.name for column in self.staged.plan.columns)])
        given = sql.SQL(", ").join([_NUMBER, *([values] if self.staged.plan.columns else [])])
        words = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(self.staged.typed, into, given, source)
        self.connection.execute(words + _between(rows))

    def _narrow(self, low: int, high: int) -> None:
        """Reads the rows of a range, in parts: all of a part together where all of it fits."""
        size = max(_JUDGED, -(-(high - low + 1) // _PARTS))
        for start in range(low, high + 1, size):
            self.call.check()
            rows = start, min(start + size - 1, high)
            if self._fills(rows):
                continue
            if size > _JUDGED:
                self._narrow(*rows)
            else:
                self._judge(rows)

    def _judge(self, rows: tuple[int, int]) -> None:
        values: list[sql.Composable] = []
        for column in self.staged.plan.columns:
            reading: sql.Composable = self.staged.reading(column)
            error = self._refusal(column, rows)
            if error is not None:
                self.wrong.setdefault(
                    column.name, f"{describe(error)}: the column is {column.type}{_dates(column.type)}"
                )
                self._note(column, rows)
                words = (
                    "CASE WHEN EXISTS (SELECT FROM {} AS b WHERE b.place = {} AND b.name = {}) THEN NULL ELSE {} END"
                )
                reading = sql.SQL(words).format(self.staged.bad, _NUMBER, sql.Literal(column.name), reading)
            values.append(reading)
        self._insert(sql.SQL(", ").join(values), self.staged.raw, rows)

    def _refusal(self, column: ColumnPlan, rows: tuple[int, int]) -> psycopg.Error | None:
        """What the column's type says of its first value in the range that does not fit."""
        words = sql.SQL("SELECT pg_catalog.count({}) FROM {}").format(self.staged.reading(column), self.staged.raw)
        try:
            with self.connection.transaction():
                self.connection.execute(words + _between(rows))
        except (psycopg.errors.DataError, psycopg.errors.IntegrityError) as error:
            return error
        return None

    def _note(self, column: ColumnPlan, rows: tuple[int, int]) -> None:
        """Writes down where in the range the column has values that do not fit."""
        if column.name not in self._judges:
            self._judges[column.name] = self._make_judge(column)
        words = sql.SQL("INSERT INTO {} SELECT {}, {} FROM {}").format(
            self.staged.bad, _NUMBER, sql.Literal(column.name), self.staged.raw
        )
        unfit = sql.SQL(" AND NOT {}(raw.*)").format(self._judges[column.name])
        self.connection.execute(words + _between(rows) + unfit)

    def _make_judge(self, column: ColumnPlan) -> sql.Identifier:
        """A temporary function that says whether a staged row's value fits the column's type."""
        name = sql.Identifier("pg_temp", f"pgferry_fits_{self.staged.number}_{len(self._judges)}")
        body = sql.SQL("BEGIN PERFORM {} FROM (SELECT (given).*) AS raw; RETURN true; "
                       "EXCEPTION WHEN OTHERS THEN RETURN false; END").format(self.staged.reading(column))  # fmt: skip
        words = sql.SQL("CREATE FUNCTION {}(given {}) RETURNS boolean LANGUAGE plpgsql AS {}")
        text = sql.Literal(body.as_string(self.connection))
        self.connection.execute(words.format(name, self.staged.row_type, text))
        return name


def _loosened(name: str, facts: Attributes, target: Schema, *, given: bool) -> Iterable[sql.Composed]:
    """What makes a column take every row; `given`: whether the file has it, else its default is what it gets."""
    column = sql.Identifier(name)
    if "generated" in facts:
        return
    if facts.get("not_null"):
        yield sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(column)
    if not given and "nextval(" in str(facts.get("default", "")):
        yield sql.SQL("ALTER COLUMN {} DROP DEFAULT").format(column)
    domain = domain_of(str(facts["type"]), target)
    if domain and (given or domain.default is None):
        collation = sql.SQL(" COLLATE {}").format(written(facts["collation"])) if "collation" in facts else sql.SQL("")
        yield sql.SQL("ALTER COLUMN {} TYPE {}{}").format(column, written(domain.base), collation)


def _computed(name: str, facts: Attributes) -> sql.Composed:
    kind = written(str(facts["generated_kind"]).upper())
    words = sql.SQL("ADD COLUMN {} {} GENERATED ALWAYS AS ({}) {}")
    return words.format(sql.Identifier(name), written(facts["type"]), written(facts["generated"]), kind)


def _between(rows: tuple[int, int]) -> sql.Composed:
    return sql.SQL(" WHERE {} BETWEEN {} AND {}").format(_NUMBER, *(sql.Literal(number) for number in rows))


def _dates(type_: str) -> str:
    return " (days are written 2025-12-31)" if type_.startswith(("date", "timestamp")) else ""
