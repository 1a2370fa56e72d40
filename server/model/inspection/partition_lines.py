"""The partitions of a table in few lines: the first and the last, and what they have of their own."""

from collections import Counter

from server.model.amounts import several
from server.model.inspection import phrases
from server.model.inspection.shown_schema import View
from server.model.quoting import quote
from server.model.schema import Attributes, Identity

_KINDS = ("constraint", "index", "trigger", "policy")
"""Parts that are told of partitions; the first two in short answers too."""
_SHOWN = 5
"""Partitions that are told one by one; of more, the first two and the last."""


def partitions(view: View, parent: Identity, below: list[Identity]) -> list[str]:
    """`2 partitions`, then a line for each, or for some; `below` are all of them."""
    if not below:
        return []
    lines = [_partition(view, child, parent) for child in below]
    if len(lines) > _SHOWN:
        lines = [*lines[:2], f"… {len(lines) - 3} more …", lines[-1]]
    return [several(len(below), "partition"), *lines, *_own_parts(view, parent, below)]


def _partition(view: View, child: Identity, parent: Identity) -> str:
    facts = view.facts(child)
    bound = str(facts.get("partition_bound")).removeprefix("FOR VALUES ").replace(" 00:00:00+00'", "'")
    up = phrases.pair(facts.get("partition_of"))
    via = "" if up == phrases.short_name(parent.schema, parent.name) else f" of {up}"
    deeper = f", partitioned by {facts['partition_key']}" if facts.get("partition_key") else ""
    deeper += f", foreign table of {quote(str(facts['server']))}" if facts.get("server") else ""
    return f"{phrases.short_name(child.schema, child.name)}{via}: {bound}{deeper}"


def _own_parts(view: View, parent: Identity, below: list[Identity]) -> list[str]:
    """What partitions have beyond their parent: each distinct thing once, with how many have it; the commonest."""
    counted: Counter[str] = Counter()
    granted = phrases.grants(view.facts(parent))
    for child in below:
        for part in view.schema.parts(child, *_KINDS[: None if view.full else 2]):
            facts = view.facts(part)
            if not facts.get("parent_index") and not facts.get("inherited"):
                counted[_own_part(part, facts)] += 1
        if view.full:
            counted.update(f"grant {line}" for line in phrases.grants(view.facts(child)) if line not in granted)
    lines = [f"own {what} (on {count} of {len(below)})" for what, count in counted.most_common(_SHOWN)]
    more = len(counted) - len(lines)
    return [*lines, f"… {more} more of their own …"] if more else lines


def _own_part(part: Identity, facts: Attributes) -> str:
    if part.kind == "index":
        return f"index {phrases.index(part, facts).partition(': ')[2]}"
    if part.kind == "trigger":
        return f"trigger {phrases.trigger(part.sub, facts)}"
    if part.kind == "policy":
        return f"policy {phrases.policy(part.sub, facts)}"
    if facts["type"] == "foreign key":
        return f"foreign key {phrases.foreign_key(facts)}"
    return phrases.plain(facts["definition"])
