"""The house rules about tools: one word travels through the tree, and their definitions cost agents little."""

import json
from pathlib import Path

import pytest
from mcp.server.mcpserver.tools import Tool

from server.commands import app
from tools.catalogue import ADMIN, CATALOGUE, build_tools

ROOT = Path(__file__).parents[2]
NAMES = [entry.function.__name__ for entry in CATALOGUE + ADMIN]
MOST_TOKENS = 4_000
MOST_TOOLS = 14


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_tool_is_the_name_of_its_file_its_job_its_tests_and_its_row_in_the_readme(name: str) -> None:
    assert (ROOT / "tools" / f"{name}.py").is_file()
    assert (ROOT / "server" / "jobs" / f"{name}.py").is_file()
    assert list((ROOT / "tests").rglob(f"test_{name}*.py"))
    assert f"| `{name}` |" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_tool_is_a_command_too_by_the_same_word() -> None:
    commands = {command.name for command in app.registered_commands}
    assert commands == {name.replace("_", "-") for name in NAMES} | {"demo"}


def test_every_file_of_a_tool_is_in_the_catalogue() -> None:
    files = {path.stem for path in (ROOT / "tools").glob("*_*.py")} - {"__init__"}
    assert {file for file in files if (ROOT / "server" / "jobs" / f"{file}.py").is_file()} == set(NAMES)
    assert {path.stem for path in (ROOT / "server" / "jobs").glob("*.py")} - {"__init__"} == set(NAMES)


def test_all_definitions_together_cost_at_most_four_thousand_tokens() -> None:
    tools = build_tools(admin=True)
    parts = [tool.name + tool.description + json.dumps(tool.parameters, separators=(",", ":")) for tool in tools]
    cost = {tool.name: len(part) // 4 for tool, part in zip(tools, parts, strict=True)}
    assert sum(len(part) for part in parts) / 4 <= MOST_TOKENS, cost


def test_an_agent_without_admin_sees_at_most_fourteen_tools() -> None:
    assert len(build_tools()) <= MOST_TOOLS


@pytest.mark.parametrize("tool", build_tools(admin=True), ids=lambda tool: tool.name)
def test_every_tool_has_a_title_words_all_hints_an_output_schema_and_forbids_unknown_arguments(tool: Tool) -> None:
    assert tool.title
    assert len(tool.description) > 40
    assert tool.annotations
    hints = tool.annotations.model_dump()
    assert None not in {hints[f"{hint}_hint"] for hint in ("read_only", "destructive", "idempotent", "open_world")}
    assert tool.output_schema
    assert tool.output_schema["type"] == "object"
    assert tool.parameters["additionalProperties"] is False
