"""Where the client is now: the first of its roots, where it tells them.

Roots are on their way out of the protocol, so all that knows of them stands here.
"""

from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from mcp.server.mcpserver import ListRoots, Resolve
from mcp.types import ListRootsResult

from tools.calling import Context


def ask_roots(context: Context) -> ListRoots | None:
    """Asks a client that has roots for them; others are not asked."""
    capabilities = context.client_capabilities
    return ListRoots() if capabilities and capabilities.roots else None


Roots = Annotated[ListRootsResult | None, Resolve(ask_roots)]


def first_folder(roots: ListRootsResult | None) -> Path | None:
    """The folder of the first root: the worktree that the model is in."""
    for root in roots.roots if roots else []:
        parts = urlsplit(str(root.uri))
        if parts.scheme == "file":
            return Path(unquote(parts.path))
    return None
