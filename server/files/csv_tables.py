"""The csv format: a folder with one file for each table, as PostgreSQL's own COPY writes and reads it, with a header.

NULL is an empty field, the empty string `""`: readers that keep quotes apart (COPY, DuckDB) tell them apart.
"""

from server.files.folders import TableFolder
from server.files.writing import TablePart


class CsvTables(TableFolder):
    """Writes `TABLE.csv`."""

    ending = ".csv"

    def heading(self, part: TablePart) -> bytes:
        return (",".join(quoted(name) for name in part.columns) + "\n").encode()


def quoted(name: str) -> str:
    """A column's name as a csv field."""
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in ',"\r\n') or not name.strip() else name
