"""A whole schema on one page: a line for each relation, as telling as the page allows."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from server.model.amounts import several
from server.model.inspection import phrases
from server.model.inspection.shown_schema import View, partitions_of
from server.model.paging import cost
from server.model.quoting import path, quote
from server.model.schema import Identity, Value

BUDGET = 13_500

Fill = Callable[[tuple[str, ...]], View]
"""The view with some kinds of parts (columns, constraints) read, too."""


class Way(NamedTuple):
    """A way to tell the relations: how to read the lines, the parts that they tell, and how short they are at least."""

    legend: str
    parts: tuple[str, ...]
    lines: Callable[[View, Sequence[Identity]], list[str]]
    least: Callable[[View, Sequence[Identity]], int]


def overview(view: View, relations: Sequence[Identity], fill: Fill) -> tuple[list[str], str]:
    """The lines by schema, and how to read them: the most telling way that fits. What cannot fit is not read."""
    for way in WAYS:
        if way.least(view, relations) <= BUDGET:
            lines = way.lines(fill(way.parts) if way.parts else view, relations)
            if cost(lines) <= BUDGET:
                return lines, way.legend
    kept = _families(view, relations)
    return [phrases.clipped(line, BUDGET // max(1, len(kept))) for line in kept], WAYS[-1].legend


def _grouped(relations: Sequence[Identity], line: Callable[[Identity], str]) -> list[str]:
    found: list[str] = []
    for schema, members in _by_schema(relations).items():
        found += [f"schema {quote(schema)}:", *(line(identity) for identity in members)]
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
    return quote(parts[1]) if parts[0] == identity.schema else path(parts[0], parts[1])


def _kind(view: View, identity: Identity) -> str:
    partitions = len(partitions_of(view.schema, identity))
    if partitions:
        return f" ({partitions} partition{'s' * (partitions > 1)})"
    return "" if identity.kind == "table" else f" ({identity.kind.replace('_', ' ')})"


def _with_columns(view: View, identity: Identity) -> str:
    targets = _targets(view, identity)
    columns = [
        f"{quote(part.sub)}{'*' * _is_sensitive(view, part)}{f'→{targets[part.sub]}' if part.sub in targets else ''}"
        for part in view.schema.parts(identity, "column", "view_column")
    ]
    rows = _rows(view, identity)
    return f"{quote(identity.name)}{_kind(view, identity)}{f' {rows}' if rows else ''}: {', '.join(columns)}"


def _is_sensitive(view: View, column: Identity) -> bool:
    return column.kind == "column" and view.sensitive(column) not in (None, "keep")


def _with_counts(view: View, identity: Identity) -> str:
    targets = ",".join(dict.fromkeys(_targets(view, identity).values()))
    count = view.schema.width(identity)
    rows = _rows(view, identity)
    line = f"{quote(identity.name)}{_kind(view, identity)} {count}{f'/{rows}' if rows else ''}"
    return f"{line} →{targets}" if targets else line


def _names(_: View, relations: Sequence[Identity]) -> list[str]:
    return [
        f"schema {quote(schema)}: {', '.join(quote(identity.name) for identity in members)}"
        for schema, members in _by_schema(relations).items()
    ]


def _families(_: View, relations: Sequence[Identity]) -> list[str]:
    """Names that differ only in their digits are told once."""
    lines: list[str] = []
    for schema, members in _by_schema(relations).items():
        alike = Counter(re.sub(r"\d+", "#", identity.name) for identity in members)
        told = [f"{name} x{count}" if count > 1 else name for name, count in alike.items()]
        lines.append(phrases.clipped(f"schema {schema}: {several(len(members), 'relation')}: {', '.join(told)}", 6000))
    return lines


def _lines_with_columns(view: View, relations: Sequence[Identity]) -> list[str]:
    return _grouped(relations, lambda identity: _with_columns(view, identity))


def _lines_with_counts(view: View, relations: Sequence[Identity]) -> list[str]:
    return _grouped(relations, lambda identity: _with_counts(view, identity))


def _least_with_columns(view: View, relations: Sequence[Identity]) -> int:
    return sum(len(identity.name) + len("a, ") * view.schema.width(identity) for identity in relations)


def _least_with_counts(_: View, relations: Sequence[Identity]) -> int:
    return sum(len(identity.name) + len('" 1",') for identity in relations)


def _least_names(_: View, relations: Sequence[Identity]) -> int:
    return sum(len(identity.name) for identity in relations)


def _nothing(_: View, __: Sequence[Identity]) -> int:
    return 0


_REFERENCES = ("constraint",)
WAYS = (
    Way(
        "name ~rows: columns (→ what they refer to, * sensitive)",
        ("column", "view_column", *_REFERENCES),
        _lines_with_columns,
        _least_with_columns,
    ),
    Way("name columns/~rows → tables it refers to", _REFERENCES, _lines_with_counts, _least_with_counts),
    Way("names only", (), _names, _least_names),
    Way("names only, alike ones counted", (), _families, _nothing),
)
