"""Whether what redaction puts in place of values passes the checks of their column: tried with those of some rows, and
where it does not, a value is looked for that does.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import psycopg
from psycopg import errors, sql

from server.model.redaction import How
from server.model.tables import Column, Table
from server.postgres.databases import Connection
from server.postgres.redaction.masks import masked
from server.postgres.relations import rows_of, written

SAMPLE = 1000
"""Rows whose stand-ins are tried."""
_PLAIN = {
    "B": ("true", "false"),
    "I": ("127.0.0.1", "10.0.0.0/8", "::1"),
    "T": ("1 day", "-1 day"),
    "R": ("(,)", "[1,2)", "[2000-01-01,2000-01-02)"),
    "multi": ("{(,)}", "{[1,2)}", "{[2000-01-01,2000-01-02)}"),
    "G": ("(1,1)", "((0,0),(1,1))", "<(0,0),1>", "((0,0),(0,1),(1,1))"),
    "V": ("1", "0"),
    "U": ("0", "1", "x", "{}", "$", "(0,0)", "0/0", "0:0:"),
}
"""By the category of the type; those of an array are its elements'."""
_ELEMENTS = ("0", "x", "t", "2000-01-01", "1 day", "127.0.0.1", '"(1,1)"')
LONGEST = 200
"""Characters of a value that is made up."""


class Check(NamedTuple):
    """A check of one column. `expression`: of the table's, '' for the domain's, None for one that cannot be tried by
    itself; `text` is how it is written.
    """

    name: str
    expression: str | None
    text: str


def passes(connection: Connection, table: Table, column: Column, how: How, check: Check) -> bool | None:
    """Whether the stand-ins of some rows pass a check. None: it cannot be told. The key of the hash must be set."""
    if check.expression is None:
        return None
    stand_ins = sql.SQL("(SELECT ({})::{} AS {} FROM {} AS t LIMIT {})").format(
        masked(column, how),
        written(column.type),
        sql.Identifier(column.name),
        rows_of(table.schema, table.name, partitioned=table.partitioned),
        sql.Literal(SAMPLE),
    )
    try:
        return _meets(connection, column, stand_ins, [check.expression])
    except (errors.CheckViolation, psycopg.DataError):
        return False
    except psycopg.Error:
        if connection.closed or connection.broken:
            raise
        return None


def refuses(connection: Connection, column: Column, default: str, checks: Sequence[Check]) -> bool:
    """Whether a check of a column refuses what a row gets that does not name it, where that can be told."""
    one = sql.SQL("(SELECT ({})::{} AS {})").format(written(default), written(column.type), sql.Identifier(column.name))
    try:
        return not _meets(connection, column, one, [test.expression for test in checks if test.expression is not None])
    except (psycopg.IntegrityError, psycopg.DataError):
        return True
    except psycopg.Error:
        if connection.closed or connection.broken:
            raise
        return False


def fitting(connection: Connection, column: Column, checks: Sequence[Check]) -> str | None:
    """A value that says nothing and passes all checks of a column, as text; None where none is found."""
    tests = [check.expression for check in checks if check.expression is not None]
    for value in dict.fromkeys(candidates(column, [check.text for check in checks])):
        name = sql.Identifier(column.name)
        one = sql.SQL("(SELECT {}::{} AS {})").format(sql.Literal(value), written(column.type), name)
        try:
            if _meets(connection, column, one, tests):
                return value
        except psycopg.Error:
            if connection.closed or connection.broken:
                raise
    return None


def _meets(connection: Connection, column: Column, rows: sql.Composable, tests: Iterable[str]) -> bool:
    name = sql.Identifier(column.name)
    test = sql.SQL(" AND ").join([sql.SQL("coalesce(({}), true)").format(written(test or "true")) for test in tests])
    statement = sql.SQL("SELECT pg_catalog.count(x.{}) >= 0, pg_catalog.bool_and({}) FROM {} AS x")
    with connection.transaction():
        found = connection.execute(statement.format(name, test, rows)).fetchone()
    return found is None or found[1] is not False


def candidates(column: Column, texts: Sequence[str]) -> Iterator[str]:
    """Values that a check may be content with; of a composite type rows of such, one attribute changed at a time."""
    if not column.attributes:
        yield from _plain_candidates(column, texts)
        return
    each = [list(_plain_candidates(attribute, texts)) or [""] for attribute in column.attributes]
    for place, values in enumerate(each):
        for value in values:
            yield _row_text([value if n == place else others[0] for n, others in enumerate(each)])
    yield from _named(texts)


def _row_text(values: Iterable[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '""') for value in values)
    return "(" + ",".join(f'"{value}"' if value else "" for value in quoted) + ")"


def _plain_candidates(column: Column, texts: Sequence[str]) -> Iterator[str]:
    """Values that a check may be content with: plain ones of the type, those that it names itself, and near them."""
    numbers = [number for text in texts for number in re.findall(r"(?<![\w.'])-?\d+(?:\.\d+)?", text)]
    if column.category == "S":
        yield from (
            "x",
            "xxxx",
            "X",
            "0",
            "x@example.com",
            "https://example.com",
            "00000000-0000-0000-0000-000000000000",
        )
        wanted = {int(number) for text in texts for number in re.findall(r"\d{1,3}", text)}
        for length in sorted({near for number in wanted for near in (number, number + 1) if 0 < near <= LONGEST}):
            yield from (letter * length for letter in "x0X")
        yield from ("XX-00", "+10000000000", "1970-01-01", "")
    elif column.category == "N":
        yield from ("0", "1", "-1", *numbers)
        yield from (str(int(float(number)) + step) for number in numbers for step in (1, -1))
    elif column.category == "D":
        yield from ("1970-01-01", "2000-01-01", "infinity", "-infinity")
    yield from _PLAIN.get("multi" if column.base.endswith("multirange") else column.category, ())
    yield from _named(texts)
    if column.category == "A":
        yield from ("{" + value + "}" for value in (*_ELEMENTS, *(json.dumps(value) for value in _named(texts))))


def _named(texts: Sequence[str]) -> Iterator[str]:
    """The literals in checks."""
    for text in texts:
        yield from (literal.replace("''", "'") for literal in re.findall(r"'((?:[^']|'')*)'", text))
