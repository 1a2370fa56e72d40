"""Where the client is now: the first of its roots, where it tells them.

Roots are on their way out of the protocol, so all that knows of them stands here.
"""

from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from mcp.server.mcpserver import ListRoots, Resolve
from mcp.types import InputRequiredResult, ListRootsRequest, ListRootsResult

from tools.calling import Context


def ask_roots(context: Context) -> ListRoots | None:
    """Asks a client that has roots for them; others are not asked."""
    capabilities = context.client_capabilities
    return ListRoots() if capabilities and capabilities.roots else None


Roots = Annotated[ListRootsResult | None, Resolve(ask_roots)]


ROUND_TRIPS = "2026-07-28"
"""The revision from which on a server asks by an answer that wants input, and no more by a request of its own."""
_QUESTION = "roots"


async def folder_of(context: Context) -> Path | InputRequiredResult | None:
    """The folder that a prompt is asked for from; or the answer by which the client is to be asked for it first."""
    if ask_roots(context) is None:
        return None
    if (context.protocol_version or "") < ROUND_TRIPS:
        return first_folder(await context.session.send_request(ListRootsRequest(), ListRootsResult))
    answers = context.input_responses
    if answers is None:
        return InputRequiredResult(input_requests={_QUESTION: ListRootsRequest()})
    answer = answers.get(_QUESTION)
    return first_folder(answer if isinstance(answer, ListRootsResult) else None)


def first_folder(roots: ListRootsResult | None) -> Path | None:
    """The folder of the first root: the worktree that the model is in."""
    for root in roots.roots if roots else []:
        parts = urlsplit(str(root.uri))
        if parts.scheme == "file":
            return Path(unquote(parts.path))
    return None
