"""Rows of a script that stand in INSERTs: each way of writing them is judged once, and neighbours are sent together.

A dump repeats `INSERT INTO t (a, b) VALUES` for every row. What follows it, where it is nothing but constants by the
strict expression here, cannot change the verdict of PostgreSQL's grammar on what stands before it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

_NAME = rb'(?:"(?:[^"]|""|(?!))*+"|[A-Za-z_\x80-\xff][\w$\x80-\xff]*+)'
_HEAD = re.compile(
    rb"\s*+insert\s++into\s++%(n)s(?:\s*+\.\s*+%(n)s)?\s*+(?:\(\s*+%(n)s(?:\s*+,\s*+%(n)s|(?!))*+\s*+\)\s*+)?"
    rb"(?P<always>overriding\s++system\s++value\s++)?values\s*+" % {b"n": _NAME},
    re.IGNORECASE,
)
_CONSTANT = (
    rb"(?:'(?:[^']++|''|(?!))*+'|[bx]'[0-9a-f]*+'|[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:e[-+]?\d++)?"
    rb"|null|true|false|default)"
)
_ROW = rb"\(\s*+%(c)s(?:\s*+,\s*+%(c)s|(?!))*+\s*+\)" % {b"c": _CONSTANT}
_ROWS = re.compile(
    rb"(?P<rows>%(r)s(?:\s*+,\s*+%(r)s|(?!))*+)\s*+(?P<ending>(?:on\s++conflict\s++do\s++nothing)?)\s*+" % {b"r": _ROW},
    re.IGNORECASE,
)
MOST_BYTES = 1 << 18
MOST_STATEMENTS = 1000


@dataclass(frozen=True, slots=True)
class Rows:
    """What an INSERT says beside its table and columns: `values` is `(…), (…)`; empty for DEFAULT VALUES."""

    values: bytes
    always: bool = False
    """OVERRIDING SYSTEM VALUE."""
    ending: bytes = b""
    """ON CONFLICT DO NOTHING."""


def plain_rows(text: bytes) -> tuple[bytes, Rows] | None:
    """(a short INSERT that has the same verdict, the rows) where the INSERT has nothing but constants."""
    head = _HEAD.match(text)
    found = _ROWS.fullmatch(text, head.end()) if head else None
    if head is None or found is None:
        return None
    ending = found["ending"]
    short = head[0] + b"(1)" + (b" " + ending if ending else b"")
    return short, Rows(found["rows"], head["always"] is not None, ending)


def rows_of(spelled: str, ending: str) -> Rows:
    """The rows of an INSERT as the grammar spells it, and what stands after them."""
    text = spelled.encode()
    head = _HEAD.match(text)
    return Rows(text[head.end() :], head["always"] is not None, ending.encode()) if head else Rows(b"")


T = TypeVar("T")


def together(items: Iterable[T], key: Callable[[T], object | None], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Neighbours of one key in lists that stay small; an item whose key is None comes alone, when it is met."""
    waiting: list[T] = []
    common: object | None = None
    length = 0
    for item in items:
        its = key(item)
        full = length > MOST_BYTES or len(waiting) >= MOST_STATEMENTS
        if waiting and (its is None or its != common or full):
            yield waiting
            waiting, length = [], 0
        if its is None:
            yield [item]
            continue
        waiting.append(item)
        common = its
        length += size(item)
    if waiting:
        yield waiting
