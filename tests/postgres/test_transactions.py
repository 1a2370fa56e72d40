"""Transactions are what they say, whatever the database gives its sessions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Cancelled
from server.postgres.databases import Connection, Database
from server.postgres.transactions import reading, writing
from server.services import load_services
from tests.fix_databases import FreshDatabase

TIMEOUTS = ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")


Door = Callable[[Call, Database], AbstractContextManager[Connection]]


def test_a_failure_on_a_lost_connection_is_told_once_and_not_logged_beside(
    fresh_database: FreshDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\n')
    database = load_services({}, tmp_path).databases.get("it")

    def fail(connection: Connection) -> None:
        with connection.transaction():
            fresh_database.run(f"SELECT pg_terminate_backend({connection.info.backend_pid}, 5000)")
            raise Cancelled

    with reading(Call(), database) as connection, pytest.raises(Cancelled):
        fail(connection)
    assert caplog.messages == []


@pytest.mark.parametrize("door", [reading, writing])
def test_no_timeout_of_a_database_ends_a_transaction(door: Door, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    known = [name for (name,) in fresh_database.rows("SELECT name FROM pg_settings")]
    for name in TIMEOUTS:
        if name in known:  # the last came with 17
            fresh_database.run(f"ALTER DATABASE {fresh_database.name} SET {name} = '10min'")
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\naccess = "write"\n')
    database = load_services({}, tmp_path).databases.get("it")
    with door(Call(), database) as connection:
        told = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [list(TIMEOUTS)])
        assert dict(told.fetchall()) == {name: "0" for name in TIMEOUTS if name in known}
