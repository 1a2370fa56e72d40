"""Subscriptions in scratch databases, where they reach nobody; whether those of two databases have one connection."""

import secrets
from collections.abc import Mapping
from contextlib import suppress

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.migration.privileges import comment
from server.model.migration.subscriptions import rebuilt
from server.model.schema import Schema
from server.postgres.databases import Database, connected
from server.postgres.questions import ask, ask_one


def add_subscriptions(call: Call, scratch: Database, schema: Schema) -> None:
    """Those of the schema, never started and without a way to their publisher; none where the role may not."""
    wanted = schema.of("subscription")
    if not wanted:
        return
    with connected(call, scratch) as connection:
        for identity in wanted:
            facts = schema.facts[identity]
            with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(rebuilt(identity, facts).encode())
                if facts.get("comment"):
                    connection.execute(comment(identity, facts).sql.encode())


def remove_subscriptions(call: Call, scratch: Database) -> None:
    """Lets them go without asking their publisher: a database that has any cannot be dropped."""
    with connected(call, scratch) as connection:
        for (name,) in ask(connection, "subscription_names"):
            here = sql.Identifier(name)
            for act in ("ALTER SUBSCRIPTION {} DISABLE", "ALTER SUBSCRIPTION {} SET (slot_name = NONE)"):
                connection.execute(sql.SQL(act).format(here))
            connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(here))


def unlike_connections(call: Call, one: Database, other: Database) -> tuple[list[str], list[str]]:
    """Of subscriptions that both have: those whose connection strings differ, and those of which it is not known.

    Only digests with a salt of this one call leave the servers, and they go nowhere from here.
    """
    salt = secrets.token_hex(16)
    first, second = _connections(call, one, salt), _connections(call, other, salt)
    shared = sorted(first.keys() & second.keys())
    unknown = [name for name in shared if first[name] is None or second[name] is None]
    return [name for name in shared if name not in unknown and first[name] != second[name]], unknown


def _connections(call: Call, database: Database, salt: str) -> Mapping[str, str | None]:
    with connected(call, database) as connection:
        if not ask_one(connection, "subscription_connections_readable")[0]:
            return {name: None for (name,) in ask(connection, "subscription_names")}
        return dict(ask(connection, "subscription_connections", salt))
