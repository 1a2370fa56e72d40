"""What every tool does alike."""

import pytest
from mcp.client import Client

from server.app import build_server
from tests.fix_client import text_of
from tools.catalogue import FerryTool

pytestmark = pytest.mark.anyio


async def mistaken() -> str:
    """A tool with a mistake."""
    raise KeyError("s3cret")


async def test_a_mistake_of_our_own_is_admitted_with_its_place_and_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Client(build_server([FerryTool.from_function(mistaken)])) as client:
        answer = await client.call_tool("mistaken", {})
    assert answer.is_error
    assert text_of(answer).startswith(
        "[internal_error] mistaken failed by a mistake in pgferry: KeyError in test_catal"
    )
    assert "s3cret" not in text_of(answer) + caplog.text
