"""list_databases as an agent calls it, in both protocol eras."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp.types import ListRootsResult, Root

from tests.fix_client import ERAS, Era, content_of, in_memory, over_stdio, text_of
from tests.fix_databases import FreshDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
def project(tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "DATABASE_URL", "CLAUDE_PROJECT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    root = tmp_path / "app"
    root.mkdir()
    for command in (["init", "-b", "main"], ["commit", "--allow-empty", "-m", "first"], ["worktree", "add", "../x"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *command], cwd=root, check=True, capture_output=True)
    for folder in (root, tmp_path / "x"):
        (folder / ".env").write_text(f"DATABASE_URL={fresh_database.url}\n")
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("era", ERAS)
async def test_the_answer_is_structured_and_the_text_says_the_same(era: Era, project: Path) -> None:
    async with in_memory(era) as client:
        answer = content_of(await client.call_tool("list_databases", {}))
    assert [row["name"] for row in answer["databases"]] == ["main", "x"]
    assert set(answer["databases"][0]) == {
        *("name", "source", "worktree", "branch", "access", "status"),
        *("server_version", "size_bytes", "tables", "shared_with", "problem"),
    }
    assert answer["databases"][0]["shared_with"] == ["x"]
    assert answer["project_root"] == str(project)


@pytest.mark.parametrize("era", ERAS)
async def test_current_follows_the_first_root_of_the_client(era: Era, project: Path) -> None:
    async def roots(_: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=(project.parent / "x").as_uri())])  # pyright: ignore[reportArgumentType]  pydantic makes the URL

    async with in_memory(era, list_roots_callback=roots) as client:
        assert content_of(await client.call_tool("list_databases", {}))["current"] == "x"
    async with in_memory(era) as client:
        assert content_of(await client.call_tool("list_databases", {}))["current"] == "main"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.usefixtures("project")
async def test_an_unknown_argument_is_answered_in_one_teaching_line(era: Era) -> None:
    async with in_memory(era) as client:
        result = await client.call_tool("list_databases", {"detail": "full"})
    assert result.is_error
    assert "[bad_arguments]" in text_of(result)
    assert "unknown argument detail" in text_of(result)
    assert "\n" not in text_of(result)


@pytest.mark.parametrize("era", ERAS)
async def test_a_process_over_stdio_answers_alike(era: Era, project: Path) -> None:
    async with over_stdio(project, era) as client:
        assert content_of(await client.call_tool("list_databases", {}))["current"] == "main"


async def test_a_broken_settings_file_is_told_by_each_call_and_the_server_still_starts(project: Path) -> None:
    (project / "pgferry.toml").write_text("[databases.a]\nurl = 3\n")
    async with over_stdio(project) as client:
        result = await client.call_tool("list_databases", {})
    assert result.is_error
    assert "[bad_settings]" in text_of(result)
