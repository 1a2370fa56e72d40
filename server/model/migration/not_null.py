"""NOT NULL of columns: set, named, validated and dropped; where writes shall go on, in steps that let them.

Before PostgreSQL 18 no constraint for it can stand unproved: a check does that, is proved, and goes when it is set.
"""

from collections.abc import Sequence

from server.model.migration.steps import Hazard
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft, parents_of
from server.model.quoting import literal, quote
from server.model.schema import Attributes, Identity, text, texts

ASPECTS = frozenset({"not_null", "not_null_name", "not_null_no_inherit", "not_null_not_valid"})
COMMENT = "not_null_comment"
_FAILS = "fails where the column holds NULL"
_CONSTRAINTS_SINCE = 180000
_LONGEST = 63  # bytes of a name


def spelled(attributes: Attributes, otherwise: str = "") -> str:
    """As CREATE TABLE has it; `otherwise`: a name in place of PostgreSQL's own."""
    wanted = text(attributes, "not_null_name") or otherwise
    name = f"CONSTRAINT {quote(wanted)} " if wanted else ""
    return f"{name}NOT NULL{' NO INHERIT' if attributes.get('not_null_no_inherit') else ''}"


def beyond_parents(world: World, identity: Identity) -> str:
    """A line of CREATE TABLE for an inherited column whose constraint has another name than the parents'; else ''."""
    after = world.after(identity)
    given = _givers(world, identity)
    names = [constraint_name(each, world.after(each)) for each in (identity, *given[:1])]
    sayable = world.source.server_version >= _CONSTRAINTS_SINCE and max(len(n.encode()) for n in names) <= _LONGEST
    if not after.get("not_null") or not given or names[0] == names[1] or not sayable:
        return ""
    return _constraint(identity, after, named=True)


def as_parents_name_it(world: World, identity: Identity) -> bool:
    """Whether a parent's constraint of the same name makes it, so that CREATE TABLE need not say it again."""
    names = {constraint_name(giver, world.after(giver)) for giver in _givers(world, identity)}
    return constraint_name(identity, world.after(identity)) in names


def is_inherited(world: World, identity: Identity) -> bool:
    """Whether a parent gives it to the column in the target."""
    return bool(_givers(world, identity))


def _givers(world: World, identity: Identity) -> list[Identity]:
    ups = ((up, world.after(up)) for up in parents_of(world.target, identity))
    return [up for up, told in ups if told.get("not_null") and not told.get("not_null_no_inherit")]


def said(identity: Identity, after: Attributes) -> list[Draft]:
    """The comment on the constraint of something just created."""
    return resaid(identity, {}, after)


def resaid(identity: Identity, before: Attributes, after: Attributes, drafts: Sequence[Draft] = ()) -> list[Draft]:
    """The same where it changed; `drafts`: what becomes of the constraint, which may be another one then."""
    value, names = text(after, COMMENT), [constraint_name(identity, each) for each in (before, after)]
    stays = before.get("not_null") and not any("DROP NOT NULL" in draft.sql for draft in drafts)
    misnamed = stays and names[0] != names[1] and not drafts  # one that a parent gave cannot be renamed
    if not after.get("not_null") or misnamed or value == (text(before, COMMENT) if stays else ""):
        return []
    on = f"{'DOMAIN ' if identity.kind == 'domain' else ''}{table_of(identity)}"
    what = f"CONSTRAINT {quote(constraint_name(identity, after))} ON {on}"
    return [draft(f"COMMENT ON {what} IS {literal(value) if value else 'NULL'}")]


def unproved(identity: Identity, after: Attributes) -> Draft:
    """The constraint for new rows only."""
    return _alter(identity, f"ADD {_constraint(identity, after)} NOT VALID")


def set_on(world: World, identity: Identity, reason: str = "") -> list[Draft]:
    """NOT NULL for all rows, or for new ones where the target has no more."""
    after = world.after(identity)
    if after.get("not_null_not_valid"):
        return [unproved(identity, after)]
    if world.concurrent_indexes and _can_wait(world, identity):
        return _in_steps(world, identity, after, reason or _FAILS)
    named = bool(name_to_say(world, identity))
    if named or after.get("not_null_name") or after.get("not_null_no_inherit"):
        added = f"ADD {_constraint(identity, after, named=named)}"
        return [_alter(identity, added, "may_fail_on_data", reason=reason or _FAILS)]
    return [_column(identity, "SET NOT NULL", "may_fail_on_data", reason=reason or _FAILS)]


def name_to_say(world: World, identity: Identity) -> str:
    """The name that PostgreSQL would choose, but not while partitions have it from their parent; '' without any."""
    table = world.table(identity)
    parted = table is not None and bool(world.after(table).get("partition_key"))
    return constraint_name(identity, world.after(identity)) if parted and _has_names(world) else ""


def _has_names(world: World) -> bool:
    return world.source.server_version >= _CONSTRAINTS_SINCE


