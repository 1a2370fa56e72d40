"""Subscriptions: dropped and altered without a word to their publisher. One is never made here nor started: its
connection string, which may hold a password, is not read, and rows begin to flow only when a person says so.
"""

from collections.abc import Iterator

from server.model.migration.privileges import resaid
from server.model.migration.steps import NotPlanned
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, names, quote
from server.model.schema import Attributes, Identity, text, texts

_OPTIONS = {
    "binary": "binary", "streaming": "streaming", "synchronous_commit": "synchronous_commit", "origin": "origin",
    "disable_on_error": "disable_on_error", "run_as_owner": "run_as_owner", "slot": "slot_name",
    "password_not_required": "password_required",
}  # fmt: skip
_DEFAULTS = {"streaming": "off", "synchronous_commit": "off", "origin": "any"}
_AT_THE_PUBLISHER = frozenset({"two_phase", "failover"})
"""What is a matter of the publisher's slot as well: to change it, the server connects there."""


def create(_world: World, _identity: Identity) -> list[Draft]:
    return []  # see `by_hand`


def drop(world: World, identity: Identity) -> list[Draft]:
    """Without its slot, so that nothing has to be reached: DROP would do that, and could not in a transaction."""
    here = quote(identity.name)
    slot = text(world.before(identity), "slot")
    reason = f"rows come no more; its slot {slot} stays on the publisher: drop it there" if slot else ""
    drafts = [draft(f"ALTER SUBSCRIPTION {here} DISABLE")] if world.before(identity).get("enabled") else []
    drafts += [draft(f"ALTER SUBSCRIPTION {here} SET (slot_name = NONE)", reason="let go of it")] if slot else []
    return [*drafts, draft(f"DROP SUBSCRIPTION {here}", reason=reason)]


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    before, after = world.before(identity), world.after(identity)
    head = f"ALTER SUBSCRIPTION {quote(identity.name)}"
    drafts = [draft(f"{head} DISABLE")] if before.get("enabled") and not after.get("enabled") else []
    if wanted := [_option(name, after) for name in _OPTIONS if name in changed]:
        drafts.append(draft(f"{head} SET ({', '.join(wanted)})"))
    if "publications" in changed:
        sql = f"{head} SET PUBLICATION {names(texts(after, 'publications'))} WITH (refresh = false)"
        drafts.append(draft(sql, reason="ALTER SUBSCRIPTION … REFRESH PUBLICATION then begins with new tables"))
    return drafts + resaid(world, identity, changed)


def _option(name: str, after: Attributes) -> str:
    if name == "slot":
        return f"slot_name = {literal(text(after, name)) if after.get(name) else 'NONE'}"
    if name in _DEFAULTS:
        return f"{_OPTIONS[name]} = {literal(text(after, name) or _DEFAULTS[name])}"
    return f"{_OPTIONS[name]} = {str(bool(after.get(name)) != (name == 'password_not_required')).lower()}"


def rebuilt(identity: Identity, facts: Attributes) -> str:
    """The statement that makes one which can reach nobody, never starts, and has all else that `facts` say."""
    names_ = [name for name in _OPTIONS if name == "slot" or name in facts]
    words = ["connect = false", *(_option(name, facts) for name in names_)]
    words += ["two_phase = true"] if facts.get("two_phase") else []
    words += ["failover = true"] if facts.get("failover") else []
    words += [] if "streaming" in facts else ["streaming = 'off'"]
    nowhere = literal("host=/nonexistent dbname=none user=none password=none")
    published = names(texts(facts, "publications"))
    return f"CREATE SUBSCRIPTION {quote(identity.name)} CONNECTION {nowhere} PUBLICATION {published}" + (
        f" WITH ({', '.join(words)})"
    )


def by_hand(world: World, identity: Identity, changed: frozenset[str]) -> Iterator[NotPlanned]:
    """What a person has to do, if the target has it otherwise."""
    if identity not in world.source.facts:
        yield NotPlanned(identity, "its connection, which may hold a password, is never read: make it by hand")
    if "enabled" in changed and world.after(identity).get("enabled"):
        yield NotPlanned(identity, "ALTER SUBSCRIPTION … ENABLE begins to change rows: run it by hand")
    if changed & _AT_THE_PUBLISHER:
        yield NotPlanned(identity, "its slot at the publisher would have to change with it: alter it by hand")
