"""Turns any tool's structured answer into readable lines: values in a column, lists of rows as small tables, longer
lists line by line, all of it cut where it grows long. It knows no tool; it shows what is there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MOST_ROWS = 8
MOST_COLUMNS = 9
MOST_LINES = 12
MOST_ITEMS = 1
"""Of the objects that are too deep for a table."""
MOST_INNER_LINES = 4
INDENT = 2
LONGEST_LIST = 80
"""Characters of a list that still stands on one line."""

Row = Mapping[str, Any]


def as_renderable(answer: Row, shorten: Mapping[str, str], width: int) -> RenderableType:
    """The answer in lines of `width` at most; `shorten` replaces long folders by short words."""
    return Group(*_Drawing(shorten, width - INDENT).object(answer, MOST_LINES))


class _Drawing:
    def __init__(self, shorten: Mapping[str, str], width: int) -> None:
        self._shorten = shorten
        self._width = width

    def object(self, parts: Row, most_lines: int) -> list[RenderableType]:
        """Its short values as one grid, then the rest, each under its name."""
        said = {key: value for key, value in parts.items() if not _empty(value)}
        rows = said.get("rows")
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
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

    def _long(self, value: Any, heads: Sequence[Row], most_lines: int) -> list[RenderableType]:
        if isinstance(value, str):
            return self._lines(value.splitlines(), most_lines)
        if _is_grid(value):
            names = [str(head.get("name", "")) for head in heads]
            return self._table([dict(zip(names, row, strict=False)) for row in cast(list[list[Any]], value)])
        if isinstance(value, dict):
            inner = cast(dict[str, Any], value)
            named = [{"": name, **cast(dict[str, Any], part)} for name, part in inner.items() if isinstance(part, dict)]
            return self._table(named) if len(named) == len(inner) else self.object(inner, MOST_INNER_LINES)
        items = cast(list[Any], value)
        if not all(isinstance(item, dict) for item in items):
            lines = [
                line for item in items for line in (item if isinstance(item, str) else self.line("", item)).splitlines()
            ]
            return self._lines(lines, most_lines)
        if all(_is_flat(item) for item in items):
            return self._table(items)
        return self._items(items)

    def _items(self, items: Sequence[Row]) -> list[RenderableType]:
        drawn: list[RenderableType] = []
        for item in items[:MOST_ITEMS]:
            drawn += self.object(item, MOST_INNER_LINES)
        return drawn + self._more(len(items) - MOST_ITEMS, "")

    def _table(self, rows: Sequence[Row]) -> list[RenderableType]:
        shown = rows[:MOST_ROWS]
        columns = list({key: None for row in shown for key, value in row.items() if not _empty(value)})[:MOST_COLUMNS]
        lines = [[self.line(column, row.get(column)) for column in columns] for row in shown]
        wanted = [max(map(len, texts)) for texts in zip(columns, *lines, strict=True)]
        widths = _fitting(_worth_showing(wanted, self._width), self._width)
        columns = columns[: len(widths)]
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column, width in zip(columns, widths, strict=True):
            numbers = all(isinstance(row.get(column), int | float | None) for row in shown)
            table.add_column(self._cut(column, width), justify="right" if numbers else "left", no_wrap=True)
        for row in lines:
            table.add_row(*(self._cut(text, width) for text, width in zip(row, widths, strict=False)))
        return [table, *self._more(len(rows) - MOST_ROWS, "")]

    def _lines(self, lines: Sequence[str], most: int) -> list[RenderableType]:
        shown = [self._cut(self._shortened(line)) for line in lines[:most]]
        return [*shown, *self._more(len(lines) - most, "lines")]

    def _more(self, number: int, what: str) -> list[RenderableType]:
        return [Text(f"… and {number:,} more {what}".rstrip(), style="dim")] if number > 0 else []

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
        most = most or self._width
        return Text(text if len(text) <= most else text[: most - 1] + "…", no_wrap=True, overflow="ellipsis")


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
