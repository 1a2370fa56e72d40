"""Reads a SQL script of any size statement by statement and judges each: nothing leaves here that was not allowed.

Runs nothing. Frames come from frames.py, trees from grammar.py, the rules are those of rules.py.
"""

import codecs
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace

from server.errors import Refused
from server.model.imports.script_policy import ScriptPolicy
from server.model.names import parts_of
from server.model.quoting import quote
from server.postgres import grammar
from server.postgres.encodings import plain_name
from server.postgres.scripts.frames import CORRECT, UNTOUCHED, Frame, Frames, Readable
from server.postgres.scripts.insert_rows import Rows, plain_rows, rows_of
from server.postgres.scripts.rules import judge, reads_stdin
from server.postgres.scripts.settings import schemas_of
from server.postgres.scripts.verdicts import Kind, NotAllowed, Verdict

_RESTRICT = re.compile(rb"\\(restrict|unrestrict)\s+([A-Za-z0-9]+)")
_META = re.compile(rb"\\([A-Za-z!?]+)")
_COPY_ENDING = b" FROM stdin;"
_COPY_LINE = re.compile(rb"^COPY [^\t\n]+ FROM stdin;\r?$", re.MULTILINE)
_MOST_TOLD = 20
_WITHOUT = "Import a script without it; psql runs what you trust."


class CopyBlock:
    """The rows after a COPY … FROM stdin, streamed once; what is left unread is passed over by the reader."""

    def __init__(self, verdict: Verdict, frames: Frames, *, may_hold_sql: bool) -> None:
        self.columns = verdict.columns
        self.options = dict(verdict.options)
        self._frames = frames
        self._begins = frames.line
        tabbed = self.options.get("format", "text") == "text" and "delimiter" not in self.options
        data = frames.copy_data()
        self._data = data if may_hold_sql or not tabbed else self._watched(data)

    @property
    def lines(self) -> int:
        """Lines read so far, which are about the rows."""
        return max(0, self._frames.line - self._begins - 2)

    def chunks(self) -> Iterator[bytes]:
        """The rows as they stand in the script, without the closing `\\.`, in pieces of whole lines where possible."""
        return self._data

    def _watched(self, data: Iterator[bytes]) -> Iterator[bytes]:
        """Refused("copy_data_is_sql") where a line is a COPY statement: the `\\.` before it got lost.

        A row of several columns has a tab in its line, so that none is mistaken; a single text column may hold such a
        line, which the settings can then allow.
        """
        for chunk in data:
            found = _COPY_LINE.search(chunk) if _COPY_ENDING in chunk else None
            if found:
                line = self._frames.line - chunk.count(b"\n", found.start())
                raise Refused(
                    "copy_data_is_sql",
                    f"Line {line}: a COPY statement stands among the COPY data that begin after line {self._begins}.",
                    state=UNTOUCHED,
                    next="The \\. that ends those data got lost: fetch the script again. If the line is a row, a person"
                    " can add copy_data_is_sql to allow_statements under [imports].",
                )
            yield chunk

    def skip(self) -> None:
        """Reads to the end of the block."""
        for _ in self._data:
            pass


@dataclass(frozen=True, slots=True)
class Statement:
    """One allowed statement.

    `raw` is its text as in the file, without `;`. `target` names the relation, sequence, setting or extension it is
    about, qualified as written, or, for rows, tables and sequences, by the script's search_path; `value` is a setting's
    value (None: a setting that is ours and is left as it is) or setval's arguments; `columns` those named by COPY or
    INSERT. `line` counts from 1, `offset` in bytes.
    """

    kind: Kind
    raw: bytes
    line: int
    offset: int
    node_kind: str
    target: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    value: str | None = None
    copy: CopyBlock | None = None
    rows: Rows | None = None
    encoding: str = "utf-8"

    @property
    def sql(self) -> str:
        return self.raw.decode(self.encoding)


class Refusals:
    """What was refused in a script: the first ones, and how many there were."""

    def __init__(self) -> None:
        self.first: list[Refused] = []
        self.total = 0

    def add(self, refused: Refused) -> None:
        self.total += 1
        if self.total <= _MOST_TOLD:
            self.first.append(refused)

    def raise_any(self) -> None:
        """Raises one Refused that tells all; nothing where nothing was refused."""
        if self.total == 1:
            raise self.first[0]
        if self.total == 0:
            return
        codes = {refused.code for refused in self.first}
        more = f" And {self.total - _MOST_TOLD} more." if self.total > _MOST_TOLD else ""
        advice = dict.fromkeys(refused.next for refused in self.first if refused.next)
        raise Refused(
            codes.pop() if len(codes) == 1 else "script_refused",
            f"{self.total} statements are refused. " + " ".join(refused.what for refused in self.first) + more,
            state=UNTOUCHED,
            next=" ".join(word if word.endswith(".") else f"{word}." for word in advice) or None,
            details={"total": self.total, "refused": [{"reason": r.code, "what": r.what} for r in self.first]},
        )


