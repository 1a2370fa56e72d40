"""Comments, grants, owners, security labels and default privileges: what is said about an object of any kind."""

from collections.abc import Iterable

from server.model.migration.words import spec
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, path, quote, role
from server.model.schema import OWNER, Attributes, Identity, rows, text, texts

_GRANTABLE = {
    "table": "TABLE", "foreign_table": "TABLE", "view": "TABLE", "materialized_view": "TABLE", "sequence": "SEQUENCE",
    "function": "FUNCTION", "procedure": "PROCEDURE", "aggregate": "FUNCTION", "enum": "TYPE", "composite": "TYPE",
    "range": "TYPE", "base_type": "TYPE", "shell_type": "TYPE", "domain": "DOMAIN", "schema": "SCHEMA",
    "language": "LANGUAGE", "foreign_data_wrapper": "FOREIGN DATA WRAPPER", "server": "FOREIGN SERVER",
}  # fmt: skip
_DEFAULTS = {
    "table": "TABLES", "foreign_table": "TABLES", "view": "TABLES", "materialized_view": "TABLES",
    "sequence": "SEQUENCES", "function": "FUNCTIONS", "procedure": "FUNCTIONS", "aggregate": "FUNCTIONS",
    "enum": "TYPES", "composite": "TYPES", "range": "TYPES", "base_type": "TYPES", "domain": "TYPES",
    "schema": "SCHEMAS",
}  # fmt: skip
_PUBLIC = Identity("schema", "", "public")

Grant = tuple[str, str, str]


def comment(identity: Identity, attributes: Attributes) -> Draft:
    value = text(attributes, "comment")
    if identity == _PUBLIC:
        value = value or "standard public schema"  # which is not told as a comment of its own
    return draft(f"COMMENT ON {spec(identity)} IS {literal(value) if value else 'NULL'}")


def said(world: World, identity: Identity) -> list[Draft]:
    """The comment, labels and grants of something just created."""
    after = world.after(identity)
    drafts = [comment(identity, after)] if after.get("comment") or identity == _PUBLIC else []
    drafts += [_label(identity, label) for label in texts(after, "security_labels")]
    return drafts + _created_grants(world, identity, after)


def resaid(world: World, identity: Identity, changed: Iterable[str]) -> list[Draft]:
    """The same for something kept, where it changed."""
    before, after, names = world.before(identity), world.after(identity), set(changed)
    drafts = [comment(identity, after)] if "comment" in names else []
    if "security_labels" in names:
        drafts += [_label(identity, label) for label in texts(after, "security_labels")]
        kept = {label.partition("=")[0] for label in texts(after, "security_labels")}
        gone = [label.partition("=")[0] for label in texts(before, "security_labels")]
        drafts += [_label(identity, f"{provider}=") for provider in gone if provider not in kept]
    if names & {"grants", "revoked"}:
        regranted = _regrant(world, identity)
        drafts += regranted + _columns_regranted(world, identity, regranted)
    return drafts


def unsaid(world: World, identity: Identity) -> list[Draft]:
    """Back to the privileges that its extension gave it."""
    owner, before = _owner(world, identity), world.before(identity)
    drafts = [_change(identity, owner, "REVOKE", (*grant[:2], "")) for grant in _grants(before)]
    return drafts + [_change(identity, owner, "GRANT", (*taken, "")) for taken in _revoked(before)]


def _columns_regranted(world: World, identity: Identity, regranted: list[Draft]) -> list[Draft]:
    """What columns keep of a right that is revoked of their table: PostgreSQL revokes it of them as well."""
    if identity.kind not in ("table", "foreign_table", "view", "materialized_view"):
        return []
    owner = _owner(world, identity)
    return [
        _change(column, owner, "GRANT", grant)
        for column in world.target.parts(identity, "column", "view_column")
        for grant in _grants(world.after(column))
        if world.kept(column) and _change(identity, owner, "REVOKE", (*grant[:2], "")) in regranted
    ]


def _new_owner(world: World, part: Identity) -> str:
    """Who it is handed to: what that role was granted before becomes the owner's own."""
    identity = (world.table(part) or part) if part.kind in ("column", "view_column") else part
    before, after = text(world.before(identity), "owner"), text(world.after(identity), "owner")
    return "" if before == after else world.source.role if after == world.target.role else after


