"""Fixed questions: one .sql file each in queries/, with $1-style parameters, asked by the file's name.

A file with a line `-- since N` asks catalogs that servers older than major N do not have: these answer with no rows.
After `-- since N, else X: Y` they read X wherever Y stands.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, NamedTuple, TypeVar, cast, overload

from psycopg import sql
from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from server.model.versions import major_of
from server.postgres.databases import Connection

T = TypeVar("T")
_SINCE = re.compile(r"^-- since (\d+)$", re.MULTILINE)
_ELSE = re.compile(r"^-- since (\d+), else (.+?): (.+)$", re.MULTILINE)


class Answer(NamedTuple):
    """The names of the columns, the rows, and which columns hold arrays."""

    names: tuple[str, ...]
    rows: list[TupleRow]
    arrays: frozenset[int] = frozenset()


@cache
def question(name: str) -> LiteralString:
    """The text of queries/NAME.sql. Ours, so it counts as literal."""
    return cast(LiteralString, files("server.postgres").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8"))


@cache
def since(name: str) -> int:
    """The oldest major that knows the catalogs of queries/NAME.sql; 0 for all."""
    found = _SINCE.search(question(name))
    return int(found[1]) if found else 0


@cache
def understood(name: str, major: int) -> LiteralString:
    """The text of queries/NAME.sql as a server of that major reads it."""
    text = question(name)
    for newer, instead, lacking in _ELSE.findall(text):
        if major < int(newer):
            text = text.replace(lacking, instead)
    return cast(LiteralString, text)


def answer(connection: Connection, name: str, *parameters: Any) -> Answer:
    """The answer to queries/NAME.sql with the names of its columns; empty from a server that is too old for it."""
    if major_of(connection.info.server_version) < since(name):
        return Answer((), [])
    return composed(connection, understood(name, major_of(connection.info.server_version)), *parameters)


def composed(connection: Connection, query: LiteralString | sql.Composed, *parameters: Any) -> Answer:
    """The answer to a query with $1-style parameters that was composed around fixed questions."""
    cursor = RawCursor(connection).execute(query, parameters or None)
    columns = cursor.description or ()
    arrays = frozenset(i for i, column in enumerate(columns) if _is_array(connection, column.type_code))
    return Answer(tuple(column.name for column in columns), cursor.fetchall(), arrays)


def unordered(name: str) -> LiteralString:
    """The text of queries/NAME.sql without its last ORDER BY, to stand within another query."""
    return question(name).rpartition("\nORDER BY ")[0]


def described(connection: Connection, name: str) -> dict[str, int]:
    """The names of the columns of queries/NAME.sql with the oids of their types; it is not run."""
    connection.pgconn.prepare(b"", question(name).encode())
    told = connection.pgconn.describe_prepared(b"")
    return {(told.fname(i) or b"").decode(): told.ftype(i) for i in range(told.nfields)}


def _is_array(connection: Connection, oid: int) -> bool:
    known = connection.adapters.types.get(oid)
    return known is None or known.array_oid == oid


@overload
def ask(connection: Connection, name: str, *parameters: Any) -> list[TupleRow]: ...
@overload
def ask(connection: Connection, name: str, *parameters: Any, into: Callable[..., T]) -> list[T]: ...
def ask(connection: Connection, name: str, *parameters: Any, into: Callable[..., Any] | None = None) -> list[Any]:
    """All rows of the answer to queries/NAME.sql, as tuples or each as `into(*row)`."""
    rows = answer(connection, name, *parameters).rows
    return rows if into is None else [into(*row) for row in rows]


def ask_one(connection: Connection, name: str, *parameters: Any) -> TupleRow:
    """The one row of an answer that always has one."""
    return ask(connection, name, *parameters)[0]


def count_rows(connection: Connection, source: sql.Composable) -> int:
    """How many rows there are in a table, or in whatever else stands in FROM."""
    row = connection.execute(sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(source)).fetchone()
    assert row is not None
    return int(row[0])
