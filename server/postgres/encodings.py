"""Databases whose text need not be UTF-8: those of encoding SQL_ASCII know no encoding and keep any bytes."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg
from psycopg import sql

from server.model.imports.table_rows import TableRows
from server.postgres.databases import Connection

PATIENCE = 20
"""Seconds that the search for the columns with such bytes may take: it is for a failure's words alone."""


class NotUtf8(Exception):
    """Rows of a table hold bytes that are no UTF-8. `table`: its number among those that are read."""

    def __init__(self, table: int) -> None:
        super().__init__(table)
        self.table = table


def knows_no_encoding(connection: Connection) -> bool:
    """Whether the database takes any bytes for text."""
    return connection.info.parameter_status("server_encoding") == "SQL_ASCII"


def plain_name(encoding: str) -> str:
    """The name of an encoding by its letters and digits alone, as PostgreSQL compares it: `utf8` for `UTF-8`."""
    return "".join(letter for letter in encoding.lower() if letter.isalnum())


def is_none(encoding: str | None) -> bool:
    """Whether the name of an encoding says that there is none."""
    return plain_name(encoding or "") == "sqlascii"


def in_an_encoding(connection: Connection, rows: TableRows) -> TableRows:
    """The rows of a script without encoding: its bytes as they are where the database takes any, else as UTF-8.

    COPY (ENCODING 'SQL_ASCII') would put what is no UTF-8 into a database of UTF-8 unseen, also with psql.
    """
    if not is_none(rows.options.get("encoding")) or knows_no_encoding(connection):
        return rows
    return replace(rows, options={name: value for name, value in rows.options.items() if name != "encoding"})


@contextmanager
def refused_bytes_told(table: int) -> Generator[None]:
    """NotUtf8(table) in place of the server's refusal to send what is no UTF-8."""
    try:
        yield
    except (psycopg.errors.CharacterNotInRepertoire, psycopg.errors.UntranslatableCharacter):
        raise NotUtf8(table) from None


def columns_not_utf8(connection: Connection, table: tuple[str, str], columns: Sequence[str]) -> list[str]:
    """Those of a table's columns that hold such bytes, as far as they are found in time."""
    found: list[str] = []
    connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(f"{PATIENCE}s")))
    for column in columns:
        query = sql.SQL(
            "SELECT pg_catalog.count(pg_catalog.convert_from(pg_catalog.textsend(t.{}::text), 'UTF8')) FROM {} AS t"
        ).format(sql.Identifier(column), sql.Identifier(*table))
        try:
            with connection.transaction():
                connection.execute(query)
        except psycopg.errors.CharacterNotInRepertoire:
            found.append(column)
        except psycopg.errors.QueryCanceled:
            break
    return found
