"""COPY straight from a connection's socket: text rows for a third of what a call of libpq for each costs, and the lines
that binary rows hold without a copy of them.

Each message of a COPY of text is one row and ends in a line feed, and text never holds a NUL. So a line feed, a `d`
and a NUL (the highest byte of a length below 16 MiB) stand only between two rows, and whole blocks are parted there at
once. What does not fit that (longer rows, notices) is read message by message, and the server's own count must come
out.
Source: PostgreSQL's documentation, Frontend/Backend Protocol, "COPY Operations" and "Message Formats".
"""

import os
import re
import select
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable

import psycopg
from psycopg import errors, pq, sql

from server.postgres.databases import Connection, interrupt
from server.postgres.questions import ask
from server.postgres.rows_out.copying import Tally, unpacked

CHUNK = 1 << 18
"""Bytes that are put together before they are parted and handed on: few enough to stay near the processor."""
PATIENCE = 500
"""Milliseconds that a silent server is waited for before `check` is asked again."""
_WORTH_WAKING = 1 << 17
"""Bytes of rows for which we wake: a server that sends them by 8 KiB would wake us for each."""
_PAUSE = 2
"""Milliseconds after which we look for fewer: a statement's last rows are fewer."""
_BORDER = re.compile(rb"\nd\0...", re.DOTALL)
_BORDER_MARK = b"\nd\0"
_ROW, _COMPLETE, _FAILURE, _READY = b"dCEZ"
_OTHERS = b"HcNSA"
"""The rows begin, the rows end; a notice, a parameter, a notification."""
_HEAD = 5
"""Bytes before a message's own: its kind, and its length, which counts itself."""
_END = b"Z\0\0\0\5"
"""The last message of a statement, but for the byte that tells the transaction's state."""


def is_plain(connection: Connection) -> bool:
    """Whether the connection's socket carries PostgreSQL's protocol as it is: neither TLS nor GSS, and no Windows."""
    if os.name != "posix" or connection.pgconn.ssl_in_use:
        return False
    return not any(encrypted for (encrypted,) in ask(connection, "session_encryption"))


def stream_rows(
    connection: Connection,
    statement: sql.Composable,
    take: Callable[[bytes, int], None],
    check: Callable[[], None],
) -> int:
    """Runs a COPY … TO STDOUT of csv or text rows and gives them to `take`, some at a time, with how many they are.

    Returns the number of rows. `check` is called before each wait: what it raises, and what `take` raises, stops the
    query on the server first. Only for a connection that `is_plain` and at rest; libpq sees none of it.
    """
    return _run(connection, statement, RowStream(take), check)


def stream_lines(
    connection: Connection,
    statement: sql.Composable,
    take: Callable[[memoryview, int], None],
    check: Callable[[], None],
) -> Tally:
    """As `stream_rows`, for binary rows (count, three losses, lines): gives the lines, which are gone when `take`
    returns, and how many they are.
    """
    stream = LineStream(take)
    _run(connection, statement, stream, check)
    return stream.tally


def _run(connection: Connection, statement: sql.Composable, stream: "MessageStream", check: Callable[[], None]) -> int:
    with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
        coming = select.poll()
        coming.register(line, select.POLLIN)
        try:
            _send(line, statement.as_bytes(connection))
            while not stream.ended:
                check()
                _wait(line, coming, many=stream.came_in_all > _WORTH_WAKING)
                _receive(line, stream)
        except BaseException:
            _stop(connection, line, stream)
            raise
    return stream.total()


def _send(line: socket.socket, statement: bytes) -> None:
    line.setblocking(True)
    line.sendall(b"Q" + (len(statement) + 5).to_bytes(4, "big") + statement + b"\0")
    line.setblocking(False)  # as libpq wants it


def _wait(line: socket.socket, coming: "select.poll", *, many: bool) -> None:
    """Until anything has come, or nothing for long; where `many` rows come, rather until much has, or a little has and
    no more for a moment.
    """
    if not many:
        coming.poll(PATIENCE)
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _WORTH_WAKING)
    found = coming.poll(_PAUSE)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
    if not found:
        coming.poll(PATIENCE)


def _receive(line: socket.socket, stream: "MessageStream") -> None:
    try:
        with stream.room() as room:
            size = line.recv_into(room)
    except BlockingIOError:
        return
    except OSError as error:
        raise psycopg.OperationalError(f"the connection was lost: {error.strerror}") from None
    if not size:
        raise psycopg.OperationalError("the connection was lost: the server closed it")
    stream.came(size)


def _stop(connection: Connection, line: socket.socket, stream: "MessageStream") -> None:
    """Stops what runs and reads on to its end, so that a rollback is possible; closes the connection where it fails."""
    try:
        stream.abandon()
        if not stream.ended:
            interrupt(connection)
        line.settimeout(10)
        while not stream.ended:
            _receive(line, stream)
    except psycopg.Error:
        connection.close()


