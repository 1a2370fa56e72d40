"""Cuts long answers into pages: whole items up to a budget of bytes, and a cursor that only fits the same schema."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from server.errors import Refused

BUDGET = 17_500
"""Bytes of compact JSON that the items of one page take; the answer around them stays under 20 KB."""

T = TypeVar("T")


class Page(NamedTuple):
    """Where a page starts, where the next one would, and its cursor (None: this is the last)."""

    start: int
    end: int
    next_cursor: str | None


def cost(item: Any) -> int:
    """Bytes of an item as compact JSON, with its comma."""
    return len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()) + 1


def page(costs: Sequence[int], cursor: str | None, mark: str, budget: int = BUDGET) -> Page:
    """The page that `cursor` asks for. `mark` identifies what is paged through: a cursor of another one is Refused."""
    start = start_of(cursor, mark, len(costs))
    end, spent = start, 0
    while end < len(costs) and (end == start or spent + costs[end] <= budget):
        spent += costs[end]
        end += 1
    return Page(start, end, f"{end}.{mark}" if end < len(costs) else None)


def start_of(cursor: str | None, mark: str, count: int) -> int:
    """Where the page begins that `cursor` asks for; Refused where it belongs to another call."""
    if not cursor:
        return 0
    at, _, of = cursor.partition(".")
    if not at.isdecimal() or int(at) >= max(count, 1) or of != mark:
        raise Refused(
            "stale_cursor",
            "The cursor does not belong to this call, or the schema has changed since it was given.",
            next="Repeat the call without cursor, or with the arguments that gave it.",
        )
    return int(at)
