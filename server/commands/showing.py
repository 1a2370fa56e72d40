"""What an export wrote, for a person at a terminal: a line, a table of tables, and what else is worth knowing."""

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from server.model.segment_reports import SegmentReport


def shown_segment(report: SegmentReport) -> RenderableType:
    """The answer of export_segment."""
    found = [(what, ", ".join(items)) for what, items in _facts(report) if items]
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    for what, said in found:
        facts.add_row(what, Text(said))
    warnings = [Text(f"! {warning}", style="yellow") for warning in report.warnings]
    last = [Text.assemble(("Next: ", "dim"), report.next)] if report.next else []
    return Group(_headline(report), "", _tables(report), "", *([facts] if found else []), *warnings, *last)


def _headline(report: SegmentReport) -> Text:
    size = f"{report.total_rows:,} rows of {len(report.tables):,} tables, "
    if report.path is None:
        return Text.assemble(("Nothing is written yet: ", "bold"), f"{size}about {decimal(report.bytes)}")
    path = Path(report.path)
    near = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return Text.assemble((f"{near}{os.sep if path.is_dir() else ''}", "bold"), f"  {size}", decimal(report.bytes))


def _tables(report: SegmentReport) -> Table:
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    drawn.add_column("table", no_wrap=True)
    for name in ("rows", "matched", "required", "bytes"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("why", overflow="fold")
    for table in report.tables:
        numbers = [f"{table.rows:,}", *(f"{part:,}" if part else "" for part in (table.matched, table.required))]
        drawn.add_row(table.name, *numbers, decimal(table.bytes), Text("; ".join(table.why), style="dim"))
    return drawn


def _facts(report: SegmentReport) -> Iterable[tuple[str, list[str]]]:
    yield "dates by", [f"{table}.{column}" for table, column in report.date_columns.items()]
    yield "redacted", [f"{redacted.table}.{redacted.column} ({redacted.how})" for redacted in report.redacted]
    yield "dangling", [f"{some.rows:,} rows of {some.reference} → {some.table}" for some in report.dangling]