def _owner(world: World, part: Identity) -> str:
    """Who owns it once it is handed over, when rights are given; '' for whoever runs the plan."""
    identity = (world.table(part) or part) if part.kind in ("column", "view_column") else part
    owner = text(world.after(identity), "owner")
    return "" if owner == world.target.role else owner


def _label(identity: Identity, label: str) -> Draft:
    provider, _, value = label.partition("=")
    return draft(f"SECURITY LABEL FOR {quote(provider)} ON {spec(identity)} IS {literal(value) if value else 'NULL'}")


# Grants -------------------------------------------------------------------------------------------------------------


def _created_grants(world: World, identity: Identity, after: Attributes) -> list[Draft]:
    """From what default privileges may have given it to what it shall have."""
    wanted, owner = _grants(after), _owner(world, identity)
    given, withheld = _by_default(world, identity)
    revoked = set(_revoked(after))
    drafts: list[Draft] = []
    for who, privilege, _ in sorted(given):
        if not any(grant[:2] == (who, privilege) for grant in wanted):
            drafts.append(_change(identity, owner, "REVOKE", (who, privilege, "")))
    for who, privilege in sorted(withheld - revoked):
        drafts.append(_change(identity, owner, "GRANT", (who, privilege, "")))
    for who, privilege in sorted(revoked):
        drafts.append(_change(identity, owner, "REVOKE", (who, privilege, "")))
    return drafts + [_change(identity, owner, "GRANT", grant) for grant in wanted]


def sequence_rights(world: World, column: Identity, *, new: bool) -> list[Draft]:
    """Rights on the sequence of an identity, which is no object of its own: facts of the column, as who, what and
    '', 'grantable' or (of the owner) 'revoked'.
    """
    before, after = rows(world.before(column), "sequence_rights"), rows(world.after(column), "sequence_rights")
    name = texts(world.after(column) if new else world.before(column), "identity_sequence")
    if len(name) != 2 or (not new and before == after):
        return []
    sequence = Identity("sequence", name[0], name[1])
    if new:
        revoked = tuple(row[:2] for row in after if row[2] == "revoked")
        grants = tuple(row for row in after if row[2] != "revoked")
        return _created_grants(world, sequence, {"grants": grants, "revoked": revoked})
    taken = [row for row in before if row not in after]
    given = [row for row in after if row not in before]
    back = [_change(sequence, "", "GRANT" if row[2] == "revoked" else "REVOKE", (row[0], row[1], "")) for row in taken]
    return back + [_change(sequence, "", "REVOKE" if row[2] == "revoked" else "GRANT", _plain(row)) for row in given]


def _plain(row: tuple[str, ...]) -> Grant:
    return row[0], row[1], row[2] if row[2] == "grantable" else ""


def _by_default(world: World, identity: Identity) -> tuple[set[Grant], set[tuple[str, str]]]:
    """What default privileges that stand now add to a new object of its kind, and what they take from it."""
    kind = _DEFAULTS.get(identity.kind)
    given: set[Grant] = set()
    withheld: set[tuple[str, str]] = set()
    for default in world.source.of("default_privileges"):
        if default.sub != kind or default.schema not in ("", identity.schema):
            continue
        given |= {grant for grant in _grants(world.before(default)) if grant[0] != OWNER}
        withheld |= set(_revoked(world.before(default)))
    return given, withheld


def _regrant(world: World, identity: Identity) -> list[Draft]:
    before, after = world.before(identity), world.after(identity)
    owner, new_owner = _owner(world, identity), _new_owner(world, identity)
    old, new = _grants(before), _grants(after)
    took, takes = _revoked(before), _revoked(after)
    drafts: list[Draft] = []
    for who, privilege, how in old:
        if (who, privilege, how) in new or who == new_owner:
            continue
        if (who, privilege, "") in new:
            drafts.append(_change(identity, owner, "REVOKE GRANT OPTION FOR", (who, privilege, "")))
        elif (who, privilege, "grantable") not in new:
            drafts.append(_change(identity, owner, "REVOKE", (who, privilege, "")))
    drafts += [_change(identity, owner, "REVOKE", (*taken, "")) for taken in takes if taken not in took]
    drafts += [_change(identity, owner, "GRANT", (*taken, "")) for taken in took if taken not in takes]
    return drafts + [
        _change(identity, owner, "GRANT", grant)
        for grant in new
        if grant not in old and not (grant[2] == "" and (*grant[:2], "grantable") in old)
    ]


