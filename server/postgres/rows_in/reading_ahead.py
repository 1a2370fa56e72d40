"""Prepares the next pieces in a thread while the server takes in the last: two processors work where one would wait."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_DEPTH = 4


@contextmanager
def ahead(source: Iterator[T]) -> Generator[Iterator[T]]:
    """The items of `source`, up to four of them made ahead; what it raises is raised here.

    When the block ends, `source` is at rest again, with what was made ahead lost.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="pgferry-reads-ahead") as pool:
        waiting: deque[Future[list[T]]] = deque()
        for _ in range(_DEPTH):
            waiting.append(pool.submit(_next, source))
        try:
            yield _items(pool, waiting, source)
        finally:
            pool.shutdown(cancel_futures=True)


def _items(pool: ThreadPoolExecutor, waiting: "deque[Future[list[T]]]", source: Iterator[T]) -> Iterator[T]:
    while item := waiting.popleft().result():
        waiting.append(pool.submit(_next, source))
        yield item[0]


def _next(source: Iterator[T]) -> list[T]:
    """The next item, alone in a list, which is empty at the end."""
    for item in source:
        return [item]
    return []
