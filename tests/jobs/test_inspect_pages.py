"""Answers of inspect_schema that one page does not hold."""

import pytest

from server.errors import Refused
from server.jobs.inspect_schema import Detail
from server.model.inspection.reports import SchemaInspection
from tests.fix_databases import FreshDatabase
from tests.fix_inspection import inspected, size
from tests.fix_services import MANY_TABLES, Project


def test_pages_hold_everything_once_and_none_is_over_twenty_kilobytes(project: Project, it: FreshDatabase) -> None:
    it.run(MANY_TABLES)
    names: list[str] = []
    cursor = None
    while True:
        report = inspected(project, cursor=cursor)
        assert size(report) <= 20_000
        names += [table.name for table in report.tables]
        assert (report.left_out is None) == (report.next_cursor is None)
        if (cursor := report.next_cursor) is None:
            break
    assert len(names) == len(set(names)) == 300


def test_a_cursor_of_another_schema_is_refused(project: Project, it: FreshDatabase) -> None:
    it.run(MANY_TABLES)
    cursor = inspected(project).next_cursor
    it.run("create table one_more ()")
    with pytest.raises(Refused) as failure:
        inspected(project, cursor=cursor)
    assert failure.value.code == "stale_cursor"


def test_a_cursor_belongs_to_the_call_that_gave_it(project: Project, it: FreshDatabase) -> None:
    it.run(MANY_TABLES)
    cursor = inspected(project).next_cursor
    calls: list[tuple[Detail, list[str] | None]] = [("full", None), ("overview", None), ("tables", ["public.*"])]
    for detail, tables in calls:
        with pytest.raises(Refused) as failure:
            inspected(project, detail, tables, cursor)
        assert failure.value.code == "stale_cursor"


def every_page(project: Project, detail: Detail) -> list[SchemaInspection]:
    pages = [inspected(project, detail)]
    while pages[-1].next_cursor:
        pages.append(inspected(project, detail, cursor=pages[-1].next_cursor))
    return pages


def test_what_no_answer_holds_is_told_in_parts(project: Project, it: FreshDatabase) -> None:
    """A very wide table with long comments, a view of many columns, an enum of thousands of labels."""
    columns = ", ".join(f"a_rather_long_column_name_{n} timestamptz" for n in range(400))
    labels = ", ".join(f"'a rather long label {n}'" for n in range(1500))
    said = "".join(f"comment on column wide.a_rather_long_column_name_{n} is '{'long ' * 60}';" for n in range(100))
    it.run(f"create table wide ({columns}); {said} create type many as enum ({labels}); create table small (m many)")
    for detail in ("tables", "full"):
        pages = every_page(project, detail)
        assert all(size(page) <= 20_000 for page in pages)
        parts = [table for page in pages for table in page.tables if table.name == "wide"]
        assert [part.continued for part in parts] == [f"part {n + 1} of {len(parts)}" for n in range(len(parts))]
        names = [line.split()[0] for part in parts for line in part.columns]
        assert names == [f"a_rather_long_column_name_{n}" for n in range(400)]
        assert next(table.name for page in pages for table in page.tables) == "small"
        lines = [line.partition("… part ") for page in pages for line in page.types]
        assert [which for _, _, which in lines] == [f"{n + 1} of {len(lines)} of many" for n in range(len(lines))]
        assert "".join(line for line, _, _ in lines).count("a rather long label") == 1500
        assert pages[0].left_out == "2 more (tables 1, types 1): wide, many"
