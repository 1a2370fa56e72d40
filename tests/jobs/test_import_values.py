"""Which values of offending rows a report shows: those that redaction allows, cut short, and in no message."""

import pytest

from server.model.imports.reports import FileRejected
from server.model.imports.violations import Violation
from tests.fix_imports import Make

PEOPLE = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE people (id int PRIMARY KEY, ssn text UNIQUE, nick text UNIQUE);
CREATE TABLE notes (id int PRIMARY KEY, people_ssn text REFERENCES people (ssn), who text REFERENCES people (nick),
    mood mood, title varchar(5), stars int CHECK (stars < 6));
CREATE TABLE secrets (id int CHECK (id > 0), api_key text, mood mood);
INSERT INTO people VALUES (1, 'ssn-1', 'nick-1'); INSERT INTO notes (id, who) VALUES (1, 'nick-1');
"""
NOTES = "id,people_ssn,who,mood,title,stars\n1,,,,,\n2,ssn-9,nick-9,,,\n3,,,angry,ok,1\n4,,,,lengthy,9\nx,,,,,\n"


def values(violations: list[Violation]) -> dict[tuple[str, ...], list[list[str | None]]]:
    return {(v.kind, *v.columns): v.values for v in violations}


def test_values_are_shown_of_columns_that_nothing_hides(import_into: Make) -> None:
    importing = import_into(PEOPLE)
    report = importing.check(importing.write("notes.csv", NOTES))
    assert values(report.violations) == {
        ("unique", "id"): [["1"]],
        ("foreign_key", "people_ssn"): [],  # an ssn by another name
        ("foreign_key", "who"): [["nick-9"]],
        ("bad_value", "mood"): [],  # the table has a hidden column, whose value may stand in the wrong place
        ("bad_value", "title"): [],
        ("bad_value", "id"): [],
        ("check", "stars"): [],
    }
    assert "ssn-9" not in report.model_dump_json()
    importing.configure(imports='[redaction]\ndefault = "keep"')
    shown = values(importing.check("notes.csv").violations)
    assert shown["foreign_key", "people_ssn"] == [["ssn-9"]]
    assert shown["bad_value", "id"] == [["x"]]
    assert shown["check", "stars"] == [["9"]]


def test_no_failure_of_an_import_holds_a_value(import_into: Make) -> None:
    importing = import_into(PEOPLE)
    importing.configure(imports='[redaction]\ndefault = "keep"')
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("notes.csv", NOTES))
    told = str(caught.value) + str(caught.value.details["violations"])
    assert [value for value in ("nick-9", "ssn-9", "lengthy", "'x'") if value in told] == []
    assert "foreign_key" in told


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_labels_and_lengths_of_a_file_without_a_schema_are_told(import_into: Make, form: str) -> None:
    importing = import_into("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (mood mood, title varchar(5))")
    csv, jsonl = "mood,title\nangry,\ngay,123456\nsad,1234\n", '{"mood":"angry"}\n{"mood":"gay","title":"123456"}\n'
    report = importing.check(importing.write(f"t.{form}", csv if form == "csv" else jsonl))
    found = [(i.type, i.column, i.current, i.import_) for i in report.issues if i.severity == "error"]
    assert found == [
        ("enum_label", "mood", "sad", "also angry, gay"),
        ("too_long", "title", "character varying(5)", "up to 6 characters"),
    ]


def test_labels_beside_a_secret_are_only_counted(import_into: Make) -> None:
    importing = import_into(PEOPLE)
    report = importing.check(importing.write("secrets.csv", "id,mood,api_key\n1,sk-live-1,x\n0,ok,y\n"))
    assert [(i.type, i.import_) for i in report.issues if i.severity == "error"] == [("enum_label", "also 1 label")]
    assert values(report.violations) == {("bad_value", "mood"): [], ("check", "id"): []}


def test_a_long_value_is_cut(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id text PRIMARY KEY)")
    report = importing.check(importing.write("t.csv", f"id\n{'x' * 500}\n{'x' * 500}\n"))
    assert values(report.violations)["unique", "id"] == [["x" * 80 + "…"]]


def test_a_replace_tells_what_rows_outside_of_it_refer_to(import_into: Make) -> None:
    importing = import_into(PEOPLE)
    report = importing.check(importing.write("people.csv", "id,ssn,nick\n1,ssn-1,other\n"), "replace")
    assert values(report.violations) == {("foreign_key", "who"): [["nick-1"]]}


def test_a_row_with_a_bad_value_still_counts_in_every_other_rule(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE p (id int PRIMARY KEY, n int NOT NULL); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)"
    )
    document = '{"p": [{"id": 1, "n": "x"}, {"id": 1, "n": 2}], "c": [{"id": "y", "p": 9}, {"id": 2, "p": 1}]}'
    report = importing.check(importing.write("all.json", document))
    assert {(v.table, v.kind, *v.columns): v.rows for v in report.violations} == {
        ("p", "bad_value", "n"): [1],
        ("p", "unique", "id"): [2],
        ("c", "bad_value", "id"): [1],
        ("c", "foreign_key", "p"): [1],
    }


MALFORMED = {
    "csv": ("t.csv", "id,a\n1,x\n2,y,z\n3\n4,\xff\n1,again\n5,\"two\nlines\"\n1,too\n"),
    "a script": (
        "t.sql",
        "COPY t (id, a) FROM stdin;\n1\tx\n2\ty\tz\n3\n4\t\xff\n1\tagain\n5\ttwo\\\nlines\n1\ttoo\n\\.\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", MALFORMED)
def test_rows_after_a_malformed_line_are_told_too(import_into: Make, form: str) -> None:
    importing = import_into("CREATE TABLE t (id int PRIMARY KEY, a text)")
    name, content = MALFORMED[form]
    report = importing.check(importing.write(name, content.encode("latin-1")))
    assert [(v.kind, v.rows) for v in report.violations] == [
        ("malformed", [2]),
        ("malformed", [3]),
        ("malformed", [4]),
        ("unique", [5, 7]),
    ]


def test_bad_values_are_found_wherever_they_stand_in_many_rows(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int PRIMARY KEY, a int, b date)")
    bad = {1, 2, 1024, 1025, 4000, 9999, 10000}
    rows = (f"{i},{'x' if i in bad else i},{'y' if i == 4000 else '2026-01-01'}" for i in range(1, 10001))
    report = importing.check(importing.write("t.csv", "id,a,b\n" + "\n".join(rows) + "\n10000,1,\n"))
    assert {(v.kind, *v.columns): v.rows for v in report.violations} == {
        ("bad_value", "a"): sorted(bad),
        ("bad_value", "b"): [4000],
        ("unique", "id"): [10001],
    }
