"""Facts in few words, as agents read them: one short line for a column, a key, an index, a policy."""

import re
from collections.abc import Callable, Iterable

from server.model.expressions import bare
from server.model.quoting import literal, path, quote, role
from server.model.schema import OWNER, Attributes, Identity, Schema, Value, rows, texts

_PUBLIC = re.compile(r"(?<![\w\"])public\.(?=[\w\"])")
_SPACES = re.compile(r"\s+")
_NAME = r'(?:"(?:[^"]|"")+"|[^\s".]+)(?:\.(?:"(?:[^"]|"")+"|[^\s".]+))?'
_CLEAR_LABEL = re.compile(r"[\w.:/+-]+(?: [\w.:/+-]+)*")


def plain(text: Value) -> str:
    """Text of the server without `public.`, its whitespace folded."""
    return _PUBLIC.sub("", _SPACES.sub(" ", str(text)).strip())


def short_name(schema: str, name: str) -> str:
    """`incidents` of public, `app.users` of others, in double quotes where SQL needs them."""
    return path("" if schema == "public" else schema, name)


def pair(value: Value) -> str:
    """A (schema, name) attribute as a short name."""
    parts = [str(part) for part in value] if isinstance(value, tuple) else [str(value)]
    return short_name(parts[0], parts[1]) if len(parts) > 1 else quote(parts[0])


def listed(value: Value, spelled: Callable[[str], str] = str) -> str:
    """A list attribute with commas, each item as it is `spelled`."""
    return ", ".join(spelled(str(item)) for item in value) if isinstance(value, tuple) else ""


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def column(
    name: str,
    facts: Attributes,
    *,
    key: bool = False,
    serial: bool = False,
    sensitive: str | None = None,
    more: Iterable[str] = (),
) -> str:
    """`id bigint pk generated always as identity`; `serial`: filled from a sequence of its own; `sensitive` is what
    exports do with it; `more` is said of it too.
    """
    words = [quote(name), plain(facts["type"])]
    if key:
        words.append("pk")
    elif facts.get("not_null"):
        words.append(f"not null{_when(facts, 'not_null_')}")
    if identity := facts.get("identity"):
        words.append(f"generated {identity} as identity")
        words += _identity_options(facts)
    if generated := facts.get("generated"):
        words.append(f"generated always as {_bracketed(plain(generated))} {facts.get('generated_kind')}")
    if serial:
        words.append("serial")
    elif (default := facts.get("default")) is not None:
        words.append(f"default {_uncast(plain(default), plain(facts['type']))}")
    if collation := facts.get("collation"):
        words.append(f"collate {plain(collation)}")
    words += more
    if sensitive:
        words.append(f"[sensitive: {sensitive}]")
    return commented(" ".join(words), facts)


def commented(line: str, facts: Attributes) -> str:
    """The line, then `-- ` and the comment where there is one."""
    return f"{line} -- {facts['comment']}" if facts.get("comment") else line


def _bracketed(text: str) -> str:
    return text if text.startswith("(") and text.endswith(")") else f"({text})"


def _uncast(default: str, kind: str) -> str:
    """A literal without the cast to the column's own type."""
    literal = re.fullmatch(r"('(?:[^']|'')*')::(.+)", default)
    if literal and (literal[2] == kind or kind.startswith(literal[2])):
        return literal[1]
    return re.sub(r"^nextval\('(.+)'::regclass\)$", r"nextval('\1')", default)


def foreign_key(facts: Attributes) -> str:
    """`(company_id, site_no) → sites(company_id, site_no) on delete cascade`."""
    return f"({_columns(facts, 'columns')}) {reference(facts)}"


def reference(facts: Attributes) -> str:
    """`→ sites(company_id, site_no) on delete cascade`."""
    line = f"→ {pair(facts.get('references'))}({_columns(facts, 'referenced_columns')})"
    for attribute, words in (("on_delete", "on delete"), ("on_update", "on update"), ("match", "match")):
        if facts.get(attribute):
            line += f" {words} {str(facts[attribute]).lower()}"
        if attribute == "on_delete" and facts.get("on_delete_columns"):
            line += f" ({listed(facts['on_delete_columns'], quote)})"
    return line + _when(facts)


def _columns(facts: Attributes, attribute: str) -> str:
    """The columns at one end of a foreign key; over periods the last ones overlap instead of being equal."""
    names = [quote(name) for name in texts(facts, attribute)]
    if facts.get("period"):
        names[-1] = f"PERIOD {names[-1]}"
    return ", ".join(names)


def _when(facts: Attributes, prefix: str = "") -> str:
    words = ""
    if facts.get("deferrable"):
        words += " deferrable initially deferred" if facts.get("initially_deferred") else " deferrable"
    for attribute, text in (
        ("not_valid", " not valid"),
        ("not_enforced", " not enforced"),
        ("no_inherit", " no inherit"),
    ):
        words += text if facts.get(prefix + attribute) else ""
    return words


_KEY_SUFFIXES = {"primary key": "pkey", "unique": "key", "foreign key": "fkey"}
_LONGEST = 63  # bytes of a name: PostgreSQL shortens a longer one that it chooses


