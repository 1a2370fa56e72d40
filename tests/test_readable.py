"""Answers of any shape come out short and readable."""

from io import StringIO
from typing import Any

from rich.console import Console

from server.readable import BRIEF, FULL, Limits, as_renderable


def shown(answer: dict[str, Any], limits: Limits = BRIEF) -> str:
    console = Console(width=100, record=True, file=StringIO())
    console.print(as_renderable(answer, {}, 100, limits))
    return console.export_text()


def test_values_stand_in_a_column_and_empty_ones_are_left_out() -> None:
    said = shown({"rows": 12345, "verified": True, "bytes": 17_300_000, "next": None, "notes": []})
    assert said.split() == ["rows", "12,345", "verified", "yes", "bytes", "17.3", "MB"]


def test_a_list_of_objects_is_a_table_cut_after_eight_rows() -> None:
    said = shown({"tables": [{"name": f"t{n}", "rows": n, "note": None} for n in range(11)]})
    assert "t7" in said
    assert "t8" not in said
    assert "note" not in said
    assert "… and 3 more" in said


def test_a_long_text_is_cut_after_twelve_lines() -> None:
    said = shown({"sql": "\n".join(f"line {n}" for n in range(20))})
    assert "line 11" in said
    assert "line 12" not in said
    assert "… and 8 more lines" in said


def test_rows_without_names_stand_below_their_columns() -> None:
    columns = [{"name": "site", "type": "text"}, {"name": "incidents", "type": "bigint"}]
    said = shown({"columns": columns, "rows": [["Quay 1", 12], ["Yard 2", None]]})
    assert said.split("\n")[1].split() == ["site", "incidents"]
    assert said.split("\n")[2].split() == ["Quay", "1", "12"]


def test_what_is_too_deep_for_a_table_is_told_line_by_line() -> None:
    lines = [f"a column with a long line, number {n}" for n in range(9)]
    tables = [{"name": "a", "columns": lines, "indexes": lines}, {"name": "b"}]
    said = shown({"tables": tables})
    assert "number 3" in said
    assert "number 4" not in said
    assert "… and 5 more lines" in said
    assert "… and 1 more" in said


def test_brackets_are_text_and_not_markup() -> None:
    assert "[red]int[]" in shown({"type": "[red]int[]"})


def test_in_full_nothing_is_cut() -> None:
    words = " ".join(f"word{n}" for n in range(60))
    said = shown({"tables": [{"name": f"t{n}", "rows": n} for n in range(40)], "sql": "a;\n" * 30, "said": words}, FULL)
    assert "t39" in said
    assert said.count("a;") == 30
    assert [word for word in words.split() if word not in said] == []
    assert "…" not in said


def test_in_full_the_widest_column_of_a_table_goes_on_in_the_next_line() -> None:
    said = shown({"tables": [{"name": "t1", "why": " ".join(["reason"] * 30)}, {"name": "t2"}]}, FULL)
    lines = [line.rstrip() for line in said.splitlines()]
    assert lines[1].split() == ["name", "why"]
    assert set(lines[3].split()) == {"reason"}
    assert said.count("reason") == 30


def test_in_full_rows_that_are_too_wide_for_a_table_stand_one_by_one_with_their_nulls() -> None:
    columns = [{"name": f"column_number_{n}", "type": "text"} for n in range(12)]
    rows = [["a value of some length", *[None] * 10, 12345], ["another value of length", *[None] * 10, 6]]
    said = shown({"columns": columns, "rows": rows}, FULL)
    assert said.count("NULL") == 20
    assert "column_number_11  12345" in said
    assert "────" in said
