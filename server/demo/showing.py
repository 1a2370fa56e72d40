"""What the demo prints: each call as an agent makes it, its progress, and its answer in a panel. Without a terminal the
same in plain lines, and progress as one line for each report that came.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mcp.shared.dispatcher import ProgressFnT
from mcp.types import Tool
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from server.demo.story import Step
from server.readable import as_renderable

NOT_A_TERMINAL = 120
"""Columns, where the terminal does not say how many it has."""
FRAME = 4
"""Columns of a panel's borders and padding."""


class Screen:
    """Prints the demo as it goes; `shorten` replaces the temporary folders by short words."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.shorten: dict[str, str] = {}

    def title(self, words: str) -> None:
        self.console.rule(Text(words, style="bold"), style="cyan")

    @contextmanager
    def doing(self, what: str) -> Generator[None]:
        """A line that says what goes on, and with its end that it is done."""
        if self.console.is_terminal:
            with self.console.status(f"{what} …"):
                yield
        else:
            yield
        self.console.print(f"[green]✓[/] {what}", highlight=False)

    def connected(self, protocol: str, tools: Sequence[Tool], seconds: float) -> None:
        names = ", ".join(tool.name for tool in tools)
        self.console.print(
            f"[green]✓[/] [bold]pgferry serve[/] answers over stdio after {seconds:.2f} s (MCP {protocol}),"
            f" and lists: {names}",
            highlight=False,
        )

    def calling(self, number: int, of: int, step: Step, arguments: Mapping[str, Any]) -> None:
        self.console.print()
        self.console.print(Text.assemble((f"{number}/{of}  ", "dim"), (step.why, "italic")))
        self.console.print(Text.assemble(("→ ", "cyan"), (step.tool, "bold cyan"), self._arguments(arguments)))

    def left_out(self, step: Step) -> None:
        self.console.print()
        self.console.print(Text.assemble((step.tool, "bold"), " is left out: a step that it builds on did not work."))

    @contextmanager
    def progress(self) -> Generator[ProgressFnT]:
        """While the block runs, the function it gets shows how far the call is."""
        if self.console.is_terminal:
            columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            with Progress(*columns, console=self.console, transient=True) as bars:
                bar = bars.add_task("at work", total=None)

                async def move(progress: float, total: float | None, message: str | None) -> None:
                    bars.update(bar, completed=progress, total=total, description=message or "")

                yield move
        else:

            async def say(progress: float, total: float | None, message: str | None) -> None:
                share = f"{100 * progress / total:3.0f} % " if total else ""
                self.console.print(f"  {share}{message or ''}", highlight=False, markup=False)

            yield say

    def answered(
        self, step: Step, answer: Mapping[str, Any] | None, text: str, seconds: float, is_error: bool | None
    ) -> None:
        """The answer in a panel: green, or red for a failure; a refusal that the step is about is yellow."""
        size = len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) if answer is not None else text)
        facts = f"{seconds:.2f} s · {size:,} characters, about {max(1, round(size / 4)):,} tokens"
        if is_error:
            words, colour = ("refused, as it should be", "yellow") if step.refused else ("failed", "red")
            self.console.print(self._panel(Text(self._short(text)), f"{words} · {facts}", colour))
            return
        body = (
            as_renderable(answer, self.shorten, self.console.width - FRAME)
            if answer is not None
            else Text(self._short(text))
        )
        words, colour = ("should have been refused · ", "red") if step.refused else ("", "green")
        self.console.print(self._panel(body, words + facts, colour))

    def _panel(self, body: Any, title: str, colour: str) -> Panel:
        return Panel(body, title=Text(title, style=colour), title_align="left", border_style=colour, padding=(0, 1))

    def _arguments(self, arguments: Mapping[str, Any]) -> Text:
        words = Text()
        for name, value in arguments.items():
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            said = f"\n{said}" if "\n" in said else said
            indented = self._short(said).replace("\n", "\n      ")
            words.append(f"\n    {name} = ", style="dim").append(indented)
        return words

    def _short(self, text: str) -> str:
        for long, short in self.shorten.items():
            text = text.replace(long, short)
        return text
