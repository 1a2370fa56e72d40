"""Builds the MCP server from the tools it is given, and serves it over stdio until the client is gone."""

import logging
import os
import re
import select
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool

from server.processes import ending_signals

INSTRUCTIONS = """\
pgferry carries PostgreSQL schemas and data safely between databases: the main checkout's, each git worktree's, a file.

How to work:
1. list_databases: which databases there are; `current` belongs to the worktree you are in. Calls name a database.
2. inspect_schema: learn a schema cheaply (`overview`, then `tables`, then `full` for some tables). Page with `cursor`.
3. export_database writes a whole database to a file; export_segment only the rows that match filters, with every row
   they refer to, so that the file always imports. Data goes to files: read them with jq or DuckDB, not into context.
   Sensitive columns (passwords, tokens, …) are left out by policy. Try `estimate_only` first on big databases.
4. check_import rehearses an import and lists every problem; import_data does it, in one transaction, all or nothing.
5. compare_schemas shows what takes `source` to `target`; plan_migration writes the SQL, proved on a scratch database;
   apply_migration runs such a file; migration_status says what is applied.
6. query_database answers read-only SQL; explain_query its plan; compare_data finds rows that differ.

Rules: databases are read-only unless their configuration says otherwise; do not change that configuration yourself.
What deletes or overwrites needs the person's consent: ask before passing confirm = true.
A failure reads `[code] what happened. State of the data. Next: what to do` — follow its Next.
"""

GRACE = 1.0
"""Seconds after end of input in which calls may still answer; then their queries are cancelled."""
LAST_BREATH = 0.38
"""Seconds from a signal to the hard end: a client that sends SIGINT sends SIGKILL half a second later."""


def build_server(tools: Sequence[Tool]) -> MCPServer:
    """The server; it connects to nothing."""
    _configure_logging()
    return MCPServer(
        "pgferry",
        title="pgferry",
        version=version("pgferry"),
        instructions=INSTRUCTIONS,
        website_url=None,
        tools=list(tools),
        log_level="WARNING",
    )


def serve(server: MCPServer) -> None:
    """Serves stdio until end of input, a closed output or a signal to end; running queries are cancelled first."""
    try:
        anyio.run(_serve, server)
        sys.stdout.flush()
    except* BrokenPipeError:
        pass  # the client went with an answer under way
    os._exit(0)  # a reader thread may still wait on stdin, and would hold the process


async def _serve(server: MCPServer) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_watch_signals, group.cancel_scope)
        source, sink = _put_a_pipe_before_stdin()
        group.start_soon(_watch_input, group.cancel_scope, source, sink)
        group.start_soon(_watch_output, group.cancel_scope, os.dup(1), sink)
        await server.run_stdio_async()
        group.cancel_scope.cancel()


def _put_a_pipe_before_stdin() -> tuple[int, int]:
    """What was stdin, and the end of the new pipe that feeds it: the SDK does not tell that its input has ended."""
    source = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    return source, writing


async def _watch_input(scope: anyio.CancelScope, source: int, sink: int) -> None:
    """Passes input on; when it ends, calls may finish for a moment and are then cancelled."""

    def pump() -> None:
        with suppress(BrokenPipeError), open(source, "rb") as incoming, open(sink, "wb") as onward:
            for line in incoming:
                onward.write(without_halves(line))
                onward.flush()

    await anyio.to_thread.run_sync(pump, abandon_on_cancel=True)
    await anyio.sleep(GRACE)
    scope.cancel()


async def _watch_output(scope: anyio.CancelScope, output: int, sink: int) -> None:
    """Ends the server when nobody is there any more to read its answers, though its input may stay open."""
    if not hasattr(select, "poll"):
        return  # on Windows it learns of that when it writes
    unread = select.poll()
    unread.register(output, 0)  # errors and hang-ups are always told
    await anyio.to_thread.run_sync(unread.poll, abandon_on_cancel=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sink)  # which ends the input that the SDK waits for
    scope.cancel()


_ESCAPED = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def without_halves(line: bytes) -> bytes:
    """The message with each half of a character (an emoji that a client cut in two) as `\\ufffd`.

    The SDK drops a line that holds one: the call would never be answered.
    """
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _ESCAPED.sub(lambda match: b"\\ufffd" if match["half"] else match[0], line)


async def _watch_signals(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        async for _ in signals:
            timer = threading.Timer(LAST_BREATH, _end)
            timer.daemon = True
            timer.start()
            scope.cancel()
            return


def _end() -> None:
    """Ends the process though calls may not be done with cleaning up; what they have half written goes."""
    from server.files.workspace import remove_unfinished  # at its end, as it would only delay the start

    try:
        remove_unfinished()
    finally:
        os._exit(0)


class _NoValues(logging.Formatter):
    """Tracebacks as places in the code only: the text of an unexpected error may quote a row or a password."""

    def formatException(self, ei: tuple[Any, Any, Any] | tuple[None, None, None]) -> str:  # noqa: N802  logging's name
        said: list[str] = []
        error = ei[1]
        while error is not None:
            said.append(type(error).__name__)
            said += [
                f"  {place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(said)


def _configure_logging() -> None:
    """To stderr, before the SDK configures its own."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_NoValues("%(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
