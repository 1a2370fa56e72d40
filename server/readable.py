"""Turns any tool's structured answer into readable lines: values in a column, lists of rows as small tables, longer
lists line by line. In brief, as the demo shows it, all of it is cut where it grows long; in full, as the command line
shows it, nothing is: what is too wide for a table stands record by record. It knows no tool; it shows what is there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

INDENT = 2
RULE = 40
"""Characters of the line between two records."""
LONGEST_LIST = 80
"""Characters of a list that still stands on one line."""

LEAST_FOLDED = 16
"""Characters that the widest column of a table must keep when its texts are folded."""
_NUMBER = re.compile(r"(-?[\d.,]+( (bytes?|[kMGTPE]B))?)?$")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """How much is shown of what is long; None: all of it. `items`: of the objects that are too deep for a table."""

    rows: int | None = None
    columns: int | None = None
    lines: int | None = None
    items: int | None = None
    inner_lines: int | None = None
    cut: bool = False
    """Whether what is wider than the screen is cut; else it goes on in the next line."""


BRIEF = Limits(rows=8, columns=9, lines=12, items=1, inner_lines=4, cut=True)
FULL = Limits()


def as_renderable(answer: Row, shorten: Mapping[str, str], width: int, limits: Limits = BRIEF) -> RenderableType:
    """The answer in lines of `width` at most; `shorten` replaces long folders by short words."""
    return Group(*_Drawing(shorten, width - INDENT, limits).object(answer, limits.lines))


class _Drawing:
    def __init__(self, shorten: Mapping[str, str], width: int, limits: Limits) -> None:
        self._shorten = shorten
        self._width = width
        self._limits = limits

    def object(self, parts: Row, most_lines: int | None) -> list[RenderableType]:
        """Its short values as one grid, then the rest, each under its name."""
        said = {key: value for key, value in parts.items() if not _empty(value)}
        rows = said.get("rows")
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="ellipsis" if self._limits.cut else "fold", no_wrap=self._limits.cut, ratio=1)
        drawn: list[RenderableType] = []
        for key, value in said.items():
            if key == "columns" and _is_grid(rows):
                continue  # they head the rows
            if _is_short(value):
                grid.add_row(key, self._cut(self.line(key, value)))
            else:
                heads = cast(list[Row], said.get("columns", [])) if _is_grid(value) else []
                drawn += [
                    Text(key, style="bold"),
                    *(Padding(part, (0, 0, 0, INDENT)) for part in self._long(value, heads, most_lines)),
                ]
        return [grid, *drawn] if grid.row_count else drawn

    def _long(self, value: Any, heads: Sequence[Row], most_lines: int | None) -> list[RenderableType]:
        if isinstance(value, str):
            return self._lines(value.splitlines(), most_lines)
        if _is_grid(value):
            names = [str(head.get("name", "")) for head in heads]
            grid = cast(list[list[Any]], value)
            return self._records([dict(zip(names, map(_as_it_is, row), strict=False)) for row in grid])
        if isinstance(value, dict):
            inner = cast(dict[str, Any], value)
            named = [{"": name, **cast(dict[str, Any], part)} for name, part in inner.items() if isinstance(part, dict)]
            return self._records(named) if len(named) == len(inner) else self.object(inner, self._limits.inner_lines)
        items = cast(list[Any], value)
        if not all(isinstance(item, dict) for item in items):
            lines = [
                line for item in items for line in (item if isinstance(item, str) else self.line("", item)).splitlines()
            ]
            return self._lines(lines, most_lines)
        if all(_is_flat(item) for item in items):
            return self._records(items)
        return self._items(items)

    def _items(self, items: Sequence[Row]) -> list[RenderableType]:
        drawn: list[RenderableType] = []
        for item in items[: self._limits.items]:
            if drawn:
                drawn.append(Text("─" * min(self._width, RULE), style="dim"))
            drawn += self.object(item, self._limits.inner_lines)
        return drawn + self._more(len(items), self._limits.items, "")

    def _records(self, rows: Sequence[Row]) -> list[RenderableType]:
        """A table; uncut, one record after the other where a table would be wider than the screen."""
        shown = rows[: self._limits.rows]
        columns = list({key: None for row in shown for key, value in row.items() if not _empty(value)})
        columns = columns[: self._limits.columns]
        lines = [[self.line(column, row.get(column)) for column in columns] for row in shown]
        widths = [max(map(len, texts)) for texts in zip(columns, *lines, strict=True)]
        if self._limits.cut:
            widths = _fitting(_worth_showing(widths, self._width), self._width)
        elif (room := self._width - 2 * len(widths) - sum(widths)) < 0:
            widest = max(widths)
            if widest + room < LEAST_FOLDED:
                return self._items(rows)
            widths[widths.index(widest)] = widest + room
        return [self._table(columns, lines, widths), *self._more(len(rows), self._limits.rows, "")]

    def _table(self, columns: Sequence[str], lines: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for place, (column, width) in enumerate(zip(columns, widths, strict=False)):
            numbers = all(_NUMBER.match(row[place]) for row in lines)
            justify: Literal["left", "right"] = "right" if numbers else "left"
            table.add_column(self._cut(column, width), justify=justify, width=width, overflow="fold")
        for row in lines:
            table.add_row(*(self._cut(text, width) for text, width in zip(row, widths, strict=False)))
        return table

    def _lines(self, lines: Sequence[str], most: int | None) -> list[RenderableType]:
        shown = [self._cut(self._shortened(line)) for line in lines[:most]]
        return [*shown, *self._more(len(lines), most, "lines")]

    def _more(self, number: int, most: int | None, what: str) -> list[RenderableType]:
        left = number - most if most is not None else 0
        return [Text(f"… and {left:,} more {what}".rstrip(), style="dim")] if left > 0 else []

    def line(self, key: str, value: Any) -> str:
        """Any value on one line."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int):
            return decimal(value) if key == "bytes" or key.endswith("_bytes") else f"{value:,}"
        if isinstance(value, list):
            return ", ".join(self.line(key, item) for item in cast(list[Any], value))
        if isinstance(value, dict):
            parts = cast(dict[str, Any], value)
            return ", ".join(f"{name} {self.line(name, part)}" for name, part in parts.items() if not _empty(part))
        return " ".join(self._shortened(str(value)).split())

    def _shortened(self, text: str) -> str:
        for long, short in self._shorten.items():
            text = text.replace(long, short)
        return text

    def _cut(self, text: str, most: int | None = None) -> Text:
        if not self._limits.cut:
            return Text(text)
        most = most or self._width
        return Text(text if len(text) <= most else text[: most - 1] + "…", no_wrap=True, overflow="ellipsis")


