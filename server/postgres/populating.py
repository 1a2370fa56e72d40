"""Roles, databases and scripts on a server of our own, as its superuser: what the demo and the tests are made with."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from server.postgres.embedded import EmbeddedServer


def make_role(server: EmbeddedServer, name: str, password: str) -> None:
    """A login that may create databases and is no superuser; made already: only its password is set."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = %s", [name]).fetchone()
        act = sql.SQL("CREATE ROLE") if found is None else sql.SQL("ALTER ROLE")
        rest = sql.SQL("{} LOGIN CREATEDB PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
        connection.execute(act + sql.SQL(" ") + rest)


def make_database(server: EmbeddedServer, name: str, *, owner: str | None = None, template: str = "template0") -> None:
    """A database, as a copy of another in the cheapest way that the server has; nobody may be connected to that one."""
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    if owner is not None:
        words += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        if connection.info.server_version >= 150000:
            words += sql.SQL(" STRATEGY FILE_COPY")  # instead of writing the whole copy to the log
        connection.execute(words)


def drop_database(server: EmbeddedServer, name: str) -> None:
    """Drops it with all who are connected to it; nothing happens where there is none."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def run_script(
    server: EmbeddedServer,
    dbname: str,
    script: bytes,
    *,
    role: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> None:
    """Runs a trusted script's statements in one transaction, as `role` where one is named."""
    with psycopg.connect(server.url(dbname), autocommit=True) as connection:
        for name, value in (dict(settings or {}) | ({"role": role} if role else {})).items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        connection.execute(script)
