"""Where a database is: host, port, name, user and options, taken apart from a URL without asking libpq.

A URL is taken apart here, never handed on whole: libpq would expand a connection string that stands in a database
name, and send the password elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

LOCAL = {"", "localhost", "127.0.0.1", "::1"}

LIBPQ_OPTIONS = {
    "application_name",
    "channel_binding",
    "connect_timeout",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "port",
    "require_auth",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
}
"""The parameters of libpq that a URL may carry. Others (Prisma's `schema`, `pgbouncer`, …) are for other clients."""


PINNED = ("host", "hostaddr", "port", "dbname")
"""The parameters that say which database it is."""


@dataclass(frozen=True)
class Address:
    """Parts of a connection. The password never shows in a repr."""

    host: str = ""
    port: str = ""
    dbname: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def parameters(self) -> dict[str, str]:
        """The keyword parameters of libpq. Holds the password: never print it.

        What says which database it is stands in it even where it is empty: libpq would take it from the PG* variables
        of this process, which are about another database. A service names all of that itself.
        """
        named = {
            "host": self.host,
            "port": self.port,
            "dbname": self.dbname,
            "user": self.user,
            "password": self.password,
        }
        pinned = {} if self.service else dict.fromkeys(PINNED, "")
        return {**pinned, **dict(self.options), **{key: value for key, value in named.items() if value}}

    @property
    def service(self) -> str:
        """The section of pg_service.conf that says the rest; '' for none."""
        return dict(self.options).get("service", "")

    @property
    def place(self) -> tuple[str, str, str]:
        """What makes two addresses the same database: host (all loopback names are one), port, name."""
        if self.service:
            return f"service {self.service}", self.port, self.dbname
        host = "localhost" if self.host.lower() in LOCAL else self.host
        return host if host.startswith("/") else host.lower(), self.port or "5432", self.dbname or self.user

    @property
    def shown(self) -> str:
        """`host:port/dbname`, for people: never a user's password."""
        if self.service:
            return f"service {self.service}"
        return f"{self.host or 'localhost'}:{self.port or '5432'}/{self.dbname or self.user}"


SCHEMES = ("postgresql", "postgres", "postgis", "psql", "pgsql")
URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9.-]*)(?:\+[A-Za-z0-9_.-]*)?://(?P<rest>.*)", re.DOTALL)
HOST = re.compile(r"(?P<host>\[[^]]*\]|[^:]*)(?::(?P<port>\d*))?")
TLS = {"true": "require", "1": "require", "no-verify": "require"}
"""How the drivers of other languages ask for TLS, in libpq's words."""


def parse_url(url: str) -> Address:
    """A `postgresql://user:password@host:port/dbname?option=value` URL, also as frameworks spell it.

    Accepts `postgres://`, `postgresql+driver://`, `jdbc:postgresql://`, several hosts, and characters in a password
    that should be escaped but that other clients take; drops parameters that are not libpq's. Raises ValueError,
    whose text never quotes the URL.
    """
    match = URL.fullmatch(url.strip().removeprefix("jdbc:"))
    if match is None:
        raise ValueError("it is no URL; one looks like postgresql://user:password@host:5432/name")
    scheme = match["scheme"].lower()
    if scheme not in SCHEMES:
        raise ValueError(f"it is a {scheme} URL, not postgresql://")
    login, hosts, path, query = _split(match["rest"])
    user, _, password = login.partition(":")
    options = dict(parse_qsl(query))
    if "ssl" in options or "sslmode" in options:
        mode = options.get("sslmode") or options["ssl"]
        options["sslmode"] = TLS.get(mode.lower(), mode)
    kept = {key: value for key, value in options.items() if key in LIBPQ_OPTIONS}
    host, port = ",".join(host for host, _ in hosts), ",".join(port for _, port in hosts)
    return Address(
        host=kept.pop("host", "") if not host.strip(",") else host,
        port=kept.pop("port", "") if not port.strip(",") else port,
        dbname=unquote(path) or options.get("dbname", ""),
        user=unquote(user) or options.get("user", ""),
        password=unquote(password) or options.get("password", ""),
        options=tuple(sorted(kept.items())),
    )


def _split(rest: str) -> tuple[str, list[tuple[str, str]], str, str]:
    """Login, hosts with their ports, path and query of what follows `://`."""
    before = re.split(r"[/?]", rest, maxsplit=1)[0]
    login, at, _ = before.rpartition("@")
    if not at and "@" in rest and _hosts(before) is None:  # a password with a bare / or ? in it
        login, at, _ = rest.rpartition("@")
    match = re.fullmatch(r"([^/?]*)/?([^?]*)\??(.*)", rest.removeprefix(login + at), re.DOTALL)
    assert match is not None
    authority, path, query = match.groups()
    hosts = _hosts(authority)
    if "\0" in unquote(rest):
        raise ValueError("it has a NUL in it")
    if hosts is None:
        raise ValueError("its port is not a number; escape what is special in the password, as %2F for /")
    return login, hosts, path, query


def _hosts(authority: str) -> list[tuple[str, str]] | None:
    """`h1:5432,[::1]` as names with their ports; None where a port is not a number."""
    found = [HOST.fullmatch(one) for one in authority.split(",")]
    return [(unquote(one["host"].strip("[]")), one["port"] or "") for one in found if one] if all(found) else None


PARTS = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname", "PGUSER": "user", "PGPASSWORD": "password"}
"""libpq's own variables and the parts that they name."""


def parse_parts(values: Mapping[str, str | None], names: Mapping[str, str]) -> Address | None:
    """An address out of separate variables (`names`: variable → part); None where none of them is set."""
    found = {part: value for variable, part in names.items() if (value := values.get(variable))}
    if not found:
        return None
    return Address(
        host=found.get("host", ""),
        port=found.get("port", ""),
        dbname=found.get("dbname", ""),
        user=found.get("user", ""),
        password=found.get("password", ""),
    )
