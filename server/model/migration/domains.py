"""Domains and their checks, as far as they can change while columns hold their values."""

from server.model.migration import not_null
from server.model.migration.conversions import base
from server.model.migration.privileges import resaid, said
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import quote
from server.model.schema import Attributes, Identity, text


def body(after: Attributes) -> str:
    words = f" AS {text(after, 'type')}"
    if after.get("collation"):
        words += f" COLLATE {text(after, 'collation')}"
    if after.get("default"):
        words += f" DEFAULT {text(after, 'default')}"
    if after.get("not_null"):
        words += _not_null(after)
    return words


def _not_null(after: Attributes) -> str:
    name = f" CONSTRAINT {quote(text(after, 'not_null_name'))}" if after.get("not_null_name") else ""
    return f"{name} NOT NULL"


def alter(identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]) -> list[Draft] | None:
    if changed & {"type", "collation"}:
        return None
    here = f"ALTER DOMAIN {table_of(identity)}"
    drafts: list[Draft] = []
    if "default" in changed:
        act = f"SET DEFAULT {text(after, 'default')}" if after.get("default") else "DROP DEFAULT"
        drafts.append(draft(f"{here} {act}"))
    if bool(before.get("not_null")) != bool(after.get("not_null")):
        if after.get("not_null"):
            act = f"ADD{_not_null(after)}" if after.get("not_null_name") else "SET NOT NULL"
            drafts.append(draft(f"{here} {act}", "may_fail_on_data", reason="fails where a column holds NULL"))
        else:
            drafts.append(draft(f"{here} DROP NOT NULL"))
    elif "not_null_name" in changed:
        names = [quote(not_null.constraint_name(identity, each)) for each in (before, after)]
        drafts.append(draft(f"{here} RENAME CONSTRAINT {' TO '.join(names)}"))
    return drafts + not_null.resaid(identity, before, after, drafts)


def grows_not_null(before: Attributes, after: Attributes) -> bool:
    return bool(after.get("not_null")) and not before.get("not_null")


def rigid(world: World, domain: Identity) -> bool:
    """Whether columns hold its values within arrays or composites: PostgreSQL lets nobody constrain it then."""
    return any(
        d.dependent.kind == "attribute"
        or (d.dependent.kind == "column" and base(text(world.before(d.dependent), "type")) != table_of(domain))
        for d in world.dependents(domain)
    )


def create_check(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    sql = f"ALTER DOMAIN {table_of(identity)} ADD CONSTRAINT {quote(identity.sub)} {text(after, 'definition')}"
    return [draft(sql, "may_fail_on_data", reason="fails on values that do not satisfy it"), *said(world, identity)]


def drop_check(_world: World, identity: Identity) -> list[Draft]:
    return [draft(f"ALTER DOMAIN {table_of(identity)} DROP CONSTRAINT {quote(identity.sub)}")]


def alter_check(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    before = world.before(identity)
    if changed <= {"not_valid", "definition", "comment"} and before.get("not_valid") and "not_valid" in changed:
        sql = f"ALTER DOMAIN {table_of(identity)} VALIDATE CONSTRAINT {quote(identity.sub)}"
        return [draft(sql, "may_fail_on_data"), *resaid(world, identity, changed)]
    return resaid(world, identity, changed) if changed <= {"comment"} else None
