"""Which names an object takes, so that nothing is made before another thing of its name is gone."""

from server.model.migration import indexes, types
from server.model.schema import Identity, Schema, texts

_RELATIONS = ("table", "foreign_table", "view", "materialized_view", "sequence", "index", "composite")


def name_spaces(identity: Identity, schema: Schema) -> list[tuple[str, str, str]]:
    """The names that it takes: among relations, types, routines, and what identity columns' sequences are called."""
    facts = schema.facts.get(identity, {})
    found: list[tuple[str, str, str]] = []
    if identity.kind in _RELATIONS:
        found.append(("relation", identity.schema, identity.name))
    if identity.kind in types.TYPES or identity.kind in _RELATIONS[:4]:
        found.append(("type", identity.schema, identity.name))
    if identity.kind == "range" and (multirange := types.multirange(facts)):
        found.append(("type", *multirange))
    if identity.kind in ("function", "procedure", "aggregate"):
        found.append(("routine", identity.schema, identity.name))  # of all signatures: calls could mean either
    if identity.kind == "constraint" and indexes.indexed(facts):
        found.append(("relation", identity.schema, identity.sub))
    if identity.kind == "column":
        sequence = texts(facts, "identity_sequence")
        if len(sequence) == 2:
            found.append(("relation", sequence[0], sequence[1]))
    if identity.kind == "table":
        for column in schema.parts(identity, "column"):
            found += [space for space in name_spaces(column, schema) if space[0] == "relation"]
    return found
