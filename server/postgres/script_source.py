"""A SQL script as a source of rows: its COPY blocks and INSERTs by table, its sequences, and the schema it makes."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from server.calls import Call
from server.model.manifest import Manifest
from server.model.script_policy import ScriptPolicy
from server.model.table_rows import FileTable, SequencePosition, TableRows
from server.postgres.scripts import ScriptReader, Statement


class ScriptStream(Protocol):
    """An open script; `position` is how many bytes of the file were read."""

    @property
    def position(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...


Open = Callable[[], AbstractContextManager[ScriptStream]]


class ScriptSource:
    """Reads the script once on making, judging every statement; then its rows as often as asked."""

    format = "sql"

    def __init__(self, call: Call, open_script: Open, policy: ScriptPolicy, *, sha256: str, total_bytes: int) -> None:
        self.open = open_script
        self.policy = policy
        self.sha256 = sha256
        self.total_bytes = total_bytes
        self.manifest: Manifest | None = None
        self.schema_sql: str | None = None
        self.kinds: dict[str, int] = {}
        self.creates: set[str] = set()
        self._call = call
        self._stream: ScriptStream | None = None
        tables: dict[str, tuple[str, ...] | None] = {}
        counts: dict[str, int] = {}
        sequences: dict[str, SequencePosition] = {}
        for statement in self.statements():
            self.kinds[statement.kind] = self.kinds.get(statement.kind, 0) + 1
            if statement.node_kind == "create_stmt":
                self.creates.add(key_of(statement.target))
            if statement.kind in ("copy", "rows"):
                name = key_of(statement.target)
                tables.setdefault(name, statement.columns or None)
                counts[name] = counts.get(name, 0) + _lines(statement)
            if statement.kind == "sequence":
                sequences[statement.target[0]] = _position(statement)
        self.tables = tuple(FileTable(name, columns, estimate=counts[name]) for name, columns in tables.items())
        self.sequences = tuple(sequences.values())

    @property
    def position(self) -> int:
        return self._stream.position if self._stream else 0

    def statements(self) -> Iterator[Statement]:
        """Every statement, allowed already, with progress by bytes read."""
        with self.open() as stream:
            self._stream = stream
            for count, statement in enumerate(ScriptReader(stream, self.policy)):
                if count % 64 == 0 or statement.copy:
                    self._call.check()
                yield statement

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        """In the script's order."""
        wanted = set(order)
        encoding: dict[str, str] = {}
        for statement in self.statements():
            if statement.kind == "setting" and statement.target == ("client_encoding",):
                encoding = {"encoding": statement.value or "UTF8"}
            if statement.kind not in ("copy", "rows"):
                continue
            table = key_of(statement.target)
            if table in wanted:
                yield rows_of(statement, table, encoding)


def _lines(statement: Statement) -> int:
    """The lines of a COPY block, which are about its rows; an INSERT counts as one."""
    return sum(chunk.count(b"\n") for chunk in statement.copy.chunks()) if statement.copy else 1


def rows_of(statement: Statement, table: str, encoding: dict[str, str]) -> TableRows:
    """The rows of a COPY block, which keep the script's encoding, or of an INSERT."""
    columns = statement.columns or None
    if statement.copy:
        form = "csv" if statement.copy.options.get("format") == "csv" else "text"
        return TableRows(table, form, columns, statement.copy.chunks(), statement.copy.options | encoding)
    return TableRows(table, "insert", columns, iter([after_target(statement)]))


_TARGET = re.compile(
    rb"""insert\s+into\s+(?:only\s+)?
         (?:"(?:[^"]|"")*"|[\w$\x80-\xff]+) (?:\s*\.\s*(?:"(?:[^"]|"")*"|[\w$\x80-\xff]+))?""",
    re.IGNORECASE | re.VERBOSE,
)


def after_target(statement: Statement) -> bytes:
    """What follows the table's name in an INSERT, in UTF-8: `(columns) VALUES …`."""
    raw = statement.sql.encode()
    found = _TARGET.match(raw)
    return raw[found.end() :] if found else raw


def key_of(target: Sequence[str]) -> str:
    """The export's name of a relation that a script names."""
    from server.model.tables import table_key

    return table_key(*target) if len(target) == 2 else table_key("public", target[0])


def _position(statement: Statement) -> SequencePosition:
    value, _, called = (statement.value or "").partition(",")
    return SequencePosition(statement.target[0], int(value), called != "false")
