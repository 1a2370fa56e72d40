"""Columns: added, dropped, altered in place; what their type change needs."""

from collections.abc import Iterator

from server.model.migration import not_null
from server.model.migration.conversions import own_storage
from server.model.migration.privileges import resaid, said, sequence_rights
from server.model.migration.retyping import park, set_type
from server.model.migration.sequences import clamp, go_on
from server.model.migration.steps import Hazard
from server.model.migration.words import changed_options, options, table_of
from server.model.migration.world import Draft, World, draft, parents_named, parents_of
from server.model.quoting import literal, path, quote
from server.model.schema import Attributes, Identity, rows, text, texts
from server.model.schema_domains import domain_of

_UNFILLED = (
    "NOT NULL without a default: fails where the table has rows; give it a default, "
    "or plan with concurrent_indexes: then the column stays, to be filled first"
)

_TO_FILL = "NOT NULL without a default: fails until the rows are filled"


def definition(attributes: Attributes, name: str, *, default: bool = True, not_null_name: str = "") -> str:
    """The column as CREATE TABLE and ADD COLUMN spell it."""
    parts = [quote(name), text(attributes, "type")]
    if attributes.get("foreign_options"):
        parts.append(f"OPTIONS ({foreign_options(texts(attributes, 'foreign_options'))})")
    if attributes.get("compression"):
        parts.append(f"COMPRESSION {text(attributes, 'compression')}")
    if attributes.get("collation"):
        parts.append(f"COLLATE {text(attributes, 'collation')}")
    return " ".join(parts + _filled(attributes, default=default, not_null_name=not_null_name))


def beyond_type(attributes: Attributes, name: str, *, default: bool, not_null_name: str) -> str:
    """What a column of a typed table has of its own, as CREATE TABLE … OF spells it; '' if nothing."""
    words = _filled(attributes, default=default, not_null_name=not_null_name)
    return " ".join((quote(name), "WITH OPTIONS", *words)) if words else ""


def _filled(attributes: Attributes, *, default: bool, not_null_name: str) -> list[str]:
    """What fills it, and whether it must be filled."""
    parts: list[str] = []
    if default and attributes.get("generated"):
        kind = text(attributes, "generated_kind").upper()
        parts.append(f"GENERATED ALWAYS AS ({text(attributes, 'generated')}) {kind}")
    elif default and attributes.get("default"):
        parts.append(f"DEFAULT {text(attributes, 'default')}")
    if attributes.get("identity") and not from_parent(attributes):
        parts.append(f"GENERATED {text(attributes, 'identity').upper()} AS IDENTITY{_identity_options(attributes)}")
    if attributes.get("not_null") and not attributes.get("not_null_not_valid"):
        parts.append(not_null.spelled(attributes, not_null_name))
    return parts


def from_parent(attributes: Attributes) -> bool:
    """Whether its identity is the partitioned table's, whose sequence it shares (since PostgreSQL 17)."""
    return bool(attributes.get("inherited")) and not attributes.get("identity_sequence")


def foreign_options(values: tuple[str, ...]) -> str:
    """Options of foreign objects: `name 'value'`."""
    split = (value.partition("=") for value in values)
    return ", ".join(f"{quote(name)} {literal(value)}" for name, _, value in split)


def _identity_options(attributes: Attributes) -> str:
    words = [word for word in texts(attributes, "identity_options") if word not in ("LOGGED", "UNLOGGED")]
    sequence = texts(attributes, "identity_sequence")
    if len(sequence) == 2:
        words = [f"SEQUENCE NAME {path(sequence[0], sequence[1])}", *words]
    return f" ({' '.join(words)})" if words else ""


def settled(world: World, identity: Identity) -> list[Draft]:
    """What a created column needs beyond its definition."""
    after = world.after(identity)
    drafts = _settings(identity, {}, after, ("storage", "statistics", "options"))
    if after.get("identity"):
        drafts += _identity_persistence(after) + sequence_rights(world, identity, new=True)
    if after.get("not_null_not_valid"):
        drafts.append(not_null.unproved(identity, after))
    return drafts + not_null.said(identity, after) + said(world, identity)


