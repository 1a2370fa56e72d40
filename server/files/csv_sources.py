"""Rows in csv: one file per table, as COPY reads it."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from server.errors import Refused
from server.files.csv_quotes import well_quoted
from server.files.opening import CHUNK, OpenFile, opened
from server.files.row_files import Heartbeat, RowFile, Source, checked
from server.model.imports.table_rows import FileTable, Form, TableRows
from server.model.manifest import Manifest

_DELIMITERS = ",\t;|"
csv.field_size_limit(2**31 - 1)  # PostgreSQL has no such limit
MOST_COLUMNS = 1600
"""PostgreSQL's own limit."""


class CsvFiles(Source):
    """One csv file per table as COPY reads it: the first line names the columns, an unquoted empty field is NULL.

    What stands between the columns is told by the first line: a comma, else a tab, a semicolon or a bar.
    """

    format = "csv"
    form: Form = "csv"
    _files: dict[str, RowFile]
    _delimiters: dict[str, str]

    @classmethod
    def opened(
        cls, files: Sequence[RowFile], manifest: Manifest | None, heartbeat: Heartbeat, schema_sql: str | None = None
    ) -> "CsvFiles":
        """Reads the headers and checks the checksums of the manifest; PostgreSQL itself reads the rows."""
        sha256 = checked(files, heartbeat)
        headers = {file.table: _header(file) for file in files}
        tables = [
            FileTable(file.table, headers[file.table].names, file.told.rows if file.told else None,
                      estimate=headers[file.table].estimate, headed=not file.told)
            for file in files
        ]  # fmt: skip
        source = cls(tables, manifest, [file.path for file in files], sha256)
        source._delimiters = {table: header.delimiter for table, header in headers.items()}
        source._files = {file.table: file for file in files}
        source.schema_sql = schema_sql
        return source

    def read(self, order: Sequence[str]) -> Iterator[TableRows]:
        self._done = 0
        columns = {table.name: table.columns for table in self.tables}
        for table in order:
            file = self._files[table]
            with self._reading(file.path) as stream:
                delimiter = self._delimiters[table]
                options = {"delimiter": delimiter} if delimiter != "," else {}
                line, rest = _header_line(stream)
                header, rows = iter((line,)), _after(rest, stream)
                if not file.told:  # an export is as COPY wrote it
                    header = well_quoted(header, delimiter, file.path.name, 1)
                    rows = well_quoted(rows, delimiter, file.path.name, 1 + line.count(b"\n"))
                yield TableRows(table, "csv", columns[table], rows, options, header)


def _header_line(stream: OpenFile) -> tuple[bytes, bytes]:
    """(the first record, what was read beyond it); a quoted name may hold a line break."""
    data = stream.read(CHUNK).removeprefix(b"\xef\xbb\xbf")
    end, quoted = 0, False
    for end, letter in enumerate(data):
        if letter == 0x22:
            quoted = not quoted
        elif letter == 0x0A and not quoted:
            return data[: end + 1], data[end + 1 :]
    return data, b""


@dataclass(frozen=True)
class _Header:
    """The columns, what stands between them, and about how many rows there are, by the length of the first ones."""

    names: tuple[str, ...]
    delimiter: str
    estimate: int


def _header(file: RowFile) -> _Header:
    with opened(file.path) as stream:
        line, sample = _header_line(stream)
        lines = sample.count(b"\n")
        size = file.path.stat().st_size * (4 if stream.packed else 1)
    estimate = size * lines // max(1, len(sample)) if len(sample) >= CHUNK // 2 else lines
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise Refused("wrong_encoding", f"{file.path.name}: the first line is not UTF-8.", next="Convert it.") from None
    if "\r" in re.sub(r'"[^"]*"', "", text).rstrip("\r\n"):
        raise Refused(
            "line_ends", f"{file.path.name}: its lines end in carriage returns alone.", next="Save it with line feeds."
        )
    if re.fullmatch(r'"?sep=."?\s*', text):
        raise Refused(
            "no_header",
            f"{file.path.name}: its first line, sep=, is Excel's own.",
            next="Remove the line: no more is needed.",
        )
    names, delimiter = _split(text, "," if file.told else _DELIMITERS)
    if b"\n" in line.rstrip():  # rows that a stray quote makes part of the header would be lost
        deque(well_quoted(iter((line,)), delimiter, file.path.name, 1), maxlen=0)
    if len(names) > MOST_COLUMNS:
        raise Refused(
            "too_many_columns",
            f"{file.path.name}: its first line has {len(names)} fields; a table has at most {MOST_COLUMNS}.",
            next="Check the delimiter and the line ends.",
        )
    return _Header(_named(file, names, delimiter), delimiter, estimate)


def _named(file: RowFile, names: tuple[str, ...], delimiter: str) -> tuple[str, ...]:
    """The columns, those without a name as `column 3` where any row has a value there: empty ones are left out."""
    nameless = {place for place, name in enumerate(names) if not name.strip()}
    if not nameless or file.told:
        return names
    filled: set[int] = set()
    with opened(file.path) as stream:
        for row in csv.reader(_lines(_without_header(stream)), delimiter=delimiter):
            filled |= {place for place in nameless - filled if place < len(row) and row[place]}
    return tuple(
        name if place not in nameless else f"column {place + 1}" if place in filled else ""
        for place, name in enumerate(names)
    )


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Lines with their ends; what is no UTF-8 is another's to tell."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (f"{line.decode(errors='replace')}\n" for line in lines)
    if rest:
        yield rest.decode(errors="replace")


def _split(header: str, delimiters: str) -> tuple[tuple[str, ...], str]:
    """The names, by the first delimiter that finds more than one; else the whole line is one name."""
    for delimiter in delimiters:
        names = next(csv.reader(StringIO(header, newline=""), delimiter=delimiter), list[str]())
        if len(names) > 1:
            return tuple(names), delimiter
    return tuple(next(csv.reader(StringIO(header, newline="")), list[str]())), delimiters[0]


def _without_header(stream: OpenFile) -> Iterator[bytes]:
    _, rest = _header_line(stream)
    return _after(rest, stream)


def _after(rest: bytes, stream: OpenFile) -> Iterator[bytes]:
    if rest:
        yield rest
    while piece := stream.read(CHUNK):
        yield piece
