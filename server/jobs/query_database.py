"""Answers one read-only query: a few rows to look at, or the whole result in a file."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from server.calls import Call
from server.errors import Refused
from server.files.results import ResultFormat, Written, format_of, write_csv, write_json
from server.files.workspace import written_beside
from server.model.amounts import several
from server.model.querying import QueryColumn, QueryResult, SavedResult
from server.postgres.querying.cage import Cage, CagedQuery, cage
from server.postgres.querying.cells import as_json, clipped
from server.postgres.querying.projecting import Cell, Cut, ResultColumn
from server.services import Services

MOST_ROWS = 10_000
MOST_CHARACTERS = 30_000
"""Of all rows of an answer as JSON; what does not fit is cut, and said."""
CELL_CHARACTERS = 1_000


def query_database(
    services: Services,
    call: Call,
    *,
    database: str,
    sql: str,
    params: Sequence[Any] = (),
    limit: int = 50,
    save_as: str | None = None,
    format: ResultFormat | None = None,  # noqa: A002  the word that agents use
) -> QueryResult:
    """Refused: it may do more than read, it is not SQL, a name is unknown. DatabaseFailed: it failed or timed out."""
    target = services.databases.get(database)
    path = services.workspace.new(save_as) if save_as else None
    file_format = format_of(save_as, format) if save_as else None
    settings = services.settings.queries
    call.progress(0, None, "running the query")
    with cage(call, target, policy=services.redaction(database), seconds=settings.timeout_seconds) as caged:
        query = caged.admit(sql, frozenset(settings.allow_functions))
        if path is None or file_format is None:
            return _shown(caged, query, params, min(max(limit, 0), MOST_ROWS))
        if query.parsed.kind != "select_stmt":
            raise Refused("not_saved", "Only the rows of a query can be saved.", next="Leave out save_as.")
        caged.describe(query, params)
        rows = _counted(call, caged, query, params, as_objects=file_format != "csv")
        with written_beside(path) as part:
            if file_format == "csv":
                written = write_csv(part, [column.name for column in query.columns], rows)
            else:
                written = write_json(part, (row[0] or b"" for row in rows), lines=file_format == "jsonl")
        return _saved(query, str(path), file_format, written)


def _shown(caged: Cage, query: CagedQuery, params: Sequence[Any], limit: int) -> QueryResult:
    cells = caged.fetch(query, params, limit + 1)
    more = len(cells) > limit
    rows, cut = _rows(query, cells[:limit])
    total = len(cells)
    counted: int | None = total
    if more:
        counted = caged.count(query, params) if query.parsed.kind == "select_stmt" else total
    truncated = len(rows) < total
    notes: list[str] = []
    if truncated:
        notes.append("The rows are cut: save_as writes all of them to a file, or raise limit, or ask for less.")
    if cut:
        notes.append(f"{cut} long values are cut: save_as keeps them whole, or select a part with left() or substr().")
    return QueryResult(
        columns=_columns(query),
        rows=rows,
        returned=len(rows),
        truncated=truncated,
        total=counted,
        redacted=_redacted(query),
        next=" ".join(notes) or None,
    )


def _value(column: ResultColumn, cell: Cell) -> tuple[Any, bool]:
    """A value as JSON, cut to what an answer bears, and whether it was cut."""
    if column.redacted:
        return None, False
    if isinstance(cell, Cut):
        text = cell.text.decode(errors="replace")
        return f"{text[:CELL_CHARACTERS]}… (+{cell.missing + len(text) - CELL_CHARACTERS} characters)", True
    return clipped(as_json(cell, column.oid), CELL_CHARACTERS)


def _rows(query: CagedQuery, cells: list[list[Cell]]) -> tuple[list[list[Any]], int]:
    """The rows as JSON values, as many as fit, and how many values were cut."""
    rows: list[list[Any]] = []
    size = cut = 0
    for line in cells:
        row: list[Any] = []
        for column, cell in zip(query.columns, line, strict=True):
            value, was_cut = _value(column, cell)
            row.append(value)
            cut += was_cut
        size += len(str(row))
        if size > MOST_CHARACTERS and rows:
            break
        rows.append(row)
    return rows, cut


def _counted(
    call: Call, caged: Cage, query: CagedQuery, params: Sequence[Any], *, as_objects: bool
) -> Iterator[list[bytes | None]]:
    done = 0
    for batch in caged.stream(query, params, as_objects=as_objects):
        done += len(batch)
        call.progress(done, None, f"{several(done, 'row')} written")
        yield from chain(batch)


def _saved(query: CagedQuery, path: str, file_format: ResultFormat, written: Written) -> QueryResult:
    return QueryResult(
        columns=_columns(query),
        rows=[],
        returned=written.rows,
        truncated=False,
        total=written.rows,
        redacted=_redacted(query),
        saved=SavedResult(path=path, format=file_format, bytes=written.bytes, sha256=written.sha256),
    )


def _columns(query: CagedQuery) -> list[QueryColumn]:
    return [QueryColumn(name=column.name, type=column.type) for column in query.columns]


def _redacted(query: CagedQuery) -> list[str]:
    return [column.name for column in query.columns if column.redacted]
