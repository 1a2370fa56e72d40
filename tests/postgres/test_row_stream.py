"""Rows read past libpq are the rows that libpq reads, whatever else the server says between them."""

import time
from collections.abc import Generator
from typing import LiteralString

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import pq, sql

from server.postgres.databases import Connection
from server.postgres.rows_out.copying import Tally, copy_bytes, copy_lines
from server.postgres.rows_out.row_stream import RowStream, is_plain, stream_lines, stream_rows
from tests.fix_databases import FreshDatabase

ODD = sql.SQL(
    "COPY (SELECT v FROM unnest(ARRAY[NULL, '', E'\\nd', E'd\\n\\nd', 'x', repeat('é', 300), repeat('long ', 7000),"
    " E'\\n', repeat('y', 70000), repeat('z', 17000000), 'after', NULL]) AS v) TO STDOUT (FORMAT csv)"
)
NOTICES = sql.SQL("COPY (SELECT pg_temp.said(i) FROM generate_series(1, 3000) AS i) TO STDOUT")
FAILING = sql.SQL("COPY (SELECT 1 / (3000 - i) FROM generate_series(1, 9000) AS i) TO STDOUT")
ENDLESS = sql.SQL("COPY (SELECT repeat('x', 100), generate_series(1, 1000000000000)) TO STDOUT")


class Enough(Exception):
    """Raised by who takes the rows."""


@pytest.fixture
def connection(fresh_database: FreshDatabase) -> Generator[Connection]:
    with psycopg.connect(fresh_database.url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION pg_temp.said(i int) RETURNS int LANGUAGE plpgsql AS"
            " $$ BEGIN IF i % 7 = 0 THEN RAISE NOTICE E'of %\\nd', i; END IF; RETURN i; END $$"
        )
        yield connection


def unheard() -> None:
    """A check that has nothing to say."""


def streamed(connection: Connection, statement: sql.SQL) -> tuple[bytes, int]:
    taken: list[bytes] = []
    counts: list[int] = []

    def take(data: bytes, rows: int) -> None:
        taken.append(data)
        counts.append(rows)

    rows = stream_rows(connection, statement, take, unheard)
    assert rows == sum(counts)
    return b"".join(taken), rows


@pytest.mark.parametrize("statement", [ODD, NOTICES], ids=["odd", "notices"])
def test_rows_are_those_that_libpq_reads(connection: Connection, statement: sql.SQL) -> None:
    taken: list[bytearray] = []
    rows = copy_bytes(connection, statement, lambda data, _: taken.append(data), unheard)
    assert is_plain(connection)
    assert streamed(connection, statement) == (b"".join(taken), rows)
    assert connection.execute("SELECT 'libpq goes on'").fetchone() == ("libpq goes on",)


PACKED = "COPY (SELECT {}) TO STDOUT (FORMAT binary)"
NUMBERED = "count(*), 0::int8, 1::int8, 0::int8, string_agg(repeat(i::text, 500), E'\\n') FROM generate_series(1, {}) i"
LINES = [
    PACKED.format("1::int8, 0::int8, 0::int8, 0::int8, i::text || pg_temp.said(i) FROM generate_series(1, 3000) AS i"),
    PACKED.format(
        "a.* FROM generate_series(0, 400, 20) AS n CROSS JOIN LATERAL (SELECT " + NUMBERED.format("n") + ") a"
    ),
    PACKED.format("0::int8, 0::int8, 0::int8, 0::int8, NULL::text WHERE false"),
]


@pytest.mark.parametrize("statement", LINES, ids=["rows and notices", "ever longer lines", "none"])
def test_lines_are_those_that_libpq_reads(connection: Connection, statement: LiteralString) -> None:
    found: list[tuple[list[bytes], Tally]] = []
    for copy in (copy_lines, stream_lines):
        taken: list[bytes] = []
        tally = copy(connection, sql.SQL(statement), lambda data, _, taken=taken: taken.append(bytes(data)), unheard)
        found.append((taken, tally))
    assert found[0] == found[1]


def test_a_failure_among_the_lines_is_told_and_the_connection_goes_on(connection: Connection) -> None:
    failing = PACKED.format(
        "1::int8, 0::int8, 0::int8, 0::int8, (1 / (2000 - i))::text FROM generate_series(1, 9000) i"
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        stream_lines(connection, sql.SQL(failing), lambda _data, _rows: None, unheard)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_failure_of_the_server_is_told_as_libpq_tells_it(connection: Connection) -> None:
    connection.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero") as failed:
        streamed(connection, FAILING)
    assert (failed.value.sqlstate, failed.value.diag.severity_nonlocalized) == ("22012", "ERROR")
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("statement", [ENDLESS, NOTICES, ODD], ids=["endless", "come as a whole", "long rows"])
def test_who_takes_the_rows_can_stop_the_query(connection: Connection, statement: sql.SQL) -> None:
    """At once, also where all that the server has to say has come already."""

    def take(_data: bytes, _rows: int) -> None:
        raise Enough

    started = time.monotonic()
    with pytest.raises(Enough):
        stream_rows(connection, statement, take, unheard)
    assert connection.pgconn.status == pq.ConnStatus.OK
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("statement", LINES[:2], ids=["come as a whole", "ever longer lines"])
def test_who_takes_the_lines_can_stop_the_query(connection: Connection, statement: LiteralString) -> None:
    def take(_data: memoryview, _rows: int) -> None:
        raise Enough

    started = time.monotonic()
    with pytest.raises(Enough):
        stream_lines(connection, sql.SQL(statement), take, unheard)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - started < 60


def test_a_server_that_ends_the_session_is_no_end_of_rows(
    connection: Connection, fresh_database: FreshDatabase
) -> None:
    def take(_data: bytes, _rows: int) -> None:
        with psycopg.connect(fresh_database.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

    pid = connection.info.backend_pid
    with pytest.raises(psycopg.OperationalError):
        stream_rows(connection, ENDLESS, take, unheard)
    assert connection.closed


text = st.text(st.sampled_from(["d", "Z", "\n", "\x01", "é", "a"]), max_size=12).map(lambda t: f"{t}\n".encode())
other = st.sampled_from([b"N\0\0\0\x0aSNOT\nd", b"S\0\0\0\x0fa\0b\nd\0\0\0\0x\0"])


@given(rows=st.lists(st.tuples(text, st.just(b"") | other), max_size=40), cuts=st.lists(st.integers(1, 60), min_size=1))
def test_wherever_the_stream_is_cut_the_rows_are_whole(rows: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    said = b"".join(b"d" + (len(row) + 4).to_bytes(4, "big") + row + between for row, between in rows)
    complete = b"COPY %d\0" % len(rows)
    said += b"c\0\0\0\4C" + (len(complete) + 4).to_bytes(4, "big") + complete + b"Z\0\0\0\5T"
    taken, at = bytearray(), 0

    def take(found: bytes, _rows: int) -> None:
        assert found.endswith(b"\n")
        taken.extend(found)

    stream = RowStream(take, chunk=32)
    while said:
        with stream.room() as room:
            size = min(cuts[at % len(cuts)], len(room), len(said))
            room[:size] = said[:size]
        at += 1
        stream.came(size)
        said = said[size:]
    assert stream.ended
    assert (bytes(taken), stream.total()) == (b"".join(row for row, _ in rows), len(rows))
