"""The csv format: a folder with one file for each table, as PostgreSQL's own COPY writes and reads it, with a header.

NULL is an empty field, the empty string `""`: readers that keep quotes apart (COPY, DuckDB) tell them apart.
"""

import re
from collections.abc import Iterable

from server.files.folders import TableFolder
from server.files.writing import TablePart


class CsvTables(TableFolder):
    """Writes `TABLE.csv`."""

    ending = ".csv"

    def heading(self, part: TablePart) -> bytes:
        return line_of(name.encode() for name in part.columns)


_MARKS = re.compile(rb'[,"\r\n]|\A\s|\s\Z|\A\\\.\Z')


def line_of(cells: Iterable[bytes | None]) -> bytes:
    """A line of csv as PostgreSQL writes it: NULL is empty, an empty text is quoted."""
    return b",".join(map(_field, cells)) + b"\n"


def _field(cell: bytes | None) -> bytes:
    if cell is None:
        return b""
    return b'"' + cell.replace(b'"', b'""') + b'"' if not cell or _MARKS.search(cell) else cell
