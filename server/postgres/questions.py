"""Fixed questions: one .sql file each in queries/, with $1-style parameters, asked by the file's name."""

from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, cast

from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from server.postgres.databases import Connection


@cache
def question(name: str) -> LiteralString:
    """The text of queries/NAME.sql. Ours, so it counts as literal."""
    return cast(LiteralString, files("server.postgres").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8"))


def ask(connection: Connection, name: str, *parameters: Any) -> list[TupleRow]:
    """All rows of the answer to queries/NAME.sql, as tuples."""
    return RawCursor(connection).execute(question(name), parameters or None).fetchall()


def ask_one(connection: Connection, name: str, *parameters: Any) -> TupleRow:
    """The one row of an answer that always has one."""
    return ask(connection, name, *parameters)[0]
