"""Options of foreign tables, servers and wrappers as they may be shown: without what could let somebody in."""

import re

from server.model.schema import Value
from server.model.sensitive import is_sensitive

_NAMES = frozenset({"auth", "credentials", "program", "user_info"})
"""Options whose values hold secrets, beyond what a column of that name would; `program` is a shell command."""
_INSIDE = re.compile(
    r"://[^/\s@]*@|(?:passw(?:or)?d|pwd|secret|token|key|sig|signature|authorization)\s*[=:]|bearer\s", re.I
)
"""What a value has in it that is a URL with a login, a connection string, a header."""


def without_secrets(attribute: str | None, value: Value) -> Value:
    """The value of an attribute as it may be shown, which only differs for options."""
    if attribute in ("options", "foreign_options") and isinstance(value, tuple):
        return tuple(without_secret(str(option)) for option in value)
    return value


def without_secret(option: str) -> str:
    """`name=value`, the value as *** where its name or what stands in it sounds like a secret."""
    name, equals, value = option.partition("=")
    hidden = equals and (is_sensitive(name) or name.lower() in _NAMES or _INSIDE.search(value))
    return f"{name}=***" if hidden else option
