"""Addresses: URLs are taken apart by us, and never handed on whole."""

import pytest

from server.model.address import Address, parse_url


def test_a_url_is_taken_apart_and_its_escapes_undone() -> None:
    address = parse_url("postgresql://me%40x:p%2Fw@db.example:6543/app?sslmode=require")
    assert address == Address("db.example", "6543", "app", "me@x", "p/w", (("sslmode", "require"),))


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql+asyncpg", "postgresql+psycopg2", "jdbc:postgresql", "psql", "POSTGRES"]
)
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


def test_a_password_with_signs_that_should_be_escaped_is_understood_all_the_same() -> None:
    for password in ("p#1", "p/1", "p?1", "p@1", "p[1", "p℀1"):
        address = parse_url(f"postgresql://u:{password}@Host:5433/app?sslmode=disable")
        assert (address.user, address.password) == ("u", password)
        assert address.place == ("host", "5433", "app")


def test_sockets_and_several_hosts_keep_their_names() -> None:
    assert parse_url("postgresql://u:p@%2Fvar%2FRun:5433/a").place == ("/var/Run", "5433", "a")
    assert parse_url("postgresql:///a?host=/var/Run").place == ("/var/Run", "5432", "a")
    several = parse_url("postgresql://h1:1,[::1]:2,h3/a")
    assert (several.host, several.port) == ("h1,::1,h3", "1,2,")


def test_the_tls_wishes_of_other_drivers_are_kept() -> None:
    for wish in ("ssl=true", "ssl=require", "sslmode=no-verify"):
        assert parse_url(f"postgresql://h/a?{wish}").options == (("sslmode", "require"),)


def test_a_name_left_open_is_that_of_the_user_and_never_of_this_process() -> None:
    assert parse_url("postgresql://u@h").place == parse_url("postgresql://u@h/u").place
    assert parse_url("postgresql://u@h").parameters() == {
        **dict.fromkeys(("hostaddr", "port", "dbname"), ""), "host": "h", "user": "u",
    }  # fmt: skip


def test_two_services_are_two_places() -> None:
    one, two = (Address(options=(("service", name),)) for name in ("one", "two"))
    assert one.place != two.place
    assert (one.shown, one.parameters()) == ("service one", {"service": "one"})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2@h/d",
        "sqlite:///hunter2",
        "postgresql://u:hunter2@h:notaport/d",
        "hunter2",
        "postgresql://u:p@h:x/hunter2%00",
    ],
)
def test_what_is_no_postgresql_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port|NUL") as wrong:
        parse_url(url)
    assert "hunter2" not in str(wrong.value)


def test_a_password_shows_in_no_repr() -> None:
    assert "hunter2" not in repr(parse_url("postgresql://u:hunter2@h/d"))
