"""Types: enums, composites, domains, ranges and base types. One that cannot be altered is made anew beside the old."""

import re
from collections.abc import Iterable, Mapping

from server.model.migration import domains, not_null
from server.model.migration.conversions import base, loses
from server.model.migration.privileges import resaid, said
from server.model.migration.words import table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, path, quote
from server.model.schema import Attributes, Dependency, Identity, Schema, items, rows, text, texts

ASIDE = "__before_migration"
DECLARED = ("base_type", "range")
"""What is made of functions that take or return it."""
TYPES = ("enum", "composite", "domain", "range", "base_type", "shell_type")
_QUALIFIED = re.compile(r'"(?:[^"]|"")+"|[^."]+')
_WORDS = {"domain": "DOMAIN", "collation": "COLLATION"}


def create(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    drafts = [draft(f"CREATE {_word(identity)} {table_of(identity)}{_BODIES[identity.kind](after)}")]
    if identity.kind == "composite":
        for attribute in _attributes_of(world, identity):
            drafts += said(world, attribute)
    return drafts + not_null.said(identity, after) + said(world, identity)


def shell(identity: Identity) -> list[Draft]:
    """The mere name of a type, which the functions that it is made of need."""
    return [draft(f"CREATE TYPE {table_of(identity)}", reason="declared for its own functions")]


def made_of(needs: Mapping[Identity, Iterable[Dependency]], kind: Identity, function: Identity) -> bool:
    """Whether it is a type that needs a function which itself takes or returns the type."""
    return (
        kind.kind in DECLARED
        and function.kind == "function"
        and any(d.on == function for d in needs.get(kind, ()))
        and any(d.on == kind for d in needs.get(function, ()))
    )


def _attributes_of(world: World, identity: Identity) -> list[Identity]:
    return [a for a in world.target.of("attribute") if (a.schema, a.name) == (identity.schema, identity.name)]


def _enum(after: Attributes) -> str:
    return f" AS ENUM ({', '.join(literal(label) for label in texts(after, 'labels'))})"


def _composite(after: Attributes) -> str:
    return f" AS ({', '.join(_attribute(row) for row in rows(after, 'attributes'))})"


def _attribute(row: tuple[str, ...]) -> str:
    return f"{quote(row[0])} {row[1]}" + (f" COLLATE {row[2]}" if row[2] else "")


_RANGE = {
    "subtype": "SUBTYPE", "subtype_operator_class": "SUBTYPE_OPCLASS", "collation": "COLLATION",
    "canonical": "CANONICAL", "subtype_diff": "SUBTYPE_DIFF", "multirange": "MULTIRANGE_TYPE_NAME",
}  # fmt: skip
_BASE = {
    "input": "INPUT", "output": "OUTPUT", "receive": "RECEIVE", "send": "SEND", "typmod_in": "TYPMOD_IN",
    "typmod_out": "TYPMOD_OUT", "analyze": "ANALYZE", "subscript": "SUBSCRIPT", "delimiter": "DELIMITER",
    "category": "CATEGORY", "default": "DEFAULT", "element": "ELEMENT",
}  # fmt: skip
_ALIGN = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}


def _range(after: Attributes) -> str:
    return f" AS RANGE ({', '.join(f'{word} = {text(after, n)}' for n, word in _RANGE.items() if after.get(n))})"


def _base_type(after: Attributes) -> str:
    quoted = ("delimiter", "category", "default")
    words = [
        f"{word} = {literal(text(after, name)) if name in quoted else text(after, name)}"
        for name, word in _BASE.items()
        if after.get(name)
    ]
    length = text(after, "length")
    words.append(f"INTERNALLENGTH = {'VARIABLE' if length == '-1' else length}")
    words.append(f"ALIGNMENT = {_ALIGN[text(after, 'alignment')]}")
    words.append(f"STORAGE = {_STORAGE[text(after, 'storage')]}")
    words += ["PASSEDBYVALUE"] if after.get("by_value") else []
    words += ["PREFERRED = true"] if after.get("preferred") else []
    words += ["COLLATABLE = true"] if after.get("collatable") else []
    return f" ({', '.join(words)})"


