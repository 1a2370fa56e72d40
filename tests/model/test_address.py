"""Addresses: URLs are taken apart by us, and never handed on whole."""

import pytest

from server.model.address import Address, parse_url


def test_a_url_is_taken_apart_and_its_escapes_undone() -> None:
    address = parse_url("postgresql://me%40x:p%2Fw@db.example:6543/app?sslmode=require")
    assert address == Address("db.example", "6543", "app", "me@x", "p/w", (("sslmode", "require"),))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg", "postgresql+psycopg2", "jdbc:postgresql"])
def test_the_spellings_of_frameworks_are_understood(scheme: str) -> None:
    assert parse_url(f"{scheme}://u:p@localhost/app").dbname == "app"


def test_parameters_of_other_clients_are_dropped() -> None:
    assert parse_url("postgresql://h/app?schema=public&connection_limit=5&connect_timeout=3").options == (
        ("connect_timeout", "3"),
    )


def test_a_url_in_the_place_of_a_database_name_stays_a_name() -> None:
    address = parse_url("postgresql://good/postgresql%3A%2F%2Fevil%2Fdb")
    assert address.host == "good"
    assert address.parameters()["dbname"] == "postgresql://evil/db"


def test_all_names_of_this_machine_are_one_place() -> None:
    assert parse_url("postgresql://localhost/a").place == parse_url("postgresql://127.0.0.1:5432/a").place


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@h/d", "sqlite:///hunter2", "postgresql://u:hunter2@h:notaport/d", "hunter2"]
)
def test_what_is_no_postgresql_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port") as wrong:
        parse_url(url)
    assert "hunter2" not in str(wrong.value)


def test_a_password_shows_in_no_repr() -> None:
    assert "hunter2" not in repr(parse_url("postgresql://u:hunter2@h/d"))
