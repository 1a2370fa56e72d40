"""What is told of objects that are no relation, type, sequence or routine: a line each, made of their attributes."""

from server.model.inspection import phrases
from server.model.options import without_secrets
from server.model.quoting import quote
from server.model.schema import RELATIONS, Attributes, Identity, Schema, Value, texts

TYPES = ("enum", "domain", "composite", "range", "base_type", "shell_type")
ROUTINES = ("function", "procedure", "aggregate")
_SAID_ELSEWHERE = {
    *RELATIONS, *TYPES, *ROUTINES, "column", "view_column", "attribute", "constraint", "index", "trigger", "rule",
    "policy", "sequence", "extension", "domain_constraint", "publication_table", "publication_schema",
}  # fmt: skip
_NO_NAME = {"operator", "cast", "transform", "operator_class", "operator_family", "default_privileges", "user_mapping"}
"""Kinds that are not called by one name."""
_MOST = 600
"""Characters of a line."""


def other(schema: Schema, identity: Identity) -> list[str]:
    """Its lines: none of what is told elsewhere, and of schemas only comments and what is granted on them."""
    facts = schema.facts[identity]
    if identity.kind in _SAID_ELSEWHERE:
        return []
    if identity.kind == "schema":
        lines = [line for line in phrases.grants(facts) if (identity.name, line) != ("public", "PUBLIC: usage")]
        lines += [f"comment {facts['comment']}"] if facts.get("comment") else []
        return [f"schema {quote(identity.name)}: {line}" for line in lines]
    said = [
        f"{name} {_value(without_secrets(name, value))}"
        for name, value in facts.items()
        if name not in ("owner", "grants", "revoked")
    ]
    said += [*_published(schema, identity), *phrases.grants(facts)]
    what = f"{identity.kind.replace('_', ' ')} {_name(identity)}"
    return [phrases.clipped(f"{what}: {', '.join(said)}" if said else what, _MOST)]


def _name(identity: Identity) -> str:
    return str(identity) if identity.kind in _NO_NAME else phrases.short_name(identity.schema, identity.name)


def _published(schema: Schema, identity: Identity) -> list[str]:
    """`tables (app.users, sites (id, label) where (id > 5))`, `schemas (audit)` of a publication."""
    if identity.kind != "publication":
        return []
    tables = [
        _published_table(i.sub, schema.facts[i]) for i in schema.of("publication_table") if i.name == identity.name
    ]
    schemas = [quote(i.sub) for i in schema.of("publication_schema") if i.name == identity.name]
    parts = (("tables", tables), ("schemas", schemas))
    return [f"{what} ({', '.join(found)})" for what, found in parts if found]


def _published_table(name: str, facts: Attributes) -> str:
    columns = f" ({', '.join(map(quote, texts(facts, 'columns')))})" if facts.get("columns") else ""
    where = f" where {phrases.plain(facts['predicate'])}" if facts.get("predicate") else ""
    return f"{phrases.plain(name)}{columns}{where}"


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_value(item) for item in value)})"
    return phrases.plain(value)