def _shell(_after: Attributes) -> str:
    return ""


_BODIES = {
    "enum": _enum, "composite": _composite, "domain": domains.body, "range": _range, "base_type": _base_type,
    "shell_type": _shell,
}  # fmt: skip


def drop(world: World, identity: Identity) -> list[Draft]:
    name = identity.name + (ASIDE if identity in world.moved else "")
    own = any(d.dependent in world.dropped and made_of(world.source_needs, identity, d.dependent)
              for d in world.dependents(identity))  # fmt: skip
    tail, reason = (" CASCADE", "with the functions that it is made of") if own else ("", "")
    return [draft(f"DROP {_word(identity)} {path(identity.schema, name)}{tail}", reason=reason)]


def _word(identity: Identity) -> str:
    return _WORDS.get(identity.kind, "TYPE")


def aside(world: World, identity: Identity) -> list[Draft]:
    """Makes room for the type (or collation) in its new shape; columns go over to that, then the old one is dropped."""
    new = quote(identity.name + ASIDE)
    sql = f"ALTER {_word(identity)} {table_of(identity)} RENAME TO {new}"
    drafts = [draft(sql, reason="cannot be changed in place")]
    if found := multirange(world.before(identity)):
        drafts += _range_aside(world, identity, *found)
    return drafts


def _range_aside(world: World, identity: Identity, schema: str, name: str) -> list[Draft]:
    """The multirange of a range, and the functions that make values of both: each has a name of its own."""
    sub, range_ = text(world.before(identity), "subtype"), path(identity.schema, identity.name + ASIDE)
    made = [(identity.schema, identity.name, f"({sub}, {sub}{tail})") for tail in ("", ", text")]
    made += [(schema, name, arguments) for arguments in ("()", f"({range_})", f"({range_}[])")]
    acts = [f"ALTER TYPE {path(schema, name)} RENAME TO {quote(name + ASIDE)}"]
    acts += [f"ALTER FUNCTION {path(where, old)}{args} RENAME TO {quote(old + ASIDE)}" for where, old, args in made]
    return [draft(act, reason="goes with its range") for act in acts]


def multirange(facts: Attributes) -> tuple[str, str] | None:
    """The schema and name of a range's multirange."""
    found = _QUALIFIED.findall(text(facts, "multirange"))
    return (_plain(found[0]), _plain(found[1])) if len(found) == 2 else None


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def alter(world: World, identity: Identity, changed: frozenset[str], *, used: bool) -> list[Draft] | None:
    """In place, or None: make it anew. `used`: columns hold its values."""
    said_alone = changed <= {"comment", "security_labels", "grants", "revoked"}
    drafts = [] if said_alone else _reformed(world, identity, changed, used=used)
    return None if drafts is None else drafts + resaid(world, identity, changed)


def _reformed(world: World, identity: Identity, changed: frozenset[str], *, used: bool) -> list[Draft] | None:
    before, after = world.before(identity), world.after(identity)
    if identity.kind == "enum":
        return _labels(identity, texts(before, "labels"), texts(after, "labels"))
    if identity.kind == "composite":
        return _attributes(world, identity, used=used)
    if identity.kind == "domain" and not (domains.rigid(world, identity) and domains.grows_not_null(before, after)):
        return domains.alter(identity, before, after, changed)
    return [] if identity.kind == "base_type" and used else None


def _labels(identity: Identity, before: tuple[str, ...], after: tuple[str, ...]) -> list[Draft] | None:
    if [label for label in after if label in before] != list(before):
        return None
    known = list(before)
    drafts: list[Draft] = []
    for index, label in enumerate(after):
        if label in before:
            continue
        where = f"AFTER {literal(after[index - 1])}" if index else f"BEFORE {literal(known[0])}" if known else ""
        if index and known and known[-1] == after[index - 1]:
            where = ""
        drafts.append(draft(f"ALTER TYPE {table_of(identity)} ADD VALUE {literal(label)} {where}".strip()))
        known.insert(index, label)
    return drafts