def change(world: World, identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    """From one state to the other, for a column that does not get the same from a parent."""
    old, new = bool(before.get("not_null")), bool(after.get("not_null"))
    if old and not new:
        return _dropped(world, identity)
    if new and not old:
        return set_on(world, identity)
    table = world.table(identity)
    ups = parents_of(world.source, identity) if before.get("inherited") and after.get("inherited") else []
    ups = [up for up in ups if world.before(up).get("not_null") and world.after(up).get("not_null")]
    if table and any(world.kept(table) and not world.leaves(table, up) for up in ups):
        return []  # the name of an inherited constraint stays as it is
    if after.get("not_null_not_valid") and not before.get("not_null_not_valid"):
        return [_column(identity, "DROP NOT NULL"), unproved(identity, after)]
    return _renamed(world, identity, before, after) + _validated(identity, before, after)


def _dropped(world: World, identity: Identity) -> list[Draft]:
    """Before PostgreSQL 18 a partitioned table cannot lose it alone: the partitions that keep it get it back."""
    below, table = stays_below(world, identity), world.table(identity)
    alone = world.source.server_version >= _CONSTRAINTS_SINCE or not (
        table and world.before(table).get("partition_key")
    )
    keeping = [heir for heir in world.heirs(identity) if world.after(heir).get("not_null")] if not alone else []
    again = [_column(heir, "SET NOT NULL", reason="stays in the partition") for heir in keeping]
    return [_column(identity, "DROP NOT NULL", only=below and alone), *again]


def stays_below(world: World, identity: Identity) -> bool:
    """Whether it goes from a column and stays in some of the children, as their own."""
    goes = world.before(identity).get("not_null") and not world.after(identity).get("not_null")
    return bool(goes) and any(world.after(heir).get("not_null") for heir in world.heirs(identity))


def _renamed(world: World, identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    was, wanted = constraint_name(identity, before), constraint_name(identity, after)
    if was != wanted:
        return [_alter(identity, f"RENAME CONSTRAINT {quote(was)} TO {quote(wanted)}")]
    if before.get("not_null_no_inherit") != after.get("not_null_no_inherit"):
        return [_column(identity, "DROP NOT NULL"), *set_on(world, identity)]
    return []


def _validated(identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    if not before.get("not_null_not_valid") or after.get("not_null_not_valid"):
        return []
    act = f"VALIDATE CONSTRAINT {quote(constraint_name(identity, after))}"
    return [_alter(identity, act, "may_fail_on_data", reason=_FAILS)]


# Steps that let others write ----------------------------------------------------------------------------------------


def _can_wait(world: World, identity: Identity) -> bool:
    """Whether nothing of the plan wants it at once: a key, an identity, a parent that has it or is to be joined."""
    table = world.table(identity)
    if table is None or table.kind != "table" or not world.stays_put(table) or world.after(identity).get("identity"):
        return False
    if is_inherited(world, identity):
        return False
    keys = (c for c in world.target.parts(table, "constraint") if world.after(c).get("type") == "primary key")
    keyed = any(identity.sub in texts(world.after(key), "columns") for key in keys)
    by_index = text(world.after(table), "replica_identity").startswith("INDEX")
    return not keyed and not by_index and len(constraint_name(identity, world.after(identity)).encode()) <= _LONGEST


def _in_steps(world: World, identity: Identity, after: Attributes, reason: str) -> list[Draft]:
    hazard: Hazard = "may_fail_on_data"
    if _has_names(world):
        validate = f"VALIDATE CONSTRAINT {quote(constraint_name(identity, after))}"
        return [
            _alter(identity, f"ADD {_constraint(identity, after, named=True)} NOT VALID"),
            _alter(identity, validate, hazard, reason=reason, apart=True),
        ]
    check = quote(f"{identity.sub}__not_null")
    return [
        _alter(identity, f"ADD CONSTRAINT {check} CHECK ({quote(identity.sub)} IS NOT NULL) NOT VALID"),
        _alter(identity, f"VALIDATE CONSTRAINT {check}", hazard, reason=reason, apart=True),
        _column(identity, "SET NOT NULL", reason="proved by the check: no row is read", apart=True),
        _alter(identity, f"DROP CONSTRAINT {check}", apart=True),
    ]


def _constraint(identity: Identity, after: Attributes, *, named: bool = False) -> str:
    words = spelled(after, constraint_name(identity, after) if named else "")
    head, _, tail = words.partition("NOT NULL")
    return f"{head}NOT NULL {quote(identity.sub)}{tail}"


def constraint_name(identity: Identity, attributes: Attributes) -> str:
    """What the constraint is called, as PostgreSQL itself names it unless it was given a name."""
    own = f"{identity.name}_{identity.sub}_not_null" if identity.sub else f"{identity.name}_not_null"
    return text(attributes, "not_null_name") or own


def _alter(
    identity: Identity, act: str, *hazards: Hazard, reason: str = "", only: bool = False, apart: bool = False
) -> Draft:
    table = f"{'ONLY ' if only else ''}{table_of(identity)}"
    return Draft(f"ALTER TABLE {table} {act}", frozenset(hazards), reason, apart)


def _column(
    identity: Identity, act: str, *hazards: Hazard, reason: str = "", only: bool = False, apart: bool = False
) -> Draft:
    act = f"ALTER COLUMN {quote(identity.sub)} {act}"
    return _alter(identity, act, *hazards, reason=reason, only=only, apart=apart)