def own_name(part: Identity, facts: Attributes) -> str | None:
    """The name of a key, unless it is the one that PostgreSQL chooses."""
    suffix = _KEY_SUFFIXES[str(facts["type"])]
    of = () if suffix == "pkey" else texts(facts, "columns")
    chosen = "_".join([part.name, *of, suffix])
    if len(chosen.encode()) > _LONGEST:
        return None if re.search(rf"_{suffix}\d*$", part.sub) else part.sub
    return None if re.fullmatch(rf"{re.escape(chosen)}\d*", part.sub) else part.sub


def check(table: str, name: str, facts: Attributes) -> str:
    """`positive: amount > 0`, or without the name where PostgreSQL chose it."""
    columns = facts.get("columns")
    of = f"_{columns[0]}" if isinstance(columns, tuple) and len(columns) == 1 else ""
    words = f"{bare(plain(facts.get('expression')))}{_when(facts)}"
    return words if name == f"{table}{of}_check" else f"{quote(name)}: {words}"


def index_of_table(identity: Identity, facts: Attributes) -> str:
    """As `index`, without the name where PostgreSQL chose it."""
    columns = facts.get("columns")
    names = [str(column or "expr") for column in columns] if isinstance(columns, tuple) else []
    chosen = "_".join([str(facts.get("table")), *names, "idx"])
    return index(identity, facts).removeprefix(f"{quote(chosen)}: " if identity.name == chosen else "")


def index(identity: Identity, facts: Attributes) -> str:
    """`incidents_open_idx: unique (site_id) where closed_at is null`; btree is not said."""
    definition = plain(facts["definition"])
    _, _, rest = definition.partition(" USING ")
    rest = rest.removeprefix("btree ")
    words = "unique " if facts.get("unique") else ""
    notes = "".join(f", {word}" for word in ("invalid", "clustered") if facts.get(word))
    return f"{quote(identity.name)}: {words}{rest.replace(' WHERE ', ' where ')}{notes}"


def key(name: str, facts: Attributes) -> str:
    """`users_email_key (email)`, with what is special about it."""
    return f"{quote(name)} {plain(facts['definition']).partition(' ')[2]}"


def trigger(name: str, facts: Attributes) -> str:
    """`touch: before update for each row execute function touch()`."""
    match = re.match(rf"CREATE (CONSTRAINT )?TRIGGER {_NAME} (.*)", plain(facts["definition"]))
    what = match[2] if match else plain(facts["definition"])
    what = re.sub(rf" ON {_NAME} (?=FROM|NOT|DEFERR|INITIALLY|REFERENCING|FOR|WHEN|EXECUTE)", " ", what, count=1)
    what = what.replace("FOR EACH ROW", "row").replace("FOR EACH STATEMENT ", "").replace("EXECUTE FUNCTION", "→")
    state = f" [{facts['enabled']}]" if facts.get("enabled") else ""
    return f"{quote(name)}: {what}{state}"


def policy(name: str, facts: Attributes) -> str:
    """`own_rows: select to app_user using (company_id = …)`."""
    line = f"{quote(name)}: {'restrictive ' if facts.get('restrictive') else ''}{str(facts['command']).lower()}"
    line += f" to {listed(facts.get('roles'), role)}"
    both = facts.get("using") == facts.get("with_check")
    for attribute, words in (("using", "using and with check" if both else "using"), ("with_check", "with check")):
        if facts.get(attribute) and not (both and attribute == "with_check"):
            line += f" {words} ({bare(plain(facts[attribute]))})"
    return line


def grants(facts: Attributes) -> list[str]:
    """`app_user: select, insert`, one line per grantee; what is taken from the built-in rights as `revoked from …`."""
    by_role: dict[str, list[str]] = {}
    for item in _triples(facts.get("grants")):
        by_role.setdefault(item[0], []).append(item[1].lower() + (" (grantable)" if item[2] else ""))
    lines = [f"{_who(name)}: {', '.join(rights)}" for name, rights in by_role.items()]
    gone: dict[str, list[str]] = {}
    for item in _triples(facts.get("revoked")):
        gone.setdefault(item[0], []).append(item[1].lower())
    return lines + [f"revoked from {_who(name)}: {', '.join(rights)}" for name, rights in gone.items()]


def _who(name: str) -> str:
    return "owner" if name == OWNER else role(name)


def _triples(value: Value) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for item in value if isinstance(value, tuple) else ():
        if isinstance(item, tuple):
            who, right, *how = (str(part) for part in item)
            found.append((who, right, how[0] if how else ""))
    return found


def sequence(identity: Identity, facts: Attributes) -> str:
    """`invoice_no: bigint start 1000 increment 10, owned by invoices.no`."""
    words = [f"{short_name(identity.schema, identity.name)}: {facts['type']}", *sequence_options(facts)]
    owner = facts.get("owned_by")
    line = " ".join(words)
    return f"{line}, owned by {pair(owner)}.{quote(str(owner[2]))}" if isinstance(owner, tuple) else line


_ENDS = {"smallint": 15, "integer": 31, "bigint": 63}


