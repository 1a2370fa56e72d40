"""Sequences that stand for themselves or behind a serial column. Positions are kept."""

from server.model.migration.privileges import resaid, said
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, quote
from server.model.schema import Attributes, Identity, text, texts

_WORDS = {
    "type": "AS", "increment": "INCREMENT BY", "min_value": "MINVALUE", "max_value": "MAXVALUE",
    "start": "START WITH", "cache": "CACHE",
}  # fmt: skip
_SIZES = ("smallint", "integer", "bigint")


def create(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    words = [f"{word} {text(after, name)}" for name, word in _WORDS.items()]
    words.append("CYCLE" if after.get("cycle") else "NO CYCLE")
    unlogged = "UNLOGGED " if after.get("unlogged") else ""
    return [draft(f"CREATE {unlogged}SEQUENCE {table_of(identity)} {' '.join(words)}"), *said(world, identity)]


def drop(_world: World, identity: Identity) -> list[Draft]:
    return [draft(f"DROP SEQUENCE {table_of(identity)}", "data_loss", reason="its position is lost")]


def release(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    if "owned_by" in changed and world.before(identity).get("owned_by"):
        return [_alter(identity, "OWNED BY NONE")]
    return []


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if changed & {*_WORDS, "cycle"}:
        drafts += _reshape(identity, before, after, changed)
    if "unlogged" in changed:
        drafts.append(_alter(identity, f"SET {'UNLOGGED' if after.get('unlogged') else 'LOGGED'}"))
    return drafts + resaid(world, identity, changed)


def _reshape(identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]) -> list[Draft]:
    words = [f"{word} {text(after, name)}" for name, word in _WORDS.items() if name in changed]
    if "cycle" in changed:
        words.append("CYCLE" if after.get("cycle") else "NO CYCLE")
    if "type" in changed:  # whose bounds would follow
        words += [f"{_WORDS[n]} {text(after, n)}" for n in ("min_value", "max_value") if n not in changed]
    return [*_within(identity, before, after), _alter(identity, " ".join(words))]


def _within(identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    low, high = int(text(after, "min_value")), int(text(after, "max_value"))
    old_low, old_high = int(text(before, "min_value")), int(text(before, "max_value"))
    if low <= old_low and high >= old_high:
        return []
    drafts: list[Draft] = []
    if low < old_low or high > old_high:
        wide = [f"MINVALUE {min(low, old_low)}", f"MAXVALUE {max(high, old_high)}"]
        if _SIZES.index(text(after, "type")) > _SIZES.index(text(before, "type")):
            wide = [f"AS {text(after, 'type')}", *wide]
        drafts.append(_alter(identity, " ".join(wide)))
    return [*drafts, clamp(table_of(identity), low, high)]


def clamp(sequence: str, low: int, high: int) -> Draft:
    """Brings the position of a sequence between bounds that grow tighter, as near as it gets to where it was."""
    clamped = f"GREATEST(LEAST(last_value, {high}), {low})"
    moved = f"is_called AND last_value = {clamped}"
    return draft(
        " ".join((f"SELECT pg_catalog.setval({literal(sequence)}, {clamped}, {moved})", f"FROM {sequence}")),
        reason="keeps its position within the new bounds",
    )


def own(world: World, identity: Identity) -> list[Draft]:
    """Ties it to its column."""
    after = world.after(identity)
    owner = texts(after, "owned_by")
    if len(owner) != 3:
        return []
    column = Identity("column", owner[0], owner[1], owner[2])
    drafts = [_alter(identity, f"OWNED BY {table_of(column)}.{quote(column.sub)}")]
    fresh = identity in world.created and world.kept(column) and text(world.after(column), "type") in _SIZES
    return [*drafts, _go_on(identity, column, after)] if fresh else drafts


def _go_on(identity: Identity, column: Identity, after: Attributes) -> Draft:
    return go_on(column, table_of(identity), int(text(after, "min_value")), int(text(after, "max_value")))


def go_on(column: Identity, sequence: str, low: int, high: int) -> Draft:
    """Has a new sequence go on after the highest value that is there, if that is within its bounds."""
    highest = f"pg_catalog.max({quote(column.sub)})"
    within = f"HAVING {highest} BETWEEN {max(low, 1)} AND {high}"
    return draft(
        " ".join((f"SELECT pg_catalog.setval({literal(sequence)}, {highest})", f"FROM {table_of(column)} {within}")),
        reason="new rows continue after the highest value",
    )


def _alter(identity: Identity, act: str) -> Draft:
    return draft(f"ALTER SEQUENCE {table_of(identity)} {act}")
