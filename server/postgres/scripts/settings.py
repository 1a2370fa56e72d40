"""Which settings a script may make: those that a dump makes, in encodings that can be framed safely."""

import re
from typing import Any

from server.model.imports.script_policy import ScriptPolicy
from server.model.quoting import quote
from server.postgres.encodings import plain_name
from server.postgres.grammar import constant_of, enum_of
from server.postgres.scripts.verdicts import NotAllowed, Verdict

# Settings that a dump makes and that are ours to decide: read, and left as they are.
_OUR_SETTINGS = frozenset({
    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
    "client_min_messages", "row_security", "default_with_oids", "check_function_bodies",
})  # fmt: skip
_THEIR_SETTINGS = frozenset({
    "client_encoding", "search_path", "xmloption", "default_tablespace", "default_table_access_method",
    "standard_conforming_strings", "escape_string_warning", "default_toast_compression", "bytea_output", "timezone",
    "datestyle", "intervalstyle", "extra_float_digits", "quote_all_identifiers",
})  # fmt: skip
# Encodings whose bytes above 0x7f never hold an ASCII byte as the second half, so that framing is safe.
_ENCODINGS = frozenset({"utf8", "unicode", "sqlascii"}) | {
    *(f"latin{n}" for n in range(1, 11)), *(f"iso8859{n}" for n in range(1, 17)), *(f"win125{n}" for n in range(9)),
    "win866", "win874", "koi8", "koi8r", "koi8u", "euccn", "eucjp", "euckr", "euctw",
}  # fmt: skip

_PATH = re.compile(r'"((?:[^"]|"")+)"|([^\s",]+)')


def set_statement(node: Any, _policy: ScriptPolicy) -> Verdict:
    """SET of one setting to constants."""
    name = str(node.name)
    if name == "session_authorization" or name == "role":
        raise NotAllowed("set_session_authorization", f"SET {name.replace('_', ' ').upper()}")
    if enum_of(node, "kind") not in {"VAR_SET_VALUE", "VAR_SET_DEFAULT"}:
        raise NotAllowed("unknown_statement", "RESET, or SET of anything but one setting")
    if enum_of(node, "kind") == "VAR_SET_DEFAULT" and name not in _OUR_SETTINGS:
        raise NotAllowed("setting_not_allowed", f"SET {name} TO DEFAULT, which differs from session to session")
    values = [constant_of(argument) for argument in node.args]
    if None in values:
        raise NotAllowed("setting_not_allowed", f"SET {name} to anything but constants")
    texts = [str(value) for value in values]
    if name == "search_path":  # names here, and text that is parsed for names in set_config()
        texts = [quote(text) for text in texts if text]
    return setting(name, ", ".join(texts))


def setting(name: str, value: str) -> Verdict:
    """A setting by its name, as SET and set_config() make it."""
    name = name.lower()
    if name in _OUR_SETTINGS:
        return Verdict("setting", (name,), value=None)
    if name not in _THEIR_SETTINGS:
        raise NotAllowed("setting_not_allowed", f"SET {name}")
    if name == "standard_conforming_strings" and value.lower() not in {"on", "true", "1", "yes"}:
        raise NotAllowed("setting_not_allowed", "SET standard_conforming_strings to anything but on")
    if name == "client_encoding" and plain_name(value) not in _ENCODINGS:
        raise NotAllowed("wrong_encoding", "an encoding that cannot be read safely", "Dump with --encoding=UTF8")
    return Verdict("setting", (name,), value=value)


def schemas_of(search_path: str) -> list[str]:
    """The schemas that a search_path names, without PostgreSQL's own."""
    path = [name.replace('""', '"') or bare.lower() for name, bare in _PATH.findall(search_path)]
    return [schema for schema in path if schema not in ("$user", "pg_catalog", "pg_temp")]
