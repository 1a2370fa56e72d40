"""Which databases are found: the settings, the environment and every git worktree, merged under unique names."""

import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from server.errors import Refused
from server.postgres.binaries import unprivileged_account
from server.services import Services, load_services
from server.settings import WorktreeSettings
from server.sides import find_source
from server.worktrees import list_worktrees


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a second worktree, feature-x, beside it."""
    root = tmp_path / "app"
    root.mkdir()
    git(root, "init")
    git(root, "commit", "--allow-empty", "-m", "first")
    git(root, "worktree", "add", "-b", "feature/x", str(tmp_path / "feature-x"))
    return root


def services(folder: Path, environ: Mapping[str, str] | None = None) -> Services:
    return load_services(environ or {}, folder)


def env_file(folder: Path, text: str, name: str = ".env") -> None:
    (folder / name).write_text(text)


def test_each_worktree_brings_the_database_of_its_environment_file(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://u:p@h/main_db\n")
    env_file(repository.parent / "feature-x", "DATABASE_URL='postgresql://u:p@h/x_db'\n")
    found = services(repository).databases.all()
    assert [(d.name, d.branch, d.place) for d in found] == [
        ("main", "main", "h:5432/main_db"),
        ("feature-x", "feature/x", "h:5432/x_db"),
    ]


def test_of_a_url_and_a_service_none_is_guessed_to_be_meant(repository: Path) -> None:
    (repository / "pgferry.toml").write_text('[databases.both]\nurl = "postgresql://h/d"\nservice = "other"\n')
    both = services(repository).databases.all()[0]
    assert (both.address, both.problem) == (None, "pgferry.toml gives both url and service: which is meant?")


def test_the_name_of_a_branch_is_answered_with_that_of_its_database(repository: Path) -> None:
    env_file(repository.parent / "feature-x", "DATABASE_URL=postgresql://h/x_db\n")
    found = services(repository)
    for look in (found.databases.get, partial(find_source, found)):
        with pytest.raises(Refused, match="The database of the branch feature/x is feature-x") as refused:
            look("feature/x")
        assert refused.value.code == "unknown_database"


def test_the_first_environment_file_with_an_address_decides(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/from_env\n")
    env_file(repository, "OTHER=1\n", ".env.local")
    assert services(repository).databases.get("main").place == "h:5432/from_env"
    env_file(repository, "DATABASE_URL=postgresql://h/from_local\n", ".env.local")
    assert services(repository).databases.get("main").place == "h:5432/from_local"


def test_separate_variables_are_understood(repository: Path) -> None:
    env_file(repository, "POSTGRES_HOST=h\nPOSTGRES_PORT=6000\nPOSTGRES_DB=d\nPOSTGRES_USER=u\nPOSTGRES_PASSWORD=p\n")
    assert services(repository).databases.get("main").place == "h:6000/d"


def test_two_worktrees_on_one_database_are_both_listed_and_know_of_each_other(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://localhost/same\n")
    env_file(repository.parent / "feature-x", "DATABASE_URL=postgresql://127.0.0.1:5432/same\n")
    databases = services(repository).databases
    assert databases.get("main").shared_with == ("feature-x",)
    assert databases.get("feature-x").shared_with == ("main",)


def test_the_current_database_is_that_of_the_worktree_that_the_client_is_in(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    other = repository.parent / "feature-x"
    env_file(other, "DATABASE_URL=postgresql://h/b\n")
    assert services(repository).current == "main"
    assert services(other).current == "feature-x"
    assert load_services({}, repository, here=other / "deep").current == "feature-x"
    assert load_services({"CLAUDE_PROJECT_DIR": str(other)}, repository).current == "feature-x"


def test_a_client_in_another_project_has_no_checkouts_database(repository: Path, tmp_path: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    assert load_services({}, repository, here=tmp_path / "elsewhere").current is None
    assert load_services({}, repository, here=repository / "deep").current == "main"
    assert load_services({"PGFERRY_PROJECT_ROOT": str(repository)}, Path("/")).current == "main"


def test_a_worktree_without_a_database_never_falls_back_to_another_ones(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    assert services(repository.parent / "feature-x").current is None


def test_access_is_read_unless_the_settings_grant_more_and_the_environment_caps_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    assert services(repository).databases.get("main").access == "read"
    (repository / "pgferry.toml").write_text('[databases.main]\naccess = "admin"\n')
    assert services(repository).databases.get("main").access == "admin"
    monkeypatch.setenv("PGFERRY_MAX_ACCESS", "write")
    assert services(repository).databases.get("main").access == "write"


def test_a_name_that_is_taken_by_another_place_is_not_given_to_a_worktree(repository: Path) -> None:
    (repository / "pgferry.toml").write_text('[databases.main]\nurl = "postgresql://h/configured"\n')
    env_file(repository, "DATABASE_URL=postgresql://h/from_env\n")
    found = {d.name: d.place for d in services(repository).databases.all()}
    assert found == {"main": "h:5432/configured", "main-worktree": "h:5432/from_env"}


def test_a_configured_database_at_the_place_of_a_worktree_is_that_worktrees_own(repository: Path) -> None:
    (repository / "pgferry.toml").write_text('[databases.main]\nurl = "postgresql://h/a"\n')
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    (only,) = services(repository).databases.all()
    assert (only.source, only.worktree) == ("pgferry.toml", repository)


def test_the_environment_brings_the_database_named_default(tmp_path: Path) -> None:
    assert services(tmp_path, {"DATABASE_URL": "postgresql://h/a"}).databases.names() == ["default"]
    assert services(tmp_path, {"PGHOST": "h", "PGDATABASE": "a"}).databases.get("default").place == "h:5432/a"


def test_an_unset_variable_is_a_problem_of_its_database_alone(tmp_path: Path) -> None:
    (tmp_path / "pgferry.toml").write_text(
        '[databases.a]\nurl = "postgresql://${PGFERRY_TEST_UNSET}/a"\n[databases.b]\nurl = "postgresql://h/b"\n'
    )
    databases = services(tmp_path).databases
    assert "${PGFERRY_TEST_UNSET}" in str(databases.get("a").problem)
    assert databases.get("b").problem is None


def test_an_unknown_name_is_refused_with_the_nearest(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    with pytest.raises(Refused, match="Did you mean main"):
        services(repository).databases.get("mian")


def test_another_kind_of_database_is_listed_with_its_problem(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=mysql://u:hunter2@h/a\n")
    problem = str(services(repository).databases.get("main").problem)
    assert "mysql" in problem
    assert "hunter2" not in problem


def test_a_bare_repository_has_no_main_checkout_to_name(tmp_path: Path, repository: Path) -> None:
    git(tmp_path, "clone", "--bare", str(repository), "store")
    git(tmp_path / "store", "worktree", "add", "-b", "a-feature", str(tmp_path / "a-feature"))
    git(tmp_path / "store", "worktree", "add", str(tmp_path / "main"), "main")
    for name in ("a-feature", "main"):
        env_file(tmp_path / name, f"DATABASE_URL=postgresql://h/{name}\n")
    found = services(tmp_path / "main")
    assert {d.name: d.place for d in found.databases.all()} == {
        "a-feature": "h:5432/a-feature",
        "main": "h:5432/main",
    }
    assert found.current == "main"


def test_a_worktree_inside_of_the_main_checkout_is_itself_and_not_its_surroundings(repository: Path) -> None:
    inner = repository / ".claude" / "worktrees" / "inner"
    git(repository, "worktree", "add", "-b", "inner", str(inner))
    (repository / "pgferry.toml").touch()
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    env_file(inner, "DATABASE_URL=postgresql://h/inner\n")
    assert services(inner).current == "inner"
    assert services(repository, {"CLAUDE_PROJECT_DIR": str(inner)}).current == "inner"
    assert services(inner, {"PGFERRY_PROJECT_ROOT": str(repository)}).current == "inner"


def test_a_worktree_that_was_moved_behind_gits_back_is_itself_wherever_it_lies(repository: Path) -> None:
    (repository / "pgferry.toml").touch()
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    env_file(repository.parent / "feature-x", "DATABASE_URL=postgresql://h/x\n")
    beside, inside = repository.parent / "moved", repository / "moved"
    (repository.parent / "feature-x").rename(beside)
    (repository.parent / "feature-x").mkdir()
    env_file(repository.parent / "feature-x", "DATABASE_URL=postgresql://h/old\n")
    found = services(beside)
    moved = found.databases.get("moved")
    assert (found.current, moved.place, moved.branch) == ("moved", "h:5432/x", "feature/x")
    assert found.databases.names() == ["main", "moved"]
    assert load_services({}, repository, here=beside).current == "moved"
    beside.rename(inside)
    assert services(inside).current == "moved"
    assert load_services({}, repository, here=inside / "deep").current == "moved"
    assert services(repository, {"CLAUDE_PROJECT_DIR": str(inside)}).current == "moved"
    assert services(repository).databases.names() == ["main"]


def test_a_submodule_and_a_checkout_whose_git_folder_lies_apart_are_main(tmp_path: Path, repository: Path) -> None:
    outer, apart = tmp_path / "outer", tmp_path / "apart"
    for folder in (outer, apart):
        folder.mkdir()
    git(outer, "init")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", str(repository), "sub")
    git(apart, "init", "--separate-git-dir", str(tmp_path / "store"))
    for folder in (outer / "sub", apart):
        env_file(folder, f"DATABASE_URL=postgresql://h/{folder.name}\n")
        assert services(folder).databases.get("main").place == f"h:5432/{folder.name}"


def test_a_hooks_own_repository_is_not_the_one_that_is_asked(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "other")
    env_file(tmp_path / "other", "DATABASE_URL=postgresql://h/other\n")
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert services(repository).databases.get("main").place == "h:5432/a"


def test_where_git_does_not_answer_there_is_the_checkout_itself(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    monkeypatch.setenv("PATH", "")
    assert services(repository).databases.names() == ["main"]


def test_a_worktree_never_takes_a_name_that_is_configured(repository: Path) -> None:
    (repository / "pgferry.toml").write_text(
        '[databases.main]\nurl = "postgresql://h/b"\n[databases.main-worktree]\nurl = "postgresql://h/c"\n'
    )
    env_file(repository, "DATABASE_URL=postgresql://h/a\n")
    assert [(d.name, d.place) for d in services(repository).databases.all()] == [
        ("main", "h:5432/b"),
        ("main-worktree", "h:5432/c"),
        ("main-worktree-2", "h:5432/a"),
    ]


def test_options_of_a_url_do_not_hide_that_a_database_is_shared(repository: Path) -> None:
    env_file(repository, "DATABASE_URL=postgresql://h/a?sslmode=disable\n")
    env_file(repository.parent / "feature-x", "DATABASE_URL=postgresql://h/a?application_name=x\n")
    assert services(repository).databases.get("main").shared_with == ("feature-x",)


def test_what_a_url_in_the_environment_leaves_open_is_told_as_libpq_reads_it(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql:///a", "PGHOST": "h", "PGPORT": "6000", "PGDATABASE": "other"}
    assert services(tmp_path, environ).databases.get("default").place == "h:6000/a"
    assert services(tmp_path, {"PGHOSTADDR": "10.0.0.1"}).databases.get("default").place == "10.0.0.1:5432/"


def test_settings_of_the_environment_that_are_no_json_are_refused_by_their_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGFERRY_EXPORTS", "{hunter2")
    with pytest.raises(Refused, match="exports") as refused:
        services(tmp_path)
    assert "hunter2" not in str(refused.value)


@contextmanager
def without_rights(folder: Path) -> Generator[None]:
    """What root may do too where nobody else may, another user tries, whose the folder is."""
    account = unprivileged_account()
    if account is None:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid)
    os.seteuid(account.uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["../feature-x", ".env"])
def test_what_may_not_be_read_is_told_of_its_worktree_and_stands_in_no_others_way(
    closed: str, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_folder / "home"
    repository = home / "app"
    repository.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    git(home, "init", "-b", "trunk", str(repository))
    git(repository, "commit", "--allow-empty", "-m", "first")
    git(repository, "worktree", "add", "-b", "feature/x", str(home / "feature-x"))
    for folder in (repository, home / "feature-x"):
        (folder / ".env").write_text("DATABASE_URL=postgresql://u:p@h/app")
    with without_rights(home):
        (repository / closed).chmod(0)
        found = list_worktrees(repository, WorktreeSettings())
        (repository / closed).chmod(0o700)
    problems = {worktree.name: worktree.problem for worktree in found}
    assert str(problems.pop("main" if closed == ".env" else "feature-x")).endswith("cannot be read: Permission denied")
    assert list(problems.values()) == [None]
