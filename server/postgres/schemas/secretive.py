"""Whether what may be secret is the same in two databases: subscriptions' connections, user mappings' options.

Only digests with a salt of one call leave the servers, and they go nowhere from here.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import TypeVar

from server.calls import Call
from server.model.schema import Identity
from server.postgres.databases import Database, connected
from server.postgres.questions import ask, ask_one

Name = TypeVar("Name", str, Identity)
Digests = Callable[[Call, Database, str], Mapping[Name, str | None]]


def unlike_secrets(call: Call, one: Database, other: Database, digests: Digests[Name]) -> tuple[list[Name], list[Name]]:
    """Of what both have: whose secrets differ, and of which that is not known."""
    salt = secrets.token_hex(16)
    first, second = digests(call, one, salt), digests(call, other, salt)
    shared = sorted(first.keys() & second.keys())
    unknown = [name for name in shared if first[name] is None or second[name] is None]
    return [name for name in shared if name not in unknown and first[name] != second[name]], unknown


def connections(call: Call, database: Database, salt: str) -> Mapping[str, str | None]:
    """Of each subscription a salted digest of its connection string; None where the role may not read that."""
    with connected(call, database) as connection:
        if not ask_one(connection, "subscription_connections_readable")[0]:
            return {name: None for (name,) in ask(connection, "subscription_names")}
        return dict(ask(connection, "subscription_connections", salt))


def mapping_options(call: Call, database: Database, salt: str) -> Mapping[Identity, str | None]:
    """Of each user mapping a salted digest of its options; None where the role may not read those."""
    with connected(call, database) as connection:
        found = ask(connection, "user_mapping_options", salt)
    return {Identity("user_mapping", "", server, user): digest for server, user, digest in found}
