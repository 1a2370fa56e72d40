"""COPY out of the server as a stream of bytes, at the lowest cost that was measured: libpq's own messages, no rows.

Not for rows that Python is to look at: they go to a file as they come. `row_stream` is faster where it can be used.
"""

import selectors
from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, pq, sql

from server.postgres.databases import Connection, interrupt

CHUNK = 1 << 20
"""Bytes that are put together before they are handed on."""

PATIENCE = 0.5
"""Seconds that a silent server is waited for before `check` is asked again."""
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER = len(_SIGNATURE) + 8
_ROW = Struct(">hiqiqiqiqi")
"""Of a binary row: number of fields, four counts with their lengths, the length of the lines."""


class Tally(NamedTuple):
    """What came: rows, and how many of them lost a JSON null, array bounds, a NUL escape."""

    rows: int = 0
    nulls: int = 0
    bounds: int = 0
    nuls: int = 0

    def __add__(self, other: Any) -> "Tally":
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def copy_bytes(
    connection: Connection,
    statement: sql.Composable,
    take: Callable[[Any, int], None],
    check: Callable[[], None],
    *,
    chunk: int = CHUNK,
) -> int:
    """Runs a COPY … TO STDOUT and gives its bytes to `take`, who keeps them: whole messages, and how many they are.

    Returns the number of rows by the server's own count. `chunk` 0: each message by itself, as libpq holds it. `check`
    is called before each wait: what it raises, and what `take` raises, stops the query on the server first.
    """
    pgconn = connection.pgconn
    pgconn.send_query(statement.as_bytes(connection))
    with selectors.DefaultSelector() as selector:
        selector.register(pgconn.socket, selectors.EVENT_READ)

        def wait() -> None:
            check()
            if selector.select(PATIENCE):
                pgconn.consume_input()

        try:
            _started(connection, wait)
            _read_messages(pgconn, take, wait, chunk)
            return _ended(connection, wait)
        except BaseException:
            _stop(connection)
            raise


def _read_messages(
    pgconn: "pq.abc.PGconn", take: Callable[[Any, int], None], wait: Callable[[], None], chunk: int
) -> None:
    next_message = pgconn.get_copy_data
    buffer, count = bytearray(), 0
    while True:  # a million times for a million rows: nothing is called here that need not be
        size, data = next_message(1)
        if size > 0 and not chunk:
            take(data, 1)
        elif size > 0:
            buffer += data
            count += 1
            if len(buffer) > chunk:
                take(buffer, count)
                buffer, count = bytearray(), 0
        elif size == 0:
            wait()
        else:
            break
    if buffer:
        take(buffer, count)


def copy_lines(
    connection: Connection,
    statement: sql.Composable,
    take: Callable[[memoryview, int], None],
    check: Callable[[], None],
) -> Tally:
    """As `copy_bytes`, for binary rows (count, three losses, lines): gives the lines and how many they are."""
    total = Tally()
    opens = True

    def unpack(data: Any, _messages: int) -> None:
        nonlocal opens, total
        found = unpacked(data, opens=opens)
        opens = False
        if found is not None:
            tally, lines = found
            total += tally
            if tally.rows:
                take(lines, tally.rows)

    copy_bytes(connection, statement, unpack, check, chunk=0)
    return total


def unpacked(message: memoryview, *, opens: bool) -> tuple[Tally, memoryview] | None:
    """A binary row's counts and its lines, none where it counts none; None for the message that ends them all.

    `opens`: the first message, which has COPY's signature before its row.
    """
    start = _HEADER if opens else 0
    if len(message) - start < _ROW.size:
        return None
    _, _, rows, _, nulls, _, bounds, _, nuls, _ = _ROW.unpack_from(message, start)
    return Tally(rows, nulls, bounds, nuls), message[start + _ROW.size :]


def _started(connection: Connection, wait: Callable[[], None]) -> None:
    """Sends what is left of the query and waits until data come."""
    pgconn = connection.pgconn
    while pgconn.flush():
        wait()
    while pgconn.is_busy():
        wait()
    result = pgconn.get_result()
    if result is None or result.status != pq.ExecStatus.COPY_OUT:
        raise _failure(connection, result)


def _ended(connection: Connection, wait: Callable[[], None]) -> int:
    pgconn = connection.pgconn
    rows: int | None = None
    while True:
        while pgconn.is_busy():
            wait()
        result = pgconn.get_result()
        if result is None:
            break
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise _failure(connection, result)
        rows = result.command_tuples
    return rows or 0


def _failure(connection: Connection, result: "pq.abc.PGresult | None") -> psycopg.Error:
    if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
        return errors.error_from_result(result, encoding="utf-8")
    return psycopg.OperationalError(connection.pgconn.get_error_message() or "the connection was lost")


def _stop(connection: Connection) -> None:
    """Stops what runs and drains the connection, so that it can be rolled back."""
    pgconn = connection.pgconn
    if pgconn.status != pq.ConnStatus.OK:
        return
    if pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
        interrupt(connection)
    try:
        while pgconn.status == pq.ConnStatus.OK:
            result = pgconn.get_result()
            if result is None:
                return
            while result.status == pq.ExecStatus.COPY_OUT and pgconn.get_copy_data(0)[0] > 0:
                pass
    except psycopg.Error:
        connection.close()
