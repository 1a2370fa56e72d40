"""Parts of children that are their parents' alone: those that come with a parent's, and columns made to join one."""

from server.model.migration import columns, not_null
from server.model.migration.privileges import said
from server.model.migration.steps import Hazard
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft, parents_of
from server.model.quoting import path, quote
from server.model.schema import Identity, rows, text


def comes_along(world: World, part: Identity) -> bool:
    """Whether a new column or constraint comes with its parent's, because its table is, and stays, a child."""
    table = world.table(part)
    if not world.after(part).get("inherited") or table is None or table in world.detached:
        return False
    child = world.before(table) if world.kept(table) else world.after(table)
    if not world.kept(table) and world.after(table).get("partition_of"):
        return False
    twins = [twin for twin in parents_of(world.target, part) if twin in world.created]
    up = {str(child.get("partition_of")), str(child.get("inherits"))}
    return any(any(f"'{t.schema}', '{t.name}'" in u for u in up) for t in twins) or (
        not world.kept(table) and bool(parents_of(world.target, part))
    )


def column_for_parent(world: World, column: Identity) -> list[Draft]:
    """A new column of a table that joins a parent, which must find it there; [] if it is another one.

    By itself it would stay the table's own, so another parent brings it, and leaves when the true one is joined.
    """
    if not _joins(world, column):
        return []
    after = world.after(column)
    if not not_null.is_inherited(world, column):
        after = {name: value for name, value in after.items() if name not in not_null.ASPECTS}
    drafts = _brought(column, f"ADD COLUMN {columns.definition(after, column.sub)}")
    if world.after(column).get("not_null") and "not_null" not in after:
        drafts += not_null.set_on(world, column)
    return drafts + columns.settled(world, column)


def check_for_parent(world: World, check: Identity) -> list[Draft]:
    """A new check, in the same way."""
    if not _joins(world, check):
        return []
    sql = f"ADD CONSTRAINT {quote(check.sub)} {text(world.after(check), 'definition')}"
    return [*_brought(check, sql, "may_fail_on_data"), *said(world, check)]


def check_of_child(world: World, check: Identity) -> list[Draft] | None:
    """What makes a check the child's own, too, or none any more. None: it has to be made anew, before its table joins
    the parent whose alone it is then.
    """
    table = world.table(check)
    if table is None or not rows(world.after(table), "inherits"):
        return []
    if rows(world.before(table), "inherits") != rows(world.after(table), "inherits"):
        return None if world.after(check).get("inherited") else []
    names = frozenset({"inherited"})
    all_of_it = any(columns.becomes_local(world, c, names) for c in world.target.parts(table, "column"))
    if world.after(check).get("inherited") or all_of_it:
        return []
    sql = f"ALTER TABLE {table_of(check)} ADD CONSTRAINT {quote(check.sub)} {text(world.after(check), 'definition')}"
    return [draft(sql, reason="its own, too")]


def _brought(part: Identity, act: str, *hazards: Hazard) -> list[Draft]:
    bringer, reason = _bringer(part), "brings what is to be its parent's alone"
    return [
        draft(f"CREATE TABLE {bringer} (LIKE {table_of(part)} INCLUDING GENERATED)", reason=reason),
        draft(f"ALTER TABLE {table_of(part)} INHERIT {bringer}", reason=reason),
        draft(f"ALTER TABLE {bringer} {act}", *hazards, reason=reason),
    ]


def let_go(world: World, table: Identity) -> list[Draft]:
    """Once it has joined its parents, what brought their columns and checks goes."""
    parts = world.target.parts(table, "column", "constraint")
    brought = [part for part in parts if part in world.created and _joins(world, part)]
    return [
        draft(act)
        for part in brought
        for act in (f"ALTER TABLE {table_of(part)} NO INHERIT {_bringer(part)}", f"DROP TABLE {_bringer(part)}")
    ]


def _joins(world: World, part: Identity) -> bool:
    table = world.table(part)
    inherits = table is not None and world.kept(table) and rows(world.after(table), "inherits")
    return bool(inherits and world.after(part).get("inherited")) and not comes_along(world, part)


def _bringer(part: Identity) -> str:
    return path(part.schema, f"{part.name}__{part.sub}")