def _grants(attributes: Attributes) -> list[Grant]:
    return [(who, privilege, how) for who, privilege, how in rows(attributes, "grants")]


def _revoked(attributes: Attributes) -> list[tuple[str, str]]:
    return [(who, privilege) for who, privilege in rows(attributes, "revoked")]


def _change(identity: Identity, owner: str, act: str, grant: Grant) -> Draft:
    who, privilege, how = grant
    known = role(who) if who != OWNER else role(owner) if owner else "CURRENT_USER"
    tail = " WITH GRANT OPTION" if how == "grantable" else ""
    if identity.kind in ("column", "view_column"):
        what = f"{privilege} ({quote(identity.sub)}) ON TABLE {path(identity.schema, identity.name)}"
    elif identity.kind == "extension_member":
        what = f"{privilege} ON {spec(identity)}"
    else:
        sub = identity.sub if identity.kind in ("function", "procedure", "aggregate") else ""
        what = f"{privilege} ON {_GRANTABLE[identity.kind]} {path(identity.schema, identity.name)}{sub}"
    return draft(f"{act} {what} {'TO' if act == 'GRANT' else 'FROM'} {known}{tail}", reason="rights")


def change_default_privileges(world: World, identity: Identity) -> tuple[list[Draft], list[Draft]]:
    """What default privileges lose (to be done first), and what they gain (to be done last)."""
    before, after = world.before(identity), world.after(identity)
    old, new = _grants(before), _grants(after)
    took, takes = _revoked(before), _revoked(after)
    losing = [_default(identity, "REVOKE", grant) for grant in old if not any(grant[:2] == other[:2] for other in new)]
    gaining = [
        _default(identity, "REVOKE GRANT OPTION FOR", grant)
        for grant in old
        if grant not in new and grant[2] and (*grant[:2], "") in new
    ]
    losing += [_default(identity, "GRANT", (*taken, "")) for taken in took if taken not in takes]
    gaining += [_default(identity, "REVOKE", (*taken, "")) for taken in takes if taken not in took]
    gaining += [_default(identity, "GRANT", grant) for grant in new if grant not in old]
    return losing, gaining


def _default(identity: Identity, act: str, grant: Grant) -> Draft:
    who, privilege, how = grant
    where = f" IN SCHEMA {quote(identity.schema)}" if identity.schema else ""
    grantee = quote(identity.name) if who == OWNER else role(who)
    tail = " WITH GRANT OPTION" if act == "GRANT" and how == "grantable" else ""
    return draft(
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(identity.name)}{where} "
        f"{act} {privilege} ON {identity.sub} {'TO' if act == 'GRANT' else 'FROM'} {grantee}{tail}",
        reason="rights on objects made later",
    )


# Owners -------------------------------------------------------------------------------------------------------------

_OWNED = frozenset(_GRANTABLE) | {
    "collation", "conversion", "operator", "operator_class", "operator_family", "statistics", "publication",
    "subscription", "event_trigger", "text_search_configuration", "text_search_dictionary",
}  # fmt: skip


def rights_last(drafts: list[Draft]) -> list[Draft]:
    """In this order, but rights on columns after those on their table: what is revoked of it is revoked of them."""
    last = [each for each in drafts if is_right(each) and " (" in each.sql.partition(" ON ")[0]]
    return [each for each in drafts if each not in last] + last


def is_right(draft: Draft) -> bool:
    """Whether it grants or revokes: an object is handed over first, because that rewrites what was granted."""
    return draft.sql.startswith(("GRANT ", "REVOKE "))


def own(identity: Identity, owner: str) -> Draft | None:
    """Hands it to a role; None for what has no owner of its own."""
    if identity.kind not in _OWNED:
        return None
    return draft(f"ALTER {spec(identity)} OWNER TO {quote(owner)}", reason="owner")
