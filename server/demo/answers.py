"""Turns any tool's structured answer into a few readable lines: values in a column, lists of rows as small tables, long
texts cut. It knows no tool; it shows what is there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MOST_ROWS = 6
MOST_COLUMNS = 9
MOST_LINES = 12
MOST_CHARACTERS = 110


def as_renderable(answer: Mapping[str, Any], shorten: Mapping[str, str]) -> RenderableType:
    """The answer for a terminal; `shorten` replaces long folders by short words."""
    plain = Table.grid(padding=(0, 2))
    plain.add_column(style="bold", no_wrap=True)
    plain.add_column(overflow="fold")
    parts: list[RenderableType] = [plain]
    for key, value in answer.items():
        if value in (None, [], {}, ""):
            continue
        rows = _rows(value)
        if rows and _columns(rows):
            parts.append(_table(key, rows, shorten))
        elif isinstance(value, str) and "\n" in value:
            parts.append(_block(key, value, shorten))
        else:
            plain.add_row(key, Text(_cut(_one_line(key, value, shorten))))
    if not plain.row_count:
        del parts[0]
    return Group(*parts)


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """A list of objects, or an object of objects, as rows; else nothing."""
    if isinstance(value, list):
        items = cast(list[Any], value)
        if items and all(isinstance(item, dict) for item in items):
            return cast(list[Mapping[str, Any]], items)
    if isinstance(value, dict):
        parts = cast(dict[str, Any], value)
        if len(parts) > 1 and all(isinstance(part, dict) for part in parts.values()):
            return [{"": name, **part} for name, part in parts.items()]
    return []


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys that say something in some row, in the order of their first sight, as many as fit."""
    said = {key: None for row in rows[:MOST_ROWS] for key, value in row.items() if value not in (None, [], {}, "")}
    return list(said)[:MOST_COLUMNS]


def _table(key: str, rows: Sequence[Mapping[str, Any]], shorten: Mapping[str, str]) -> RenderableType:
    columns = _columns(rows)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    for column in columns:
        numbers = all(isinstance(row.get(column), int | float | None) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="ellipsis", no_wrap=True)
    for row in rows[:MOST_ROWS]:
        table.add_row(*(_cell(column, row.get(column), shorten) for column in columns))
    parts: list[RenderableType] = [Text(key, style="bold"), Padding(table, (0, 0, 0, 2))]
    if len(rows) > MOST_ROWS:
        parts.append(Text(f"  … and {len(rows) - MOST_ROWS:,} more", style="dim"))
    return Group(*parts)


def _block(key: str, value: str, shorten: Mapping[str, str]) -> RenderableType:
    lines = _shortened(value, shorten).splitlines()
    shown = "\n".join(_cut(line) for line in lines[:MOST_LINES])
    parts: list[RenderableType] = [Text(key, style="bold"), Padding(Text(shown), (0, 0, 0, 2))]
    if len(lines) > MOST_LINES:
        parts.append(Text(f"  … and {len(lines) - MOST_LINES:,} more lines", style="dim"))
    return Group(*parts)


def _cell(key: str, value: Any, shorten: Mapping[str, str]) -> Text:
    text = _one_line(key, value, shorten)
    return Text(text if len(text) <= 40 else text[:39] + "…")


def _one_line(key: str, value: Any, shorten: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return decimal(value) if key == "bytes" or key.endswith("_bytes") else f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_one_line(key, item, shorten) for item in cast(list[Any], value))
    if isinstance(value, dict):
        parts = cast(dict[str, Any], value)
        said = {key: part for key, part in parts.items() if part not in (None, [], {}, "")}
        return ", ".join(f"{name} {_one_line(name, part, shorten)}" for name, part in said.items())
    return " ".join(_shortened(str(value), shorten).split())


def _shortened(text: str, shorten: Mapping[str, str]) -> str:
    for long, short in shorten.items():
        text = text.replace(long, short)
    return text


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
