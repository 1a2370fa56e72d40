"""The other kinds: schemas, extensions, languages, operators, casts, text search, foreign data, publications …"""

import re
from collections.abc import Callable

from server.model.migration.columns import change_foreign_options, foreign_options
from server.model.migration.privileges import resaid, said
from server.model.migration.words import pair, spec, table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, names, path, quote
from server.model.schema import Attributes, Identity, text, texts

SAID = frozenset({"comment", "security_labels", "grants", "revoked"})


def create(world: World, identity: Identity) -> list[Draft]:
    return [*_CREATE[identity.kind](identity, world.after(identity)), *said(world, identity)]


def drop(_world: World, identity: Identity) -> list[Draft]:
    if identity.kind in ("publication_table", "publication_schema"):
        return [draft(f"ALTER PUBLICATION {quote(identity.name)} DROP {spec(identity)}")]
    return [draft(f"DROP {spec(identity)}")]


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    """In place, or None: make it anew."""
    hard = changed - SAID
    drafts: list[Draft] | None = []
    if "version" in hard and identity.kind == "extension" and _goes_back(world, identity):
        return None
    if hard:
        rule = _ALTER.get(identity.kind)
        drafts = rule(identity, world.before(identity), world.after(identity), hard) if rule else None
    return None if drafts is None else drafts + resaid(world, identity, changed)


def _schema(identity: Identity, _after: Attributes) -> list[Draft]:
    return [draft(f"CREATE SCHEMA {quote(identity.name)}")]


def _extension(identity: Identity, after: Attributes) -> list[Draft]:
    version = f" VERSION {literal(text(after, 'version'))}" if after.get("version") else ""
    where = f" WITH SCHEMA {quote(text(after, 'in_schema'))}" if after.get("in_schema") else ""
    return [draft(f"CREATE EXTENSION IF NOT EXISTS {quote(identity.name)}{where}{version}")]


def _goes_back(world: World, identity: Identity) -> bool:
    """Whether nothing uses it and its version gets lower, for which extensions have no scripts."""
    old, new = (text(attributes, "version") for attributes in (world.before(identity), world.after(identity)))
    return _parts(new) < _parts(old) and not any(world.dependents(identity))


def _parts(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _alter_extension(
    identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]
) -> list[Draft] | None:
    if "in_schema" in changed and before.get("not_relocatable"):
        return None
    here = f"ALTER EXTENSION {quote(identity.name)}"
    drafts = [draft(f"{here} SET SCHEMA {quote(text(after, 'in_schema'))}")] if "in_schema" in changed else []
    return drafts + ([draft(f"{here} UPDATE TO {literal(text(after, 'version'))}")] if "version" in changed else [])


def _language(identity: Identity, after: Attributes) -> list[Draft]:
    words = f"CREATE {'TRUSTED ' if after.get('trusted') else ''}LANGUAGE {quote(identity.name)}"
    words += f" HANDLER {text(after, 'handler')}"
    words += f" INLINE {text(after, 'inline')}" if after.get("inline") else ""
    return [draft(words + (f" VALIDATOR {text(after, 'validator')}" if after.get("validator") else ""))]


def _access_method(identity: Identity, after: Attributes) -> list[Draft]:
    handler = text(after, "handler")
    return [draft(f"CREATE ACCESS METHOD {quote(identity.name)} TYPE {text(after, 'type')} HANDLER {handler}")]


def _collation(identity: Identity, after: Attributes) -> list[Draft]:
    words = [f"provider = {text(after, 'provider')}"]
    if after.get("locale"):
        words.append(f"locale = {literal(text(after, 'locale'))}")
    else:
        words += [f"{name} = {literal(text(after, name))}" for name in ("lc_collate", "lc_ctype") if after.get(name)]
    words += [f"rules = {literal(text(after, 'rules'))}"] if after.get("rules") else []
    words += ["deterministic = false"] if after.get("nondeterministic") else []
    return [draft(f"CREATE COLLATION {table_of(identity)} ({', '.join(words)})")]


def _conversion(identity: Identity, after: Attributes) -> list[Draft]:
    default = "DEFAULT " if after.get("is_default") else ""
    here = f"CREATE {default}CONVERSION {table_of(identity)}"
    encodings = f"FOR {literal(text(after, 'for_encoding'))} TO {literal(text(after, 'to_encoding'))}"
    return [draft(f"{here} {encodings} FROM {text(after, 'function')}")]


def _operator(identity: Identity, after: Attributes) -> list[Draft]:
    left, right = identity.sub[1:-1].split(", ", 1)
    words = [f"FUNCTION = {text(after, 'function').partition('(')[0]}"]
    words += [f"LEFTARG = {left}"] if left != "NONE" else []
    words += [f"RIGHTARG = {right}"] if right != "NONE" else []
    for name, word in (("commutator", "COMMUTATOR"), ("negator", "NEGATOR")):
        if after.get(name):
            words.append(f"{word} = OPERATOR({text(after, name).partition('(')[0]})")
    for name, word in (("restrict_function", "RESTRICT"), ("join_function", "JOIN")):
        words += [f"{word} = {text(after, name)}"] if after.get(name) else []
    words += ["MERGES"] if after.get("merges") else []
    words += ["HASHES"] if after.get("hashes") else []
    return [draft(f"CREATE OPERATOR {quote(identity.schema)}.{identity.name} ({', '.join(words)})")]


