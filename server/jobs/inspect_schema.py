"""Tells a database's schema in few words: an overview, its tables, or everything about them."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from server.calls import Call
from server.errors import Refused
from server.model import phrases
from server.model.inspection import Relation, SchemaInspection, Size, View, partitions_of, relation, sensitive_by
from server.model.overviews import overview
from server.model.paging import cost, page
from server.model.patterns import choose
from server.model.schema import RELATIONS, Attributes, Identity, Schema, Value
from server.postgres.catalog import read_schema
from server.postgres.questions import ask
from server.postgres.transactions import Connection, reading
from server.services import Services

Detail = Literal["overview", "tables", "full"]
Item = tuple[str, Any]
"""The section of the answer that it belongs to, and what stands there."""

_TYPES = ("enum", "domain", "composite", "range", "base_type", "shell_type")
_ROUTINES = ("function", "procedure", "aggregate")
_SAID_ELSEWHERE = {
    *RELATIONS, *_TYPES, *_ROUTINES, "column", "view_column", "attribute", "constraint", "index", "trigger", "rule",
    "policy", "sequence", "extension", "schema", "domain_constraint", "publication_table", "publication_schema",
}  # fmt: skip
_WIDE = 200
"""Columns of one relation that are told at once."""


def inspect_schema(
    services: Services,
    call: Call,
    *,
    database: str,
    tables: Sequence[str] | None = None,
    detail: Detail = "tables",
    cursor: str | None = None,
) -> SchemaInspection:
    """One page about the schema of `database`; `tables` are patterns. Refused: unknown names, another call's cursor."""
    found = services.databases.get(database)
    with reading(call, found) as connection:
        schema = read_schema(connection)
        shown = _shown(schema, tables)
        sensitive = sensitive_by(services.redaction(database), schema)
        wanted = [*shown, *(child for identity in shown for child in partitions_of(schema, identity))]
        view = View(
            schema, _sizes(connection, schema, wanted), sensitive, full=detail == "full", chosen=tables is not None
        )
    head: dict[str, Any] = {
        "database": database,
        "server_version": _version(schema.server_version),
        "fingerprint": schema.fingerprint,
        "summary": _summary(schema),
        "not_covered": [f"{kind}: {name}" for kind, name in schema.not_covered[:20]],
    }
    if detail == "overview":
        lines, legend = overview(view, shown)
        return SchemaInspection(
            **head, schemas=tuple(lines), next=f"Lines: {legend}. detail = tables tells columns and keys."
        )
    return _paged(head, _items(view, shown), cursor, full=view.full)


def as_detail(word: str) -> Detail:
    """`overview`, `tables` or `full`; Refused otherwise."""
    for detail in get_args(Detail):
        if word == detail:
            return detail
    raise Refused("bad_arguments", f"detail is overview, tables or full, not {word}.")


def _shown(schema: Schema, patterns: Sequence[str] | None) -> list[Identity]:
    """The relations that match; partitions only where a pattern names them without their parent."""
    relations = sorted(schema.of(*RELATIONS), key=lambda identity: (identity.schema, identity.name))
    named = {(identity.schema, identity.name): identity for identity in relations}
    chosen = choose(patterns, named)
    kept = set(chosen)

    def folded(identity: Identity) -> bool:
        parent = schema.facts[identity].get("partition_of")
        return isinstance(parent, tuple) and ((parent[0], parent[1]) in kept or patterns is None)

    return [named[name] for name in chosen if not folded(named[name])]


def _sizes(connection: Connection, schema: Schema, identities: Sequence[Identity]) -> dict[Identity, Size]:
    oids = {schema.oids[identity]: identity for identity in identities if identity in schema.oids}
    return {oids[oid]: Size(rows, size) for oid, rows, size in ask(connection, "relation_sizes", list(oids))}


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"


def _summary(schema: Schema) -> str:
    """`19 tables, 2 partitions, 1 view, …`."""
    counted = {
        kind: len(schema.of(kind)) for kind in ("table", *RELATIONS[1:], "index", "sequence", "trigger", "policy")
    }
    partitions = sum(len(children) for children in schema.children.values())
    counted["table"] -= partitions
    counted |= {"partition": partitions, "type": len(schema.of(*_TYPES)), "function": len(schema.of(*_ROUTINES))}
    counted["schema"] = len(schema.of("schema"))
    return ", ".join(f"{count} {_plural(kind, count)}" for kind, count in counted.items() if count)


