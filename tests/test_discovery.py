"""Which databases are found: the settings, the environment and every git worktree, merged under unique names."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from server.errors import Refused
from server.services import Services, load_services


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
