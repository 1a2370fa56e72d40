"""Reads a SQL script of any size statement by statement and judges each: nothing leaves here that was not allowed.

Runs nothing. Frames come from script_frames.py, trees from grammar.py, the rules are script_rules.py's.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.errors import Refused
from server.model.script_policy import ScriptPolicy
from server.postgres import grammar
from server.postgres.script_frames import Frame, Frames, Readable
from server.postgres.script_rules import Kind, NotAllowed, judge

_RESTRICT = re.compile(rb"\\(restrict|unrestrict)\s+([A-Za-z0-9]+)")
_META = re.compile(rb"\\([A-Za-z!?]+)")
_UNTOUCHED = "Nothing of the script was kept."


class CopyBlock:
    """The rows after a COPY … FROM stdin, streamed once; what is left unread is passed over by the reader."""

    def __init__(self, columns: tuple[str, ...], options: dict[str, str], data: Iterator[bytes]) -> None:
        self.columns = columns
        self.options = options
        self._data = data

    def chunks(self) -> Iterator[bytes]:
        """The rows as they stand in the script, without the closing `\\.`, in pieces of whole lines where possible."""
        return self._data

    def skip(self) -> None:
        """Reads to the end of the block."""
        for _ in self._data:
            pass


@dataclass(frozen=True, slots=True)
class Statement:
    """One allowed statement.

    `raw` is its text as in the file, without `;`. `target` names the relation, sequence, setting or extension it is
    about, qualified as written; `value` is a setting's value (None: a setting that is ours and is left as it is) or
    setval's arguments; `columns` those named by COPY or INSERT. `line` counts from 1, `offset` in bytes.
    """

    kind: Kind
    raw: bytes
    line: int
    offset: int
    node_kind: str
    node: Any
    target: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    value: str | None = None
    copy: CopyBlock | None = None
    encoding: str = "utf-8"

    @property
    def sql(self) -> str:
        return self.raw.decode(self.encoding)


class ScriptReader:
    """Iterates over the statements of a binary stream; `offset` is how many bytes of it are read."""

    def __init__(self, stream: Readable, policy: ScriptPolicy) -> None:
        self._frames = Frames(stream)
        self._policy = policy
        self._key: bytes | None = None

    @property
    def offset(self) -> int:
        return self._frames.offset

    def __iter__(self) -> Iterator[Statement]:
        while True:
            frame = self._frames.next()
            if frame is None:
                return
            if frame.is_meta:
                self._meta(frame)
                continue
            statement = self._statement(frame)
            yield statement
            if statement.copy:
                statement.copy.skip()

    def _meta(self, frame: Frame) -> None:
        known = _RESTRICT.fullmatch(frame.text)
        if known and (known[1] == b"restrict") == (self._key is None) and self._key in (None, known[2]):
            self._key = None if self._key else known[2]
            return
        name = _META.match(frame.text)
        shown = f"\\{name[1].decode()}" if name else "a backslash command"
        advice = "Dump without --create." if shown in ("\\connect", "\\c") else "Only pg_dump's own are read."
        raise Refused("meta_command", f"Line {frame.line}: {shown} is refused.", state=_UNTOUCHED, next=advice)

    def _statement(self, frame: Frame) -> Statement:
        try:
            text = frame.text.decode(self._frames.encoding)
        except UnicodeDecodeError as failure:
            line = frame.line + frame.text.count(b"\n", 0, failure.start)
            what = f"Line {line}: not valid {self._frames.encoding.upper()}."
            raise Refused("wrong_encoding", what, state=_UNTOUCHED, next="Dump with --encoding=UTF8.") from None
        try:
            parsed = grammar.parse(text)
            if len(parsed) != 1:
                raise NotAllowed("hidden_statement", f"{len(parsed)} statements where one should stand")
            verdict = judge(parsed[0], self._policy)
        except grammar.SyntaxFailed as failure:
            raise _syntax(frame, text, failure) from None
        except NotAllowed as no:
            what = f"Line {frame.line}: {no.what} is refused."
            details = {"line": frame.line, "reason": no.code}
            raise Refused(no.code, what, state=_UNTOUCHED, next=no.advice, details=details) from None
        copy = None
        if verdict.kind == "copy":
            copy = CopyBlock(verdict.columns, dict(verdict.options), self._frames.copy_data())
        if verdict.kind == "setting" and verdict.target == ("client_encoding",):
            self._frames.encoding = python_codec(verdict.value or "UTF8")
        return Statement(
            kind=verdict.kind,
            raw=frame.text,
            line=frame.line,
            offset=frame.offset,
            node_kind=parsed[0].kind,
            node=parsed[0].node,
            target=verdict.target,
            columns=verdict.columns,
            value=verdict.value,
            copy=copy,
            encoding=self._frames.encoding,
        )


def _syntax(frame: Frame, text: str, failure: grammar.SyntaxFailed) -> Refused:
    before = text.encode()[: failure.position or 0]
    line = frame.line + before.count(b"\n")
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    what = f"Line {line}, column {column}: {failure.message}."
    return Refused("script_syntax", what, state=_UNTOUCHED, details={"line": line, "column": column})


def python_codec(encoding: str) -> str:
    """Python's codec for a PostgreSQL encoding name, `latin-1` (any byte is a letter) where there is no better one."""
    plain = "".join(letter for letter in encoding.lower() if letter.isalnum())
    special = {"unicode": "utf-8", "sqlascii": "latin-1", "win866": "cp866", "win874": "cp874", "koi8": "koi8-r"}
    guess = special.get(plain) or plain.replace("win125", "cp125").replace("koi8", "koi8-")
    try:
        return codecs.lookup(guess).name
    except LookupError:
        return "latin-1"
