"""Triggers, rules, policies and event triggers."""

from server.model.migration.privileges import resaid, said
from server.model.migration.words import spec, table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, path, quote, role
from server.model.schema import Attributes, Identity, text, texts

_ENABLED = {"": "ENABLE", "disabled": "DISABLE", "replica": "ENABLE REPLICA", "always": "ENABLE ALWAYS"}
_SAID = frozenset({"comment", "security_labels"})


def create_trigger(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    if after.get("inherited"):
        return _enable(identity, "TRIGGER", after)
    drafts = [draft(text(after, "definition"))]
    return drafts + (_enable(identity, "TRIGGER", after) if after.get("enabled") else []) + said(world, identity)


def _enable(identity: Identity, word: str, after: Attributes) -> list[Draft]:
    act = _ENABLED[text(after, "enabled")]
    return [draft(f"ALTER TABLE {table_of(identity)} {act} {word} {quote(identity.sub)}")]


def drop_trigger(world: World, identity: Identity) -> list[Draft]:
    if world.before(identity).get("inherited"):
        return _enable(identity, "TRIGGER", world.after(identity))
    return [draft(f"DROP {spec(identity)}")]


def alter_trigger(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    if changed - _SAID - {"enabled"}:
        return None
    drafts = _enable(identity, "TRIGGER", world.after(identity)) if "enabled" in changed else []
    return drafts + resaid(world, identity, changed)


def create_rule(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    drafts = [draft(text(after, "definition").rstrip().rstrip(";"))]
    return drafts + (_enable(identity, "RULE", after) if after.get("enabled") else []) + said(world, identity)


def drop_part(_world: World, identity: Identity) -> list[Draft]:
    return [draft(f"DROP {spec(identity)}")]


def alter_rule(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    if changed - _SAID - {"enabled"}:
        return None
    drafts = _enable(identity, "RULE", world.after(identity)) if "enabled" in changed else []
    return drafts + resaid(world, identity, changed)


def create_policy(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    sql = f"CREATE POLICY {quote(identity.sub)} ON {table_of(identity)}"
    sql += " AS RESTRICTIVE" if after.get("restrictive") else ""
    sql += f" FOR {text(after, 'command')} TO {_roles(after)}{_conditions(after)}"
    return [draft(sql, reason="rows seen or written"), *said(world, identity)]


def _roles(attributes: Attributes) -> str:
    return ", ".join(role(name) for name in texts(attributes, "roles"))


def _conditions(attributes: Attributes) -> str:
    using = f" USING ({text(attributes, 'using')})" if attributes.get("using") else ""
    return using + (f" WITH CHECK ({text(attributes, 'with_check')})" if attributes.get("with_check") else "")


def alter_policy(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    before, after = world.before(identity), world.after(identity)
    if changed - _SAID - {"roles", "using", "with_check"}:
        return None
    if any(before.get(name) and not after.get(name) for name in ("using", "with_check")):
        return None
    drafts: list[Draft] = []
    if changed & {"roles", "using", "with_check"}:
        sql = f"ALTER {spec(identity)}"
        sql += f" TO {_roles(after)}" if "roles" in changed else ""
        moved = {name: after.get(name) for name in ("using", "with_check") if name in changed}
        drafts.append(draft(sql + _conditions(moved), reason="rows seen or written"))
    return drafts + resaid(world, identity, changed)


# Event triggers -----------------------------------------------------------------------------------------------------


def create_event_trigger(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    tags = ", ".join(literal(tag) for tag in texts(after, "tags"))
    when = f" WHEN TAG IN ({tags})" if tags else ""
    here = quote(identity.name)
    function = text(after, "function")
    sql = f"CREATE EVENT TRIGGER {here} ON {text(after, 'event')}{when} EXECUTE FUNCTION {function}()"
    drafts = [draft(sql)]
    if after.get("enabled"):
        drafts.append(draft(f"ALTER EVENT TRIGGER {here} {_ENABLED[text(after, 'enabled')]}"))
    return drafts + said(world, identity)


def alter_event_trigger(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    if changed - _SAID - {"enabled"}:
        return None
    drafts: list[Draft] = []
    if "enabled" in changed:
        act = _ENABLED[text(world.after(identity), "enabled")]
        drafts.append(draft(f"ALTER EVENT TRIGGER {path('', identity.name)} {act}"))
    return drafts + resaid(world, identity, changed)