def _as_it_is(cell: Any) -> str:
    """A cell of a query's answer: no digit and no NULL is made prettier."""
    return "NULL" if cell is None else cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _worth_showing(wanted: list[int], most: int) -> list[int]:
    """The widths of the first columns that together want no more than twice the room there is."""
    kept = list(wanted)
    while len(kept) > 2 and sum(min(width, most // 2) for width in kept) > 2 * most:
        kept.pop()
    return kept


def _fitting(widths: list[int], most: int) -> list[int]:
    """The widths of columns, with the widest made narrower until all of them stand on one line."""
    fitting = list(widths)
    while sum(fitting) + 2 * len(fitting) > most and max(fitting) > 3:
        fitting[fitting.index(max(fitting))] -= 1
    return fitting


def _empty(value: Any) -> bool:
    return value in (None, [], {}, "")


def _is_short(value: Any) -> bool:
    """A value for one line: a word or number, or a few of them."""
    if isinstance(value, str):
        return "\n" not in value
    if isinstance(value, dict):
        return all(isinstance(part, str | int | float | None) for part in cast(dict[str, Any], value).values())
    if isinstance(value, list):
        parts = cast(list[Any], value)
        return all(isinstance(part, str | int | float | None) for part in parts) and len(str(parts)) < LONGEST_LIST
    return True


def _is_flat(row: Row) -> bool:
    """Whether it makes a row of a table: at most one of its values is deeper than a line, and gets cut to one."""
    return sum(not (isinstance(value, str) or _empty(value) or _is_short(value)) for value in row.values()) <= 1


def _is_grid(value: Any) -> bool:
    """Rows of cells without names, as a query gives."""
    rows = cast(list[Any], value) if isinstance(value, list) else []
    return bool(rows) and all(isinstance(row, list) for row in rows)
