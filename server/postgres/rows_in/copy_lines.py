"""Takes csv and COPY's text apart into rows before COPY sees them, so that one bad line does not hide what follows.

A row that COPY would refuse is replaced by an empty one of the right number of fields, which keeps the numbers of the
rows after it; the caller removes it again. Where it cannot be known where the next row begins, COPY gets it as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from server.model.imports.violations import EXAMPLES

_QUOTED = re.compile(rb'"[^"]*"')
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_MOST_PENDING = 32 << 20
"""Bytes of one row, after which an opened quote is taken for what COPY must judge."""
_SPOKEN = frozenset({"format", "delimiter", "null", "encoding", "header"})
"""Options of COPY that are understood here."""


@dataclass
class Malformed:
    """Rows that cannot be read as such, for one reason."""

    total: int = 0
    rows: list[int] = field(default_factory=list[int])


@dataclass
class CopyLines:
    """One run of rows of `fields` fields. `before`: how many rows of the table came before it."""

    csv: bool
    fields: int
    options: Mapping[str, str]
    before: int = 0
    found: dict[str, Malformed] = field(default_factory=dict[str, Malformed])
    """What is wrong with rows, by the reason."""
    replaced: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Numbers of the first and the last of each stretch of rows that were replaced."""
    _row: int = 0
    _pending: list[bytes] = field(default_factory=list[bytes])
    _size: int = 0
    _carriage: bool | None = None
    """Whether rows end in carriage return and newline, as the first does."""

    def mended(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same bytes with the bad rows replaced."""
        pieces = iter(chunks)
        if not (set(self.options) <= _SPOKEN and len(self._mark) == 1 and self.fields):
            yield from pieces
            return
        self._row = self.before
        rest, header = b"", self.options.get("header", "false") != "false"
        for chunk in pieces:
            lines, newline, rest = (rest + chunk).rpartition(b"\n")
            if not newline:
                continue
            if not header and self._all_right(lines):
                yield lines + newline
                continue
            rows = self._rows(lines)
            if header and rows:
                yield rows.pop(0) + newline
                header = False
            yield self._checked(rows)
            if self._size > _MOST_PENDING:
                yield b"\n".join([*self._pending, rest])
                yield from pieces
                return
        if rest:
            yield self._checked(self._rows(rest))
        if self._pending:
            yield self._replacement("a quote is not closed, and hides what follows", self._row + 1) + b"\n"

    @property
    def _mark(self) -> bytes:
        return self.options.get("delimiter", "," if self.csv else "\t").encode()

    def _all_right(self, lines: bytes) -> bool:
        """Whether these lines are whole rows that COPY can take apart: the common case, told at once."""
        if self._pending or self._carriage or any(odd in lines for odd in (b"\r", b"\0")) or not self._spelled(lines):
            return False
        bare = self._bare(lines)  # without line ends that stand in values
        if self._escape in bare:
            return False
        self._carriage = False
        rows = bare.split(b"\n")
        if any(row.count(self._mark) != self.fields - 1 for row in rows):
            return False
        self._row += len(rows)
        return True

    @property
    def _escape(self) -> bytes:
        return b'"' if self.csv else b"\\"

    def _bare(self, text: bytes) -> bytes:
        """The text without what its delimiters do not count in."""
        return (_QUOTED if self.csv else _ESCAPED).sub(b"", text) if self._escape in text else text

    def _rows(self, lines: bytes) -> list[bytes]:
        """The rows that end in some lines, without their line ends; a value may hold the end of a line."""
        rows: list[bytes] = []
        for part in lines.split(b"\n"):
            goes_on = bool(self._pending) ^ bool(part.count(b'"') & 1) if self.csv else _escapes_its_end(part)
            self._pending.append(part)
            self._size += len(part)
            if not goes_on:
                rows.append(b"\n".join(self._pending))
                self._pending.clear()
                self._size = 0
        return rows

    def _checked(self, rows: list[bytes]) -> bytes:
        """The rows as bytes, those that are wrong replaced."""
        if rows and self._carriage is None:
            self._carriage = rows[0].endswith(b"\r")
        for number, row in enumerate(rows):
            if reason := self._wrong(row):
                rows[number] = self._replacement(reason, self._row + number + 1)
        self._row += len(rows)
        return b"".join(row + b"\n" for row in rows)

    def _wrong(self, row: bytes) -> str | None:
        """Why COPY would refuse the row."""
        if not self._spelled(row) or b"\0" in row:
            return "its bytes are no text in the file's encoding"
        bare = self._bare(row)
        if self._carriage and not bare.endswith(b"\r"):
            return "its line ends unlike the first"
        if b"\r" in bare.removesuffix(b"\r" if self._carriage else b""):
            return "it holds a carriage return that is not quoted"
        found = bare.count(self._mark) + 1
        if found != self.fields:
            return f"it has {'more' if found > self.fields else 'fewer'} fields than there are columns"
        return None

    def _spelled(self, text: bytes) -> bool:
        if "encoding" in self.options:
            return True
        try:
            text.decode()
        except UnicodeDecodeError:
            return False
        return True

    def _replacement(self, reason: str, number: int) -> bytes:
        """A row without values, in the place of a wrong one, which is noted."""
        found = self.found.setdefault(reason, Malformed())
        found.total += 1
        if len(found.rows) < EXAMPLES:
            found.rows.append(number)
        first, last = self.replaced[-1] if self.replaced else (0, -1)
        if last == number - 1:
            self.replaced[-1] = first, number
        else:
            self.replaced.append((number, number))
        return self._mark * (self.fields - 1) + (b"\r" if self._carriage else b"")


def _escapes_its_end(line: bytes) -> bool:
    """Whether the newline after it is a value's own: an odd number of backslashes stands before it."""
    return bool((len(line) - len(line.rstrip(b"\\"))) & 1)
