"""What many relations of one answer have alike (a policy, a trigger, grants), said once where that is shorter."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from server.model.inspection.reports import Relation
from server.model.paging import cost

_KEYS = ("row_security", "policies", "triggers", "grants", "other")
_LEAST = 3
"""Relations that have it."""


class Trait(NamedTuple):
    """One line of a relation, under its key."""

    key: str
    line: str


class Common:
    """The relations of an answer that is being filled, and the bytes that they take with what is alike said once."""

    def __init__(self) -> None:
        self._holders: dict[Trait, list[str]] = {}
        self._names = 0
        self._apart = 0

    def add(self, relation: Relation) -> int:
        """The bytes that all relations take, this one too: at least what `said_once` leaves."""
        traits = list(_traits(relation))
        self._names += _length(relation.name)
        self._apart += cost(_without(relation, set(traits)).model_dump(mode="json"))
        for trait in traits:
            self._holders.setdefault(trait, []).append(relation.name)
        return self._apart + sum(self._cost(trait, names) for trait, names in self._holders.items())

    def _cost(self, trait: Trait, holders: Sequence[str]) -> int:
        named = sum(map(_length, holders))
        named = min(named, self._names - named + len("all tables and views here but "))
        return _cheapest(trait, len(holders), _cost(trait) + len(" on : ") + named)


def _length(name: str) -> int:
    return len(name.encode()) + len(", ")


def _cost(trait: Trait) -> int:
    """Bytes that it takes in the entry of a relation."""
    return cost(trait.line) + len(trait.key)


def _cheapest(trait: Trait, holders: int, once: int) -> int:
    apart = _cost(trait) * holders
    return min(apart, once) if holders >= _LEAST else apart


def said_once(tables: Sequence[Relation], views: Sequence[Relation]) -> dict[str, list[Any]]:
    """`tables` and `views` without what many of them have alike, and `in_common`, which says that of all."""
    holders: dict[Trait, list[str]] = {}
    for relation in [*tables, *views]:
        for trait in _traits(relation):
            holders.setdefault(trait, []).append(relation.name)
    lines: dict[Trait, str] = {}
    for trait, names in holders.items():
        line = f"on {_named(names, tables, views)}: {trait.key.replace('_', ' ')} {trait.line}"
        if len(names) >= _LEAST and cost(line) < _cost(trait) * len(names):
            lines[trait] = line
    return {
        "in_common": list(lines.values()),
        "tables": [_without(relation, set(lines)) for relation in tables],
        "views": [_without(relation, set(lines)) for relation in views],
    }


def _named(names: Sequence[str], tables: Sequence[Relation], views: Sequence[Relation]) -> str:
    """`all tables here`, `all tables and views here but a, b` or `a, b, c`, whichever is shortest."""
    everywhere = [relation.name for relation in tables]
    scope = "all tables here"
    if not set(names) <= set(everywhere):
        everywhere += [relation.name for relation in views]
        scope = "all tables and views here"
    others = [name for name in dict.fromkeys(everywhere) if name not in names]
    all_but = f"{scope} but {', '.join(others)}" if others else scope
    return min(all_but, ", ".join(names), key=len)


def _traits(relation: Relation) -> Iterator[Trait]:
    """What may be said once; of a relation that is told in parts, nothing."""
    for key in _KEYS if relation.continued is None else ():
        value: str | tuple[str, ...] | None = getattr(relation, key)
        for line in (value,) if isinstance(value, str) else value or ():
            yield Trait(key, line)


def _without(relation: Relation, traits: set[Trait]) -> Relation:
    kept: dict[str, Any] = {}
    for trait in traits.intersection(_traits(relation)):
        value: str | tuple[str, ...] = kept.get(trait.key, getattr(relation, trait.key))
        kept[trait.key] = None if isinstance(value, str) else tuple(line for line in value if line != trait.line)
    return relation.model_copy(update=kept) if kept else relation
