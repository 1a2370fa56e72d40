"""The first judge of a plan: what our own comparison still finds between its result and the target."""

from collections.abc import Iterable

from server.model.comparison.difference import Difference, Scope, differences
from server.model.migration.words import spec
from server.model.schema import OWNER, Attributes, Schema, rows, text, texts


def left_over(result: Schema, target: Schema) -> list[str]:
    """Every difference left, as words; owners count where they are not simply whoever read the schema."""
    found = [_told(difference) for difference in differences(result, target, Scope())]
    if result.role and target.role:
        for identity in result.facts.keys() & target.facts.keys():
            one, other = _owner(result, result.facts[identity]), _owner(target, target.facts[identity])
            if one != other:
                found.append(f"{spec(identity)}: owner")
    return found


def _owner(schema: Schema, attributes: Attributes) -> str:
    owner = text(attributes, "owner")
    return "" if owner == schema.role else owner


def _told(difference: Difference) -> str:
    what = difference.attribute or {"added": "missing", "removed": "should be gone"}[difference.change]
    return f"{spec(difference.identity)}: {what}"


def without(schema: Schema, names: Iterable[str]) -> Schema:
    """The same schema as if nothing had these attributes; members of extensions, of which nothing else is known, go."""
    gone = frozenset(names)
    kept = {i: attributes for i, attributes in schema.facts.items() if i.kind != "extension_member"}
    facts = {i: {n: v for n, v in attributes.items() if n not in gone} for i, attributes in kept.items()}
    return Schema(
        facts=facts,
        server_version=schema.server_version,
        dependencies=schema.dependencies,
        not_covered=schema.not_covered,
        oids=schema.oids,
        role=schema.role,
    )


def reordered(result: Schema, target: Schema) -> list[str]:
    """Tables whose columns the two have in another order."""
    found = differences(result, target, Scope(column_order=True))
    return [str(difference.identity) for difference in found if difference.attribute == "column_order"]


def roles_of(schema: Schema) -> set[str]:
    """Every role that the facts name: owners, grantees, those of policies, default privileges and user mappings."""
    named = {schema.role}
    for identity, attributes in schema.facts.items():
        named |= {text(attributes, "owner"), *(texts(attributes, "roles") if identity.kind == "policy" else ())}
        named |= {row[0] for name in ("grants", "revoked", "sequence_rights") for row in rows(attributes, name)}
        if identity.kind == "default_privileges":
            named.add(identity.name)
        if identity.kind == "user_mapping":
            named.add(identity.sub)
    return named - {"", OWNER, "PUBLIC", "public"}
