"""What goes because something that it needs goes or changes its type, and comes again if the target has it."""

import re

from server.model.migration import indexes, others, retyping, types
from server.model.migration.fates import Changes, constrained, remake
from server.model.migration.rereading import read_alike
from server.model.migration.world import World, keyed
from server.model.quoting import path, quote
from server.model.schema import RELATIONS, Dependency, Identity, text, texts

ROUTINES = ("function", "procedure", "aggregate")
_QUERIES = ("view", "materialized_view", "rule", "policy", "trigger", "function", "procedure", "publication_table")
_RELEASABLE = ("view", "function", "procedure", "policy", "domain")
_TARGETS = {"index": indexes.set_targets, "statistics": others.set_target}


def follow(changes: Changes, todo: list[Identity]) -> None:
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
    remake(changes, parent)
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
    remake(changes, dependent)
    return [dependent, *constrained(changes, dependent)]


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
    remake(changes, composite)
    return [composite]


def _lose_column(changes: Changes, column: Identity, part: str, gone: Identity) -> list[Identity]:
    world = changes.world
    if gone.kind in RELATIONS and world.table(column, world.source) != gone:
        return park(changes, column, gone) if not part and retyping.holds(world, column, gone) else []
    if gone.kind in ("table", "foreign_table"):  # its own: made with the table
        redone = gone in changes.anew or world.target.relation(gone.schema, gone.name) not in (gone, None)
        return _redo_column(changes, column) if redone else []
    if part == "default" or (gone.kind == "column" and world.before(column).get("generated")):
        if world.before(column).get("generated"):
            remake(changes, column)
            return [column]
        changes.again.add(column)
        return []
    if part == "parent" or gone.kind == "column":
        if gone in changes.anew and world.table(gone, world.source) not in changes.moved:
            remake(changes, column)
            return [column]
        return []
    if types.is_moved(gone) and gone in changes.anew | changes.moved and column not in world.retyped:
        world.retyped.add(column)
        table = world.table(column, world.source)
        found = (
            [lost for held in retyping.holders(world, table) for lost in park(changes, held, table)] if table else []
        )
        return found + disturb(changes, column)
    return []


def park(changes: Changes, column: Identity, relation: Identity) -> list[Identity]:
    """What has to be out of the way while a column of whole rows stands aside for what they are rows of."""
    world = changes.world
    if column in changes.removed or column in changes.anew or column in world.parked:
        return []
    world.parked[column] = relation
    world.retyped.add(column)
    found = disturb(changes, column)
    for dependency in world.dependents(column):
        part = dependency.dependent
        if part.kind in ("constraint", "index", "statistics") and part not in changes.removed | changes.anew:
            remake(changes, part)
            found.append(part)
    return found


def _redo_column(changes: Changes, column: Identity) -> list[Identity]:
    changes.anew.add(column)
    changes.altered.pop(column, None)
    return [column]


# Columns that change their type -------------------------------------------------------------------------------------


def disturb(changes: Changes, column: Identity) -> list[Identity]:
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
            remake(changes, dependent)
            found.append(dependent)
    for table in _keyed_by(world, column):
        if table not in changes.anew and table in world.target.facts:
            remake(changes, table)
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
