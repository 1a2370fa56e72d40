"""Csv that other programs wrote, before COPY has it: COPY takes any quote for the beginning or end of a quoted part, so
that `12" pipe` in two rows makes one row of both, and servers before 18 take a line `\\.` for the end of the file.
"""

import re
from collections.abc import Iterator

from server.errors import Refused

_MOST_PENDING = 32 << 20
"""Bytes after an opened quote, after which COPY judges what is not closed."""
_OPENED = re.compile(rb'"(?:[^"]++|""|(?!))*+')
_END_MARK = re.compile(rb'("(?:[^"]++|""|(?!))*+")|^\\\.(?=\r?$)', re.MULTILINE)


def well_quoted(chunks: Iterator[bytes], delimiter: str, name: str, line: int) -> Iterator[bytes]:
    """The rows, which begin on `line` of the file `name`, with a value `\\.` in quotes.

    Refused("stray_quote") with the line where a quote stands inside of a value that has none around it.
    """
    mark = re.escape(delimiter.encode())
    sound = re.compile(rb'(?:[^"]++|(?<![^\n%(m)s])"(?:[^"]++|""|(?!))*+"(?![^\r\n%(m)s])|(?!))*+' % {b"m": mark})
    rest = b""
    for chunk in chunks:
        rows, newline, rest = (rest + chunk).rpartition(b"\n")
        rows += newline
        end = _sound_until(sound, rows)
        if end < len(rows):
            if not _is_opened(rows, end, delimiter):
                raise _stray(name, line + rows.count(b"\n", 0, end))
            rows, rest = rows[:end], rows[end:] + rest
        yield _without_end_mark(rows)
        line += rows.count(b"\n")
        if len(rest) > _MOST_PENDING:
            yield rest
            yield from chunks
            return
    end = _sound_until(sound, rest)
    if end < len(rest) and not _is_opened(rest, end, delimiter):
        raise _stray(name, line + rest.count(b"\n", 0, end))
    yield _without_end_mark(rest)


def _sound_until(sound: "re.Pattern[bytes]", rows: bytes) -> int:
    found = sound.match(rows)
    return found.end() if found else 0


def _is_opened(rows: bytes, place: int, delimiter: str) -> bool:
    """Whether the quote there begins a value that goes on after these rows."""
    begins = place == 0 or rows[place - 1 : place] in (b"\n", delimiter.encode())
    return begins and _OPENED.fullmatch(rows, place) is not None


def _without_end_mark(rows: bytes) -> bytes:
    return _END_MARK.sub(lambda found: found[1] or rb'"\."', rows) if b"\\." in rows else rows


def _stray(name: str, line: int) -> Refused:
    return Refused(
        "stray_quote",
        f"{name}, line {line}: a quote stands inside a value that is not in quotes as a whole.",
        next='Put the whole value in quotes and double those in it ("12"" pipe"), as every csv writer does.',
        details={"line": line},
    )
