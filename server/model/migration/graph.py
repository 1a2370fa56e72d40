"""Orders acts by what they need, and among those that are free to go by pg_dump's order of kinds."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.model.migration.world import Draft
from server.model.schema import Identity

KINDS = (
    "default_privileges", "schema", "language", "collation", "extension", "extension_member", "shell_type", "enum",
    "base_type", "composite", "domain", "domain_constraint", "attribute", "range", "cast", "function", "procedure",
    "transform", "aggregate", "access_method", "operator", "operator_family", "operator_class", "conversion",
    "text_search_parser", "text_search_template", "text_search_dictionary", "text_search_configuration",
    "foreign_data_wrapper", "server", "user_mapping", "sequence", "table", "foreign_table", "column", "view",
    "view_column", "materialized_view", "constraint", "index", "statistics", "rule", "trigger", "policy",
    "publication", "publication_schema", "publication_table", "subscription", "event_trigger",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
ACTS = ("release", "drop", "aside", "shell", "create", "alter", "default", "attach", "own", "copy", "finish", "owner")
_DOWN = ("release", "drop")

Key = tuple[str, Identity]


@dataclass
class Act:
    """Some statements about one object that stand together. `late` puts it after its kind's others."""

    key: Key
    drafts: list[Draft]
    late: bool = False
    position: int = 0
    after: set[Key] = field(default_factory=set[Key])
    cascades: bool = False
    maybe_gone: bool = False

    def priority(self) -> tuple[int, int, int, int, Identity]:
        act, identity = self.key
        rank = _RANK.get(identity.kind, len(KINDS))
        if act == "owner":
            return 3, 0, 0, 0, identity
        if identity.kind == "default_privileges":
            return (0 if act == "release" else 3), 0, 0, 0, identity
        if act in _DOWN:
            return 0, -rank, ACTS.index(act), self.position, identity
        if identity.kind == "enum" and act == "alter":
            return -1, 0, 0, 0, identity
        if act == "finish" and self.late:
            return 3, 0, self.position, 0, identity
        return (2 if self.late else 1), rank, self.position, ACTS.index(act), identity


def order(acts: Iterable[Act]) -> list[Act]:
    """Every act once, each after those it needs; a circle is broken where that costs least."""
    waiting = {act.key: act for act in acts}
    left = {key: {other for other in act.after if other in waiting and other != key} for key, act in waiting.items()}
    followers: dict[Key, list[Key]] = {}
    for key, needs in left.items():
        for other in needs:
            followers.setdefault(other, []).append(key)
    ready = [(act.priority(), act.key) for key, act in waiting.items() if not left[key]]
    heapq.heapify(ready)
    done: list[Act] = []
    while waiting:
        if ready:
            _, key = heapq.heappop(ready)
            if key not in waiting:
                continue
        else:
            key = _break(waiting, left)
        done.append(waiting.pop(key))
        for other in followers.get(key, ()):
            left[other].discard(key)
            if other in waiting and not left[other]:
                heapq.heappush(ready, (waiting[other].priority(), other))
    return done


def _break(waiting: dict[Key, Act], left: dict[Key, set[Key]]) -> Key:
    """The act of a circle to go first. Only among drops alone one may take the rest along; nothing else cascades."""
    circle = _circle(waiting, left)
    drops = [key for key in circle if key[0] == "drop"]
    if len(drops) < len(circle):
        others = [key for key in circle if key not in drops]
        return min(others, key=lambda key: (key[0] == "copy", len(left[key]), waiting[key].priority()))
    chosen = min(circle, key=lambda key: (not waiting[key].drafts, len(left[key]), waiting[key].priority()))
    waiting[chosen].cascades = True
    for key in waiting:
        waiting[key].maybe_gone = key != chosen and key[0] == "drop"
    return chosen


def _circle(waiting: dict[Key, Act], left: dict[Key, set[Key]]) -> list[Key]:
    """One circle: follows what an act waits for until it comes back."""
    path: list[Key] = []
    key = min(waiting, key=lambda each: waiting[each].priority())
    seen: dict[Key, int] = {}
    while key not in seen:
        seen[key] = len(path)
        path.append(key)
        key = min((other for other in left[key] if other in waiting), key=lambda each: waiting[each].priority())
    return path[seen[key] :]
