"""What is told of one relation, in short lines that read like SQL; its partitions are folded into it."""

import re
from collections.abc import Iterable
from typing import Any

from server.model.expressions import plainly
from server.model.inspection import phrases
from server.model.inspection.partition_lines import partitions
from server.model.inspection.reports import Relation
from server.model.inspection.shown_schema import Size, View, partitions_of
from server.model.options import without_secret
from server.model.quoting import quote
from server.model.schema import Attributes, Identity, Value, items
from server.model.tables import table_key


def relation(view: View, identity: Identity) -> Relation:
    """Everything about one relation; partitions are folded into it."""
    facts, name = view.facts(identity), table_key(identity.schema, identity.name)
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
        "partitions": partitions(view, identity, below),
        "partition_of": _partition_of(facts),
        "inherits": [phrases.pair(parent) for parent in items(facts.get("inherits"))],
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


_PK = "pk"


def _columns(view: View, identity: Identity) -> list[str]:
    also: dict[str, list[str]] = {}
    for part in view.schema.parts(identity, "constraint", "index"):
        if (said := _of_one_column(view, part)) is not None:
            also.setdefault(said[0], []).append(said[1])
    serials = view.schema.serials
    return [
        phrases.column(
            part.sub,
            _of_column(view, view.facts(part)),
            serial=part[1:] in serials,
            sensitive=view.sensitive(part),
            key=_PK in also.get(part.sub, ()),
            more=[
                *sorted(set(also.get(part.sub, ())) - {_PK}, key=_place),
                *_sequences(view, part),
                *(_stored(view.facts(part)) if view.full else ()),
            ],
        )
        for part in view.schema.parts(identity, "column", "view_column")
    ]


def _place(words: str) -> int:
    """`unique` and `indexed` before references, which may be long."""
    return words.startswith("→")


def _sequences(view: View, column: Identity) -> list[str]:
    """Sequences that go with the column, though it is not filled from them."""
    filled = view.schema.serials.get(column[1:])
    owned = view.schema.owned_sequences.get(column[1:], ())
    return [f"owns {phrases.short_name(i.schema, i.name)}" for i in owned if i != filled] if view.full else []


_STORED = ("storage", "compression", "statistics", "options", "foreign_options")


def _stored(facts: Attributes) -> list[str]:
    """What a column has that is not as usual: `storage EXTERNAL`, `options (n_distinct=-1)`, a named NOT NULL."""
    name = None if facts.get("inherited") else facts.get("not_null_name")
    named = [f"not null as {quote(str(name))}"] if name else []
    return named + [
        f"{name.replace('_', ' ')} {f'({_said(facts[name])})' if isinstance(facts[name], tuple) else facts[name]}"
        for name in _STORED
        if facts.get(name) is not None
    ]


def _of_column(view: View, facts: Attributes) -> Attributes:
    """What the line of a column is made of."""
    if "comment" in facts:
        facts = {**facts, "comment": _comment(view, facts)}
    if not view.full:
        facts = {name: value for name, value in facts.items() if name != "collation"}
    return _plainly(facts, "generated", "default")


def _plainly(facts: Attributes, *expressions: str) -> Attributes:
    return facts | {name: plainly(phrases.plain(facts[name])) for name in expressions if facts.get(name) is not None}


_PLAIN_KEY = re.compile(r'(?:UNIQUE|PRIMARY KEY) \((?:"(?:[^"]|"")+"|\w+)\)')


def _of_one_column(view: View, part: Identity) -> tuple[str, str] | None:
    """A column and what a constraint or index of its own makes of it, if nothing more is to be said of that: `pk`,
    `unique`, `indexed`, `→ sites(id) on delete cascade`.
    """
    facts = view.facts(part)
    columns = items(facts.get("columns"))
    if len(columns) != 1 or columns[0] is None or (facts.get("comment") and facts.get("type") != "primary key"):
        return None
    column = str(columns[0])
    if part.kind == "index":
        return (column, "indexed") if view.full and _index(part, facts) == f"({quote(column)})" else None
    if _own_name(view, part) and facts["type"] != "primary key":
        return None
    if facts["type"] == "foreign key":
        return column, phrases.reference(facts)
    if not _PLAIN_KEY.fullmatch(str(facts.get("definition"))):
        return None
    return column, _PK if facts["type"] == "primary key" else str(facts["type"])


def _own_name(view: View, part: Identity) -> str | None:
    """The name of a key that PostgreSQL did not choose; `full` tells it."""
    keyed = view.full and view.facts(part)["type"] in ("primary key", "unique", "foreign key")
    return phrases.own_name(part, view.facts(part)) if keyed else None


