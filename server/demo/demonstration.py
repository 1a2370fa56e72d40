"""The demo from start to end: a server, two databases, a project, an agent's session, and how to connect Claude Code.

Without a folder to keep it in, nothing stays behind, not even when the demo is killed.
"""

import json
import os
import secrets
import shlex
import tempfile
from pathlib import Path

import anyio
from rich.console import Console
from rich.text import Text

from server.demo.databases import FEATURE, MAIN, OWNER, fill_databases
from server.demo.project import make_project
from server.demo.session import play, serve_command
from server.demo.showing import NOT_A_TERMINAL, Screen
from server.demo.story import STORY
from server.errors import Refused
from server.postgres import embedded
from server.postgres.binaries import enterable, unprivileged_account
from server.postgres.embedded import EmbeddedServer, embedded_server

DEFAULT_FOLDER = "pgferry-demo"


def run_demo(*, scale: int = 1, keep: Path | None = None) -> bool:
    """Runs all of it on stdout; true if every call went as it should. `keep`: a new folder, its server left running.

    Refused: `folder_exists`, and what the embedded server refuses.
    """
    console = Console() if Console().is_terminal else Console(width=int(os.environ.get("COLUMNS", NOT_A_TERMINAL)))
    screen = Screen(console)
    if keep is not None:
        _require_new(keep)
    screen.title("pgferry demo")
    with embedded_server(keep) as server:
        screen.shorten[str(server.home)] = "…"
        went_wrong = _session(server, scale, screen)
    if keep is not None:
        embedded.start(keep)
    _farewell(screen, keep, went_wrong)
    return not went_wrong


def start_demo(folder: Path) -> None:
    """Starts the server of a demo that was kept."""
    _require_kept(folder)
    embedded.start(folder)


def stop_demo(folder: Path) -> None:
    """Stops it; its data stay."""
    _require_kept(folder)
    embedded.stop(folder)


def default_folder() -> Path:
    """Here, or for root where the server's unprivileged user could not come here, below /var/tmp."""
    here = Path.cwd()
    out_of_reach = unprivileged_account() is not None and not enterable(here)
    return (Path("/var/tmp") if out_of_reach else here) / DEFAULT_FOLDER


def _session(server: EmbeddedServer, scale: int, screen: Screen) -> list[str]:
    password = secrets.token_urlsafe(18)
    with screen.doing(f"PostgreSQL {_version(server)} is up, for this demo alone"):
        pass
    rows = 25_000 * scale
    with screen.doing(f"Databases {MAIN} and {FEATURE}: 26 tables of incident reports, about {rows:,} rows in each"):
        fill_databases(server, password, scale=scale)
    with screen.doing("A git repository with a worktree; the .env of each names its database"):
        urls = [server.url(name, user=OWNER, password=password) for name in (MAIN, FEATURE)]
        project = make_project(server.home, *urls)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        try:
            went_wrong = anyio.run(play, STORY, project.main, screen, log)
        except BaseExceptionGroup as group:
            if group.subgroup(SystemExit) is None:
                raise
            raise SystemExit(1) from None  # whoever read our output has closed the pipe
        log.seek(0)
        said = log.read().strip()
    if said and went_wrong:
        screen.console.print(Text(f"pgferry serve said on stderr:\n{said}", style="dim"))
    return went_wrong


def _version(server: EmbeddedServer) -> str:
    said = (server.home / "data" / "PG_VERSION").read_text().strip()
    return f"{said} on port {server.port}"


def _farewell(screen: Screen, keep: Path | None, went_wrong: list[str]) -> None:
    console = screen.console
    console.print()
    screen.title("Connect Claude Code")
    folder = (keep or default_folder()).resolve()
    program = shlex.quote(serve_command()[0])
    if keep is None:
        _paste(
            console,
            "Nothing of this demo stays behind. To make its databases again and keep them",
            f"{program} demo --keep {shlex.quote(str(folder))}",
        )
    else:
        _paste(
            console,
            "The server goes on running. To stop it, and to start it again",
            f"{program} demo --stop {shlex.quote(str(folder))}",
            f"{program} demo --start {shlex.quote(str(folder))}",
        )
    project = folder / "project"
    command = shlex.join(serve_command())
    _paste(console, "Connect it", f"cd {shlex.quote(str(project))}", f"claude mcp add pgferry -- {command}")
    entry = {"command": serve_command()[0], "args": serve_command()[1:], "env": {"PGFERRY_PROJECT_ROOT": str(project)}}
    _paste(console, "or, in any client's JSON", json.dumps({"mcpServers": {"pgferry": entry}}))
    if went_wrong:
        console.print(Text(f"\nWent wrong: {', '.join(went_wrong)}", style="bold red"))


def _paste(console: Console, words: str, *lines: str) -> None:
    """Lines without frame or wrapping, so that they can be copied whole."""
    console.print(Text(f"\n{words}:"))
    for line in lines:
        console.print(Text(f"  {line}", style="cyan"), soft_wrap=True)


def _require_new(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        what = f"{folder} is there already, and not empty."
        next_step = f"`pgferry demo --start {folder}` starts a demo that was kept; or name another folder."
        raise Refused("folder_exists", what, next=next_step)


def _require_kept(folder: Path) -> None:
    if not (folder / "server.json").is_file():
        raise Refused("no_demo", f"There is no demo in {folder}.", next=f"`pgferry demo --keep {folder}` makes one.")
