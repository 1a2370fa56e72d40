"""The console entry; the only file of server/ that imports tools/. `serve` is kept apart, so that it starts fast."""

import gc
import os
import sys
from pathlib import Path


def main() -> None:
    """Serves MCP over stdio for `serve`, or where a client starts it without a terminal; else the command line."""
    arguments = sys.argv[1:]
    if arguments == ["serve"] or (not arguments and not sys.stdin.isatty()):
        _serve()
    else:
        from server.commands import app

        app(prog_name="pgferry")


def _serve() -> None:
    gc.disable()  # imports only make objects that stay: looking for garbage among them costs a seventh of the start
    from server.app import build_server, serve
    from server.settings import grants_admin
    from tools.catalogue import build_tools
    from tools.guides import add_guides

    server = add_guides(build_server(build_tools(admin=grants_admin(os.environ, Path.cwd()))))
    gc.freeze()
    gc.enable()
    serve(server)


if __name__ == "__main__":
    main()