def _of_type(world: World, identity: Identity) -> bool:
    """Whether tables are made of it: their columns follow it."""
    return any(world.before(table).get("of_type") == table_of(identity) for table in world.source.of("table"))


def _attributes(world: World, identity: Identity, *, used: bool) -> list[Draft] | None:
    before, after, typed = world.before(identity), world.after(identity), _of_type(world, identity)
    old = {row[0]: row for row in rows(before, "attributes")}
    new = {row[0]: row for row in rows(after, "attributes")}
    kept = [name for name in old if name in new]
    if list(new)[: len(kept)] != kept or (used and any(old[name] != new[name] for name in kept)):
        return None
    here, tail = table_of(identity), " CASCADE" if typed else ""
    drafts: list[Draft] = []
    for name in old:
        if name not in new:
            act, reason = f"ALTER TYPE {here} DROP ATTRIBUTE {quote(name)}{tail}", "what columns hold in it is lost"
            drafts.append(draft(act, "data_loss", reason=reason) if used or typed else draft(act))
    for name, row in new.items():
        if name not in old:
            drafts.append(draft(f"ALTER TYPE {here} ADD ATTRIBUTE {_attribute(row)}{tail}"))
            drafts += said(world, Identity("attribute", identity.schema, identity.name, name))
        elif old[name] != row:
            collation = f" COLLATE {row[2]}" if row[2] else ""
            act = f"ALTER TYPE {here} ALTER ATTRIBUTE {quote(name)} SET DATA TYPE {row[1]}{collation}{tail}"
            drafts.append(draft(act, "may_fail_on_data", reason=f"from {old[name][1]}") if typed else draft(act))
    return drafts


def is_type(identity: Identity) -> bool:
    return identity.kind in TYPES


def moved(world: World, name: str) -> Identity | None:
    """The type of that name in SQL (or of arrays of it), if it is made anew beside an old one."""
    plain = base(name).removesuffix("[]")
    return next((t for t in world.moved if is_type(t) and t in world.created and table_of(t) == plain), None)


def is_composite(world: World, identity: Identity) -> bool:
    """Also behind domains."""
    if identity.kind != "domain":
        return identity.kind == "composite"
    under = moved(world, text(world.after(identity), "type"))
    return under is not None and is_composite(world, under)


def attributes_lost(world: World) -> bool:
    """Whether any composite type that is made anew loses an attribute, or some of what one holds."""
    return any(_loses_in(world, t) for t in world.moved if t.kind == "composite")


def _loses_in(world: World, composite: Identity) -> bool:
    new = {row[0]: row[1] for row in rows(world.after(composite), "attributes")}
    return any(
        row[0] not in new or loses(bottom(world.source, row[1]), bottom(world.target, new[row[0]]))
        for row in rows(world.before(composite), "attributes")
    )


def bottom(schema: Schema, name: str) -> str:
    """The type of that name in SQL; of a domain (or of arrays of one) what it is made of, with its modifiers."""
    plain = name.removesuffix("[]")
    home = next((domain for domain in schema.of("domain") if table_of(domain) == plain), None)
    return name if home is None else bottom(schema, text(schema.facts[home], "type")) + name[len(plain) :]


def is_moved(identity: Identity) -> bool:
    """Whether columns go over from the old to the new where it is made anew."""
    return identity.kind in TYPES or identity.kind == "collation"


def labels_added(before: Attributes, after: Attributes) -> list[str]:
    """Enum labels that the target has more."""
    return [str(label) for label in items(after.get("labels")) if label not in items(before.get("labels"))]


def labels_removed(before: Attributes, after: Attributes) -> list[str]:
    """Enum labels that the target has no more."""
    return labels_added(after, before)