def _plural(kind: str, count: int) -> str:
    word = kind.replace("_", " ")
    if count == 1:
        return word
    return {"index": "indexes", "policy": "policies"}.get(word, f"{word}s")


def _items(view: View, shown: Sequence[Identity]) -> list[Item]:
    """What there is to tell, in order; of chosen tables, only these and the types that they use."""
    schema = view.schema
    items: list[Item] = []
    for identity in shown:
        section = "views" if identity.kind.endswith("view") else "tables"
        items += [(section, part) for part in _split(relation(view, identity))]
    used = {str(schema.facts[c]["type"]).removesuffix("[]") for i in shown for c in schema.parts(i, "column")}
    for identity in schema.of(*_TYPES):
        if not view.chosen or {f"{identity.schema}.{identity.name}", identity.name} & used:
            items.append(("types", _with_comment(phrases.data_type(schema, identity), schema.facts[identity])))
    if not view.chosen:
        items += _unchosen(view)
    return items


def _unchosen(view: View) -> list[Item]:
    schema = view.schema
    items: list[Item] = [
        ("extensions", f"{identity.name} {schema.facts[identity]['version']}")
        for identity in schema.of("extension")
        if identity.name != "plpgsql"
    ]
    if not view.full:
        return items
    owned = [i for i in schema.of("sequence") if not schema.facts[i].get("owned_by")]
    items += [("sequences", phrases.sequence(i, schema.facts[i])) for i in owned]
    items += [("functions", _routine(i, schema.facts[i])) for i in schema.of(*_ROUTINES)]
    items += [("other", line) for i, facts in schema.facts.items() for line in _said(i, facts)]
    return items


def _routine(identity: Identity, facts: Attributes) -> str:
    line = _with_comment(phrases.routine(identity, facts), facts)
    rights = phrases.grants(facts)
    return f"{line} [{'; '.join(rights)}]" if rights else line


def _with_comment(line: str, facts: Attributes) -> str:
    return f"{line} -- {facts['comment']}" if facts.get("comment") else line


def _said(identity: Identity, facts: Attributes) -> list[str]:
    """Any other kind of object, by its attributes; schemas by what is granted on them."""
    if identity.kind == "schema":
        lines = [line for line in phrases.grants(facts) if (identity.name, line) != ("public", "PUBLIC: usage")]
        return [f"schema {identity.name}: {line}" for line in lines]
    if identity.kind in _SAID_ELSEWHERE:
        return []
    said = [f"{name} {_value(value)}" for name, value in facts.items() if name not in ("owner", "grants", "revoked")]
    said += phrases.grants(facts)
    what = f"{identity.kind.replace('_', ' ')} {identity}"
    return [phrases.clipped(f"{what}: {', '.join(said)}" if said else what, 600)]


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_value(item) for item in value)})"
    return phrases.plain(value)


def _split(told: Relation) -> list[Relation]:
    """A very wide relation in several parts."""
    count = len(told.columns)
    if count <= _WIDE:
        return [told]
    parts: list[Relation] = []
    for start in range(0, count, _WIDE):
        end = min(start + _WIDE, count)
        columns, note = told.columns[start:end], f"columns {start + 1} to {end} of {count}"
        rest = told if start == 0 else Relation(name=told.name)
        parts.append(rest.model_copy(update={"columns": columns, "continued": note}))
    return parts


def _paged(head: dict[str, Any], items: list[Item], cursor: str | None, *, full: bool) -> SchemaInspection:
    told = [item.model_dump(mode="json") if isinstance(item, Relation) else item for _, item in items]
    here = page([cost(item) for item in told], cursor, str(head["fingerprint"])[:8])
    sections: dict[str, list[Any]] = {}
    for section, item in items[here.start : here.end]:
        sections.setdefault(section, []).append(item)
    left = items[here.end :]
    told_here = head | sections | {"next_cursor": here.next_cursor}
    if not full:
        told_here["next"] = "detail = full adds checks, indexes, triggers, policies, grants, queries and functions."
    if left:
        told_here["left_out"] = f"{len(left)} more: {_named(left)}"
    return SchemaInspection.model_validate(told_here)


def _named(items: list[Item]) -> str:
    names = [item.name if isinstance(item, Relation) else str(item).partition(":")[0] for _, item in items]
    return phrases.clipped(", ".join(names), 400)