def _operator_family(identity: Identity, after: Attributes) -> list[Draft]:
    drafts = [draft(f"CREATE {spec(identity)}")]
    members = texts(after, "members")
    return drafts + ([draft(f"ALTER {spec(identity)} ADD {', '.join(members)}")] if members else [])


def _alter_family(identity: Identity, before: Attributes, after: Attributes, _changed: frozenset[str]) -> list[Draft]:
    old, new = texts(before, "members"), texts(after, "members")
    gone, more = [m for m in old if m not in new], [m for m in new if m not in old]
    drafts = [draft(f"ALTER {spec(identity)} DROP {', '.join(map(_member, gone))}")] if gone else []
    return drafts + ([draft(f"ALTER {spec(identity)} ADD {', '.join(more)}")] if more else [])


def _member(item: str) -> str:
    """What DROP calls a member of a family: its number and its types."""
    word, number, rest = item.split(" ", 2)
    types = re.search(r"\([^()]*\)", rest)
    return f"{word} {number} {types[0] if types else ''}"


def _operator_class(identity: Identity, after: Attributes) -> list[Draft]:
    words = list(texts(after, "members"))
    words += [f"STORAGE {text(after, 'storage')}"] if after.get("storage") else []
    default = "DEFAULT " if after.get("is_default") else ""
    head = f"CREATE OPERATOR CLASS {table_of(identity)} {default}FOR TYPE {text(after, 'type')}"
    family = f"USING {quote(identity.sub)} FAMILY {pair(after, 'family')}"
    return [draft(f"{head} {family} AS {', '.join(words) or 'STORAGE ' + text(after, 'type')}")]


def _cast(identity: Identity, after: Attributes) -> list[Draft]:
    method = text(after, "method")
    how = {"INOUT": "WITH INOUT", "WITHOUT FUNCTION": "WITHOUT FUNCTION"}.get(method)
    how = how or f"WITH FUNCTION {text(after, 'function')}"
    context = f" AS {text(after, 'context')}" if after.get("context") else ""
    return [draft(f"CREATE CAST ({identity.name}) {how}{context}")]


def _transform(identity: Identity, after: Attributes) -> list[Draft]:
    words = [f"FROM SQL WITH FUNCTION {text(after, 'from_sql')}"] if after.get("from_sql") else []
    words += [f"TO SQL WITH FUNCTION {text(after, 'to_sql')}"] if after.get("to_sql") else []
    return [draft(f"CREATE {spec(identity)} ({', '.join(words)})")]


def _configuration(identity: Identity, after: Attributes) -> list[Draft]:
    here = spec(identity)
    drafts = [draft(f"CREATE {here} (PARSER = {text(after, 'parser')})")]
    return drafts + [draft(f"ALTER {here} ADD MAPPING FOR {mapping}") for mapping in texts(after, "mappings")]


def _alter_configuration(
    identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]
) -> list[Draft] | None:
    if changed - {"mappings"}:
        return None
    here = f"ALTER {spec(identity)}"
    old = dict(mapping.split(" WITH ", 1) for mapping in texts(before, "mappings"))
    new = dict(mapping.split(" WITH ", 1) for mapping in texts(after, "mappings"))
    drafts = [draft(f"{here} DROP MAPPING FOR {token}") for token in old if old[token] != new.get(token)]
    added = [token for token in new if old.get(token) != new[token]]
    return drafts + [draft(f"{here} ADD MAPPING FOR {token} WITH {new[token]}") for token in added]


def _dictionary(identity: Identity, after: Attributes) -> list[Draft]:
    words = [f"TEMPLATE = {text(after, 'template')}"]
    words += [text(after, "dictionary_options")] if after.get("dictionary_options") else []
    return [draft(f"CREATE {spec(identity)} ({', '.join(words)})")]


def _functions(identity: Identity, after: Attributes) -> list[Draft]:
    wanted = [word for word in texts(after, "functions") if not word.endswith("= -")]
    return [draft(f"CREATE {spec(identity)} ({', '.join(wanted)})")]


def _statistics(_identity: Identity, after: Attributes) -> list[Draft]:
    drafts = [draft(text(after, "definition"))]
    return drafts + (set_target(_identity, after) if after.get("statistics") is not None else [])


def set_target(identity: Identity, after: Attributes) -> list[Draft]:
    """How much ANALYZE looks at for it."""
    target = text(after, "statistics") if after.get("statistics") is not None else "-1"
    return [draft(f"ALTER {spec(identity)} SET STATISTICS {target}")]


def _alter_statistics(
    identity: Identity, _before: Attributes, after: Attributes, changed: frozenset[str]
) -> list[Draft] | None:
    return None if changed - {"statistics"} else set_target(identity, after)


