"""Columns that change their type: the statements, and the columns of whole rows that have to stand aside meanwhile.

PostgreSQL rewrites no table whose rows are values in other columns. Those columns are jsonb for as long as that takes,
and get their rows back by the names of the columns.
"""

from collections.abc import Iterator

from server.model.migration import types
from server.model.migration.conversions import conversion, is_text, loses, widens
from server.model.migration.steps import Hazard
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft, parents_of
from server.model.quoting import literal, path, quote
from server.model.schema import Attributes, Identity, text


def set_type(world: World, identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    """ALTER COLUMN … TYPE with its USING clause; through jsonb where attributes have to find their places by name."""
    old, new, column = text(before, "type"), text(after, "type"), quote(identity.sub)
    if identity in world.parked:
        return _by_name(world, identity, new, identity, column)
    sql = f"TYPE {new}" + (f" COLLATE {text(after, 'collation')}" if after.get("collation") else "")
    if (table := world.table(identity)) and table.kind == "foreign_table":
        return [_alter(identity, sql, reason=f"from {old}: what its server has is not touched")]
    anew = types.moved(world, new) if identity in world.retyped else None
    if anew is not None and old == new and types.is_composite(world, anew):
        return _by_name(world, identity, new, anew, f"pg_catalog.to_jsonb({column})")
    bottom = types.bottom(world.target, new)
    using = conversion(old, new, column, by_text=identity in world.retyped and not is_text(new), bottom=bottom)
    if using:
        sql += f" USING {using}"
    hazards: list[Hazard] = []
    if using or not widens(old, new):
        hazards.append("may_fail_on_data")
    if loses(types.bottom(world.source, old), bottom):
        hazards.append("data_loss")
    reason = f"from {old}" if old != new else "its type is made anew"
    if "data_loss" in hazards and is_text(types.bottom(world.source, old)):
        reason += "; how it was written, as leading zeros, is lost"
    if anew is not None and (gone := types.labels_removed(world.before(anew), world.after(anew))):
        reason += f"; fails where it holds {', '.join(map(literal, gone))}"
    return [_alter(identity, sql, *hazards, reason=reason)]


def _alter(identity: Identity, act: str, *hazards: Hazard, reason: str) -> Draft:
    return draft(f"ALTER TABLE {table_of(identity)} ALTER COLUMN {quote(identity.sub)} {act}", *hazards, reason=reason)


def _by_name(world: World, identity: Identity, new: str, home: Identity, value: str) -> list[Draft]:
    """Values of a composite type go over attribute by attribute, whatever place those have; through jsonb."""
    hazards: list[Hazard] = ["may_fail_on_data"]
    reason = "its rows come back" if identity in world.parked else "its type is made anew"
    if identity not in world.parked and types.attributes_lost(world):
        hazards.append("data_loss")
        reason += "; what attributes that go or get narrower hold is lost"
    if not new.endswith("[]"):
        using = f"pg_catalog.jsonb_populate_record(NULL::{new}, {value})"
        return [_alter(identity, f"TYPE {new} USING {using}", *hazards, reason=reason)]
    holder = path(home.schema, f"{home.name}__holder")
    using = f"(pg_catalog.jsonb_populate_record(NULL::{holder}, pg_catalog.jsonb_build_object('held', {value}))).held"
    return [
        draft(f"CREATE TYPE {holder} AS (held {new})", reason="to convert arrays"),
        _alter(identity, f"TYPE {new} USING {using}", *hazards, reason=reason),
        draft(f"DROP TYPE {holder}"),
    ]


# Columns of whole rows ----------------------------------------------------------------------------------------------


def holders(world: World, relation: Identity) -> Iterator[Identity]:
    """The columns that hold rows of it as values, also within domains and composite types, and stay what they are."""
    seen, todo = {relation}, [relation]
    while todo:
        here = todo.pop()
        for dependency in world.dependents(here):
            dependent = dependency.dependent
            if dependent.kind == "attribute":
                dependent = Identity("composite", dependent.schema, dependent.name)
            if dependency.part or dependent in seen:
                continue
            seen.add(dependent)
            if dependent.kind == "column" and holds(world, dependent, here):
                yield dependent
            elif types.is_type(dependent):
                todo.append(dependent)


def holds(world: World, column: Identity, kind: Identity) -> bool:
    """Whether its type is that of the relation's rows (or a type made of them), before as after."""
    if column not in world.target.facts or world.table(column, world.source) not in world.target.facts:
        return False
    before, after = world.before(column), world.after(column)
    same = before.get("type") == after.get("type") and not before.get("generated") and not after.get("generated")
    return same and text(before, "type").removesuffix("[]") == table_of(kind)


def reshaped(world: World, changed: dict[Identity, frozenset[str]], added: set[Identity]) -> Iterator[Identity]:
    """The kept tables whose rows are written anew: a column changes its type, or comes with a value of its own."""
    for identity, names in changed.items():
        table = world.table(identity, world.source) if identity.kind == "column" else identity
        if table and names & ({"type", "collation"} if identity.kind == "column" else {"unlogged", "access_method"}):
            yield table
    for column in added:
        table = world.table(column) if column.kind == "column" else None
        after = world.after(column)
        filled = after.get("generated") or after.get("identity") or after.get("default")
        if table in world.source.facts and table and (filled or after.get("not_null")):
            yield table


def park(world: World, identity: Identity) -> list[Draft]:
    """Its rows as jsonb; children follow their parents."""
    if identity not in world.parked or any(up in world.parked for up in parents_of(world.source, identity)):
        return []
    using = f"pg_catalog.to_jsonb({quote(identity.sub)})"
    return [_alter(identity, f"TYPE jsonb USING {using}", reason="holds rows of a table that changes; for the while")]
