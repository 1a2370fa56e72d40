"""The agent's side of the demo: starts `pgferry serve` over stdio, as a client would, and makes the story's calls."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.dispatcher import ProgressFnT
from mcp.types import CallToolResult, TextContent

from server.demo.showing import Screen
from server.demo.story import Step, playable


def serve_command() -> list[str]:
    """How this installation's server is started: the console script beside the interpreter, else the module."""
    script = Path(sys.executable).with_name("pgferry.exe" if sys.platform == "win32" else "pgferry")
    return [str(script), "serve"] if script.exists() else [sys.executable, "-m", "server", "serve"]


async def play(story: Sequence[Step], project: Path, screen: Screen, log: TextIO) -> list[str]:
    """Makes the calls; the server's stderr goes to `log`. The answer names the steps that did not go as they should."""
    command, *arguments = serve_command()
    environment = {"CLAUDE_PROJECT_DIR": str(project)}
    parameters = StdioServerParameters(command=command, args=arguments, env=environment, cwd=project)
    started = time.monotonic()
    async with Client(stdio_client(parameters, errlog=log)) as client:
        tools = (await client.list_tools()).tools
        screen.connected(client.protocol_version, tools, time.monotonic() - started)
        return await _calls(client, story, {tool.name for tool in tools}, screen)


async def _calls(client: Client, story: Sequence[Step], known: set[str], screen: Screen) -> list[str]:
    answers: dict[str, Any] = {}
    failed: list[str] = []
    steps = playable(story, known)
    for number, step in enumerate(steps, 1):
        if not answers.keys() >= set(step.needs):
            screen.left_out(step)
            continue
        arguments = step.arguments_after(answers)
        screen.calling(number, len(steps), step, arguments)
        started = time.monotonic()
        with screen.progress() as report:
            result = await _call(client, step.tool, arguments, report)
        screen.answered(step, result.structured_content, _text(result), time.monotonic() - started, result.is_error)
        if bool(result.is_error) != step.refused:
            failed.append(step.tool)
        elif not step.refused:
            answers[step.name or step.tool] = result.structured_content
    return failed


async def _call(client: Client, tool: str, arguments: dict[str, Any], report: ProgressFnT) -> CallToolResult:
    """The answer; an error of the protocol, as when the server has died, becomes one too."""
    try:
        return await client.call_tool(tool, arguments, progress_callback=report)
    except MCPError as failure:
        return CallToolResult(content=[TextContent(type="text", text=str(failure))], is_error=True)


def _text(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
