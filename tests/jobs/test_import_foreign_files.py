"""Files as spreadsheets and other programs write them: loaded as they are meant, or refused with what to do."""

import json
from collections.abc import Callable

import pytest
import zstandard

from server.errors import FerryError
from server.model.imports.reports import FileRejected
from tests.fix_imports import Importing

PEOPLE = "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, amount numeric, born date, seen timestamptz)"


@pytest.fixture
def people(import_into: Callable[[str], Importing]) -> Importing:
    return import_into(PEOPLE)


def test_a_zstd_file_that_is_cut_off_between_two_rows_is_refused(people: Importing) -> None:
    packer = zstandard.ZstdCompressor().compressobj()
    start = packer.compress(b"id,name\n1,a\n") + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    whole = start + packer.compress(b"2,b\n") + packer.flush()
    with pytest.raises(FerryError) as refused:
        people.run(people.write("cut.csv.zst", start), tables=("people",))
    assert refused.value.code == "truncated_file"
    frames = whole + zstandard.compress(b"3,c\n")
    assert people.run(people.write("whole.csv.zst", frames), tables=("people",)).outcome == "committed"
    assert people.database.rows("SELECT id FROM people ORDER BY id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("mode", ["append", "skip", "upsert", "replace"])
def test_an_empty_array_is_a_table_without_rows(people: Importing, mode: str) -> None:
    people.database.run("CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL)")
    for name, content in {
        "both.json": b'{"people": [], "pets": [{"id": 1, "name": "a"}]}',
        "people.json": b"[]",
    }.items():
        answer = people.run(people.write(name, content), mode)
        assert answer.outcome == "committed"
        assert answer.tables[0].rows_in_file == 0
    assert people.database.rows("SELECT count(*) FROM pets") == [(1,)]


@pytest.mark.parametrize("name", ["people.json", "people.jsonl"])
def test_a_key_that_a_row_has_twice_is_refused_with_the_row(people: Importing, name: str) -> None:
    rows = ['{"id": 1, "name": "a: b"}', '{"id": 2, "name": "a", "\\u0069d": 1.50}']
    text = "\n".join(rows) if name.endswith("l") else f"[{','.join(rows)}]"
    with pytest.raises(FerryError, match="people: row 2 has the key id more than once") as refused:
        people.run(people.write(name, text))
    assert refused.value.code == "key_twice"
    assert people.database.rows("SELECT count(*) FROM people") == [(0,)]


def test_a_key_twice_is_found_behind_six_million_bytes_of_other_rows(people: Importing) -> None:
    lines = [f'{{"id": {number}, "name": "{"a" * 100}"}}\n' for number in range(50_000)]
    lines[49_998] = '{"id": 49998, "name": "a", "id": 3}\n'
    with pytest.raises(FerryError, match="people: row 49999 has the key id more than once"):
        people.run(people.write("people.jsonl", "".join(lines)))


def test_keys_with_colons_and_objects_with_a_key_twice_in_a_value_are_as_the_file_has_them(people: Importing) -> None:
    people.database.run('CREATE TABLE notes ("a:b" int, d json)')
    people.run(people.write("notes.jsonl", '{"a\\u003ab": 1, "d": {"x": 1, "x": 2}}\n'))
    assert people.database.rows('SELECT "a:b", d::text FROM notes') == [(1, '{"x": 1, "x": 2}')]


def test_files_of_spreadsheets_load_as_they_are_meant(people: Importing) -> None:
    files = {
        "bom.csv": b"\xef\xbb\xbfid,name\r\n1,a\r\n",
        "semicolons.csv": "id;name;amount\r\n2;ü;3.5\r\n".encode(),
        "empty_columns.csv": b"id,name,,\n3,a,,\n",
        "lines.json": b'{"id": 4, "name": "a"}\n{"id": 5, "name": "b"}\n',
    }
    for name, content in files.items():
        assert people.run(people.write(name, content), tables=("people",)).outcome == "committed"
    assert people.database.rows("SELECT id, name FROM people ORDER BY id") == [
        (1, "a"), (2, "ü"), (3, "a"), (4, "a"), (5, "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"sep=;\nid;name\n1;a\n", "no_header"),
        (b"id,name\r1,a\r", "line_ends"),
        (b"PK\x03\x04 and so on", "not_plain"),
        (b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff", "not_plain"),
        (b"SQLite format 3\0 and so on", "not_plain"),
        (b"PAR1 and so on", "not_plain"),
        (b'\x1e{"id": 1}\n\x1e{"id": 2}\n', "not_plain"),
        (b"<!DOCTYPE html><title>Sign in</title>", "not_plain"),
        (",".join(f"c{number}" for number in range(2000)).encode() + b"\n", "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(people: Importing, content: bytes, code: str) -> None:
    with pytest.raises(FerryError) as refused:
        people.run(people.write("people.csv", content))
    assert refused.value.code == code


def test_values_under_no_heading_are_never_lost(people: Importing) -> None:
    file = people.write("people.csv", "id,,name\n1,,a\n2,x,b\n")
    with pytest.raises(FileRejected, match=r'"column 2": "its column, or empty to leave it out"'):
        people.run(file)
    assert people.run(file, columns={"people": {"column 2": ""}}).tables[0].inserted == 2


def test_a_heading_in_other_letters_names_the_nearest_column(people: Importing) -> None:
    with pytest.raises(FileRejected) as refused:
        people.run(people.write("people.csv", "ID,NAME\n1,a\n"))
    said = {issue["column"]: issue["current"] for issue in refused.value.details["issues"]}
    assert said["ID"] == "Did you mean id?"
    assert said["NAME"].startswith("Did you mean name")


@pytest.mark.parametrize("day", ["01.02.2025", "01/02/2025", "31.12.2025", "12/31/2025"])
def test_a_day_that_reads_in_two_ways_is_refused_and_not_guessed(people: Importing, day: str) -> None:
    for name, content in (
        ("people.csv", f"id,name,born\n1,a,{day}\n"),
        ("people.json", f'[{{"id": 1, "name": "a", "seen": "{day}"}}]'),
    ):
        with pytest.raises(FileRejected) as refused:
            people.run(people.write(name, content))
        assert "days are written 2025-12-31" in refused.value.details["violations"][0]["what"]


def test_days_that_read_in_one_way_are_taken(people: Importing) -> None:
    days = ("2025-12-31", "20251231", "2025/12/31", "31-Dec-2025", '"Dec 31, 2025"')
    people.run(people.write("people.csv", "id,name,born\n" + "".join(f"{n},a,{day}\n" for n, day in enumerate(days))))
    assert people.database.rows("SELECT DISTINCT born::text FROM people") == [("2025-12-31",)]


def test_where_tables_are_missing_the_way_to_make_them_is_told(people: Importing) -> None:
    with pytest.raises(FileRejected) as refused:
        people.run(people.write("animals.csv", "id,name\n1,a\n"))
    assert "content = schema, then mode restore" in str(refused.value.next)


@pytest.mark.parametrize(
    "rows", ['1,12" pipe\n2,13" pipe\n', '1,12"\n2,13"\n', '1,"a" b\n2,c\n', '1, "a"\n', '1,"a"b"\n', '1,a""b\n']
)
@pytest.mark.parametrize("before", ["", '0,"of, \r\n ""several"" lines"\n'])
def test_a_quote_inside_a_value_is_refused_with_its_line(people: Importing, rows: str, before: str) -> None:
    path = people.write("people.csv", f"id,name\n{before}{rows}")
    with pytest.raises(FerryError, match=f"people.csv, line {4 if before else 2}: a quote stands inside") as refused:
        people.run(path)
    assert refused.value.code == "stray_quote"
    assert people.database.rows("SELECT count(*) FROM people") == [(0,)]


def test_a_stray_quote_far_from_the_one_before_it_is_told_with_the_line_of_that(people: Importing) -> None:
    far = "x\n" * 1_500_000
    with pytest.raises(FerryError, match=r"people.csv, line 3: a quote stands inside"):
        people.run(people.write("people.csv", f'id,name\n1,a\n2,"{far}" pipe\n'))


@pytest.mark.parametrize(
    "rows", ["1,a\n3,b\n2,\\N\n", '1,"\\N, and\nmore"\n\\N,b\n', "1,a\n\n2,\\N", "1,a\r\n\r\n2,\\N\r\n"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_a_null_as_other_formats_write_it_is_refused_with_its_line(
    people: Importing, rows: str, delimiter: str
) -> None:
    path = people.write("people.csv", f"id,name\n{rows}".replace(",", delimiter))
    with pytest.raises(FerryError, match=r"people.csv, line 4: a value is \\N") as refused:
        people.run(path)
    assert refused.value.code == "escaped_null"
    assert people.database.rows("SELECT count(*) FROM people") == [(0,)]


def test_a_backslash_and_a_letter_in_quotes_or_within_a_value_are_text(people: Importing) -> None:
    people.run(people.write("people.csv", 'id,name\n1,"\\N"\n2,C:\\New\n3,"a\n\\N\nb"\n4,\\\\N\n'))
    assert people.database.rows("SELECT name FROM people ORDER BY id") == [
        ("\\N",),
        ("C:\\New",),
        ("a\n\\N\nb",),
        ("\\\\N",),
    ]


def test_quotes_that_belong_are_read_as_they_are_meant(people: Importing) -> None:
    long = "x\r\n" * 700_000
    people.write("people.csv", f'\ufeff"id";"name"\r\n1;""\r\n2;"a ""b""; c"\r\n3;"{long}"\r\n4;"\n\\.\n"\r\n5;", "')
    assert people.run("people.csv").tables[0].inserted == 5
    names = dict(people.database.rows("SELECT id, name FROM people"))
    assert names == {1: "", 2: 'a "b"; c', 3: long, 4: "\n\\.\n", 5: ", "}


def test_no_line_ends_the_rows_before_the_file_does(people: Importing) -> None:
    people.database.run("CREATE TABLE words (word text)")
    assert people.run(people.write("words.csv", "word\r\na\r\n\\.\r\nb\r\n")).tables[0].inserted == 3
    assert people.database.rows("SELECT word FROM words ORDER BY 1") == [("\\.",), ("a",), ("b",)]
    with pytest.raises(FileRejected) as rejected:
        people.run(people.write("people.csv", "id,name\n1,a\n\\.\n2,b\n"))
    assert [(found.kind, found.rows) for found in rejected.value.violations] == [("malformed", [2])]


def test_a_heading_in_another_spelling_is_no_row(people: Importing) -> None:
    people.database.run("CREATE TABLE names (first_name text, last_name text)")
    with pytest.raises(FileRejected) as rejected:
        people.run(people.write("names.csv", "First Name,LAST\nada,lovelace\n"))
    assert [(i.type, i.column) for i in rejected.value.issues if i.severity == "error"] == [
        ("missing_column", "First Name"),
        ("missing_column", "LAST"),
    ]
    answer = people.run(people.write("names.csv", "ada,lovelace\n"))
    assert [(issue.type, issue.severity) for issue in answer.issues] == [("no_header", "warning")]
    assert people.database.rows("SELECT * FROM names") == [("ada", "lovelace")]


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("1,a,\n2,b,c\n", (1, "a", None)),
        ('1,"",\n2,b,c\n', (1, "", None)),
        ("1\ta\t\n2\tb\tc\n", (1, "a", None)),
        ('1;"a;""";x\r\n2;b;c\r\n', (1, 'a;"', "x")),
        ('\ufeff1|"a\nb"|x\n2|b|c', (1, "a\nb", "x")),
    ],
)
def test_without_a_header_the_first_row_is_as_the_file_has_it(
    people: Importing, content: str, first: tuple[object, ...]
) -> None:
    people.database.run("CREATE TABLE items (number int, one text, two text)")
    people.run(people.write("items.csv", content))
    assert people.database.rows("SELECT * FROM items ORDER BY number") == [first, (2, "b", "c")]


def test_without_a_header_a_quote_inside_a_value_of_the_first_row_is_refused(people: Importing) -> None:
    people.database.run("CREATE TABLE items (number int, name text)")
    for content in ('1,12" pipe\n2,13" pipe\n', '1,12" pipe 13"\n'):
        with pytest.raises(FerryError, match=r"items.csv, line 1: a quote stands inside"):
            people.run(people.write("items.csv", content))


def test_headings_that_the_caller_tells_are_no_row(people: Importing) -> None:
    people.database.run("CREATE TABLE names (first_name text, last_name text)")
    told = {"names": {"Vorname": "first_name", "Nachname": "last_name"}}
    answer = people.run(people.write("names.csv", "Vorname,Nachname\nada,lovelace\n"), columns=told)
    assert answer.issues == []
    assert people.database.rows("SELECT * FROM names") == [("ada", "lovelace")]


def test_a_first_line_that_may_be_a_row_is_never_repeated_in_a_failure(people: Importing) -> None:
    with pytest.raises(FileRejected) as refused:
        people.run(people.write("people.csv", "1,ada,7\n2,b,8\n"))
    said = f"{refused.value} {refused.value.next} {refused.value.details}"
    assert "as a row it has 3 values for 5" in said
    assert "names of the columns above the rows" in said
    assert "ada" not in said
    people.run(people.write("people.csv", "id,name,amount\n1,ada,7\n2,b,8\n"))
    assert people.database.rows("SELECT id, name FROM people ORDER BY id") == [(1, "ada"), (2, "b")]


def test_json_whose_keys_are_no_columns_has_no_header_to_lack(people: Importing) -> None:
    people.database.run("CREATE TABLE pairs (a int, b text)")
    with pytest.raises(FileRejected) as refused:
        people.run(people.write("pairs.jsonl", '{"x": 1, "y": "q"}\n'))
    said = refused.value.details["issues"]
    assert [(issue["type"], issue["column"]) for issue in said] == [("missing_column", "x"), ("missing_column", "y")]


def test_json_lines_may_begin_with_a_byte_order_mark(people: Importing) -> None:
    people.run(people.write("people.jsonl", '\ufeff{"id": 1, "name": "a"}\r\n{"id": 2, "name": "b"}\r\n'))
    assert people.database.rows("SELECT id FROM people ORDER BY id") == [(1,), (2,)]
    with pytest.raises(FerryError, match=r"line 2, column 1: .*JSON") as refused:
        people.run(people.write("people.jsonl", '\ufeff{"id": 3, "name": "a"}\n[4]\n'))
    assert refused.value.code == "malformed_json"


def test_json_that_is_laid_out_otherwise_is_told_how_rows_are_written(people: Importing) -> None:
    for name, content in {
        "values.json": "[[1, 2]]",
        "split.json": '{"columns": ["id"], "data": [[1]]}',
        "pretty.jsonl": '{\n "id": 1\n}\n',
    }.items():
        with pytest.raises(FerryError) as refused:
            people.run(people.write(name, content), tables=("people",))
        assert "one a line" in str(refused.value.next)


def test_a_damaged_schema_beside_an_export_is_refused(import_into: Callable[[str], Importing]) -> None:
    source = import_into("CREATE TABLE t (id int)")
    source.write("e/manifest.json", json.dumps({
        "exportedAt": "", "exportType": "full", "filtersApplied": {}, "recordCounts": {"t": 1}, "totalRecords": 1,
        "content": "full", "format": "csv", "database": "x", "serverVersion": "18", "schemaFingerprint": "",
        "schemaFile": "schema.sql", "tables": [
            {"name": "t", "schemaName": "public", "table": "t", "rows": 1, "file": "t.csv",
             "columns": [{"name": "id", "type": "integer"}]}],
    }))  # fmt: skip
    source.write("e/t.csv", "id\n1\n")
    source.write("e/schema.sql", b"CREATE TABLE public.t (id int);\n-- \xff\n")
    with pytest.raises(FerryError, match=r"schema\.sql is not valid UTF-8") as refused:
        source.run("e")
    assert refused.value.code == "wrong_encoding"