def sequence_options(facts: Attributes) -> list[str]:
    """`start 1000`, `increment 5`, `cycle`: what is not as PostgreSQL has it by default."""
    up, end = int(str(facts["increment"])) > 0, 1 << _ENDS.get(str(facts["type"]), 63)
    usual = {"start": facts["min_value" if up else "max_value"], "increment": 1, "cache": 1}
    usual |= {"min_value": 1, "max_value": end - 1} if up else {"min_value": -end, "max_value": -1}
    words = [f"{name.removesuffix('_value')} {facts[name]}" for name, value in usual.items() if facts[name] != value]
    return [*words, *(word for word in ("cycle", "unlogged") if facts.get(word))]


def _identity_options(facts: Attributes) -> list[str]:
    """The same of an identity column, in brackets; its facts spell all options out as SQL does."""
    said = texts(facts, "identity_options")
    values = dict(words.rsplit(" ", 1) for words in said if words[-1].isdecimal())
    names = {"start": "START WITH", "increment": "INCREMENT BY", "min_value": "MINVALUE", "max_value": "MAXVALUE"}
    names["cache"] = "CACHE"
    if not values.keys() >= set(names.values()):
        return []
    options: Attributes = {name: int(values[words]) for name, words in names.items()}
    found = sequence_options({"type": facts["type"], "cycle": "CYCLE" in said, **options})
    return [f"({' '.join(found)})"] if found else []


def rights_of_sequence(facts: Attributes) -> list[str]:
    """As `grants`, of the sequence of an identity column."""
    rights = _triples(facts.get("sequence_rights"))
    revoked = tuple(right[:2] for right in rights if right[2] == "revoked")
    return grants({"grants": tuple(right for right in rights if right[2] != "revoked"), "revoked": revoked})


def routine(identity: Identity, facts: Attributes) -> str:
    """`touch() → trigger, plpgsql, security definer`."""
    words = [f"{short_name(identity.schema, identity.name)}({plain(facts.get('arguments', ''))})"]
    if facts.get("returns"):
        words[0] += f" → {plain(facts['returns'])}"
    words.append(identity.kind if identity.kind != "function" else str(facts.get("language")))
    words += [str(facts["volatility"]).lower()] if facts.get("volatility") else []
    words += [word.replace("_", " ") for word in ("window", "strict", "security_definer") if facts.get(word)]
    return ", ".join([*words, *(f"set {said}" for said in texts(facts, "settings"))])


def _label(label: str) -> str:
    """A label of an enum, as a literal where its ends would not be clear."""
    return label if _CLEAR_LABEL.fullmatch(label) else literal(label)


def _multirange(identity: Identity, facts: Attributes) -> str:
    """Its name, unless it is the one that PostgreSQL chooses."""
    name = identity.name
    chosen = name.replace("range", "multirange", 1) if "range" in name else f"{name}_multirange"
    told = plain(facts.get("multirange") or "")
    return f", multirange {told}" if told not in ("", short_name(identity.schema, chosen)) else ""


def data_type(schema: Schema, identity: Identity) -> str:
    """`mood: enum ok, sad`; `email: domain text not null check (VALUE ~ '@')`."""
    facts, name = schema.facts[identity], short_name(identity.schema, identity.name)
    if identity.kind == "enum":
        return f"{name}: enum {listed(facts['labels'], _label)}"
    if identity.kind == "composite":
        told = (f"{quote(name)} {plain(kind)}" for name, kind, *_ in rows(facts, "attributes"))
        return f"{name}: composite ({', '.join(told)})"
    if identity.kind == "range":
        return f"{name}: range of {plain(facts['subtype'])}{_multirange(identity, facts)}"
    if identity.kind != "domain":
        return f"{name}: {identity.kind.replace('_', ' ')}"
    line = f"{name}: domain {plain(facts['type'])}{' not null' if facts.get('not_null') else ''}"
    line += f" default {plain(facts['default'])}" if facts.get("default") is not None else ""
    return line + "".join(
        _domain_check(check, schema.facts[check]) for check in schema.parts(identity, "domain_constraint")
    )


def comments_within(schema: Schema, identity: Identity) -> str:
    """` -- zip: as written on letters; addr_check: …`: what is said of attributes and constraints of a type."""
    facts = schema.facts[identity]
    said = [("not null", facts["not_null_comment"])] if facts.get("not_null_comment") else []
    for part in schema.parts(identity, "attribute", "domain_constraint"):
        if schema.facts[part].get("comment"):
            said.append((quote(part.sub), schema.facts[part]["comment"]))
    return f" -- {'; '.join(f'{name}: {comment}' for name, comment in said)}" if said else ""


def _domain_check(identity: Identity, facts: Attributes) -> str:
    """` check (VALUE > 0)`, with its name where PostgreSQL did not choose it."""
    named = "" if re.fullmatch(rf"{re.escape(identity.name)}_check\d*", identity.sub) else f" {quote(identity.sub)}"
    text = plain(facts["definition"]).removesuffix(" NOT VALID").removeprefix("CHECK ")
    return f"{named} check ({bare(text)}){_when(facts)}"
