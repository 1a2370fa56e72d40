"""What is told of one relation, in short lines that read like SQL; its partitions are folded into it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from server.model import phrases
from server.model.inspection import Relation
from server.model.redaction import Policy
from server.model.schema import Attributes, Identity, Schema, Value

Sensitive = Callable[[Identity], str | None]
"""What exports do with a column (`exclude`, `null`, `hash`, `blank`), or None: not sensitive."""

_BASES = {
    "boolean": "bool", "smallint": "int2", "integer": "int4", "bigint": "int8", "real": "float4",
    "double precision": "float8", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
}  # fmt: skip


def sensitive_by(policy: Policy, schema: Schema) -> Sensitive:
    """What the policy says of the columns of that schema."""

    def how(column: Identity) -> str | None:
        kind = str(schema.facts[column]["type"]).partition("(")[0]
        return policy.how(column.schema, column.name, column.sub, _BASES.get(kind, kind))

    return how


class Size(NamedTuple):
    """Estimated rows (None: never counted) and bytes with indexes and TOAST (None: not asked)."""

    rows: int | None
    size: int | None


@dataclass(frozen=True)
class View:
    """What the lines are drawn from."""

    schema: Schema
    sizes: dict[Identity, Size]
    sensitive: Sensitive
    full: bool
    chosen: bool = False
    """Some tables were asked for: their queries are told at length."""

    def facts(self, identity: Identity) -> Attributes:
        return self.schema.facts[identity]


def relation(view: View, identity: Identity) -> Relation:
    """Everything about one relation; partitions are folded into it."""
    facts, name = view.facts(identity), phrases.short_name(identity.schema, identity.name)
    kind = None if identity.kind == "table" else identity.kind.replace("_", " ")
    below = partitions_of(view.schema, identity)
    size = _size(view, [identity, *below])
    told: dict[str, Any] = {
        "name": name,
        "kind": "unlogged table" if facts.get("unlogged") else kind,
        "comment": _comment(view, facts),
        "estimated_rows": size.rows if size else None,
        "size_bytes": size.size if size else None,
        "columns": _columns(view, identity),
        "partition_key": facts.get("partition_key"),
        "partitions": _partitions(view, identity, below),
        "partition_of": _partition_of(facts),
        "inherits": [phrases.pair(parent) for parent in _tuple(facts.get("inherits"))],
    }
    told |= _keys(view, identity)
    if view.full:
        told |= _rest(view, identity)
    return Relation(**told)


_COMMENT = 160
"""Characters of a comment where only tables are told: one short line for a column."""


def _comment(view: View, facts: Attributes) -> str | None:
    comment = str(facts.get("comment") or "")
    return (comment if view.full else phrases.clipped(comment, _COMMENT)) or None


def _partition_of(facts: Attributes) -> str | None:
    parent = facts.get("partition_of")
    return f"{phrases.pair(parent)} {facts.get('partition_bound')}" if parent else None


def _columns(view: View, identity: Identity) -> list[str]:
    key = _primary_key(view, identity)
    alone = key if len(key) == 1 else ()
    return [
        phrases.column(
            part.sub,
            _of_column(view, view.facts(part)),
            key=part.sub in alone,
            serial=(part.schema, part.name, part.sub) in view.schema.serials,
            sensitive=view.sensitive(part),
        )
        for part in view.schema.parts(identity, "column", "view_column")
    ]


def _of_column(view: View, facts: Attributes) -> Attributes:
    """What the line of a column is made of."""
    if "comment" in facts:
        facts = {**facts, "comment": _comment(view, facts)}
    return facts if view.full else {name: value for name, value in facts.items() if name != "collation"}


def _primary_key(view: View, identity: Identity) -> tuple[str, ...]:
    for part in view.schema.parts(identity, "constraint"):
        facts = view.facts(part)
        if facts["type"] == "primary key":
            return tuple(str(column) for column in _tuple(facts.get("columns")))
    return ()


def _keys(view: View, identity: Identity) -> dict[str, Any]:
    """Primary, unique and foreign keys: what both `tables` and `full` tell."""
    told: dict[str, Any] = {"unique": [], "foreign_keys": []}
    key = _primary_key(view, identity)
    if len(key) > 1:
        told["primary_key"] = f"({', '.join(key)})"
    for part in view.schema.parts(identity, "constraint"):
        facts = view.facts(part)
        if facts["type"] == "unique":
            told["unique"].append(phrases.plain(facts["definition"]).removeprefix("UNIQUE "))
        elif facts["type"] == "foreign key":
            told["foreign_keys"].append(phrases.foreign_key(facts))
    return told


def _rest(view: View, identity: Identity) -> dict[str, Any]:
    """What only `full` tells."""
    facts = view.facts(identity)
    parts = view.schema.parts(identity)
    constraints = [(p.sub, view.facts(p)) for p in parts if p.kind == "constraint"]
    definition = facts.get("definition")
    return {
        "checks": [
            phrases.check(identity.name, name, f)
            for name, f in constraints
            if f["type"] == "check" and not f.get("inherited")
        ],
        "exclusions": [phrases.key(name, f) for name, f in constraints if f["type"] == "exclusion"],
        "indexes": [phrases.index_of_table(p, view.facts(p)) for p in parts if p.kind == "index"],
        "triggers": [phrases.trigger(p.sub, view.facts(p)) for p in parts if p.kind == "trigger"],
        "rules": [phrases.plain(view.facts(p)["definition"]) for p in parts if p.kind == "rule"],
        "policies": [phrases.policy(p.sub, view.facts(p)) for p in parts if p.kind == "policy"],
        "row_security": _row_security(facts),
        "definition": phrases.clipped(phrases.plain(definition), 3000 if view.chosen else 350) if definition else None,
        "grants": phrases.grants(facts) + _column_grants(view, parts),
        "other": _other(facts),
    }


def _row_security(facts: Attributes) -> str | None:
    if not facts.get("row_security"):
        return None
    return "enabled, forced for the owner too" if facts.get("force_row_security") else "enabled"


def _column_grants(view: View, parts: Iterable[Identity]) -> list[str]:
    return [
        f"{part.sub}: {line}"
        for part in parts
        if part.kind in ("column", "view_column")
        for line in phrases.grants(view.facts(part))
    ]


_OTHER = ("options", "toast_options", "access_method", "replica_identity", "of_type", "tablespace", "server")


def _other(facts: Attributes) -> list[str]:
    found = [f"{name.replace('_', ' ')}: {_said(facts[name])}" for name in _OTHER if facts.get(name)]
    return [*found, "not populated"] if facts.get("not_populated") else found


def _said(value: Value) -> str:
    return phrases.listed(value) if isinstance(value, tuple) else str(value)


def _tuple(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def partitions_of(schema: Schema, parent: Identity) -> list[Identity]:
    """Its partitions and theirs, in reading order."""
    found: list[Identity] = []
    for child in schema.children.get((parent.schema, parent.name), ()):
        found += [child, *partitions_of(schema, child)]
    return found


_SHOWN = 5
"""Partitions that are told one by one; of more, the first two and the last."""


def _partitions(view: View, parent: Identity, below: list[Identity]) -> list[str]:
    if not below:
        return []
    lines = [_partition(view, child, parent) for child in below]
    if len(lines) > _SHOWN:
        lines = [*lines[:2], f"… {len(lines) - 3} more …", lines[-1]]
    return [f"{len(below)} partitions", *lines, *_own_parts(view, below)]


def _partition(view: View, child: Identity, parent: Identity) -> str:
    facts = view.facts(child)
    bound = str(facts.get("partition_bound")).removeprefix("FOR VALUES ").replace(" 00:00:00+00'", "'")
    up = phrases.pair(facts.get("partition_of"))
    via = "" if up == phrases.short_name(parent.schema, parent.name) else f" of {up}"
    deeper = f", partitioned by {facts['partition_key']}" if facts.get("partition_key") else ""
    return f"{phrases.short_name(child.schema, child.name)}{via}: {bound}{deeper}"


def _own_parts(view: View, below: list[Identity]) -> list[str]:
    """What partitions have beyond their parent: each distinct thing once, with how many have it; the commonest."""
    counted: Counter[str] = Counter()
    for child in below:
        for part in view.schema.parts(child, "constraint", "index"):
            facts = view.facts(part)
            if not facts.get("parent_index") and not facts.get("inherited"):
                counted[_own_part(part, facts)] += 1
    lines = [f"own {what} (on {count} of {len(below)})" for what, count in counted.most_common(_SHOWN)]
    more = len(counted) - len(lines)
    return [*lines, f"… {more} more of their own …"] if more else lines


def _own_part(part: Identity, facts: Attributes) -> str:
    if part.kind == "index":
        return f"index {phrases.index(part, facts).partition(': ')[2]}"
    if facts["type"] == "foreign key":
        return f"foreign key {phrases.foreign_key(facts)}"
    return phrases.plain(facts["definition"])


def _size(view: View, identities: Iterable[Identity]) -> Size | None:
    sizes = [view.sizes[identity] for identity in identities if identity in view.sizes]
    rows = [size.rows for size in sizes if size.rows is not None]
    return Size(sum(rows) if rows else None, sum(size.size or 0 for size in sizes)) if sizes else None