Relations = Callable[[], Container[tuple[str, ...]]]
"""The relations, (schema, name), of the database that a script is for: asked where its search_path leaves a choice."""


class ScriptReader:
    """Iterates over the statements of a binary stream; `offset` is how many bytes of it are read.

    What is refused is raised, or put into `refusals` and passed over, as far as the script can be read on.
    """

    def __init__(
        self, stream: Readable, policy: ScriptPolicy, refusals: Refusals | None = None, there: Relations = tuple
    ) -> None:
        self._frames = Frames(stream)
        self._policy = policy
        self._refusals = refusals
        self._key: bytes | None = None
        self._inserts: dict[bytes, Verdict] = {}
        self._path: list[str] = []
        self._made_tables: set[tuple[str, ...]] = set()
        self._there = there

    @property
    def offset(self) -> int:
        return self._frames.offset

    def __iter__(self) -> Iterator[Statement]:
        if self._refusals is None:
            yield from self._statements()
            return
        try:
            yield from self._statements()
        except Refused as last:
            self._refusals.add(last)

    def _statements(self) -> Iterator[Statement]:
        while (frame := self._frames.next()) is not None:
            try:
                if frame.is_meta:
                    self._meta(frame)
                    continue
                statement = self._statement(frame)
            except Refused as refused:
                if self._refusals is None:
                    raise
                self._refusals.add(refused)
                continue
            yield statement
            if statement.copy:
                statement.copy.skip()
        if self._frames.open_dumps > 0:
            raise Refused(
                "truncated_file",
                "The script is pg_dump's and lacks the line that ends one: it was cut off between two statements.",
                state=UNTOUCHED,
                next="Fetch or dump it again; one that is whole ends in `-- PostgreSQL database dump complete`.",
            )

    def _meta(self, frame: Frame) -> None:
        known = _RESTRICT.fullmatch(frame.text)
        if known and (known[1] == b"restrict") == (self._key is None) and self._key in (None, known[2]):
            self._key = None if self._key else known[2]
            return
        name = _META.match(frame.text)
        shown = f"\\{name[1].decode()}" if name else "a backslash command"
        advice = "Dump without --create." if shown in ("\\connect", "\\c") else "Only pg_dump's own are read."
        raise Refused("meta_command", f"Line {frame.line} is refused: {shown}.", state=UNTOUCHED, next=advice)

    def _statement(self, frame: Frame) -> Statement:
        known = plain_rows(frame.text)
        if known:
            found = self._known_insert(frame, *known)
            if found:
                return found
        text = self._decoded(frame)
        parsed, verdict = self._judged(frame, text)
        rows = None
        if verdict.kind == "rows" and not verdict.defaults:
            bare = grammar.spelled(parsed, without=("on_conflict_clause", "returning_clause"))
            whole = grammar.spelled(parsed, without=("returning_clause",))
            rows = rows_of(bare, whole.removeprefix(bare).strip())
        elif verdict.kind == "rows":
            rows = Rows(b"")
        copy = None
        if verdict.kind == "copy":
            allowed = "copy_data_is_sql" in self._policy.also_allow
            copy = CopyBlock(verdict, self._frames, may_hold_sql=allowed)
        if verdict.kind == "setting" and verdict.target == ("client_encoding",):
            self._frames.encoding = python_codec(verdict.value or "UTF8")
        if verdict.kind == "setting" and verdict.target == ("search_path",):
            self._path = schemas_of(verdict.value or "")
        return self._made(frame, verdict, parsed.kind, rows, copy)

    def _known_insert(self, frame: Frame, short: bytes, rows: Rows) -> Statement | None:
        """An INSERT of constants, by the verdict on the first that was written like it; None: to be read as a whole."""
        verdict = self._inserts.get(short)
        if verdict is None:
            try:
                (parsed,) = grammar.parse(short.decode(self._frames.encoding))
                verdict = judge(parsed, self._policy)
            except (grammar.SyntaxFailed, NotAllowed, UnicodeDecodeError):
                return None
            self._inserts[short] = verdict
        if self._frames.encoding == "utf-8":
            self._decoded(frame)
        else:
            rows = replace(rows, values=rows.values.decode(self._frames.encoding).encode())
        return self._made(frame, verdict, "insert_stmt", rows, None)

    def _decoded(self, frame: Frame) -> str:
        try:
            return frame.text.decode(self._frames.encoding)
        except UnicodeDecodeError as failure:
            line = frame.line + frame.text.count(b"\n", 0, failure.start)
            what = f"Line {line}: not valid {self._frames.encoding.upper()}."
            raise Refused("wrong_encoding", what, state=UNTOUCHED, next="Dump with --encoding=UTF8.") from None

    def _judged(self, frame: Frame, text: str) -> tuple[grammar.Parsed, Verdict]:
        try:
            parsed = grammar.parse(text)
            if len(parsed) != 1:
                raise NotAllowed("hidden_statement", f"{len(parsed)} statements where one should stand")
        except grammar.SyntaxFailed as failure:
            raise _syntax(frame, text, failure) from None
        except NotAllowed as no:
            raise _not_allowed(frame, no) from None
        try:
            return parsed[0], judge(parsed[0], self._policy)
        except NotAllowed as no:
            if self._refusals is not None and reads_stdin(parsed[0]):
                for _ in self._frames.copy_data():
                    pass  # the rows of a COPY that is refused are no statements
            raise _not_allowed(frame, no) from None

    def _located(self, target: tuple[str, ...], kind: Kind) -> tuple[str, ...]:
        """The relation with its schema, as far as the script says it; a sequence is one text, as regclass reads it."""
        if kind == "sequence":
            name = parts_of(target[0])
            return (f"{quote(self._schema_of(name[0]) or 'public')}.{target[0]}",) if len(name) == 1 else target
        schema = self._schema_of(target[0], new=kind == "schema") if len(target) == 1 else None
        return (schema, *target) if schema else target

    def _schema_of(self, relation: str, *, new: bool = False) -> str | None:
        """The schema that a relation without one is in: the first of the path that has it, else, and for a `new` one,
        its first. None: the path names no schema.
        """
        if len(self._path) > 1 and not new:
            for schema in self._path:
                if (schema, relation) in self._made_tables or (schema, relation) in self._there():
                    return schema
        return self._path[0] if self._path else None

    def _made(self, frame: Frame, verdict: Verdict, kind: str, rows: Rows | None, copy: CopyBlock | None) -> Statement:
        target = verdict.target
        if verdict.kind in ("copy", "rows", "sequence") or kind == "create_stmt":
            target = self._located(target, verdict.kind)
        if kind == "create_stmt":
            self._made_tables.add(target)
        return Statement(
            kind=verdict.kind,
            raw=frame.text,
            line=frame.line,
            offset=frame.offset,
            node_kind=kind,
            target=target,
            columns=verdict.columns,
            value=verdict.value,
            copy=copy,
            rows=rows,
            encoding=self._frames.encoding,
        )


