"""Finds what may be a rename: removed here and added there, of equal structure, one to one, in the same place.

Never acted on by itself: a question for the caller.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

from server.model.comparison.difference import Difference
from server.model.schema import Attributes, Identity, Schema, texts

_ASIDE = frozenset(
    {"comment", "position", "owner", "grants", "revoked", "identity_sequence", "not_null_name", "not_null_comment"}
)


class Rename(NamedTuple):
    """`before` in the source may be `after` in the target. `reason` is what they have in common."""

    before: Identity
    after: Identity
    reason: str


def possible_renames(source: Schema, target: Schema, found: Sequence[Difference]) -> list[Rename]:
    """One entry for each pair that has no rival on either side, by kind and name."""
    removed: dict[Hashable, list[Identity]] = {}
    added: dict[Hashable, list[Identity]] = {}
    for difference in found:
        if difference.change == "changed" or difference.identity.kind not in _STRUCTURES:
            continue
        schema, side = (source, removed) if difference.change == "removed" else (target, added)
        structure = _STRUCTURES[difference.identity.kind][0](schema, difference.identity)
        if structure is not None:
            side.setdefault((difference.identity.kind, structure), []).append(difference.identity)
    whole = [
        Rename(before[0], added[structure][0], _STRUCTURES[before[0].kind][1])
        for structure, before in removed.items()
        if len(before) == 1 and len(added.get(structure, ())) == 1
    ]
    enums = dict.fromkeys(d.identity for d in found if d.identity.kind == "enum" and d.change == "changed")
    return whole + [rename for enum in enums for rename in _label(source, target, enum)]


def _label(source: Schema, target: Schema, enum: Identity) -> Iterator[Rename]:
    """The one label that is another in the same place."""
    before, after = (texts(each.facts[enum], "labels") for each in (source, target))
    unlike = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
    if len(before) == len(after) and len(unlike) == 1 and unlike[0][0] not in after and unlike[0][1] not in before:
        one, other = (Identity("enum_label", enum.schema, enum.name, label) for label in unlike[0])
        yield Rename(one, other, "same place among the labels")


def _attributes(schema: Schema, identity: Identity, *aside: str) -> Hashable:
    facts: Attributes = schema.facts[identity]
    return tuple(sorted((name, repr(v)) for name, v in facts.items() if name not in _ASIDE and name not in aside))


def _column(schema: Schema, identity: Identity) -> Hashable:
    return identity.schema, identity.name, _attributes(schema, identity)


def _table(schema: Schema, identity: Identity) -> Hashable:
    columns = schema.parts(identity, "column")
    if not columns:
        return None
    return identity.schema, tuple(sorted((column.sub, str(schema.facts[column]["type"])) for column in columns))


def _definition(schema: Schema, identity: Identity) -> Hashable:
    """The whole statement without the object's own name."""
    own = f" {identity.sub or identity.name} "
    definition = str(schema.facts[identity].get("definition", ""))
    table = schema.facts[identity].get("table", identity.name)
    return identity.schema, table, definition.replace(own, " ", 1)


def _labels(schema: Schema, identity: Identity) -> Hashable:
    return identity.schema, _attributes(schema, identity)


def _routine(schema: Schema, identity: Identity) -> Hashable:
    facts = schema.facts[identity]
    if not facts.get("body"):
        return None
    return identity.schema, identity.sub, _attributes(schema, identity, "definition")


def _view(schema: Schema, identity: Identity) -> Hashable:
    return identity.schema, str(schema.facts[identity]["definition"])


_STRUCTURES: dict[str, tuple[Callable[[Schema, Identity], Hashable], str]] = {
    "column": (_column, "same table, type, nullability and default"),
    "table": (_table, "same schema and columns"),
    "view": (_view, "same schema and query"),
    "materialized_view": (_view, "same schema and query"),
    "index": (_definition, "same table and definition"),
    "constraint": (_definition, "same table and definition"),
    "trigger": (_definition, "same table and definition"),
    "enum": (_labels, "same schema and labels"),
    "composite": (_labels, "same schema and attributes"),
    "domain": (_labels, "same schema and type"),
    "function": (_routine, "same arguments and body"),
    "procedure": (_routine, "same arguments and body"),
}
