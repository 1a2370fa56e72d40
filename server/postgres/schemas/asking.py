"""Asks many questions about a schema at once: big schemas on two connections that see one snapshot."""

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

import psycopg

from server.postgres.databases import Connection
from server.postgres.questions import Answer, answer, ask_one

T = TypeVar("T")
Second = Callable[[], AbstractContextManager[Connection]]
"""Opens another connection that has joined the snapshot of the first."""
Answers = Mapping[str, Future[Answer]]

_BIG = 4 << 20
"""Bytes of pg_attribute from which a second connection is worth its opening."""


@contextmanager
def asked(
    connection: Connection, second: Second | None, names: Sequence[str], *, read: Callable[[Connection, str], Answer]
) -> Generator[Answers]:
    """The answers to all questions that may have one; `read` asks them in turn, in a thread and on a connection that is
    free, so that facts are made while the server works. Long ones first: both connections end at about the same time.
    """
    big = second is not None and ask_one(connection, "catalog_size")[0] >= _BIG
    joined = second() if second is not None and big else None
    free: SimpleQueue[Connection] = SimpleQueue()
    failed: list[psycopg.Error] = []

    def read_until_one_fails(lane: Connection, name: str) -> Answer:
        """After a failure the transaction only says that it has failed: whoever looks at any answer learns why."""
        if failed:
            raise failed[0]
        try:
            return read(lane, name)
        except psycopg.Error as failure:
            failed.append(failure)
            raise

    def on_a_free_one(ask: Callable[[Connection], T]) -> T:
        lane = free.get()
        try:
            return ask(lane)
        finally:
            free.put(lane)

    with _collector_paused(), ExitStack() as opened, _threads(2 if big else 1) as pool:
        free.put(_roomy(connection))
        vain = pool.submit(on_a_free_one, _in_vain)
        if joined is not None:
            free.put(_roomy(opened.enter_context(joined)))
        worth = [name for name in names if name not in vain.result()]
        answers = {name: _nothing() for name in names}
        yield answers | {name: pool.submit(on_a_free_one, partial(read_until_one_fails, name=name)) for name in worth}


def _roomy(connection: Connection) -> Connection:
    """Hashes and sorts of the biggest schemas stay in memory."""
    connection.execute("SET LOCAL work_mem = '64MB'")
    return connection


def _in_vain(connection: Connection) -> set[str]:
    """The questions about what this database has nothing of: asking them all would cost more than most schemas do."""
    present = answer(connection, "catalog_presence")
    return {name for name, there in zip(present.names, present.rows[0], strict=True) if not there}


def _nothing() -> Future[Answer]:
    empty: Future[Answer] = Future()
    empty.set_result(Answer((), []))
    return empty


@contextmanager
def _threads(count: int) -> Generator[ThreadPoolExecutor]:
    """What they have not begun when the block ends is dropped."""
    pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="catalog")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _collector_paused() -> Generator[None]:
    """Tens of thousands of facts are made and none is garbage: looking for it would take a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
