"""Cuts what is told of a schema into answers that are never too long: item by item, a huge relation line by line."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from server.model.inspection import phrases
from server.model.inspection.in_common import Common, said_once
from server.model.inspection.reports import Relation, SchemaInspection
from server.model.inspection.shown_schema import View
from server.model.paging import BUDGET, cost, start_of
from server.model.schema import Identity

MOST = 300
"""Items of one page."""
_LINE = 15_000
"""Bytes of one line: a longer one (an enum of thousands of labels) comes in parts, that of a relation ends in …."""


class Item(NamedTuple):
    """Something to tell: the section of the answer that it belongs to, its name, and what makes its words."""

    section: str
    name: str
    tell: Callable[[View], Relation | str]
    identity: Identity | None = None


class Place(NamedTuple):
    """Where a page begins: at an item, or at a later part of one that no page holds."""

    item: int
    part: int

    def cursor(self, mark: str) -> str:
        """`item.mark` or `item-part.mark`."""
        return f"{self.item}{f'-{self.part}' if self.part else ''}.{mark}"


def place_of(cursor: str | None, mark: str, count: int) -> Place:
    """Where the page begins that `cursor` asks for; Refused where it belongs to another call or schema."""
    at, dot, of = (cursor or "").partition(".")
    item, _, part = at.partition("-")
    return Place(start_of(f"{item}{dot}{of}", mark, count), int(part) if part.isdecimal() else 0)


def paged(
    head: dict[str, Any], items: Sequence[Item], start: Place, told: Iterable[tuple[Item, Relation | str]], mark: str
) -> SchemaInspection:
    """As much as an answer holds, from `start` on; `told` are the words of the items from there."""
    sections: dict[str, list[Any]] = {}
    spent, here, full = 0, start, False
    common, related = Common(), 0
    for item, words in told:
        for piece in _pieces(words)[here.part :]:
            if isinstance(piece, Relation):
                related = common.add(piece)
            else:
                spent += cost(piece)
            full = spent + related > BUDGET and bool(sections)
            if full:
                break
            sections.setdefault(item.section, []).append(piece)
            here = Place(here.item, here.part + 1)
        if full:
            break
        here = Place(here.item + 1, 0)
    answer = head | sections | said_once(sections.get("tables", []), sections.get("views", []))
    if here.item < len(items):
        answer["next_cursor"] = here.cursor(mark)
        answer["left_out"] = _left_out(items[here.item :])
    return SchemaInspection.model_validate(answer)


def _left_out(items: Sequence[Item]) -> str:
    """`232 more (tables 9, functions 223): orders, …`."""
    counted = ", ".join(f"{section} {count}" for section, count in Counter(item.section for item in items).items())
    return f"{len(items)} more ({counted}): {phrases.clipped(', '.join(item.name for item in items[:60]), 400)}"


def _cost(told: Relation | str) -> int:
    return cost(told.model_dump(mode="json") if isinstance(told, Relation) else told)


def _pieces(told: Relation | str) -> Sequence[Relation | str]:
    """It, or what no page holds in parts that fit: of a relation the lines of its lists in turn."""
    if isinstance(told, str):
        return _parts_of(told)
    if _cost(told) <= BUDGET:
        return [told]
    lists: dict[str, tuple[str, ...]] = {name: value for name, value in told if isinstance(value, tuple)}
    none: dict[str, tuple[str, ...]] = dict.fromkeys(lists, ())
    rest = told.model_copy(update={**none, "comment": told.comment and _short(told.comment)})
    packs: list[dict[str, tuple[str, ...]]] = [{}]
    spent = _cost(rest)
    for name, lines in lists.items():
        for line in map(_short, lines):
            spent += cost(line)
            if spent > BUDGET:
                packs.append({})
                spent = cost(line) + cost(told.name)
            packs[-1][name] = (*packs[-1].get(name, ()), line)
    bodies = [rest, *(Relation(name=told.name) for _ in packs[1:])]
    return [
        body.model_copy(update={**pack, "continued": f"part {number} of {len(packs)}"})
        for number, (body, pack) in enumerate(zip(bodies, packs, strict=True), 1)
    ]


def _parts_of(line: str) -> list[str]:
    """A line cut between the words of its list, so that the parts after one another are all of it."""
    if line == _short(line):
        return [line]
    name = phrases.clipped(line.partition(": ")[0], 80)
    parts: list[str] = []
    rest = line
    while rest != (start := _short(rest)):
        end = start.rfind(", ") + 2
        end = end if end > 1 else len(start) - 1
        parts.append(rest[:end])
        rest = rest[end:]
    parts.append(rest)
    return [f"{part}… part {number} of {len(parts)} of {name}" for number, part in enumerate(parts, 1)]


def _short(line: str) -> str:
    if len(line) < _LINE // 4 or len(line.encode()) <= _LINE:
        return line
    return line.encode()[:_LINE].decode(errors="ignore") + "…"