class MessageStream(ABC):
    """Keeps what comes in one buffer until it is some whole messages, and what else than rows the server says.

    What comes is put into `room()`, and `came` is told how much.
    """

    def __init__(self, chunk: int = CHUNK) -> None:
        self._chunk = chunk
        self.ended = False
        self.came_in_all = 0
        self._abandoned = False
        self._rows = 0
        self._counted: int | None = None
        self._failure: psycopg.Error | None = None
        self._buffer = bytearray(2 * chunk)
        self._filled = 0
        self._needed = chunk

    def room(self) -> memoryview:
        """Where the next bytes go; to be released before `came`."""
        return memoryview(self._buffer)[self._filled :]

    def came(self, size: int) -> None:
        """Takes in what came, and hands rows on once there are enough or the statement has ended."""
        self._filled += size
        self.came_in_all += size
        ending = self._buffer.startswith(_END, max(0, self._filled - len(_END) - 1))
        if self._filled >= self._needed or ending:
            self._keep(self._part(self._buffer, self._filled))

    def abandon(self) -> None:
        """From here on nothing is handed on: not what has come either, with which the statement may have ended."""
        self._abandoned = True
        self.came(0)

    @abstractmethod
    def _part(self, buffer: bytearray, filled: int) -> int:
        """Hands on the rows in a buffer; where the first message begins that is not whole."""

    def _keep(self, start: int) -> None:
        """Moves the message that is not whole to the beginning, and makes room for all of it."""
        rest = self._buffer[start : self._filled]
        self._filled = len(rest)
        self._needed = max(self._chunk, _length(rest, 0) if len(rest) >= _HEAD else 0)
        if len(self._buffer) != self._needed + self._chunk:
            self._buffer = bytearray(self._needed + self._chunk)
        self._buffer[: len(rest)] = rest

    def _note(self, kind: int, text: bytes) -> None:
        """A message that is no row."""
        if kind == _COMPLETE:
            self._counted = int(text.strip(b"\0").split()[-1])
        elif kind == _FAILURE:
            self._failure = _failure(text)
        elif kind == _READY:
            self.ended = True
        elif kind not in _OTHERS:
            raise psycopg.OperationalError("the connection was lost: what came is not PostgreSQL's protocol")

    def total(self) -> int:
        """The number of rows; raises the server's failure, or one of ours where its count is another."""
        if self._failure is not None:
            raise self._failure
        if self._counted != self._rows:
            raise psycopg.InternalError(f"{self._rows} rows came, the server counted {self._counted}")
        return self._rows


class RowStream(MessageStream):
    """Text rows: gives `take` whole ones, `chunk` bytes at a time, and how many they are."""

    def __init__(self, take: Callable[[bytes, int], None], chunk: int = CHUNK) -> None:
        super().__init__(chunk)
        self._take = take

    def _part(self, buffer: bytearray, filled: int) -> int:
        found: list[bytes] = []
        count = start = 0
        at_once = True
        while filled - start >= _HEAD:
            last = buffer.rfind(_BORDER_MARK, start, filled) + 1 if at_once and buffer.startswith(b"d\0", start) else 0
            if last > start:
                with memoryview(buffer) as view, view[start + _HEAD : last] as messages:
                    pieces = _BORDER.split(messages)
                rows = b"\n".join(pieces)
                at_once = b"\0" not in rows  # else another kind of message is among them
                if at_once:
                    found.append(rows)
                    count += len(pieces)
                    start = last
                    continue
            end = start + _length(buffer, start)
            if end > filled:
                break
            if buffer[start] == _ROW:
                found.append(bytes(buffer[start + _HEAD : end]))
                count += 1
            else:
                self._note(buffer[start], bytes(buffer[start + _HEAD : end]))
            start = end
        self._rows += count
        if count and not self._abandoned:
            self._take(found[0] if len(found) == 1 else b"".join(found), count)
        return start


class LineStream(MessageStream):
    """Binary rows (count, three losses, lines): gives `take` the lines of each as they lie in the buffer."""

    def __init__(self, take: Callable[[memoryview, int], None], chunk: int = CHUNK) -> None:
        super().__init__(chunk)
        self._take = take
        self.tally = Tally()

    def _part(self, buffer: bytearray, filled: int) -> int:
        start = 0
        while filled - start >= _HEAD and (end := start + _length(buffer, start)) <= filled:
            message = memoryview(buffer)[start + _HEAD : end]
            if buffer[start] == _ROW:
                self._hand_on(message)
            else:
                self._note(buffer[start], bytes(message))
            start = end
        return start

    def _hand_on(self, message: memoryview) -> None:
        found = unpacked(message, opens=not self._rows)
        if found is None:
            return
        tally, lines = found
        self._rows += 1
        self.tally += tally
        if tally.rows and not self._abandoned:
            self._take(lines, tally.rows)


def _length(buffer: bytearray, start: int) -> int:
    """Of the message that begins at `start`, its kind included."""
    return 1 + int.from_bytes(buffer[start + 1 : start + _HEAD], "big")


def _failure(text: bytes) -> psycopg.Error:
    """The error that an ErrorResponse tells: fields of one letter, as libpq numbers them, and a text."""
    fields: dict[int, bytes | None] = {field[0]: field[1:] for field in text.split(b"\0") if field}
    state = (fields.get(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = (fields.get(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
    try:
        kind = errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(message, info=fields)
