"""Prompts, resources and completions as a client meets them, in both protocol eras."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import (
    ListRootsResult,
    PromptReference,
    ResourceTemplateReference,
    Root,
    TextContent,
    TextResourceContents,
)

from tests.fix_client import ERAS, Era, content_of, in_memory
from tests.fix_databases import FreshDatabase

pytestmark = pytest.mark.anyio
PROMPTS = {
    "analyse_export": {"export": "nothing"},
    "debug_incident": {"database": "it", "what": "twice billed"},
    "compare_worktree": {},
    "bring_data": {"source": "it"},
    "review_migration": {"path": "migrations/1.sql"},
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Path:
    fresh_database.run(
        "CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE places (); INSERT INTO people VALUES (1)"
    )
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\n')
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("era", ERAS)
async def test_there_are_five_prompts_with_titles_and_words(era: Era) -> None:
    async with in_memory(era) as client:
        listed = (await client.list_prompts()).prompts
    assert {prompt.name for prompt in listed} == set(PROMPTS)
    assert all(prompt.title and prompt.description for prompt in listed)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_opens_with_what_is_true_here(era: Era, name: str) -> None:
    async with in_memory(era) as client:
        prompt = await client.get_prompt(name, PROMPTS[name])
    (message,) = prompt.messages
    assert isinstance(message.content, TextContent)
    text = message.content.text
    assert text.count("\n1. ") == 1
    if name == "analyse_export":
        assert "[file_not_found]" in text
    else:
        assert "- it: ok, access read" in text
        assert "2 tables" in text


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_is_about_the_worktree_that_the_client_is_in(
    era: Era, name: str, project: Path, fresh_database: FreshDatabase
) -> None:
    for command in (["init", "-b", "main"], ["commit", "--allow-empty", "-m", "first"], ["worktree", "add", "x"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *command], cwd=project, check=True, capture_output=True)
    (project / "x" / ".env").write_text(f"DATABASE_URL={fresh_database.url}\n")

    async def roots(_: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=(project / "x").as_uri())])  # pyright: ignore[reportArgumentType]  pydantic makes the URL

    async with in_memory(era, list_roots_callback=roots) as client:
        prompt = await client.get_prompt(name, PROMPTS[name])
    (message,) = prompt.messages
    assert isinstance(message.content, TextContent)
    if name != "analyse_export":
        assert "Database of the current worktree: x." in message.content.text


@pytest.mark.parametrize("era", ERAS)
async def test_prompts_bring_tables_and_migrations(era: Era) -> None:
    async with in_memory(era) as client:
        incident = await client.get_prompt("debug_incident", {"database": "it", "what": "twice billed"})
        review = await client.get_prompt("review_migration", {"path": "migrations/1.sql", "database": "it"})
        unknown = await client.get_prompt("debug_incident", {"database": "itt", "what": "twice billed"})
    texts = [prompt.messages[0].content for prompt in (incident, review, unknown)]
    assert all(isinstance(text, TextContent) for text in texts)
    told = [text.text for text in texts if isinstance(text, TextContent)]
    assert "Tables of it: people, places." in told[0]
    assert "Migrations of it: {" in told[1]
    assert "[unknown_database]" in told[2]


@pytest.mark.parametrize("era", ERAS)
async def test_a_schema_is_a_resource(era: Era) -> None:
    async with in_memory(era) as client:
        templates = (await client.list_resource_templates()).resource_templates
        (content,) = (await client.read_resource("pgferry://databases/it/schema")).contents
        with pytest.raises(MCPError, match=r"unknown_database.*Did you mean it"):
            await client.read_resource("pgferry://databases/itt/schema")
    assert {template.uri_template for template in templates} == {
        "pgferry://databases/{name}/schema",
        "pgferry://exports/{name}/manifest",
    }
    assert isinstance(content, TextResourceContents)
    assert "people" in content.text


@pytest.mark.parametrize("era", ERAS)
async def test_a_manifest_is_a_resource_and_opens_the_prompt(era: Era) -> None:
    async with in_memory(era) as client:
        exported = content_of(await client.call_tool("export_database", {"database": "it"}))
        name = Path(exported["path"]).name
        (content,) = (await client.read_resource(f"pgferry://exports/{name}/manifest")).contents
        prompt = await client.get_prompt("analyse_export", {"export": name})
        reference = ResourceTemplateReference(uri="pgferry://exports/{name}/manifest")
        names = await client.complete(reference, {"name": "name", "value": ""})
        with pytest.raises(MCPError):
            await client.read_resource("pgferry://exports/..%2F..%2Fetc/manifest")
    assert isinstance(content, TextResourceContents)
    assert '"recordCounts"' in content.text
    assert isinstance(prompt.messages[0].content, TextContent)
    assert '"recordCounts"' in prompt.messages[0].content.text
    assert names.completion.values == [name]


@pytest.mark.parametrize("era", ERAS)
async def test_names_of_databases_and_tables_are_completed(era: Era) -> None:
    reference = PromptReference(name="debug_incident")
    async with in_memory(era) as client:
        databases = await client.complete(reference, {"name": "database", "value": "I"})
        tables = await client.complete(
            reference, {"name": "table", "value": "pe"}, context_arguments={"database": "it"}
        )
        nothing = await client.complete(reference, {"name": "table", "value": ""}, context_arguments={"database": "x"})
    assert databases.completion.values == ["it"]
    assert tables.completion.values == ["people"]
    assert nothing.completion.values == []
