"""A whole schema on one page: a line for each relation, as telling as the page allows."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from server.model import phrases
from server.model.inspection import View, partitions_of
from server.model.paging import cost
from server.model.schema import Identity, Value

BUDGET = 13_500

LEGENDS = (
    "name ~rows: columns (→ what they refer to)",
    "name columns/~rows → tables it refers to",
    "names only",
    "names only, alike ones counted",
)


def overview(view: View, relations: Sequence[Identity]) -> tuple[list[str], str]:
    """The lines by schema, and how to read them: the most telling way that fits."""
    ways: tuple[Callable[[], list[str]], ...] = (
        lambda: _grouped(relations, lambda identity: _with_columns(view, identity)),
        lambda: _grouped(relations, lambda identity: _with_counts(view, identity)),
        lambda: _names(relations),
        lambda: _families(relations),
    )
    for way, legend in zip(ways, LEGENDS, strict=True):
        lines = way()
        if cost(lines) <= BUDGET:
            return lines, legend
    kept = _families(relations)
    return [phrases.clipped(line, BUDGET // max(1, len(kept))) for line in kept], LEGENDS[-1]


def _grouped(relations: Sequence[Identity], line: Callable[[Identity], str]) -> list[str]:
    found: list[str] = []
    for schema, members in _by_schema(relations).items():
        found += [f"schema {schema}:", *(line(identity) for identity in members)]
    return found


def _by_schema(relations: Sequence[Identity]) -> dict[str, list[Identity]]:
    grouped: dict[str, list[Identity]] = {}
    for identity in relations:
        grouped.setdefault(identity.schema, []).append(identity)
    return grouped


def _rows(view: View, identity: Identity) -> str:
    below = [identity, *partitions_of(view.schema, identity)]
    rows = [view.sizes[i].rows for i in below if i in view.sizes]
    known = [count for count in rows if count is not None]
    return f"~{sum(known)}" if known else ""


def _targets(view: View, identity: Identity) -> dict[str, str]:
    """Column → table that it refers to, by foreign keys of any width."""
    found: dict[str, str] = {}
    for part in view.schema.parts(identity, "constraint"):
        facts = view.facts(part)
        columns = facts.get("columns")
        if facts["type"] == "foreign key" and isinstance(columns, tuple):
            found |= {str(column): _target(facts.get("references"), identity) for column in columns}
    return found


def _target(reference: Value, identity: Identity) -> str:
    parts = [str(part) for part in reference] if isinstance(reference, tuple) else ["", ""]
    return parts[1] if parts[0] == identity.schema else f"{parts[0]}.{parts[1]}"


def _kind(view: View, identity: Identity) -> str:
    partitions = len(partitions_of(view.schema, identity))
    if partitions:
        return f" ({partitions} partitions)"
    return "" if identity.kind == "table" else f" ({identity.kind.replace('_', ' ')})"


def _with_columns(view: View, identity: Identity) -> str:
    targets = _targets(view, identity)
    columns = [
        f"{part.sub}→{targets[part.sub]}" if part.sub in targets else part.sub
        for part in view.schema.parts(identity, "column", "view_column")
    ]
    rows = _rows(view, identity)
    return f"{identity.name}{_kind(view, identity)}{f' {rows}' if rows else ''}: {', '.join(columns)}"


def _with_counts(view: View, identity: Identity) -> str:
    targets = ",".join(dict.fromkeys(_targets(view, identity).values()))
    count = len(view.schema.parts(identity, "column", "view_column"))
    rows = _rows(view, identity)
    line = f"{identity.name}{_kind(view, identity)} {count}{f'/{rows}' if rows else ''}"
    return f"{line} →{targets}" if targets else line


def _names(relations: Sequence[Identity]) -> list[str]:
    return [
        f"schema {schema}: {', '.join(identity.name for identity in members)}"
        for schema, members in _by_schema(relations).items()
    ]


def _families(relations: Sequence[Identity]) -> list[str]:
    """Names that differ only in their digits are told once."""
    lines: list[str] = []
    for schema, members in _by_schema(relations).items():
        alike = Counter(re.sub(r"\d+", "#", identity.name) for identity in members)
        told = [f"{name} x{count}" if count > 1 else name for name, count in alike.items()]
        lines.append(phrases.clipped(f"schema {schema}: {len(members)} relations: {', '.join(told)}", 6000))
    return lines
