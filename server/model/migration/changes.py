"""What becomes of every object: stays, is made, goes, is altered in place, or is made anew with what depends on it."""

from server.model.migration import (
    columns,
    domains,
    indexes,
    others,
    parts,
    retyping,
    routines,
    subscriptions,
    tables,
    types,
    views,
)
from server.model.migration.fates import Changes, Drafts, constrained, held, remake
from server.model.migration.losses import disturb, follow, park
from server.model.migration.world import World
from server.model.schema import Identity, compared, text, texts

_SAID_ONLY = {
    "view_column": frozenset({
        "comment", "security_labels", "grants", "revoked", "default", "options", "statistics", "storage", "compression",
    }),
    "attribute": frozenset({"comment", "security_labels"}),
}  # fmt: skip
_ATTACHING = frozenset({"partition_of", "partition_bound"})


def decide(world: World) -> Changes:
    """Compares, then follows the dependencies of whatever cannot stay."""
    changes = Changes(world)
    _compare(changes)
    _follow_tables(changes)
    changes.moved.update(
        identity
        for identity in changes.removed
        if types.is_type(identity)
        and any(Identity(kind, identity.schema, identity.name) in changes.added for kind in (*types.TYPES, "table"))
    )
    follow(changes, _cannot_stay(changes))
    attached = {*changes.reattached, *(t for t, names in changes.changed.items() if names & _ATTACHING)}
    twins = {twin for table in attached for twin in _twins(world, table)} - changes.anew
    for twin in twins:
        remake(changes, twin)
    follow(changes, [*twins])
    _tell(changes)
    return changes


def _cannot_stay(changes: Changes) -> list[Identity]:
    """What goes or is made anew by itself, before anything that depends on it is looked at."""
    world = changes.world
    found: list[Identity] = [*changes.removed]
    found += [domain for check in changes.added for domain in constrained(changes, check)]
    for identity, names in changes.changed.items():
        drafts = in_place(world, identity, names)
        if drafts is None:
            found += [identity, *constrained(changes, identity)]
            remake(changes, identity)
        else:
            changes.altered[identity] = drafts
            found += _attributes_gone(world, identity) if drafts else []
    for identity in [i for i, names in changes.changed.items() if i.kind == "column" and names & {"type", "collation"}]:
        if identity not in changes.anew:
            found += disturb(changes, identity)
    for table in {*retyping.reshaped(world, changes.changed, changes.added)} - changes.anew - changes.removed:
        found += [lost for column in retyping.holders(world, table) for lost in park(changes, column, table)]
        for view, stored in world.rows_stored.items():
            if table in stored and world.kept(view):
                remake(changes, view)
                found.append(view)
    for key in {key for table in changes.changed for key in _keys_left(changes, table)}:
        remake(changes, key)
        found.append(key)
    return found


def _tell(changes: Changes) -> None:
    """What was decided, for the kinds of objects to ask."""
    world = changes.world
    world.dropped.update(changes.removed, changes.anew)
    world.created.update(changes.added, changes.anew)
    world.detached.update(
        table
        for table, names in changes.changed.items()
        if names & _ATTACHING and world.before(table).get("partition_of")
    )
    world.detached.update(changes.reattached)
    changes.again |= {
        relation
        for relation in world.source.of("table", "materialized_view")
        if world.kept(relation) and tables.loses_replica_identity(world, relation)
    }


def _compare(changes: Changes) -> None:
    source, target = changes.world.source.facts, changes.world.target.facts
    for identity in source.keys() | target.keys():
        before, after = source.get(identity), target.get(identity)
        if identity.kind in _SAID_ONLY and (before is None or after is None):
            continue
        if identity.kind == "view_column" and changes.world.table(identity, changes.world.source) not in target:
            continue  # made with its view, which is a materialised one on one side alone
        if before is None:
            changes.added.add(identity)
        elif after is None:
            changes.removed.add(identity)
        elif before != after:
            old = compared(before)
            new = compared(after)
            names = frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            names &= _SAID_ONLY.get(identity.kind, names)
            if names:
                changes.changed[identity] = names


def _follow_tables(changes: Changes) -> None:
    """From 15 on a sequence becomes logged or unlogged with the table that owns it: what should not, is set again."""
    world = changes.world
    for sequence in world.source.of("sequence") if world.source.server_version >= 150000 else ():
        owner = texts(world.before(sequence), "owned_by")[:2]
        table = world.source.relation(owner[0], owner[1]) if owner else None
        if table is None or "unlogged" not in changes.changed.get(table, ()) or sequence in changes.removed:
            continue
        stays = texts(world.after(sequence), "owned_by")[:2] == owner
        if stays and world.after(sequence).get("unlogged") != world.after(table).get("unlogged"):
            changes.changed[sequence] = changes.changed.get(sequence, frozenset()) | {"unlogged"}


def in_place(world: World, identity: Identity, names: frozenset[str]) -> Drafts | None:
    """The statements that alter it where it stands; None where PostgreSQL cannot."""
    kind = identity.kind
    if kind == "column":
        return None if columns.must_rebuild(world.before(identity), world.after(identity)) else []
    if kind in ("table", "foreign_table"):
        unlike = names & (tables.MOVING | {"server"})
        return None if unlike else tables.alter(world, identity, names)
    if kind == "sequence":
        return []
    if types.is_type(identity):
        return types.alter(world, identity, names, used=held(world, identity))
    rule = _ALTER.get(kind)
    return rule(world, identity, names) if rule else others.alter(world, identity, names)


def _attributes_gone(world: World, composite: Identity) -> list[Identity]:
    """The attributes of a composite type, altered in place, that go or change their type."""
    if composite.kind != "composite":
        return []
    own = [a for a in world.source.of("attribute") if (a.schema, a.name) == (composite.schema, composite.name)]
    return [a for a in own if any(world.before(a).get(n) != world.after(a).get(n) for n in ("type", "collation"))]


def _twins(world: World, table: Identity) -> list[Identity]:
    """Indexes of a table about to be attached that ATTACH PARTITION would take for those meant to be attached."""
    if not world.after(table).get("partition_of"):
        return []
    own = world.target.parts(table, "index")
    meant = {_shape(world, index) for index in own if world.after(index).get("parent_index")}
    return [
        index
        for index in own
        if index in world.source.facts and not world.after(index).get("parent_index") and _shape(world, index) in meant
    ]


def _keys_left(changes: Changes, table: Identity) -> list[Identity]:
    """Foreign keys that a partition which leaves for good would take along: they go before, and come back after."""
    if "partition_of" not in changes.changed[table]:
        return []
    return [key for key in changes.world.keys_above(table) if key not in changes.removed | changes.anew]


def _shape(world: World, index: Identity) -> str:
    """Its definition without its name."""
    return text(world.after(index), "definition").partition(" ON ")[2]


def _nothing(_world: World, _identity: Identity, _names: frozenset[str]) -> Drafts:
    return []


_ALTER = {
    "constraint": indexes.alter_constraint, "index": indexes.alter_index, "trigger": parts.alter_trigger,
    "rule": parts.alter_rule, "policy": parts.alter_policy, "event_trigger": parts.alter_event_trigger,
    "view": views.alter, "materialized_view": views.alter, "view_column": views.alter_column,
    "function": routines.alter, "procedure": routines.alter, "aggregate": routines.alter,
    "domain_constraint": domains.alter_check, "default_privileges": _nothing, "attribute": others.alter,
    "subscription": subscriptions.alter,
}  # fmt: skip
