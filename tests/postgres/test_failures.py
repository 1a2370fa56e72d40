"""What libpq says of a connection becomes a code, and what to do about it."""

import pytest

from server.errors import Refused
from server.postgres.failures import of_connection

AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("text", "code", "refused"),
    [
        ("FATAL: the database system is in recovery mode", "server_starting", False),
        ("FATAL: the database system is starting up", "server_starting", False),
        ("FATAL: the database system is not yet accepting connections", "server_starting", False),
        ('FATAL: too many connections for role "reader"', "too_many_connections", False),
        ("FATAL: remaining connection slots are reserved for roles with …", "too_many_connections", False),
        (
            'FATAL: permission denied for database "app" DETAIL: User does not have CONNECT privilege.',
            "access_denied",
            True,
        ),
        ('FATAL: pg_hba.conf rejects connection for host "127.0.0.1", user "u"', "access_denied", True),
        ('FATAL: role "u" is not permitted to log in', "access_denied", True),
        ('FATAL: role "u" does not exist', "access_denied", True),
        ('FATAL: database "u" does not exist', "no_such_database", True),
        ('service file "/etc/none" not found', "unknown_service", True),
        ("server closed the connection unexpectedly", "connection_lost", False),
        (
            "Connection refused Is the server running on that host and accepting TCP/IP connections?",
            "unreachable",
            False,
        ),
        ("Is the server running locally and accepting connections on that socket?", "unreachable", False),
    ],
)
def test_what_libpq_says_of_a_connection_has_a_code_of_its_own(text: str, code: str, *, refused: bool) -> None:
    failure = of_connection(AT + text, "main")
    assert (failure.code, isinstance(failure, Refused)) == (code, refused)
    assert failure.what.startswith(f"main: {AT}")
    assert not failure.what.endswith(("..", "?."))
    assert failure.next
