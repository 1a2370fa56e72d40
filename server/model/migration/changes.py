"""What becomes of every object: stays, is made, goes, is altered in place, or is made anew with what depends on it."""

import re
from dataclasses import dataclass, field

from server.model.migration import (
    columns,
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
from server.model.migration.rereading import read_alike
from server.model.migration.words import path, quote, text, texts
from server.model.migration.world import Draft, World, keyed
from server.model.schema import RELATIONS, Dependency, Identity, compared

_SAID_ONLY = {
    "view_column": frozenset({
        "comment", "security_labels", "grants", "revoked", "default", "options", "statistics", "storage", "compression",
    }),
    "attribute": frozenset({"comment", "security_labels"}),
}  # fmt: skip
_QUERIES = ("view", "materialized_view", "rule", "policy", "trigger", "function", "procedure", "publication_table")
ROUTINES = ("function", "procedure", "aggregate")
_RELEASABLE = ("view", "function", "procedure", "policy", "domain")
Drafts = list[Draft]


@dataclass
class Changes:
    """The fate of every object that has one. `anew`: dropped and created; `again`: their default is set again."""

    world: World
    added: set[Identity] = field(default_factory=set[Identity])
    removed: set[Identity] = field(default_factory=set[Identity])
    changed: dict[Identity, frozenset[str]] = field(default_factory=dict[Identity, frozenset[str]])
    anew: set[Identity] = field(default_factory=set[Identity])
    again: set[Identity] = field(default_factory=set[Identity])
    reattached: set[Identity] = field(default_factory=set[Identity])
    passed: set[Identity] = field(default_factory=set[Identity])
    altered: dict[Identity, Drafts] = field(default_factory=dict[Identity, Drafts])

    @property
    def moved(self) -> set[Identity]:
        return self.world.moved


def decide(world: World) -> Changes:
    """Compares, then follows the dependencies of whatever cannot stay."""
    changes = Changes(world)
    _compare(changes)
    changes.moved.update(
        identity
        for identity in changes.removed
        if types.is_type(identity)
        and any(Identity(kind, identity.schema, identity.name) in changes.added for kind in (*types.TYPES, "table"))
    )
    todo: list[Identity] = [*changes.removed]
    todo += [domain for check in changes.added for domain in _constrained(changes, check)]
    for identity, names in changes.changed.items():
        drafts = in_place(world, identity, names)
        if drafts is None:
            todo += [identity, *_constrained(changes, identity)]
            _remake(changes, identity)
        else:
            changes.altered[identity] = drafts
            todo += _attributes_gone(world, identity) if drafts else []
    for identity in [i for i, names in changes.changed.items() if i.kind == "column" and names & {"type", "collation"}]:
        if identity not in changes.anew:
            todo += _disturb(changes, identity)
    for table in {*retyping.reshaped(world, changes.changed, changes.added)} - changes.anew - changes.removed:
        todo += [lost for column in retyping.holders(world, table) for lost in _park(changes, column, table)]
    for key in {key for table in changes.changed for key in _keys_left(changes, table)}:
        _remake(changes, key)
        todo.append(key)
    _follow(changes, todo)
    attached = {*changes.reattached, *(t for t, names in changes.changed.items() if names & _ATTACHING)}
    twins = {twin for table in attached for twin in _twins(world, table)} - changes.anew
    for twin in twins:
        _remake(changes, twin)
    _follow(changes, [*twins])
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
    return changes


def _compare(changes: Changes) -> None:
    source, target = changes.world.source.facts, changes.world.target.facts
    for identity in source.keys() | target.keys():
        before, after = source.get(identity), target.get(identity)
        if identity.kind in _SAID_ONLY and (before is None or after is None):
            continue
        if before is None:
            changes.added.add(identity)
        elif after is None:
            changes.removed.add(identity)
        elif before != after:
            old = compared(identity, before, owners=False, grants=True)
            new = compared(identity, after, owners=False, grants=True)
            names = frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            names &= _SAID_ONLY.get(identity.kind, names)
            if names:
                changes.changed[identity] = names


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
        return types.alter(world, identity, names, used=_held(world, identity))
    rule = _ALTER.get(kind)
    return rule(world, identity, names) if rule else others.alter(world, identity, names)


_ATTACHING = frozenset({"partition_of", "partition_bound"})


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


_TARGETS = {"index": indexes.set_targets, "statistics": others.set_target}


def _nothing(_world: World, _identity: Identity, _names: frozenset[str]) -> Drafts:
    return []


_ALTER = {
    "constraint": indexes.alter_constraint, "index": indexes.alter_index, "trigger": parts.alter_trigger,
    "rule": parts.alter_rule, "policy": parts.alter_policy, "event_trigger": parts.alter_event_trigger,
    "view": views.alter, "materialized_view": views.alter, "view_column": views.alter_column,
    "function": routines.alter, "procedure": routines.alter, "aggregate": routines.alter,
    "domain_constraint": types.alter_check, "default_privileges": _nothing, "attribute": others.alter,
    "subscription": subscriptions.alter,
}  # fmt: skip


def _held(world: World, identity: Identity) -> bool:
    """Whether columns (also through other types) hold values of the type."""
    seen: set[Identity] = set()
    todo = [identity]
    while todo:
        here = todo.pop()
        for dependency in world.dependents(here):
            dependent = dependency.dependent
            if dependent.kind == "column" and not dependency.part:
                return True
            if dependent.kind == "attribute":
                dependent = Identity("composite", dependent.schema, dependent.name)
            if types.is_type(dependent) and dependent not in seen:
                seen.add(dependent)
                todo.append(dependent)
    return False


def _remake(changes: Changes, identity: Identity) -> None:
    world = changes.world
    if (types.is_moved(identity) and _held(world, identity)) or identity.kind == "table":
        changes.moved.add(identity)
    changes.anew.add(identity)
    changes.altered.pop(identity, None)


def _follow(changes: Changes, todo: list[Identity]) -> None:
    """Whatever depends on something that goes, goes too, and comes again if the target has it."""
    while todo:
        gone = todo.pop()
        todo += _index_above(changes, gone)
        for dependency in changes.world.dependents(gone):
            todo += _lose(changes, dependency.dependent, dependency.part, gone)


def _index_above(changes: Changes, gone: Identity) -> list[Identity]:
    """The partitioned index that an index was attached to, if its table stays attached: it cannot go alone."""
    world = changes.world
    up, table = texts(world.before(gone), "parent_index"), world.table(gone, world.source)
    parent = keyed(world.source, up[0], up[1]) if len(up) == 2 else None
    if parent is None or table is None or not world.kept(parent) or parent in changes.anew | changes.removed:
        return []
    names = ("partition_of", "partition_bound")
    if any(world.before(table).get(name) != world.after(table).get(name) for name in names):
        return []
    _remake(changes, parent)
    return [parent]


def _lose(changes: Changes, dependent: Identity, part: str, gone: Identity) -> list[Identity]:
    """What has to go because `dependent` loses `gone`."""
    world = changes.world
    if dependent in changes.removed or dependent in changes.anew:
        return []
    if dependent.kind == "column":
        return _lose_column(changes, dependent, part, gone)
    if dependent.kind in ("table", "foreign_table") and gone.kind != "server":
        if part == "parent" and gone in changes.anew and world.needs_still(dependent, gone):
            changes.reattached.add(dependent)
        return []
    if dependent.kind == "sequence":
        changes.reattached.add(dependent)
        return []
    if dependent.kind == "attribute" and gone.kind != "composite":
        return _lose_attribute(changes, dependent, gone)
    if dependent.kind in ("view_column", "attribute"):
        seen = dependent in changes.passed
        changes.passed.add(dependent)
        return [] if seen else [dependent]
    if dependent.kind in ("schema", "extension"):
        return []
    lets_go = dependent in changes.altered and dependent.kind in _RELEASABLE and gone.kind != "attribute"
    free = lets_go and not world.needs_still(dependent, gone) and not _overloaded(changes, gone)
    if free and any(draft.sql for draft in changes.altered[dependent]):
        return []
    _remake(changes, dependent)
    return [dependent, *_constrained(changes, dependent)]


def _constrained(changes: Changes, check: Identity) -> list[Identity]:
    """The domain of a new check, made anew with it where columns hold it within arrays or composites."""
    world, domain = changes.world, Identity("domain", check.schema, check.name)
    free = check.kind != "domain_constraint" or world.after(check).get("not_valid") or check not in world.target.facts
    if free or domain in changes.anew or not world.kept(domain) or not types.rigid(world, domain):
        return []
    _remake(changes, domain)
    return [domain]


def _attributes_gone(world: World, composite: Identity) -> list[Identity]:
    """The attributes of a composite type, altered in place, that go or change their type."""
    if composite.kind != "composite":
        return []
    own = [a for a in world.source.of("attribute") if (a.schema, a.name) == (composite.schema, composite.name)]
    return [a for a in own if any(world.before(a).get(n) != world.after(a).get(n) for n in ("type", "collation"))]


def _overloaded(changes: Changes, gone: Identity) -> bool:
    """Whether a routine of its name comes: beside both, a call could mean either."""
    return gone.kind in ROUTINES and any(
        (made.schema, made.name) == (gone.schema, gone.name) for made in changes.added if made.kind in ROUTINES
    )


def _lose_attribute(changes: Changes, attribute: Identity, gone: Identity) -> list[Identity]:
    """A composite type is made anew where the type of an attribute is, unless it lets go of that in place."""
    composite = Identity("composite", attribute.schema, attribute.name)
    if composite in changes.removed or composite in changes.anew:
        return []
    if changes.altered.get(composite) and not changes.world.needs_still(attribute, gone):
        return []
    _remake(changes, composite)
    return [composite]


def _lose_column(changes: Changes, column: Identity, part: str, gone: Identity) -> list[Identity]:
    world = changes.world
    if gone.kind in RELATIONS and world.table(column, world.source) != gone:
        return _park(changes, column, gone) if not part and retyping.holds(world, column, gone) else []
    if gone.kind in ("table", "foreign_table"):  # its own: made with the table
        redone = gone in changes.anew or world.target.relation(gone.schema, gone.name) not in (gone, None)
        return _redo_column(changes, column) if redone else []
    if part == "default" or (gone.kind == "column" and world.before(column).get("generated")):
        if world.before(column).get("generated"):
            _remake(changes, column)
            return [column]
        changes.again.add(column)
        return []
    if part == "parent" or gone.kind == "column":
        if gone in changes.anew and world.table(gone, world.source) not in changes.moved:
            _remake(changes, column)
            return [column]
        return []
    if types.is_moved(gone) and gone in changes.anew | changes.moved and column not in world.retyped:
        world.retyped.add(column)
        table = world.table(column, world.source)
        found = (
            [lost for held in retyping.holders(world, table) for lost in _park(changes, held, table)] if table else []
        )
        return found + _disturb(changes, column)
    return []


def _park(changes: Changes, column: Identity, relation: Identity) -> list[Identity]:
    """What has to be out of the way while a column of whole rows stands aside for what they are rows of."""
    world = changes.world
    if column in changes.removed or column in changes.anew or column in world.parked:
        return []
    world.parked[column] = relation
    world.retyped.add(column)
    found = _disturb(changes, column)
    for dependency in world.dependents(column):
        part = dependency.dependent
        if part.kind in ("constraint", "index", "statistics") and part not in changes.removed | changes.anew:
            _remake(changes, part)
            found.append(part)
    return found


def _redo_column(changes: Changes, column: Identity) -> list[Identity]:
    changes.anew.add(column)
    changes.altered.pop(column, None)
    return [column]


def _disturb(changes: Changes, column: Identity) -> list[Identity]:
    """What has to be out of the way while a column changes its type."""
    world = changes.world
    found: list[Identity] = []
    for dependency in (*world.dependents(column), *_whole_rows(world, column)):
        dependent = dependency.dependent
        foreign = dependent.kind == "constraint" and world.before(dependent).get("type") == "foreign key"
        generated = dependent.kind == "column" and world.before(dependent).get("generated")
        if dependent in changes.removed or dependent in changes.anew:
            continue
        if dependent.kind in ("index", "statistics") and world.after(dependent).get("statistics"):
            _set_targets(changes, dependent)
        respelled = read_alike(spelling := text(world.before(dependent), "definition")) != spelling
        if dependent.kind in _QUERIES or foreign or respelled or (generated and dependency.part):
            _remake(changes, dependent)
            found.append(dependent)
    for table in _keyed_by(world, column):
        if table not in changes.anew and table in world.target.facts:
            _remake(changes, table)
            found.append(table)
    return found


def _set_targets(changes: Changes, dependent: Identity) -> None:
    """PostgreSQL builds indexes and statistics of the column again, but forgets what was set for ANALYZE."""
    drafts = changes.altered.setdefault(dependent, [])
    targets = _TARGETS[dependent.kind](dependent, changes.world.after(dependent))
    drafts += [target for target in targets if target not in drafts]
    changes.again.add(dependent)


def _keyed_by(world: World, column: Identity) -> list[Identity]:
    """The partitioned tables, from its own down, whose rows are divided by the column: their type cannot change."""
    word = re.compile(rf'(?<![\w"]){re.escape(quote(column.sub))}(?![\w"])')
    table = world.table(column, world.source)
    todo, found = [table] if table else [], list[Identity]()
    while todo:
        here = todo.pop()
        key = text(world.before(here), "partition_key")
        found += [here] if word.search(key.partition("(")[2]) else []
        todo += world.source.children.get((here.schema, here.name), [])
    return found


def _whole_rows(world: World, column: Identity) -> list[Dependency]:
    """Views with a column that holds whole rows of the column's table."""
    table = world.table(column, world.source)
    if table is None:
        return []
    kind = path(table.schema, table.name)
    return [
        dependency
        for dependency in world.dependents(table)
        if any(text(world.before(c), "type") in (kind, f"{kind}[]")
               for c in world.source.parts(dependency.dependent, "view_column"))
    ]  # fmt: skip