def create(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    if world.by_type(identity):
        return settled(world, identity)
    filled = any(after.get(name) for name in ("default", "generated", "identity"))
    there = world.table(identity) in world.source.facts
    reason = _refusing(world, after) if there else ""
    hazards: list[Hazard] = ["may_fail_on_data"] if reason else []
    if after.get("not_null") and not filled and there:
        nullable = {name: value for name, value in after.items() if name not in not_null.ASPECTS}
        drafts = [
            _alter_table(identity, f"ADD COLUMN {definition(nullable, identity.sub)}", *hazards, reason=reason),
            *not_null.set_on(world, identity, _TO_FILL if world.concurrent_indexes else _UNFILLED),
        ]
    else:
        words = definition(after, identity.sub, not_null_name=not_null.name_to_say(world, identity))
        drafts = [_alter_table(identity, f"ADD COLUMN {words}", *hazards, reason=reason)]
    return drafts + settled(world, identity)


def _refusing(world: World, after: Attributes) -> str:
    """Why rows that are there may refuse a new column; '' where they cannot."""
    if after.get("generated"):
        at_once = after.get("generated_kind") == "stored" or after.get("not_null")
        return "computed for every row: fails where that fails" if at_once else ""
    domain = domain_of(text(after, "type"), world.target)
    if domain is None or not domain.not_null or domain.default is not None or after.get("default"):
        return ""
    return "its domain takes no NULL, and has no default: fails where the table has rows"


def drop(world: World, identity: Identity) -> list[Draft]:
    if world.by_type(identity):
        return []
    sql, only = f"DROP COLUMN {quote(identity.sub)}", bool(world.heirs(identity))
    computed = world.before(identity).get("generated")
    if computed and (identity not in world.target.facts or world.after(identity).get("generated")):
        return [_alter_table(identity, sql, only=only)]
    return [_alter_table(identity, sql, "data_loss", reason="the values of this column are lost", only=only)]


def _alter_table(identity: Identity, act: str, *hazards: Hazard, reason: str = "", only: bool = False) -> Draft:
    table = f"{'ONLY ' if only else ''}{table_of(identity)}"
    return Draft(f"ALTER TABLE {table} {act}", frozenset(hazards), reason)


def _alter(identity: Identity, act: str, *hazards: Hazard, reason: str = "", only: bool = False) -> Draft:
    act = f"ALTER COLUMN {quote(identity.sub)} {act}"
    return _alter_table(identity, act, *hazards, reason=reason, only=only)


# Altering in place --------------------------------------------------------------------------------------------------

_TYPE = frozenset({"type", "collation"})


def must_rebuild(before: Attributes, after: Attributes) -> bool:
    """A generated column can only become a plain one; its expression is part of it."""
    if after.get("generated"):
        return any(before.get(name) != after.get(name) for name in ("generated", "generated_kind", "type", "collation"))
    return before.get("generated_kind") == "virtual"


def release(world: World, identity: Identity, changed: frozenset[str], *, again: bool) -> list[Draft]:
    """What has to go before the type changes or before what the default needs is dropped."""
    before, after = world.before(identity), world.after(identity)
    retyped = bool(changed & _TYPE) or identity in world.retyped
    if before.get("generated"):
        return [_alter(identity, "DROP EXPRESSION")] if not after.get("generated") else []
    drafts: list[Draft] = []
    if before.get("default") and (again or retyped or not after.get("default")):
        drafts.append(_alter(identity, "DROP DEFAULT", only=True))
    if before.get("identity") and not after.get("identity") and not from_parent(before):
        drafts.append(_alter(identity, "DROP IDENTITY", "data_loss", reason="its sequence and position go"))
    return drafts + park(world, identity)


def without_identity(identity: Identity) -> Draft:
    """Of a table that is set aside: its sequence's name is wanted for the new one."""
    return _alter(identity, "DROP IDENTITY")


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    """Type, NOT NULL, storage and what is said about it; the default is set by `default`."""
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if changed & not_null.ASPECTS and not _loses_null_with(world, identity):
        drafts += not_null.change(world, identity, before, after)
    if (changed & _TYPE or identity in world.retyped) and not (world.by_type(identity) or _follows(world, identity)):
        retyped = set_type(world, identity, before, after)
        drafts = retyped + drafts if after.get("not_null") else drafts + retyped
    drafts += not_null.resaid(identity, before, after, drafts)
    drafts += _settings(identity, before, after, ("storage", "compression", "statistics", "options", "foreign_options"))
    return drafts + _made_local(world, identity, changed) + resaid(world, identity, changed)


def becomes_local(world: World, identity: Identity, changed: frozenset[str]) -> bool:
    """Whether a child that stays one declares for itself, too, what it had from its parent alone."""
    table = world.table(identity)
    parted = table is None or not world.kept(table) or not rows(world.before(table), "inherits")
    was, stays = world.before(identity).get("inherited"), parents_of(world.target, identity)
    return "inherited" in changed and bool(was and stays) and not parted and not world.after(identity).get("inherited")


def _made_local(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    """Leaving the parents for a moment makes all that came from them the child's own; told with the first of it."""
    table = world.table(identity)
    if table is None or not becomes_local(world, identity, changed):
        return []
    mates = [c for c in world.target.parts(table, "column") if world.before(c).get("inherited")]
    ups = [path(*up) for up in rows(world.before(table), "inherits") if up in rows(world.after(table), "inherits")]
    if identity != min(mates):
        return []
    reason = "leaves for a moment: what came from the parent alone is its own, too"
    return [_alter_table(identity, f"{act} {up}", reason=reason) for up in ups for act in ("NO INHERIT", "INHERIT")]


def _follows(world: World, identity: Identity) -> bool:
    """Whether its type changes with that of a parent, which reaches it though it is its own, too."""
    return any(
        twin in world.retyped or any(world.before(twin).get(n) != world.after(twin).get(n) for n in _TYPE)
        for twin in _staying_parents(world, identity)
    )


def _loses_null_with(world: World, identity: Identity) -> bool:
    """Whether NOT NULL comes or goes with a parent's; that goes from the parent only where some children keep it."""
    before, after = world.before(identity), world.after(identity)
    if not (before.get("inherited") and after.get("inherited")) or before.get("not_null") == after.get("not_null"):
        return False
    return any(
        world.before(twin).get("not_null") != world.after(twin).get("not_null")
        and not not_null.stays_below(world, twin)
        for twin in _staying_parents(world, identity)
    )


def _staying_parents(world: World, identity: Identity) -> Iterator[Identity]:
    table = world.table(identity)
    if table is None:
        return
    for twin in parents_of(world.target, identity):
        stays = world.kept(twin) and world.table(twin) not in world.created and not world.leaves(table, twin)
        if stays and (twin.schema, twin.name) in parents_named(world.before(table)):
            yield twin


def _settings(identity: Identity, before: Attributes, after: Attributes, wanted: tuple[str, ...]) -> list[Draft]:
    drafts: list[Draft] = []
    changed = [name for name in wanted if before.get(name) != after.get(name)]
    if "storage" in changed or ("storage" in wanted and before.get("type") != after.get("type") and before
                                and after.get("storage")):  # fmt: skip
        drafts.append(_alter(identity, f"SET STORAGE {text(after, 'storage') or own_storage(text(after, 'type'))}"))
    if "compression" in changed:
        drafts.append(_alter(identity, f"SET COMPRESSION {text(after, 'compression') or 'default'}"))
    if "statistics" in changed:
        target = text(after, "statistics") if after.get("statistics") is not None else "-1"
        drafts.append(_alter(identity, f"SET STATISTICS {target}", only=True))
    if "options" in changed:
        new, gone = changed_options(texts(before, "options"), texts(after, "options"))
        if new:
            drafts.append(_alter(identity, f"SET ({options(new)})", only=True))
        if gone:
            drafts.append(_alter(identity, f"RESET ({options(gone)})", only=True))
    if "foreign_options" in changed:
        drafts.append(_alter(identity, change_foreign_options(before, after, "foreign_options")))
    return drafts


def change_foreign_options(before: Attributes, after: Attributes, name: str) -> str:
    """`OPTIONS (ADD …, SET …, DROP …)` from one list to the other."""
    old, new = _named(before, name), _named(after, name)
    words = [f"ADD {quote(n)} {literal(v)}" for n, v in new.items() if n not in old]
    words += [f"SET {quote(n)} {literal(v)}" for n, v in new.items() if n in old and old[n] != v]
    words += [f"DROP {quote(n)}" for n in old if n not in new]
    return f"OPTIONS ({', '.join(words)})"


def _named(attributes: Attributes, name: str) -> dict[str, str]:
    split = [value.partition("=") for value in texts(attributes, name)]
    return {option: value for option, _, value in split}


def default(world: World, identity: Identity, changed: frozenset[str], *, again: bool) -> list[Draft]:
    """The default and the identity, after whatever they need is there."""
    before, after = world.before(identity), world.after(identity)
    retyped = bool(changed & _TYPE) or identity in world.retyped
    drafts: list[Draft] = []
    if after.get("default") and (again or retyped or before.get("default") != after.get("default")):
        drafts.append(_alter(identity, f"SET DEFAULT {text(after, 'default')}", only=True))
    if after.get("identity") and from_parent(after):
        return drafts
    if after.get("identity") and not before.get("identity"):
        kind = text(after, "identity").upper()
        drafts.append(_alter(identity, f"ADD GENERATED {kind} AS IDENTITY{_identity_options(after)}"))
        drafts += _identity_persistence(after) + sequence_rights(world, identity, new=True)
        drafts.append(continue_identity(identity, after))
    elif after.get("identity"):
        kept = {**after, "identity_sequence": texts(before, "identity_sequence")}  # its name is no difference
        drafts += _change_identity(identity, before, kept) + sequence_rights(world, identity, new=False)
    return drafts


def _change_identity(identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    words: list[str] = []
    if before.get("identity") != after.get("identity"):
        words.append(f"SET GENERATED {text(after, 'identity').upper()}")
    old, new = texts(before, "identity_options"), texts(after, "identity_options")
    words += [f"SET {word}" for word in new if word not in old and word not in ("LOGGED", "UNLOGGED")]
    drafts = _identity_within(identity, before, after)
    drafts += [_alter(identity, " ".join(words))] if words else []
    if {"LOGGED", "UNLOGGED"} & (set(old) ^ set(new)):
        drafts += _identity_persistence(after)
    return drafts


_HIGHEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def _identity_within(identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    """Widens its bounds and moves its position before they grow tighter."""
    low, high = _bounds(after)
    old_low, old_high = _bounds(before)
    sequence = texts(after, "identity_sequence")
    if (low <= old_low and high >= old_high) or len(sequence) != 2:
        return []
    drafts: list[Draft] = []
    if low < old_low or high > old_high:
        most = _HIGHEST[text(after, "type")]  # where its bounds ended with the type, they have followed that already
        wide = f"SET MINVALUE {max(min(low, old_low), -most - 1)} SET MAXVALUE {min(max(high, old_high), most)}"
        drafts = [_alter(identity, wide)]
    return [*drafts, clamp(path(*sequence), low, high)]


def _bounds(attributes: Attributes) -> tuple[int, int]:
    words = texts(attributes, "identity_options")
    low, high = ([int(w.split()[1]) for w in words if w.startswith(name)] for name in ("MINVALUE", "MAXVALUE"))
    return (low[0] if low else 0), (high[0] if high else 0)


def _identity_persistence(after: Attributes) -> list[Draft]:
    sequence, words = texts(after, "identity_sequence"), texts(after, "identity_options")
    if len(sequence) != 2 or not {"LOGGED", "UNLOGGED"} & set(words):
        return []
    act = "LOGGED" if "LOGGED" in words else "UNLOGGED"
    return [draft(f"ALTER SEQUENCE {path(sequence[0], sequence[1])} SET {act}")]


def continue_identity(identity: Identity, after: Attributes) -> Draft:
    """Has a new identity go on after the highest value that is there."""
    sequence = texts(after, "identity_sequence")
    return go_on(identity, path(sequence[0], sequence[1]), *_bounds(after))
