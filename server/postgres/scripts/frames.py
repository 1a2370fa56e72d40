"""Finds where each statement of a SQL script begins and ends, as psql would, in flat memory.

Knows quotes, dollar quotes, nested comments, BEGIN ATOMIC bodies and COPY data; judges nothing (rules.py does).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from server.errors import Refused
from server.postgres import grammar

CHUNK = 1 << 18
LONGEST_STATEMENT = 64 << 20
UNTOUCHED = "Nothing of the script was kept."
CORRECT = "Correct the script there, or fetch it again: it may be cut off."

# Everything that cannot end a statement or open something long, swallowed at C speed.
_RUN = re.compile(
    rb"""(?: [^;'"$\-/\\()A-Za-z_\x80-\xff]++
           | (?![eE]') [A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*+
           | ' [^']*+ '
           | [eE] ' (?: [^'\\]++ | \\. | '' | '[ \t\r]*+\n\s*+' | (?!) )*+ '
           | " [^"]*+ "
           | - (?!-)
           | / (?!\*)
           | (?!)
        )*+""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(rb"[\s;]*+")
_DOLLAR = re.compile(rb"\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$")
_NESTING = re.compile(rb"/\*|\*/")
_DUMP_LINE = re.compile(rb"-- PostgreSQL database (?:cluster )?dump(?P<complete> complete)?\s*")
_ROUTINE = re.compile(rb"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_ATOMIC = re.compile(rb"\bbegin\s+atomic\b", re.IGNORECASE)


class Readable(Protocol):
    """Whatever bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """A statement (its `;` left out) or a meta-command (`\\` first) as it stands in the file."""

    text: bytes
    line: int
    offset: int

    @property
    def is_meta(self) -> bool:
        return self.text.startswith(b"\\")


class Frames:
    """Reads `stream` frame by frame; `encoding` is the codec that statements are decoded with for the grammar."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._ended = False
        self._base = 0
        self.line = 1
        self.encoding = "utf-8"
        self.open_dumps = 0
        """Of pg_dump's scripts, which open and close with a comment, how many have begun and not ended."""

    @property
    def offset(self) -> int:
        """Bytes of the (uncompressed) script consumed."""
        return self._base + self._at

    def next(self) -> Frame | None:
        """The next statement or meta-command; None at the end."""
        if self.offset == 0:
            self._skip_mark()
        self._skip_blank()
        if self._at == len(self._data) and self._ended:
            return None
        line, offset = self.line, self.offset
        if self._data[self._at : self._at + 1] == b"\\":
            return Frame(self._take(self._end_of_line()).rstrip(), line, offset)
        end = self._end_of_statement()
        text = self._take(end)
        return Frame(text.removesuffix(b";").rstrip(), line, offset)

    def copy_data(self) -> Iterator[bytes]:
        """The lines of the COPY block that begins on the next line, up to `\\.`, in pieces; must be read to its end."""
        started = self.line
        rest = self._take(self._end_of_line())
        if rest.strip():
            raise self._refused("copy_data_misplaced", "text follows COPY … FROM stdin on its own line")
        first = True
        while True:
            here = self._terminator(first=first)
            if here is not None:
                data, length = here
                if data:
                    yield self._take(data)
                self._take(length)
                return
            keep = 0 if self._ended else 4
            ready = len(self._data) - self._at - keep
            if ready > 0:
                cut = self._data.rfind(b"\n", self._at, self._at + ready) + 1 - self._at
                if cut > 0:
                    first = True
                    yield self._take(cut)
                elif ready >= CHUNK:
                    first = False
                    yield self._take(ready)
            if not self._more():
                raise self._refused(
                    "copy_not_terminated",
                    f"the COPY data that begin after line {started} do not end in \\.",
                    next="The script seems to be cut off: fetch it again.",
                )

    def _terminator(self, *, first: bool) -> tuple[int, int] | None:
        """(bytes of data before it, its own length) of the next `\\.` line in the window, or None."""
        data, at = self._data, self._at
        begin = at if first else data.find(b"\n", at) + 1 or len(data)
        while begin < len(data):
            if data.startswith(b"\\.", begin):
                rest = data[begin + 2 : begin + 4]
                if rest.startswith((b"\n", b"\r\n")):
                    return begin - at, 3 + rest.startswith(b"\r")
                if self._ended and rest in (b"", b"\r"):
                    return begin - at, 2 + len(rest)
            found = data.find(b"\n\\.", begin)
            if found < 0:
                return None
            begin = found + 1
        return None

    def _end_of_statement(self) -> int:
        here, depth = 0, 0
        while True:
            found = _RUN.match(self._data, self._at + here)
            stop = found.end() - self._at if found else here
            if self._at + stop == len(self._data):
                if self._more():
                    continue
                return stop
            special = self._data[self._at + stop]
            if special == 0x3B and depth <= 0 and self._is_whole(stop):
                return stop + 1
            depth += (special == 0x28) - (special == 0x29)
            here = stop + 1 if special in b";()" else self._past(stop)

    def _past(self, here: int) -> int:
        """Where to go on after the comment, dollar quote or unclosed quote at `here`."""
        start = self._at + here
        two = self._data[start : start + 2]
        if two == b"--":
            return self._find(b"\n", here, may_end=True)
        if two == b"/*":
            return self._past_comment(here)
        if two[:1] == b"$":
            return self._past_dollar(here)
        if two[:1] == b"\\":
            line = self.line + self._data.count(b"\n", self._at, start)
            what = f"Line {line}: a backslash command inside a statement."
            raise Refused("meta_command", what, state=UNTOUCHED, next=CORRECT)
        if not self._more():
            raise self._refused("unterminated", "a quoted string or name is never closed")
        return here

    def _past_dollar(self, here: int) -> int:
        while True:
            tag = _DOLLAR.match(self._data, self._at + here)
            if tag:
                return self._find(tag.group(), here + len(tag.group()), may_end=False)
            if len(self._data) - self._at - here > 130 or not self._more():
                return here + 1

    def _past_comment(self, here: int) -> int:
        depth, at = 0, here
        while True:
            mark = _NESTING.search(self._data, self._at + at)
            if mark:
                depth += 1 if mark.group() == b"/*" else -1
                at = mark.end() - self._at
                if depth == 0:
                    return at
            else:
                at = max(at, len(self._data) - self._at - 1)
                if not self._more():
                    raise self._refused("unterminated", "a comment is never closed")

    def _find(self, mark: bytes, here: int, *, may_end: bool) -> int:
        """Just past the next `mark` at or after `here`."""
        while True:
            found = self._data.find(mark, self._at + here)
            if found >= 0:
                return found + len(mark) - self._at
            here = max(here, len(self._data) - self._at - len(mark) + 1)
            if not self._more():
                if may_end:
                    return len(self._data) - self._at
                raise self._refused("unterminated", "a dollar-quoted string is never closed")

    def _is_whole(self, stop: int) -> bool:
        """Whether the `;` at `stop` ends the statement, and does not stand inside a BEGIN ATOMIC body."""
        text = self._data[self._at : self._at + stop]
        if not _ROUTINE.match(text) or not _ATOMIC.search(text):
            return True
        try:
            grammar.parse(text.decode(self.encoding, "replace"))
        except grammar.SyntaxFailed as failure:
            return not failure.unfinished
        return True

    def _skip_mark(self) -> None:
        self._more()
        if self._data.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    def _skip_blank(self) -> None:
        while True:
            found = _BLANK.match(self._data, self._at)
            self._take(found.end() - self._at if found else 0)
            two = self._data[self._at : self._at + 2]
            if len(two) < 2 and self._more():
                continue
            if two not in (b"--", b"/*"):
                return
            if mark := _DUMP_LINE.fullmatch(self._take(self._past(0))):
                self.open_dumps += -1 if mark["complete"] else 1

    def _end_of_line(self) -> int:
        return self._find(b"\n", 0, may_end=True)

    def _take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        self.line += taken.count(b"\n")
        self._at += length
        return taken

    def _more(self) -> bool:
        """Reads on, dropping what was consumed; False at the end of the file."""
        if self._ended:
            return False
        waiting = len(self._data) - self._at
        if waiting > LONGEST_STATEMENT:
            raise self._refused("statement_too_long", f"a statement longer than {LONGEST_STATEMENT >> 20} MiB")
        piece = self._stream.read(max(CHUNK, waiting))
        if self._base + len(self._data) == 0 and piece.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Refused("wrong_encoding", "The script is UTF-16.", next="Convert it to UTF-8 first.")
        if b"\0" in piece:
            line = self.line + self._data.count(b"\n", self._at) + piece.count(b"\n", 0, piece.index(b"\0"))
            raise Refused("nul_byte", f"Line {line}: a NUL byte.", state=UNTOUCHED, next=CORRECT)
        self._base += self._at
        self._data = self._data[self._at :] + piece
        self._at = 0
        self._ended = not piece
        return bool(piece)

    def _refused(self, code: str, what: str, next: str | None = None) -> Refused:  # noqa: A002  as in errors.py
        return Refused(code, f"Line {self.line}: {what}.", state=UNTOUCHED, next=next or CORRECT)
