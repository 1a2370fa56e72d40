"""Views and materialised views, and what is said about their columns."""

from server.model.migration.privileges import resaid, rights_last, said
from server.model.migration.words import changed_options, options, spec, table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import quote
from server.model.schema import Attributes, Identity, text, texts

_PLAIN = frozenset({"comment", "security_labels", "grants", "revoked", "options"})


def create(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    sql = _query(identity, after)
    if identity.kind == "materialized_view" and (_stays_empty(world, identity) or fills_late(world, identity)):
        sql += "\n WITH NO DATA"
    drafts = [draft(sql)]
    for column in world.target.parts(identity, "view_column"):
        drafts += _column(world, column, {}, world.after(column)) + said(world, column)
    return rights_last([*drafts, *said(world, identity)])


def _query(identity: Identity, after: Attributes, *, replace: bool = False) -> str:
    words = "CREATE OR REPLACE " if replace else "CREATE "
    words += spec(identity)
    if after.get("access_method"):
        words += f" USING {quote(text(after, 'access_method'))}"
    if after.get("options"):
        words += f" WITH ({options(texts(after, 'options'))})"
    if after.get("tablespace"):
        words += f" TABLESPACE {quote(text(after, 'tablespace'))}"
    return words + f" AS\n{text(after, 'definition')}"


def _stays_empty(world: World, identity: Identity) -> bool:
    """Whether nobody has rows of it: one that was filled is filled again, whatever the target says of its own; one
    that reads another which is empty cannot be filled.
    """
    before = world.before(identity)
    if identity.kind == "materialized_view":
        empty = bool(before.get("not_populated"))
        if world.kept(identity):
            return empty
        if world.after(identity).get("not_populated") and (not before or empty):
            return True
    read = {need.on for need in world.needs(identity) if need.on.kind in ("view", "materialized_view")} - {identity}
    return any(_stays_empty(world, each) for each in read)


def fills_late(world: World, identity: Identity) -> bool:
    """Whether its query may call functions that are not there yet: the bodies of functions are not looked into."""
    return identity.kind == "materialized_view" and any(
        made.kind in ("function", "procedure") and not world.after(made).get("atomic") for made in world.created
    )


def fill(world: World, identity: Identity) -> list[Draft]:
    """Its rows, when everything else is there."""
    if not fills_late(world, identity) or _stays_empty(world, identity):
        return []
    return [draft(f"REFRESH MATERIALIZED VIEW {table_of(identity)}")]


def drop(_world: World, identity: Identity) -> list[Draft]:
    return [draft(f"DROP {spec(identity)}")]


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    """Replaced where the columns that are there stay as they are; None: make it anew."""
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if changed - _PLAIN - {"replica_identity", "tablespace", "toast_options"}:
        if identity.kind != "view" or not replaceable(world, identity):
            return None
        drafts.append(draft(_query(identity, after, replace=True)))
    if changed & {"options"}:
        new, gone = changed_options(texts(before, "options"), texts(after, "options"))
        drafts += [draft(f"ALTER {spec(identity)} SET ({options(new)})")] if new else []
        drafts += [draft(f"ALTER {spec(identity)} RESET ({options(gone)})")] if gone else []
    if "tablespace" in changed:
        drafts.append(
            draft(f"ALTER {spec(identity)} SET TABLESPACE {quote(text(after, 'tablespace') or 'pg_default')}")
        )
    return drafts + resaid(world, identity, changed)


def replaceable(world: World, identity: Identity) -> bool:
    """Whether CREATE OR REPLACE VIEW would accept the new query: no column lost, renamed, moved or retyped."""
    old = [_shape(world.before(c), c) for c in world.source.parts(identity, "view_column")]
    new = [_shape(world.after(c), c) for c in world.target.parts(identity, "view_column")]
    return new[: len(old)] == old


def _shape(attributes: Attributes, column: Identity) -> tuple[str, str, str]:
    return column.sub, text(attributes, "type"), text(attributes, "collation")


def alter_column(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    before, after = world.before(identity), world.after(identity)
    return _column(world, identity, before, after) + resaid(world, identity, changed)


def _column(world: World, identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    view = world.target.relation(identity.schema, identity.name)
    if view is None:
        return []
    here = f"ALTER {spec(view)} ALTER COLUMN {quote(identity.sub)}"
    drafts: list[Draft] = []
    if before.get("default") != after.get("default"):
        act = f"SET DEFAULT {text(after, 'default')}" if after.get("default") else "DROP DEFAULT"
        drafts.append(draft(f"{here} {act}"))
    if view.kind == "materialized_view":
        if before.get("statistics") != after.get("statistics"):
            target = text(after, "statistics") if after.get("statistics") is not None else "-1"
            drafts.append(draft(f"{here} SET STATISTICS {target}"))
        if before.get("storage") != after.get("storage") and after.get("storage"):
            drafts.append(draft(f"{here} SET STORAGE {text(after, 'storage')}"))
        if before.get("compression") != after.get("compression"):
            drafts.append(draft(f"{here} SET COMPRESSION {text(after, 'compression') or 'default'}"))
        new, gone = changed_options(texts(before, "options"), texts(after, "options"))
        drafts += [draft(f"{here} SET ({options(new)})")] if new else []
        drafts += [draft(f"{here} RESET ({options(gone)})")] if gone else []
    return drafts
