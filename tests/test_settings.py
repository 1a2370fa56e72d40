"""Settings: what stands in pgferry.toml, what the environment says, and how a mistake is told."""

from pathlib import Path

import pytest

from server.errors import Refused
from server.settings import UnsetVariable, expand, find_project_root, lesser, load_settings


def written(folder: Path, text: str) -> Path:
    (folder / "pgferry.toml").write_text(text)
    return folder


def test_a_project_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.worktrees.env_files == (".env.local", ".env", ".env.development")
    assert settings.redaction.allow_none is False


def test_a_folder_of_programs_may_be_named_from_the_home_folder_or_left_empty(tmp_path: Path) -> None:
    named = load_settings(written(tmp_path, '[postgres]\nbin_directory = "~/pg/bin"'))
    assert named.postgres.bin_directory == Path.home() / "pg/bin"
    empty = load_settings(written(tmp_path, '[postgres]\nbin_directory = ""'))
    assert empty.postgres.bin_directory is None


def test_a_misspelt_key_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"databases\.main\.acess") as refused:
        load_settings(written(tmp_path, '[databases.main]\nurl = "postgresql://u:hunter2@h/d"\nacess = "write"'))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[exports]\nfoldr = 'x'", "exports.foldr: There is no such setting."),
        ("[databases]\nmain = 'postgresql://u:hunter2@h/d'", "databases.main: Input should be a table."),
        ("[worktrees]\nenv_files = '.env'", "worktrees.env_files: Input should be a list."),
    ],
)
def test_a_setting_that_does_not_fit_is_told_in_the_words_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        load_settings(written(tmp_path, text))
    assert refused.value.what.endswith(told)


def test_a_file_that_is_no_toml_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="line 2"):
        load_settings(written(tmp_path, "[databases.a]\nurl = =\n"))


def test_a_project_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is no folder"):
        load_settings(tmp_path / "gone")


def test_the_file_cannot_lift_its_own_cap(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no guard"):
        load_settings(written(tmp_path, 'max_access = "admin"'))


def test_the_environment_outranks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGFERRY_EXPORTS__FOLDER", "elsewhere")
    assert load_settings(written(tmp_path, '[exports]\nfolder = "here"')).exports.folder == "elsewhere"


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("${HOST}/x", "db/x"), ("${NONE:-fallback}", "fallback"), ("${EMPTY:-fallback}", "fallback"), ("${NONE:-}", "")],
)
def test_variables_expand_as_in_a_shell(text: str, expanded: str) -> None:
    assert expand(text, {"HOST": "db", "EMPTY": ""}) == expanded


def test_an_unset_variable_is_named() -> None:
    with pytest.raises(UnsetVariable, match="SECRET_URL"):
        expand("postgresql://${SECRET_URL}", {})


def test_a_client_that_hands_on_a_variable_unexpanded_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGFERRY_MAX_ACCESS", "${PGFERRY_MAX_ACCESS}")
    with pytest.raises(Refused, match=r"max_access: uses \$\{PGFERRY_MAX_ACCESS\}, which is not set"):
        load_settings(tmp_path)


def test_the_smaller_access_wins() -> None:
    assert lesser("admin", "write") == "write"
    assert lesser("read", "write") == "read"


def test_the_project_root_is_the_nearest_folder_above_that_has_the_file(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    written(tmp_path, "")
    assert find_project_root({}, deep) == tmp_path
    assert find_project_root({"CLAUDE_PROJECT_DIR": str(deep)}, Path("/")) == tmp_path
    assert find_project_root({"PGFERRY_PROJECT_ROOT": str(deep)}, Path("/")) == deep
