"""The command demo."""

from pathlib import Path
from typing import Annotated

import typer

from server.commands.answering import told_failures
from server.errors import Refused


def demo(
    folder: Annotated[Path | None, typer.Argument(help="Where a demo is kept; by default ./pgferry-demo.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the databases and their server for later.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Only start the server of a demo that was kept.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Only stop it; its data stay.")] = False,
    scale: Annotated[int, typer.Option(min=1, max=1000, help="Times 25,000 rows in each database.")] = 1,
) -> None:
    """Shows pgferry at work on databases of its own; without --keep nothing stays behind."""
    from server.demo.demonstration import default_folder, run_demo, start_demo, stop_demo

    with told_failures():
        kept = folder or default_folder()
        if start or stop:
            (start_demo if start else stop_demo)(kept)
        elif folder is not None and not keep:
            raise Refused("keep_missing", f"{folder} is where a demo is kept.", next="Add --keep, --start or --stop.")
        elif not run_demo(scale=scale, keep=kept if keep else None):
            raise typer.Exit(1)
