"""A SQL script as a source of rows: its COPY blocks and INSERTs by table, its sequences, and the schema it makes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from server.calls import Call
from server.errors import Refused
from server.model.imports.script_policy import ScriptPolicy
from server.model.imports.table_rows import FileTable, SequencePosition, TableRows
from server.model.manifest import Manifest
from server.model.tables import table_key
from server.postgres.scripts.frames import UNTOUCHED
from server.postgres.scripts.insert_rows import together
from server.postgres.scripts.reading import Refusals, Relations, ScriptReader, Statement


class ScriptStream(Protocol):
    """An open script; `position` is how many bytes of the file were read."""

    @property
    def position(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...


DECIDING = frozenset({"datestyle", "timezone", "intervalstyle", "xmloption"})
"""Settings by which a text is one value or another."""
Open = Callable[[], AbstractContextManager[ScriptStream]]


class _Heard:
    """A stream whose every read can be cancelled."""

    def __init__(self, call: Call, stream: ScriptStream) -> None:
        self._call = call
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        self._call.check()
        return self._stream.read(size)


@dataclass
class _Seen:
    """What a script's statements say of one table's rows. `columns`: those that any names."""

    columns: dict[str, None] = field(default_factory=dict[str, None])
    optional: frozenset[str] = frozenset()
    named: bool = True
    """Whether all of them name their columns."""
    positional: bool = False
    defaults: bool = False
    estimate: int = 0

    @property
    def draws(self) -> bool:
        return self.positional or self.defaults or bool(self.optional) or (bool(self.columns) and not self.named)

    def note(self, statement: Statement) -> None:
        names = frozenset(statement.columns)
        if names and self.columns:
            self.optional |= names ^ self.columns.keys()
        self.columns.update(dict.fromkeys(statement.columns))
        self.named = self.named and bool(names)
        if statement.rows:
            values = statement.rows.values
            self.positional = self.positional or bool(values and not names)
            self.defaults = self.defaults or not values or b"default" in values.lower()


class ScriptSource:
    """Reads the script once on making, judging every statement; then its rows as often as asked. `makes`: how many of
    its statements make or drop something.

    Refused: with every statement that is not allowed.
    """

    format = "sql"

    def __init__(
        self,
        call: Call,
        open_script: Open,
        policy: ScriptPolicy,
        *,
        total_bytes: int,
        manifest: Manifest | None = None,
        there: Relations = tuple,
    ) -> None:
        self.open = open_script
        self.policy = policy
        self.manifest = manifest
        self.sha256 = ""
        self.total_bytes = total_bytes
        self.schema_sql: str | None = None
        self.settings: dict[str, str] = {}
        """Settings of the script that decide how its values are read."""
        self.creates: set[str] = set()
        self.makes = 0
        self._call = call
        self._there = there
        self._stream: ScriptStream | None = None
        self._seen: dict[str, _Seen] = {}
        self._positions: dict[str, SequencePosition] = {}
        self._survey()
        self.tables = tuple(
            FileTable(
                name,
                tuple(seen.columns) if seen.named else None,
                optional=seen.optional,
                estimate=seen.estimate,
                positional=seen.positional,
                drawing=seen.draws,
            )
            for name, seen in self._seen.items()
        )
        self.sequences = tuple(self._positions.values())

    def _survey(self) -> None:
        refusals = Refusals()
        for statement in self.statements(refusals):
            self.makes += statement.kind in ("schema", "extension", "drop")
            if statement.node_kind == "create_stmt":
                self.creates.add(key_of(statement.target))
            elif statement.kind == "setting" and statement.target[0] in DECIDING:
                self._note_setting(statement, refusals)
            elif statement.kind == "sequence":
                self._positions[statement.target[0]] = _position(statement)
            elif statement.kind in ("copy", "rows"):
                self._note_rows(statement)
        refusals.raise_any()

    def _note_setting(self, statement: Statement, refusals: Refusals) -> None:
        """One way of reading values holds for all rows: they are looked at together, not in the script's order."""
        name, value = statement.target[0], statement.value or ""
        if self._seen and self.settings.get(name) != value:
            refusals.add(
                Refused(
                    "setting_changes",
                    f"Line {statement.line} is refused: SET {name} after rows that were written under another one.",
                    state=UNTOUCHED,
                    next="Import the script in two parts, or dump with one setting.",
                    details={"line": statement.line, "reason": "setting_changes"},
                )
            )
        self.settings[name] = value

    def _note_rows(self, statement: Statement) -> None:
        """COPY's lines are about its rows; an INSERT counts as one. Names of columns come together from all."""
        name = key_of(statement.target)
        seen = self._seen.setdefault(name, _Seen())
        seen.note(statement)
        lines = 1
        if statement.copy:
            for _ in statement.copy.chunks():
                self._call.progress(self.position, self.total_bytes, "checking the script")
            lines = statement.copy.lines
        seen.estimate += lines

    @property
    def position(self) -> int:
        return self._stream.position if self._stream else 0

    def statements(self, refusals: Refusals | None = None) -> Iterator[Statement]:
        """Every statement that is allowed; what is not is put into `refusals`, or raised where there are none."""
        with self.open() as stream:
            self._stream = stream
            yield from ScriptReader(_Heard(self._call, stream), self.policy, refusals, self._there)

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        """In the script's order."""
        wanted = set(order)
        encoding: dict[str, str] = {}
        for statements in batches(self.statements()):
            first = statements[0]
            if first.kind == "setting" and first.target == ("client_encoding",):
                encoding = {"encoding": first.value or "UTF8"}
            if first.kind in ("copy", "rows") and key_of(first.target) in wanted:
                yield _rows(statements, key_of(first.target), encoding)


def batches(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """INSERTs that differ in their rows alone together, every other statement alone."""

    def key(statement: Statement) -> object | None:
        rows = statement.rows
        return (statement.target, statement.columns, rows.always, rows.ending) if rows and rows.values else None

    return together(statements, key, lambda statement: len(statement.raw))


def values_of(statements: Sequence[Statement]) -> bytes:
    """`(…), (…)`, or nothing for DEFAULT VALUES."""
    return b",\n".join(statement.rows.values for statement in statements if statement.rows)


def _rows(statements: Sequence[Statement], table: str, encoding: dict[str, str]) -> TableRows:
    """The rows of a COPY block, which keep the script's encoding, or of some INSERTs."""
    first = statements[0]
    columns = first.columns or None
    if first.copy:
        form = "csv" if first.copy.options.get("format") == "csv" else "text"
        return TableRows(table, form, columns, first.copy.chunks(), first.copy.options | encoding)
    options = {"ending": first.rows.ending.decode()} if first.rows else {}
    return TableRows(table, "insert", columns, iter([values_of(statements)]), options)


def key_of(target: Sequence[str]) -> str:
    """The export's name of a relation that a script names."""
    return table_key(*target) if len(target) == 2 else table_key("public", target[0])


def _position(statement: Statement) -> SequencePosition:
    value, _, called = (statement.value or "").partition(",")
    return SequencePosition(statement.target[0], int(value), called != "false")
