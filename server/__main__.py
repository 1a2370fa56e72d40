"""The console entry; the only file of server/ that imports tools/. `serve` is kept apart, so that it starts fast."""

import gc
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    """Serves MCP over stdio for `serve`, or where a client starts it without a terminal; else the command line."""
    gc.disable()  # imports only make objects that stay: looking for garbage among them costs a seventh of the start
    arguments = sys.argv[1:]
    if arguments == ["serve"] or (not arguments and not sys.stdin.isatty()):
        serve()
    else:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the commands are loaded: no traceback
        from server.commands import app

        signal.signal(signal.SIGINT, before)
        _collect_from_now_on()
        app.command("serve")(serve)  # here for its --help alone
        app(prog_name="pgferry")


def serve() -> None:
    """Serves the tools over MCP on stdin and stdout: claude mcp add pgferry -- pgferry serve."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the server minds signals, both end it without a word
    from server.app import build_server
    from server.app import serve as run
    from server.settings import grants_admin
    from tools.catalogue import build_tools
    from tools.guides import add_guides

    server = add_guides(build_server(build_tools(admin=grants_admin(os.environ, Path.cwd()))))
    _collect_from_now_on()
    run(server)


def _collect_from_now_on() -> None:
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    main()
