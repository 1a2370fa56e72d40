"""Which address the environment files of a checkout name: in the shapes that people and frameworks write."""

from pathlib import Path

import pytest

from server.env_files import named_address
from server.settings import WorktreeSettings


def place(folder: Path, **files: str | bytes) -> str:
    """The place, or the problem, that files named `local`, `env` and `development` lead to."""
    names = {"local": ".env.local", "env": ".env", "development": ".env.development"}
    for name, content in files.items():
        (folder / names[name]).write_bytes(content if isinstance(content, bytes) else content.encode())
    named = named_address(folder, WorktreeSettings())
    if named is None:
        return "none"
    return named.problem or (named.address.shown if named.address else "?")


@pytest.mark.parametrize(
    "content",
    [
        "export DATABASE_URL=postgresql://u:p@h/app",
        "  DATABASE_URL = 'postgresql://u:p@h/app'  # the one",
        'A=1\r\nDATABASE_URL="postgresql://u:p@h/app"\r\n',
        "\N{ZERO WIDTH NO-BREAK SPACE}DATABASE_URL=postgresql://u:p@h/app",
        "DATABASE_URL=postgresql://u:p@h/app".encode("utf-16"),
        "# caf\u00e9\nDATABASE_URL=postgresql://u:p@h/app".encode("latin-1"),
        "DATABASE_URL=postgresql://u:p@${HOST_OF_IT}/app\nHOST_OF_IT=h",
        "DATABASE_URL=postgresql://u:p@${PGFERRY_TEST_UNSET:-h}/app",
        'KEY="-----BEGIN\nDATABASE_URL=postgresql://not/this\n-----END"\nDATABASE_URL=postgresql://u:p@h/app',
    ],
)
def test_a_url_is_found_however_the_file_is_written(tmp_path: Path, content: str | bytes) -> None:
    assert place(tmp_path, env=content) == "h:5432/app"


def test_a_url_whose_variable_is_not_set_is_a_problem_and_not_the_default_database(tmp_path: Path) -> None:
    assert "${PGFERRY_TEST_UNSET}" in place(tmp_path, env="DATABASE_URL=postgresql://u:p@h/${PGFERRY_TEST_UNSET}")


def test_a_variable_that_is_made_of_itself_is_a_problem(tmp_path: Path) -> None:
    assert "${A_OF_IT}" in place(tmp_path, env="A_OF_IT=${A_OF_IT}\nDATABASE_URL=postgresql://h/${A_OF_IT}")


def test_what_an_earlier_file_sets_stands_in_the_url_of_a_later_one(tmp_path: Path) -> None:
    shared = "POSTGRES_PORT=5432\nDATABASE_URL=postgresql://u:p@h:${POSTGRES_PORT}/app"
    assert place(tmp_path, local="POSTGRES_PORT=5433", env=shared) == "h:5433/app"


def test_separate_variables_are_put_together_from_all_files_with_the_earlier_first(tmp_path: Path) -> None:
    shared = "POSTGRES_PORT=5432\nPOSTGRES_DB=app\nPOSTGRES_USER=u\nPOSTGRES_PASSWORD=p"
    assert place(tmp_path, local="POSTGRES_PORT=5433", env=shared) == "localhost:5433/app"


def test_a_database_named_by_parts_outranks_the_url_of_a_later_file(tmp_path: Path) -> None:
    found = place(tmp_path, local="POSTGRES_DB=mine", env="DATABASE_URL=postgresql://h/other")
    assert found == "localhost:5432/mine"


def test_without_a_host_a_port_or_a_password_means_this_machine(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("POSTGRES_DB=app\nPOSTGRES_USER=u\nPOSTGRES_PASSWORD=p")
    named = named_address(tmp_path, WorktreeSettings())
    assert named is not None
    assert named.address is not None
    assert named.address.host == "localhost"


def test_a_value_that_is_no_utf_8_is_a_problem_of_its_file(tmp_path: Path) -> None:
    assert "UTF-8" in place(tmp_path, env="DATABASE_URL=postgresql://u:p\u00e9@h/app".encode("latin-1"))


def test_files_that_name_nothing_say_nothing(tmp_path: Path) -> None:
    assert place(tmp_path, local="DATABASE_URL=", env="DATABASE_URL", development="OTHER=1") == "none"
