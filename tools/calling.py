"""How a tool calls its job: services made anew for the call, the worker thread, progress to the client."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mcp.server.mcpserver import Context as ServerContext

from server.calls import told_files
from server.running import run

if TYPE_CHECKING:
    from server.calls import Call
    from server.services import Services

Context = ServerContext[Any, Any]
T = TypeVar("T")


async def run_job(context: Context | None, job: "Callable[[Services, Call], T]", *, here: Path | None = None) -> T:
    """Runs `job(services, call)` in a worker thread; `here` is the worktree that the client says it is in. Without a
    context nobody hears of progress.
    """
    from server.services import load_services

    def work(call: "Call") -> T:
        with told_files():
            return job(load_services(os.environ, Path.cwd(), here), call)

    return await run(work, context.report_progress if context else None)
