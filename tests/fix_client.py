"""The server as an agent meets it: over the SDK's in-memory client in both eras, and as a real process over stdio."""

import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, TextContent

from server.app import build_server
from tools.catalogue import build_tools
from tools.guides import add_guides

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked with anyio run on asyncio alone, as the server does."""
    return "asyncio"


def in_memory(era: Era = "auto", **options: Any) -> Client:
    """A client of a server in this process; use in `async with`."""
    return Client(add_guides(build_server(build_tools(admin=True))), mode=era, **options)


@asynccontextmanager
async def over_stdio(project: Path, era: Era = "auto", **environ: str) -> AsyncGenerator[Client]:
    """A client of a server process that was started in the folder `project`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != "DATABASE_URL"}
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "server", "serve"],
        env={**kept, "PYTHONPATH": str(REPOSITORY), **environ},
        cwd=project,
    )
    async with Client(stdio_client(parameters), mode=era) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    """The text that a model reads."""
    return "".join(block.text for block in result.content if isinstance(block, TextContent))


def content_of(result: CallToolResult) -> dict[str, Any]:
    """The structured content; the text must say the same."""
    assert not result.is_error, text_of(result)
    assert result.structured_content == json.loads(text_of(result))
    return dict(result.structured_content or {})
