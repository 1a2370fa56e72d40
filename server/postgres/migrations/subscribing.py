"""Subscriptions in scratch databases, where they reach nobody."""

from contextlib import suppress

import psycopg
from psycopg import sql

from server.calls import Call
from server.model.migration.privileges import comment
from server.model.migration.subscriptions import rebuilt
from server.model.schema import Schema
from server.postgres.databases import Database, connected
from server.postgres.questions import ask


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
