"""drop_database: only what pgferry made, only with consent."""

from pathlib import Path

import pytest

from server.calls import Call
from server.errors import DatabaseFailed, Refused
from server.jobs.clone_database import clone_database
from server.jobs.drop_database import drop_database
from server.postgres.embedded import EmbeddedServer
from server.services import Services, load_services
from tests.fix_databases import FreshDatabase


@pytest.fixture
def services(fresh_database: FreshDatabase, tmp_path: Path) -> Services:
    (tmp_path / "pgferry.toml").write_text(f'[databases.a]\nurl = "{fresh_database.url}"\naccess = "admin"\n')
    return load_services({}, tmp_path)


def databases(source: FreshDatabase) -> set[str]:
    return {row[0] for row in source.rows("SELECT datname FROM pg_database")}


def test_a_clone_is_dropped_with_consent_only(services: Services, fresh_database: FreshDatabase) -> None:
    name = f"mine_{fresh_database.name}"
    clone_database(services, Call(), source="a", name=name)
    with pytest.raises(Refused) as refused:
        drop_database(services, Call(), name=name)
    assert refused.value.code == "not_confirmed"
    assert name in databases(fresh_database)
    assert drop_database(services, Call(), name=name, confirm=True).database == name
    assert name not in databases(fresh_database)


def test_settings_can_leave_consent_to_people(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(
        f'[imports]\nallow_confirm_argument = false\n[databases.a]\nurl = "{fresh_database.url}"\naccess = "admin"\n'
    )
    services, name = load_services({}, tmp_path), f"theirs_{fresh_database.name}"
    clone_database(services, Call(), source="a", name=name)
    with pytest.raises(Refused, match="want a person's own answer"):
        drop_database(services, Call(), name=name, confirm=True)
    drop_database(services, Call(), name=name, person_agreed=True)
    assert name not in databases(fresh_database)


def test_a_database_that_pgferry_did_not_make_is_never_dropped(
    services: Services, fresh_database: FreshDatabase
) -> None:
    for name in (fresh_database.name, "postgres", "template1", "nowhere"):
        with pytest.raises(Refused) as refused:
            drop_database(services, Call(), name=name, confirm=True)
        assert refused.value.code == "not_ours"
        with pytest.raises(Refused, match="pgferry made no database"):  # nobody is asked to agree to it
            drop_database(services, Call(), name=name)
    assert fresh_database.name in databases(fresh_database)


def test_a_name_that_is_wrong_tells_each_clone_once_though_two_databases_are_beside_it(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    other = fresh_database.url + "?application_name=other"
    (tmp_path / "pgferry.toml").write_text(
        "".join(
            f'[databases.{n}]\nurl = "{u}"\naccess = "admin"\n' for n, u in (("a", fresh_database.url), ("b", other))
        )
    )
    services, name = load_services({}, tmp_path), f"once_{fresh_database.name}"
    clone_database(services, Call(), source="a", name=name)
    with pytest.raises(Refused) as refused:
        drop_database(services, Call(), name=f"{name}x", confirm=True)
    assert refused.value.what.count(name) == 2
    drop_database(services, Call(), name=name, confirm=True)


def test_without_admin_nothing_is_dropped(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(f'[databases.a]\nurl = "{fresh_database.url}"\naccess = "write"\n')
    with pytest.raises(Refused) as refused:
        drop_database(load_services({}, tmp_path), Call(), name="x", confirm=True)
    assert refused.value.code == "not_admin"


def test_sessions_in_the_way_are_named(
    services: Services, fresh_database: FreshDatabase, postgres: EmbeddedServer
) -> None:
    name = f"busy_{fresh_database.name}"
    clone_database(services, Call(), source="a", name=name)
    with (
        FreshDatabase(name, postgres.url(name)).connect() as other,
        pytest.raises(DatabaseFailed, match=f"pid {other.info.backend_pid}"),
    ):
        drop_database(services, Call(), name=name, confirm=True)
    drop_database(services, Call(), name=name, confirm=True)
