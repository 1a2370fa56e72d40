"""How a command answers: the result on stdout, a progress bar on stderr, a failure as words and its exit code."""

import os
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from server.calls import Call, told_files
from server.errors import FerryError, Refused
from server.processes import ending_signals
from server.readable import FULL, as_renderable
from server.services import Services, load_services

T = TypeVar("T", bound=BaseModel)
_stderr = Console(stderr=True)
_stdout = Console()


def answer(job: Callable[[Services, Call], T], as_json: bool) -> None:
    """Runs a job with a progress bar on stderr and prints its report; a failure ends with its exit code.

    At a terminal it is readable; else it is JSON, on one line where `as_json` asks for it.
    """
    with told_failures():
        report = _with_bar(job)
    if as_json:
        typer.echo(report.model_dump_json(by_alias=True))
    elif _stdout.is_terminal:
        _stdout.print(in_full(report.model_dump(mode="json", by_alias=True), _stdout), highlight=False)
    else:
        typer.echo(report.model_dump_json(by_alias=True, indent=2))


def in_full(answer: Mapping[str, Any], console: Console) -> RenderableType:
    """All of an answer, as people read it."""
    return as_renderable(answer, {}, console.width, FULL)


@contextmanager
def told_failures() -> Generator[None]:
    """A failure of the block is told on stderr and ends with its exit code."""
    try:
        yield
    except FerryError as failure:
        _stderr.print(f"[bold red]{failure.code}[/]: ", end="")
        _stderr.print(_told(failure), markup=False, highlight=False, soft_wrap=not _stderr.is_terminal)
        details = {name: value for name, value in failure.details.items() if value}
        if details:
            _stderr.print(in_full(details, _stderr))
        raise typer.Exit(2 if isinstance(failure, Refused) else 1) from None


def _told(failure: FerryError) -> str:
    next_step = f"\nNext: {failure.next}" if failure.next else ""
    return f"{failure.what}\n{failure.state}{next_step}"


def _with_bar(job: Callable[[Services, Call], T]) -> T:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_stderr, transient=True, disable=not _stderr.is_terminal) as bars:
        bar = bars.add_task("", total=None, visible=False)

        def show(done: float, total: float | None, message: str) -> None:
            bars.update(bar, completed=done, total=total, description=message, visible=True)

        call = Call(show)
        with told_files():
            return _interruptible(call, lambda: job(load_services(os.environ, Path.cwd()), call))


def _interruptible(call: Call, work: Callable[[], T]) -> T:
    """Ctrl-C, SIGTERM or a closed terminal cancels the call, as an agent's cancel does: queries stop on the server,
    files are removed.
    """

    def interrupt(*_: Any) -> None:
        call.cancel()

    before = {sign: signal.signal(sign, interrupt) for sign in ending_signals()}
    try:
        return work()
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
