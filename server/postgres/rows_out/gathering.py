"""Reads tables piece by piece over one or several connections of one snapshot, and hands the bytes on in order.

The pieces of all tables form one list. Each connection takes the next piece, so small tables and ranges of big ones
keep all of them busy; whoever has the piece that is due hands it on, the others hold a few megabytes back.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg import sql

from server.calls import Call
from server.postgres.databases import Connection
from server.postgres.encodings import knows_no_encoding, refused_bytes_told
from server.postgres.rows_out.copying import CHUNK, Tally, copy_bytes, copy_lines
from server.postgres.rows_out.json_objects import unmarked
from server.postgres.rows_out.row_stream import is_plain, stream_lines, stream_rows
from server.postgres.rows_out.statements import RowSource, Shape, copy_statement, ends_itself

HELD = 8 << 20
"""Bytes of one piece that wait for their turn before its connection pauses."""
FINISHED = 24 << 20
"""Bytes of all finished pieces that wait for their turn before their connections pause."""

SEPARATORS: dict[Shape, bytes] = {"json": b",\n", "jsonl": b"\n", "inserts": b"\n"}
"""What stands between two rows; csv and text rows end themselves."""

Session = Callable[["Work"], None]
"""Runs the work with a connection: opens one that joins the snapshot, calls the work, closes it."""
Work = Callable[[Connection], None]
_SMALL = 1 << 16
"""Bytes of lines below which they are put together with those that follow."""


class Receiver(Protocol):
    """Who takes the rows, one call at a time, tables in their order."""

    def begin(self, table: int) -> None: ...

    def write(self, data: Any) -> None:
        """Bytes of whole rows or parts of one; separators are in it."""
        ...

    def end(self, table: int, tally: Tally) -> None: ...


@dataclass(frozen=True)
class Batch:
    """The rows of one table: its pieces in order, and what INSERT statements call it."""

    pieces: Sequence[RowSource]
    name: tuple[str, str] = ("", "")


class Abandoned(BaseException):
    """Another piece failed: this one stops. Never leaves this module."""


def gather(
    call: Call,
    connection: Connection,
    others: Sequence[Session],
    batches: Sequence[Batch],
    shape: Shape,
    receiver: Receiver,
    moved: Callable[[int, int], None],
) -> None:
    """Reads every batch over `connection` and, in threads, over each of `others`; returns when all is handed on.

    `moved(table, rows)` is told of rows as they arrive, from any thread. Fails as the first failing piece did.
    """
    _keep_freed_memory()
    desk = _Desk(call, batches, shape, receiver, moved)
    with ThreadPoolExecutor(max(1, len(others)), thread_name_prefix="export") as pool:
        futures = [pool.submit(session, desk.work) for session in others]
        try:
            desk.work(connection)
        finally:
            _collect(futures)
    desk.finish()


def _keep_freed_memory() -> None:
    """Chunks of rows come and go by the thousand. glibc gives what is freed back to the system, which costs a fault for
    every page of the next chunk, until a bigger block was freed once: from then on it keeps up to twice as much.

    Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD. The block here is never touched, so it takes no memory.
    """
    bytes(HELD)


def _collect(futures: Sequence[Future[None]]) -> None:
    """Waits for all; raises the failure that made the others stop, if it was one of theirs."""
    failures = [future.exception() for future in futures]
    for failure in failures:
        if failure is not None and not isinstance(failure, Abandoned):
            raise failure


class _Desk:
    """Gives out pieces, and keeps their results in order."""

    def __init__(
        self,
        call: Call,
        batches: Sequence[Batch],
        shape: Shape,
        receiver: Receiver,
        moved: Callable[[int, int], None],
    ) -> None:
        self.call = call
        self.shape: Shape = shape
        self.separator = SEPARATORS.get(shape, b"")
        self.batches = batches
        self.receiver = receiver
        self.moved = moved
        self.pieces = [(table, source) for table, batch in enumerate(batches) for source in batch.pieces]
        self.condition = threading.Condition()
        self.taken = 0
        self.due = 0
        self.finished: dict[int, _Piece] = {}
        self.finished_bytes = 0
        self.stopped = False
        self.open_table = -1
        self.tally = Tally()

    def check(self) -> None:
        if self.stopped:
            raise Abandoned
        self.call.check()

    def work(self, connection: Connection) -> None:
        """Takes pieces until there are none left."""
        try:
            plain, any_bytes = is_plain(connection), knows_no_encoding(connection)
            while (number := self._take()) is not None:
                table, source = self.pieces[number]
                piece = _Piece(self, number, table)
                name, version = self.batches[table].name, connection.info.server_version
                statement = copy_statement(source, self.shape, version, name, any_bytes=any_bytes)
                with refused_bytes_told(table):
                    piece.read(connection, statement, plain=plain, lines=not ends_itself(source, self.shape))
        except BaseException:
            with self.condition:
                self.stopped = True
                self.condition.notify_all()
            raise

    def _take(self) -> int | None:
        with self.condition:
            if self.taken == len(self.pieces):
                return None
            self.taken += 1
            return self.taken - 1

    def wait_for_turn(self, number: int, room: int | None = None) -> bool:
        """Waits until a piece is due, or (with `room`) until that many bytes can be kept; whether it is due."""
        with self.condition:
            while self.due != number and (room is None or self.finished_bytes + room > FINISHED):
                self.check()
                self.condition.wait(0.2)
            return self.due == number

    def hand_on(self, piece: "_Piece") -> None:
        """What a due piece holds goes to the receiver."""
        self._open(piece.table)
        if not piece.size:
            return
        if not piece.handed and self.tally.rows and self.separator:
            self.receiver.write(self.separator)
        for data in piece.held:
            self.receiver.write(data)
        piece.held, piece.size, piece.handed = [], 0, True

    def close(self, piece: "_Piece") -> None:
        """A piece is complete: hands it on if it is due, and with it all that waited for it; else keeps it."""
        if not self.wait_for_turn(piece.number, piece.size):
            with self.condition:
                if self.due != piece.number:
                    self.finished[piece.number] = piece
                    self.finished_bytes += piece.size
                    return
        following: _Piece | None = piece
        while following is not None:
            self.check()
            self.hand_on(following)
            self.tally += following.tally
            with self.condition:
                self.due += 1
                following = self.finished.pop(self.due, None)
                if following is not None:
                    self.finished_bytes -= following.size
                self.condition.notify_all()

    def _open(self, table: int) -> None:
        while self.open_table < table:
            if self.open_table >= 0:
                self.receiver.end(self.open_table, self.tally)
            self.open_table += 1
            self.tally = Tally()
            self.receiver.begin(self.open_table)

    def finish(self) -> None:
        """Ends the last table, and those without a piece."""
        if self.batches:
            self._open(len(self.batches) - 1)
            self.receiver.end(self.open_table, self.tally)


class _Piece:
    """One piece being read, and those of its bytes that are not handed on yet."""

    def __init__(self, desk: _Desk, number: int, table: int) -> None:
        self.desk = desk
        self.number = number
        self.table = table
        self.held: list[Any] = []
        self.size = 0
        self.handed = False
        self.tally = Tally()
        self.told = 0
        self.rows = 0
        self._lines = bytearray()

    def read(self, connection: Connection, statement: sql.Composable, *, plain: bool, lines: bool) -> None:
        """`plain`: the socket may be read past libpq. `lines`: in binary rows, else each row ends itself."""
        if lines:
            copy = stream_lines if plain else copy_lines
            self.tally = copy(connection, statement, self._take_lines, self.desk.check)
            self._take_waiting()
        else:
            copy = stream_rows if plain else copy_bytes
            take = self._take_ended if self.desk.separator else self._take
            self.rows = copy(connection, statement, take, self.desk.check)
            self.tally += Tally(self.rows)
        self._tell()
        self.desk.close(self)

    def _take(self, data: bytes | bytearray | memoryview, rows: int) -> None:
        """Whole rows, some hundred thousand bytes of them: hands on what there is if this piece is due, and pauses the
        server where too much waits."""
        self.held.append(data)
        self.size += len(data)
        self.rows += rows
        self._tell()
        if self.desk.due == self.number or (self.size >= HELD and self.desk.wait_for_turn(self.number)):
            self.desk.hand_on(self)

    def _take_ended(self, data: bytes | bytearray, rows: int) -> None:
        """Rows that each end in the separator, the last one too: between pieces it is the desk's to write."""
        separator = self.desk.separator
        data, lost = unmarked(data, separator)
        self.tally += lost
        if self.rows:
            self.held.append(separator)
        self._take(memoryview(data)[: -len(separator)], rows)

    def _take_lines(self, data: memoryview, rows: int) -> None:
        """Lines without a separator at their end, which are gone when this returns."""
        if self.rows:
            self._lines += self.desk.separator
        self.rows += rows
        if len(data) < _SMALL:
            self._lines += data
        else:
            self._take_waiting()
            self._take(data if self.desk.due == self.number else bytes(data), 0)
        if len(self._lines) >= CHUNK:
            self._take_waiting()

    def _take_waiting(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, bytearray()
            self._take(lines, 0)

    def _tell(self) -> None:
        self.desk.moved(self.table, self.rows - self.told)
        self.told = self.rows
