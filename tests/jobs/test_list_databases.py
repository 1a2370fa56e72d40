"""list_databases: every database with what it is, and the ones that are down with their problem."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from server.calls import Call
from server.jobs.list_databases import list_databases
from server.model.reports import DatabaseList
from server.services import load_services
from tests.fix_databases import FreshDatabase


def listed(folder: Path, toml: str) -> DatabaseList:
    (folder / "pgferry.toml").write_text(toml)
    return list_databases(load_services({}, folder), Call())


def test_a_database_says_its_version_its_size_and_how_many_tables_it_has(
    tmp_path: Path, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(
        "CREATE TABLE a (); CREATE TABLE b (n int) PARTITION BY LIST (n); CREATE TABLE b1 PARTITION OF b DEFAULT"
    )
    report = listed(tmp_path, f'[databases.mine]\nurl = "{fresh_database.url}"\naccess = "write"')
    (row,) = report.databases
    assert (row.name, row.status, row.access, row.tables) == ("mine", "ok", "write", 2)
    assert row.size_bytes is not None
    assert row.size_bytes > 1_000_000
    assert str(row.server_version).startswith(("15.", "18."))
    assert report.project_root == str(tmp_path)


def test_a_superuser_role_is_mentioned_once_as_a_risk(tmp_path: Path, fresh_database: FreshDatabase) -> None:
    report = listed(tmp_path, f'[databases.a]\nurl = "{fresh_database.url}"')
    assert sum("superuser" in note for note in report.notes) == 1


def test_one_that_is_down_does_not_hide_the_others(tmp_path: Path, fresh_database: FreshDatabase) -> None:
    report = listed(
        tmp_path,
        f'[databases.up]\nurl = "{fresh_database.url}"\n[databases.down]\nurl = "postgresql://u:hunter2@127.0.0.1:1/d"',
    )
    assert [row.status for row in report.databases] == ["ok", "unreachable"]
    assert "refused. Is the server running" in str(report.databases[1].problem)
    assert "hunter2" not in report.model_dump_json()


def test_servers_that_never_answer_are_listed_within_three_seconds_and_hide_no_other(
    tmp_path: Path, fresh_database: FreshDatabase
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        port = silent.getsockname()[1]
        mute = "".join(f'[databases.m{n}]\nurl = "postgresql://u@127.0.0.1:{port}/d{n}"\n' for n in range(40))
        started = time.monotonic()
        report = listed(tmp_path, f'{mute}[databases.up]\nurl = "{fresh_database.url}"')
        assert time.monotonic() - started < 10
    assert [row.status for row in report.databases] == ["unreachable"] * 40 + ["ok"]


def test_a_wrong_password_is_called_that(tmp_path: Path, fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE ROLE list_me LOGIN PASSWORD 'right'")
    try:
        address = fresh_database.url.split("@")[1]
        report = listed(tmp_path, f'[databases.a]\nurl = "postgresql://list_me:hunter2@{address}"')
    finally:
        fresh_database.run("DROP ROLE list_me")
    assert report.databases[0].status == "refused"
    assert "wrong_password" in str(report.databases[0].problem)
    assert "hunter2" not in report.model_dump_json()


def test_a_project_without_databases_is_told_how_to_name_one(tmp_path: Path) -> None:
    (outside,) = listed(tmp_path, "").notes
    assert "pgferry.toml" in outside
    assert f"{tmp_path} is no git checkout, so no .env file is read" in outside
    assert "PGFERRY_PROJECT_ROOT" in outside
    (told,) = list_databases(load_services({}, tmp_path, here=Path("/srv/project")), Call()).notes
    assert told.endswith("set PGFERRY_PROJECT_ROOT to it (perhaps /srv/project).")
    assert ".env" not in listed(tmp_path, "[worktrees]\nenabled = false\n").notes[0]
    (tmp_path / ".git").mkdir()
    assert listed(tmp_path, "").notes[0].endswith("or DATABASE_URL to a worktree's .env.")


def test_checkouts_that_name_no_database_are_told_where_others_name_one(tmp_path: Path) -> None:
    main = tmp_path / "shop"
    main.mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in ("init -b main", "commit --allow-empty -m first", "worktree add ../bare", "worktree add ../named"):
        subprocess.run([*git, *command.split()], cwd=main, check=True, capture_output=True)
    assert "worktree's .env" in listed(main, "").notes[0]
    (main / ".env").write_text("DATABASE_URL=postgresql://localhost:1/shop")
    told = (
        "No database of bare: no DATABASE_URL in .env.local, .env, .env.development there;"
        " clone_database, where access is admin, makes one and answers that line."
    )
    report = listed(main, '[databases.named]\nurl = "postgresql://localhost:1/named"')
    assert report.notes == [told]
    (tmp_path / "bare" / ".env").write_text("DATABASE_URL=postgresql://localhost:1/bare")
    assert listed(main, '[databases.named]\nurl = "postgresql://localhost:1/named"').notes == []


def test_one_database_that_is_reached_in_two_ways_is_shared_though_the_addresses_differ(
    tmp_path: Path, fresh_database: FreshDatabase
) -> None:
    other = fresh_database.url.replace("127.0.0.1", "an-alias") + "?hostaddr=127.0.0.1"
    report = listed(tmp_path, f'[databases.a]\nurl = "{fresh_database.url}"\n[databases.b]\nurl = "{other}"')
    assert [row.shared_with for row in report.databases] == [["b"], ["a"]]
    assert "a and b are one and the same database." in report.notes


def test_names_of_one_database_are_told_once_though_one_of_them_does_not_answer(
    tmp_path: Path, fresh_database: FreshDatabase
) -> None:
    alias = fresh_database.url.replace("127.0.0.1", "an-alias") + "?hostaddr=127.0.0.1"
    deaf = fresh_database.url.replace("127.0.0.1", "localhost") + "?hostaddr=127.0.0.9&sslmode=require"
    named = {"a": fresh_database.url, "b": alias, "c": deaf}
    report = listed(tmp_path, "".join(f'[databases.{name}]\nurl = "{url}"\n' for name, url in named.items()))
    assert report.databases[2].status != "ok"
    assert [row.shared_with for row in report.databases] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert [note for note in report.notes if "the same" in note] == ["a and b and c are one and the same database."]


def test_the_variables_of_this_process_are_no_part_of_a_configured_address(
    tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, name = fresh_database.url.rsplit("/", 1)
    fresh_database.run(f"CREATE ROLE {name} LOGIN PASSWORD 'p'")
    with monkeypatch.context() as changed:
        for variable, value in (("PGHOSTADDR", "127.0.0.9"), ("PGDATABASE", "elsewhere"), ("PGPORT", "1")):
            changed.setenv(variable, value)
        report = listed(tmp_path, f'[databases.mine]\nurl = "postgresql://{name}:p@{start.split("@")[1]}"')
    fresh_database.run(f"DROP ROLE {name}")
    assert [row.status for row in report.databases if row.name == "mine"] == ["ok"]
