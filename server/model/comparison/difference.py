"""Compares two schemas: facts against facts, knowing no kind of object but the few that are implied by another.

What a difference means stands in meaning.py, what may be a rename in renames.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from server.model.schema import RELATIONS, Attributes, Digest, Identity, Schema, Value, compared

Change = Literal["added", "removed", "changed"]

IMPLIED_KINDS = frozenset({"view_column", "attribute", "extension_member"})
"""What a query, a type or an extension brings with it: what is said about it is compared, not that it is there."""

_INTRINSIC = frozenset({"type", "collation", "position", "inherited", "not_null", "statistics_targets"})
_WHOLE = ("definition", "index_definition")
"""Statements that repeat the other attributes: reported only where none of these tells the difference."""

_PRINTED = frozenset({
    "expression", "definition", "index_definition", "predicate", "using", "with_check", "default", "generated",
})  # fmt: skip
"""SQL that the server prints of what it has read. All else, as a comment or a body, is what somebody wrote."""

# What servers of different majors say differently, or cannot say at all.
_BY_MAJOR = frozenset({"not_null_name", "not_null_comment"})


@dataclass(frozen=True)
class Difference:
    """One step that takes source to target. `attribute` is None unless something on both sides changed."""

    identity: Identity
    change: Change
    attribute: str | None = None
    before: Value = None
    after: Value = None


@dataclass(frozen=True)
class Scope:
    """What takes part: owners only on request; `majors_differ` leaves out what only one of the servers can say."""

    owners: bool = False
    grants: bool = True
    column_order: bool = False
    majors_differ: bool = False
    wanted: Callable[[Identity], bool] | None = None
    spelled_alike: Callable[[str, str], bool] | None = None
    """Whether two pieces of SQL that servers print mean the same."""

    def attributes(self, identity: Identity, attributes: Attributes) -> Attributes:
        left = compared(attributes, owners=self.owners, grants=self.grants)
        if identity.kind in IMPLIED_KINDS:
            left = {name: value for name, value in left.items() if name not in _INTRINSIC}
        if self.majors_differ:
            unsaid = _BY_MAJOR | {"version"} if identity.kind == "extension" else _BY_MAJOR
            left = {name: value for name, value in left.items() if name not in unsaid}
        return left


EVERYTHING = Scope()


def differences(source: Schema, target: Schema, scope: Scope = EVERYTHING) -> list[Difference]:
    """Every difference of fact, by kind and name: nothing folded, nothing judged. Empty means equal."""
    found: list[Difference] = []
    for identity in sorted(source.facts.keys() | target.facts.keys()):
        if scope.wanted is not None and not scope.wanted(identity):
            continue
        before, after = source.facts.get(identity), target.facts.get(identity)
        if before is not None and after is not None and before == after:
            continue
        if identity.kind in IMPLIED_KINDS:
            before, after = before or {}, after or {}
        if before is None:
            found.append(Difference(identity, "added"))
        elif after is None:
            found.append(Difference(identity, "removed"))
        else:
            found += _changes(identity, scope.attributes(identity, before), scope.attributes(identity, after), scope)
    return found + (_reordered(source, target, scope) if scope.column_order else [])


def unlike(source: Schema, target: Schema) -> set[tuple[str, str]]:
    """The relations (schema, name) that may differ, or whose parts may: outside of them no part has a difference."""
    before, after = source.summed, target.summed
    parts = {part for part in before.keys() | after.keys() if _sum(before.get(part)) != _sum(after.get(part))}
    kinds = (*RELATIONS, "composite")
    whole = {*source.of(*kinds), *target.of(*kinds)}
    changed = {identity for identity in whole if source.facts.get(identity) != target.facts.get(identity)}
    return {(part.schema, part.relation) for part in parts} | {(i.schema, i.name) for i in changed}


def _sum(digest: Digest | None) -> str | None:
    return digest.sum if digest else None


def _reordered(source: Schema, target: Schema, scope: Scope) -> list[Difference]:
    """Tables whose common columns stand in another order."""
    found: list[Difference] = []
    for table in source.of("table"):
        if table not in target.facts or (scope.wanted is not None and not scope.wanted(table)):
            continue
        before, after = ([column.sub for column in side.parts(table, "column")] for side in (source, target))
        common = set(before) & set(after)
        orders = [tuple(name for name in names if name in common) for names in (before, after)]
        if orders[0] != orders[1]:
            found.append(Difference(table, "changed", "column_order", *orders))
    return found


def _changes(identity: Identity, before: Attributes, after: Attributes, scope: Scope) -> list[Difference]:
    both = (*before, *(name for name in after if name not in before))
    names = [name for name in both if not _alike(name, before.get(name), after.get(name), scope)]
    telling = [name for name in names if name not in _WHOLE]
    return [Difference(identity, "changed", name, before.get(name), after.get(name)) for name in (telling or names[:1])]


def _alike(name: str, before: Value, after: Value, scope: Scope) -> bool:
    if before == after:
        return True
    if scope.spelled_alike is None or name not in _PRINTED:
        return False
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    return scope.spelled_alike(before, after)


def fold(source: Schema, target: Schema, found: Iterable[Difference]) -> list[Difference]:
    """Without what follows from another difference: the parts of a table that is itself added or removed, and what
    partitions and children have from their parent.
    """
    every = list(found)
    whole: set[tuple[Identity, Change]] = {(d.identity, d.change) for d in every if d.change != "changed"}
    told = set(every)
    kept: list[Difference] = []
    for difference in every:
        schema = source if difference.change == "removed" else target
        if difference.change != "changed" and _within(schema, difference, whole):
            continue
        if any(twin in told for twin in _twins(schema, difference)):
            continue
        kept.append(difference)
    return kept


def container(schema: Schema, identity: Identity) -> Identity | None:
    """What something is a part of: the table of a column, the domain of its check, the table whose column owns a
    sequence, the partitioned table of a partition; None for what stands by itself.
    """
    kind, attributes = identity.kind, schema.facts.get(identity, {})
    if kind in ("column", "view_column", "constraint", "trigger", "rule", "policy"):
        return schema.relation(identity.schema, identity.name)
    if kind == "index":
        return schema.relation(identity.schema, str(attributes.get("table")))
    if kind == "domain_constraint":
        return Identity("domain", identity.schema, identity.name)
    if kind == "attribute":
        return Identity("composite", identity.schema, identity.name)
    if kind in ("publication_table", "publication_schema"):
        return Identity("publication", "", identity.name)
    owner = attributes.get("owned_by") or attributes.get("partition_of")
    if not isinstance(owner, tuple):
        return None
    parts = [str(part) for part in owner]
    return Identity("column", *parts) if kind == "sequence" else schema.relation(*parts[:2])


def _within(schema: Schema, difference: Difference, whole: set[tuple[Identity, Change]]) -> bool:
    """Whether something that contains it is added or removed as a whole."""
    holder = container(schema, difference.identity)
    while holder is not None:
        if (holder, difference.change) in whole:
            return True
        holder = container(schema, holder)
    return False


def _twins(schema: Schema, difference: Difference) -> list[Difference]:
    """The same difference on what this was inherited from."""
    identity = difference.identity
    attributes = schema.facts.get(identity, {})
    parent = attributes.get("parent_index")
    if isinstance(parent, tuple):
        return [_on(difference, twin) for twin in _keyed(schema, str(parent[0]), str(parent[1]))]
    if identity.kind not in ("column", "constraint", "trigger") or not attributes.get("inherited"):
        return []
    table = schema.facts.get(schema.relation(identity.schema, identity.name) or identity, {})
    up = table.get("partition_of")
    parents = (up,) if up else table.get("inherits") or ()
    return [
        _on(difference, Identity(identity.kind, str(parent[0]), str(parent[1]), identity.sub))
        for parent in (parents if isinstance(parents, tuple) else ())
        if isinstance(parent, tuple)
    ]


def _keyed(schema: Schema, of: str, name: str) -> list[Identity]:
    """The index of that name, or the constraints that could stand before it."""
    index = Identity("index", of, name)
    if index in schema.facts:
        return [index]
    return [c for c in schema.of("constraint") if c.schema == of and c.sub == name]


def _on(difference: Difference, identity: Identity) -> Difference:
    return Difference(identity, difference.change, difference.attribute, difference.before, difference.after)