def _not_allowed(frame: Frame, no: NotAllowed) -> Refused:
    what = f"Line {frame.line} is refused: {no.what}."
    details = {"line": frame.line, "reason": no.code}
    return Refused(no.code, what, state=UNTOUCHED, next=no.advice or _WITHOUT, details=details)


def _syntax(frame: Frame, text: str, failure: grammar.SyntaxFailed) -> Refused:
    before = text.encode()[: failure.position or 0]
    line = frame.line + before.count(b"\n")
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    what = f"Line {line}, column {column}: {failure.message}."
    return Refused("script_syntax", what, state=UNTOUCHED, next=CORRECT, details={"line": line, "column": column})


def python_codec(encoding: str) -> str:
    """Python's codec for a PostgreSQL encoding name, `latin-1` (any byte is a letter) where there is no better one.

    SQL_ASCII means no encoding: its statements are read as UTF-8; its rows are loaded as the bytes that they are only
    into a database without encoding too (`encodings.in_an_encoding`).
    """
    plain = plain_name(encoding)
    special = {"unicode": "utf-8", "sqlascii": "utf-8", "win866": "cp866", "win874": "cp874", "koi8": "koi8-r"}
    guess = special.get(plain) or plain.replace("win125", "cp125").replace("koi8", "koi8-")
    try:
        return codecs.lookup(guess).name
    except LookupError:
        return "latin-1"