def _index(part: Identity, facts: Attributes) -> str:
    return phrases.index_of_table(part, _plainly(facts, "definition"))


def _keys(view: View, identity: Identity) -> dict[str, Any]:
    """Primary, unique and foreign keys of several columns: what both `tables` and `full` tell."""
    told: dict[str, Any] = {"unique": [], "foreign_keys": []}
    for part in view.schema.parts(identity, "constraint"):
        own = _own_name(view, part)
        if _of_one_column(view, part) is not None and not own and not view.facts(part).get("comment"):
            continue
        facts = _of_column(view, view.facts(part))
        named = f"{quote(own)}: " if own else ""
        if facts["type"] == "foreign key":
            told["foreign_keys"].append(phrases.commented(named + phrases.foreign_key(facts), facts))
        elif facts["type"] in ("unique", "primary key"):
            words = named + re.sub("^(UNIQUE|PRIMARY KEY) ", "", phrases.plain(facts["definition"]))
            if facts["type"] == "unique":
                told["unique"].append(phrases.commented(words, facts))
            else:
                told["primary_key"] = phrases.commented(words, facts)
    return told


def _rest(view: View, identity: Identity) -> dict[str, Any]:
    """What only `full` tells."""
    facts = view.facts(identity)
    definition = facts.get("definition")
    most = 3000 if view.chosen else 350
    told: dict[str, Any] = {
        "row_security": _row_security(facts),
        "definition": phrases.clipped(plainly(phrases.plain(definition)), most) if definition else None,
        "grants": phrases.grants(facts) + _column_grants(view, view.schema.parts(identity, "column", "view_column")),
        "other": _other(facts),
    }
    for part in view.schema.parts(identity):
        if (said := _of_part(view, part)) is not None:
            told.setdefault(said[0], []).append(phrases.commented(said[1], view.facts(part)))
    return told


def _of_part(view: View, part: Identity) -> tuple[str, str] | None:
    """Where in `full` a constraint, index, trigger, rule or policy is told, and its words."""
    facts = view.facts(part)
    kind = facts["type"] if part.kind == "constraint" else part.kind
    if kind == "check" and not facts.get("inherited"):
        return "checks", phrases.check(part.name, part.sub, _plainly(facts, "expression"))
    if kind == "exclusion":
        return "exclusions", phrases.key(part.sub, _plainly(facts, "definition"))
    if kind == "index" and _of_one_column(view, part) is None:
        return "indexes", _index(part, facts)
    if kind == "trigger":
        return "triggers", phrases.trigger(part.sub, facts)
    if kind == "rule":
        return "rules", phrases.plain(facts["definition"])
    if kind == "policy":
        return "policies", phrases.policy(part.sub, _plainly(facts, "using", "with_check"))
    return None


def _row_security(facts: Attributes) -> str | None:
    if not facts.get("row_security"):
        return None
    return "enabled, forced for the owner too" if facts.get("force_row_security") else "enabled"


def _column_grants(view: View, columns: Iterable[Identity]) -> list[str]:
    """Rights on columns, and on the sequences that fill them."""
    lines: list[str] = []
    for column in columns:
        facts, serial = view.facts(column), view.schema.serials.get(column[1:])
        name = quote(column.sub)
        lines += [f"{name}: {line}" for line in phrases.grants(facts)]
        rights = phrases.grants(view.facts(serial)) if serial else phrases.rights_of_sequence(facts)
        lines += [f"sequence of {name}: {line}" for line in rights]
    return lines


_OTHER = ("options", "toast_options", "replica_identity", "of_type", "foreign_options")
_NAMED = ("access_method", "tablespace", "server")


def _other(facts: Attributes) -> list[str]:
    found = [f"{name.replace('_', ' ')}: {_said(facts[name])}" for name in _OTHER if facts.get(name)]
    found += [f"{name.replace('_', ' ')}: {quote(str(facts[name]))}" for name in _NAMED if facts.get(name)]
    return [*found, "not populated"] if facts.get("not_populated") else found


def _said(value: Value) -> str:
    return phrases.listed(value, without_secret) if isinstance(value, tuple) else str(value)


def _size(view: View, identities: Iterable[Identity]) -> Size | None:
    sizes = [view.sizes[identity] for identity in identities if identity in view.sizes]
    rows = [size.rows for size in sizes if size.rows is not None]
    return Size(sum(rows) if rows else None, sum(size.size or 0 for size in sizes)) if sizes else None
