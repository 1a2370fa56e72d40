"""Where a database is: host, port, name, user and options, taken apart from a URL without asking libpq.

A URL is taken apart here, never handed on whole: libpq would expand a connection string that stands in a database
name, and send the password elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

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


@dataclass(frozen=True)
class Address:
    """Parts of a connection; an empty part is left to libpq's own defaults. The password never shows in a repr."""

    host: str = ""
    port: str = ""
    dbname: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def parameters(self) -> dict[str, str]:
        """The keyword parameters of libpq, without the empty ones. Holds the password: never print it."""
        named = {
            "host": self.host,
            "port": self.port,
            "dbname": self.dbname,
            "user": self.user,
            "password": self.password,
        }
        return {key: value for key, value in (*self.options, *named.items()) if value}

    @property
    def place(self) -> tuple[str, str, str]:
        """What makes two addresses the same database: host (all loopback names are one), port, name."""
        host = "localhost" if self.host.lower() in LOCAL else self.host.lower()
        return host, self.port or "5432", self.dbname

    @property
    def shown(self) -> str:
        """`host:port/dbname`, for people: never a user's password."""
        return f"{self.host or 'localhost'}:{self.port or '5432'}/{self.dbname}"


def parse_url(url: str) -> Address:
    """A `postgresql://user:password@host:port/dbname?option=value` URL, also as frameworks spell it.

    Accepts `postgres://`, `postgresql+driver://` and `jdbc:postgresql://`; drops parameters that are not libpq's.
    Raises ValueError, whose text never quotes the URL.
    """
    parts = urlsplit(url.strip().removeprefix("jdbc:"))
    scheme = parts.scheme.partition("+")[0]
    if scheme not in ("postgresql", "postgres", "postgis"):
        raise ValueError(f"it is a {scheme or 'relative'} URL, not postgresql://")
    try:
        ports = parts.port
    except ValueError:
        raise ValueError("its port is not a number") from None
    options = dict(parse_qsl(parts.query))
    kept = {key: value for key, value in options.items() if key in LIBPQ_OPTIONS}
    return Address(
        host=unquote(parts.hostname or "") or kept.pop("host", ""),
        port=str(ports or "") or kept.pop("port", ""),
        dbname=unquote(parts.path.removeprefix("/")) or options.get("dbname", ""),
        user=unquote(parts.username or "") or options.get("user", ""),
        password=unquote(parts.password or "") or options.get("password", ""),
        options=tuple(sorted(kept.items())),
    )


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
