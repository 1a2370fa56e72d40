"""Csv that other programs wrote, before COPY has it: COPY takes any quote for the beginning or end of a quoted part, so
that `12" pipe` in two rows makes one row of both, and servers before 18 take a line `\\.` for the end of the file. What
was not meant as csv at all (COPY's text format, MySQL's) would load as it stands, with its NULLs as two letters.
"""

import re
from collections.abc import Iterator

from server.errors import Refused

_LONGEST = 32 << 20
"""Bytes of one line, after which COPY judges the rest."""
_OPENED = rb'"[^"]*+(?:""[^"]*+|(?!))*+'
_END_MARK = re.compile(rb'(%b(?:"|\Z))|^\\\.(?=\r?$)' % _OPENED, re.MULTILINE)


def well_quoted(chunks: Iterator[bytes], delimiter: str, name: str, line: int) -> Iterator[bytes]:
    """The rows, which begin on `line` of the file `name`, with a value `\\.` in quotes.

    Refused with the line: "stray_quote" where a quote stands inside of a value that has none around it, "escaped_null"
    where a value is `\\N` without quotes.
    """
    checking = _Checking(delimiter, name, line)
    rest = b""
    for chunk in chunks:
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        yield checking.checked(lines + newline)
        if len(rest) > _LONGEST:
            yield rest
            yield from chunks
            return
    yield checking.checked(rest)


class _Checking:
    def __init__(self, delimiter: str, name: str, line: int) -> None:
        mark = re.escape(delimiter.encode())
        opened = rb"(?<![^\n%b])%b" % (mark, _OPENED)
        self._opened = re.compile(opened)
        self._sound = re.compile(rb'(?:[^"]++|%b"(?![^\r\n%b])|(?!))*+' % (opened, mark))
        self._null = re.compile(rb'(%b(?:"|\Z))|(?<![^\n%b])\\N(?![^\r\n%b])' % (_OPENED, mark, mark))
        self._name = name
        self._line = line
        self._open: int | None = None
        """The line of a quote that is still to be closed."""

    def checked(self, lines: bytes) -> bytes:
        """Whole lines of the file, one after the other."""
        before = b"" if self._open is None else b'"'  # what is still open is as good as opened here
        rows = before + lines
        found = self._sound.match(rows)
        end = found.end() if found else 0
        open_since = self._line + rows.count(b"\n", 0, end) if end or self._open is None else self._open
        if end < len(rows) and not self._opened.fullmatch(rows, end):
            raise _stray(self._name, open_since)
        if b"\\N" in rows:
            self._refuse_null(rows)
        self._open = open_since if end < len(rows) else None
        self._line += lines.count(b"\n")
        if b"\\." in rows:
            rows = _END_MARK.sub(lambda found: found[1] or rb'"\."', rows)
        return rows[len(before) :]

    def _refuse_null(self, rows: bytes) -> None:
        for found in self._null.finditer(rows):
            if found[1] is None:
                raise _escaped(self._name, self._line + rows.count(b"\n", 0, found.start()))


def _escaped(name: str, line: int) -> Refused:
    return Refused(
        "escaped_null",
        f"{name}, line {line}: a value is \\N, which is NULL in COPY's text format and MySQL's files, and not csv.",
        next="Write it as csv (COPY … WITH (FORMAT csv, HEADER)), where NULL is an empty value; in quotes it is text.",
        details={"line": line},
    )


def _stray(name: str, line: int) -> Refused:
    return Refused(
        "stray_quote",
        f"{name}, line {line}: a quote stands inside a value that is not in quotes as a whole.",
        next='Put the whole value in quotes and double those in it ("12"" pipe"), as every csv writer does.',
        details={"line": line},
    )
