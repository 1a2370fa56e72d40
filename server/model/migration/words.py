"""How statements are spelled: qualified names and options, and what each kind of object is called in SQL."""

from collections.abc import Callable, Iterable

from server.model.quoting import literal, path, quote, role
from server.model.schema import Attributes, Identity, texts


def pair(attributes: Attributes, name: str) -> str:
    """A qualified name kept as (schema, name), as SQL."""
    found = texts(attributes, name)
    return path(found[0], found[1]) if len(found) > 1 else ""


def options(values: Iterable[str]) -> str:
    """`name=value` options as SQL: `name = 'value'`."""
    split = (value.partition("=") for value in values)
    return ", ".join(
        f"{_option(name)} = {literal(value)}" if equals else _option(name) for name, equals, value in split
    )


def _option(name: str) -> str:
    return ".".join(quote(part) for part in name.split("."))


def changed_options(before: Iterable[str], after: Iterable[str]) -> tuple[list[str], list[str]]:
    """Options to set (as they will be), and the names of those to reset."""
    old, new = list(before), list(after)
    kept = {value.partition("=")[0] for value in new}
    gone = [value.partition("=")[0] for value in old if value.partition("=")[0] not in kept]
    return [value for value in new if value not in old], gone


# What objects are called --------------------------------------------------------------------------------------------

_SIMPLE = {
    "schema": "SCHEMA", "extension": "EXTENSION", "language": "LANGUAGE", "access_method": "ACCESS METHOD",
    "enum": "TYPE", "composite": "TYPE", "range": "TYPE", "base_type": "TYPE", "shell_type": "TYPE",
    "domain": "DOMAIN", "collation": "COLLATION", "conversion": "CONVERSION", "table": "TABLE",
    "foreign_table": "FOREIGN TABLE", "view": "VIEW", "materialized_view": "MATERIALIZED VIEW", "sequence": "SEQUENCE",
    "index": "INDEX", "statistics": "STATISTICS", "text_search_configuration": "TEXT SEARCH CONFIGURATION",
    "text_search_dictionary": "TEXT SEARCH DICTIONARY", "text_search_parser": "TEXT SEARCH PARSER",
    "text_search_template": "TEXT SEARCH TEMPLATE", "foreign_data_wrapper": "FOREIGN DATA WRAPPER",
    "server": "SERVER", "publication": "PUBLICATION", "subscription": "SUBSCRIPTION",
    "event_trigger": "EVENT TRIGGER",
}  # fmt: skip
_ROUTINES = {"function": "FUNCTION", "procedure": "PROCEDURE", "aggregate": "AGGREGATE"}
_ON_TABLE = {"constraint": "CONSTRAINT", "trigger": "TRIGGER", "rule": "RULE", "policy": "POLICY"}
_BY_METHOD = {"operator_class": "OPERATOR CLASS", "operator_family": "OPERATOR FAMILY"}


def spec(identity: Identity) -> str:
    """What DROP, COMMENT ON and ALTER call it: `TABLE app.users`, `TRIGGER t ON app.users`, `FUNCTION f(integer)`."""
    kind, schema, name, sub = identity
    here = path(schema, name)
    if kind in _SIMPLE:
        return f"{_SIMPLE[kind]} {here}"
    if kind == "aggregate" and sub == "()":
        return f"AGGREGATE {here}(*)"
    if kind in _ROUTINES:
        return f"{_ROUTINES[kind]} {here}{sub}"
    if kind in _ON_TABLE:
        return f"{_ON_TABLE[kind]} {quote(sub)} ON {here}"
    if kind in _BY_METHOD:
        return f"{_BY_METHOD[kind]} {here} USING {quote(sub)}"
    return _SPECIAL[kind](identity)


_SPECIAL: dict[str, Callable[[Identity], str]] = {
    "column": lambda i: f"COLUMN {path(i.schema, i.name)}.{quote(i.sub)}",
    "view_column": lambda i: f"COLUMN {path(i.schema, i.name)}.{quote(i.sub)}",
    "attribute": lambda i: f"COLUMN {path(i.schema, i.name)}.{quote(i.sub)}",
    "domain_constraint": lambda i: f"CONSTRAINT {quote(i.sub)} ON DOMAIN {path(i.schema, i.name)}",
    "operator": lambda i: f"OPERATOR {quote(i.schema)}.{i.name} {i.sub}",
    "cast": lambda i: f"CAST ({i.name})",
    "transform": lambda i: f"TRANSFORM FOR {i.name} LANGUAGE {quote(i.sub)}",
    "user_mapping": lambda i: f"USER MAPPING FOR {role(i.sub)} SERVER {quote(i.name)}",
    "extension_member": lambda i: (
        f"ROUTINE {path(i.schema, i.name)}{i.sub}" if i.sub.startswith("(") else f"{i.sub} {path(i.schema, i.name)}"
    ),
    "publication_table": lambda i: f"TABLE {i.sub}",
    "publication_schema": lambda i: f"TABLES IN SCHEMA {quote(i.sub)}",
    "default_privileges": lambda i: f"DEFAULT PRIVILEGES FOR ROLE {quote(i.name)}",
}  # fmt: skip


def table_of(identity: Identity) -> str:
    """The relation of a part, as SQL."""
    return path(identity.schema, identity.name)