# Foreign data -------------------------------------------------------------------------------------------------------


def _wrapper(identity: Identity, after: Attributes) -> list[Draft]:
    words = f"CREATE {spec(identity)}"
    words += f" HANDLER {text(after, 'handler')}" if after.get("handler") else ""
    words += f" VALIDATOR {text(after, 'validator')}" if after.get("validator") else ""
    return [draft(words + _options(after))]


def _options(after: Attributes) -> str:
    return f" OPTIONS ({foreign_options(texts(after, 'options'))})" if after.get("options") else ""


def _alter_wrapper(identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]) -> list[Draft]:
    words: list[str] = []
    for name in ("handler", "validator"):
        if name in changed:
            words.append(f"{name.upper()} {text(after, name)}" if after.get(name) else f"NO {name.upper()}")
    words += [change_foreign_options(before, after, "options")] if "options" in changed else []
    return [draft(f"ALTER {spec(identity)} {' '.join(words)}")]


def _server(identity: Identity, after: Attributes) -> list[Draft]:
    words = f"CREATE {spec(identity)}"
    words += f" TYPE {literal(text(after, 'type'))}" if after.get("type") else ""
    words += f" VERSION {literal(text(after, 'version'))}" if after.get("version") else ""
    return [draft(f"{words} FOREIGN DATA WRAPPER {quote(text(after, 'wrapper'))}{_options(after)}")]


def _alter_server(
    identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]
) -> list[Draft] | None:
    if changed - {"version", "options"} or ("version" in changed and not after.get("version")):
        return None
    words = [f"VERSION {literal(text(after, 'version'))}"] if "version" in changed else []
    words += [change_foreign_options(before, after, "options")] if "options" in changed else []
    return [draft(f"ALTER {spec(identity)} {' '.join(words)}")]


def _user_mapping(identity: Identity, _after: Attributes) -> list[Draft]:
    return [draft(f"CREATE {spec(identity)}", reason="without its options, which pgferry never reads")]


def _keep_user_mapping(
    _identity: Identity, _before: Attributes, _after: Attributes, _changed: frozenset[str]
) -> list[Draft]:
    return []  # its options are told by who compares them unread


# Publications -------------------------------------------------------------------------------------------------------


def _publication(identity: Identity, after: Attributes) -> list[Draft]:
    everything = " FOR ALL TABLES" if after.get("all_tables") else ""
    return [draft(f"CREATE {spec(identity)}{everything} WITH ({_publishing(after)})")]


def _publishing(after: Attributes) -> str:
    words = [f"publish = {literal(', '.join(texts(after, 'publish')))}"]
    words += ["publish_via_partition_root = true"] if after.get("via_partition_root") else []
    words += ["publish_generated_columns = stored"] if after.get("generated_columns") else []
    return ", ".join(words)


def _alter_publication(
    identity: Identity, before: Attributes, after: Attributes, changed: frozenset[str]
) -> list[Draft] | None:
    if "all_tables" in changed:
        return None
    words = _publishing(after)
    if before.get("via_partition_root") and not after.get("via_partition_root"):
        words += ", publish_via_partition_root = false"
    if before.get("generated_columns") and not after.get("generated_columns"):
        words += ", publish_generated_columns = none"
    return [draft(f"ALTER {spec(identity)} SET ({words})")]


def _publication_table(identity: Identity, after: Attributes) -> list[Draft]:
    columns = f" ({names(texts(after, 'columns'))})" if after.get("columns") else ""
    where = f" WHERE ({text(after, 'predicate')})" if after.get("predicate") else ""
    return [draft(f"ALTER PUBLICATION {quote(identity.name)} ADD TABLE ONLY {identity.sub}{columns}{where}")]


def _publication_schema(identity: Identity, _after: Attributes) -> list[Draft]:
    return [draft(f"ALTER PUBLICATION {path('', identity.name)} ADD {spec(identity)}")]


_CREATE: dict[str, Callable[[Identity, Attributes], list[Draft]]] = {
    "schema": _schema, "extension": _extension, "language": _language, "access_method": _access_method,
    "collation": _collation, "conversion": _conversion, "operator": _operator, "operator_family": _operator_family,
    "operator_class": _operator_class, "cast": _cast, "transform": _transform,
    "text_search_configuration": _configuration, "text_search_dictionary": _dictionary,
    "text_search_parser": _functions, "text_search_template": _functions, "statistics": _statistics,
    "foreign_data_wrapper": _wrapper, "server": _server, "user_mapping": _user_mapping,
    "publication": _publication, "publication_table": _publication_table, "publication_schema": _publication_schema,
}  # fmt: skip
_ALTER: dict[str, Callable[[Identity, Attributes, Attributes, frozenset[str]], list[Draft] | None]] = {
    "extension": _alter_extension, "operator_family": _alter_family,
    "text_search_configuration": _alter_configuration, "statistics": _alter_statistics,
    "foreign_data_wrapper": _alter_wrapper, "server": _alter_server, "publication": _alter_publication,
    "user_mapping": _keep_user_mapping,
}  # fmt: skip
