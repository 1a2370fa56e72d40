"""Puts a judged query into one that shows what may be shown of its columns: sensitive ones as NULL, long values cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.model.quoting import quote

MOST_CHARACTERS = 2000
"""Of a value that `fetch` brings here; the rest stays on the server."""


class Cut(NamedTuple):
    """The beginning of a long value, and how many characters are missing."""

    text: bytes
    missing: int


Cell = bytes | Cut | None


@dataclass(frozen=True)
class ResultColumn:
    """One column of a result. `redacted`: its values come from a sensitive column, and are not to be shown."""

    name: str
    type: str
    oid: int
    redacted: bool
    long: bool = False
    """Its values have no fixed size."""


def shortened(query: str, columns: Sequence[ResultColumn]) -> str:
    """The query with two columns for each that may be long: its beginning, and how much of it is missing; NULL in place
    of sensitive ones. As the type prints it: a cast to text may say something else.
    """
    parts: list[str] = []
    for number, column in enumerate(columns):
        if column.redacted:
            parts.append("NULL::pg_catalog.text")
        elif not column.long:
            parts.append(f"q.c{number}")
        else:
            printed = f"pg_catalog.format('%s', q.c{number})"
            long = f"pg_catalog.length({printed})"
            none = f"pg_catalog.num_nulls(q.c{number}) = 1"
            parts.append(f"CASE WHEN {none} THEN NULL ELSE pg_catalog.left({printed}, {MOST_CHARACTERS}) END")
            parts.append(f"CASE WHEN {none} THEN NULL ELSE {long} - {MOST_CHARACTERS} END")
    inner = ", ".join(f"c{number}" for number in range(len(columns)))
    return f"SELECT {', '.join(parts)} FROM (\n{query}\n) AS q ({inner})"  # noqa: S608  judged


def put_together(columns: Sequence[ResultColumn], row: Sequence[bytes | None]) -> list[Cell]:
    """A row of `shortened` as the columns that were asked for."""
    cells: list[Cell] = []
    values = iter(row)
    for column in columns:
        value = next(values)
        missing = next(values) if column.long and not column.redacted else None
        cells.append(Cut(value, int(missing)) if value is not None and missing and int(missing) > 0 else value)
    return cells


def projected(query: str, columns: Sequence[ResultColumn]) -> str:
    """The query with the names of its columns made unique, and NULL in place of sensitive ones."""
    names: list[str] = []
    for column in columns:
        name, number = column.name, 2
        while name in names:
            name, number = f"{column.name}_{number}", number + 1
        names.append(name)
    inner = ", ".join(f"c{number}" for number in range(len(names)))
    outer = ", ".join(
        f"{'NULL::pg_catalog.text' if column.redacted else f'q.c{number}'} AS {quote(names[number])}"
        for number, column in enumerate(columns)
    )
    return f"SELECT {outer} FROM (\n{query}\n) AS q ({inner})"  # noqa: S608  judged
