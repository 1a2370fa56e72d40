"""What does not fit is told all at once, before or after loading, with its place and without its values."""

import gzip
import hashlib
import json
from typing import Any

import pytest

from server.errors import Refused
from server.model.imports.reports import FileRejected
from tests.fix_imports import SITES, Make

BAD = """id,site,mail,age,chief
1,1,ok,1,
2,1,this mail is much too long,1,
3,1,ok,-5,
4,99,ok,1,
x,1,ok,1,
1,1,ok,1,
6,,ok,1,
7,1,ok,1,77
50,1,ok,1,
"""


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_violation_is_told_at_once(import_into: Make, form: str) -> None:
    importing = import_into(
        SITES + "INSERT INTO sites (name) VALUES ('one'); INSERT INTO people (id, site) VALUES (50, 1)"
    )
    content = BAD
    if form == "jsonl":
        head, *lines = (line.split(",") for line in BAD.splitlines())
        content = "\n".join(json.dumps({k: v or None for k, v in zip(head, line, strict=True)}) for line in lines)
    before = importing.hash
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write(f"people.{form}", content))
    found = {(v.kind, *v.columns): (v.total, v.rows) for v in caught.value.violations}
    assert found == {
        ("bad_value", "id"): (1, [5]),
        ("bad_value", "mail"): (1, [2]),
        ("check", "age"): (1, [3]),
        ("not_null", "site"): (1, [7]),
        ("unique", "id"): (1, [9]),
        ("foreign_key", "site"): (1, [4]),
        ("foreign_key", "chief"): (1, [8]),
    }
    uniques = [(v.what, v.rows) for v in caught.value.violations if v.kind == "unique"]
    assert uniques == [("twice in the file", [6]), ("in the table already", [9])]
    assert "this mail" not in str(caught.value.details)
    assert importing.hash == before


def test_exclusion_constraints_are_told(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE r (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&));"
        "INSERT INTO r VALUES (1,'[0,2)')"
    )
    rejected = importing.check(importing.write("r.csv", 'id,during\n2,"[5,9)"\n3,"[8,10)"\n4,"[1,3)"\n'))
    assert not rejected.passes
    assert [(v.kind, v.what, v.rows) for v in rejected.violations] == [
        ("exclusion", "twice in the file", [2]),
        ("exclusion", "in the table already", [3]),
    ]


LONG = "CREATE TABLE t (id int, a text, b text, d text[]); CREATE UNIQUE INDEX t_a ON t (a) WHERE a <> 'x'; "
NOISE = "".join(hashlib.md5(str(number).encode()).hexdigest() for number in range(300))


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_values_that_are_too_long_for_an_index_are_told_with_it(import_into: Make, mode: str) -> None:
    keys = "ALTER TABLE t ADD PRIMARY KEY (id); CREATE INDEX t_b ON t (upper(b)); CREATE INDEX t_d ON t USING gin (d)"
    importing = import_into(LONG + keys)
    rows: list[dict[str, Any]] = [
        {"id": 1, "a": "a" * 9999, "b": NOISE[:2600], "d": [NOISE[:2600]]},
        {"id": 2, "a": NOISE, "b": "b", "d": []},
        {"id": 3, "a": NOISE[:3000], "b": "b", "d": [NOISE, "d"]},
        {"id": 4, "a": "a", "b": NOISE, "d": ["d"]},
    ]
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("t.json", json.dumps(rows)), mode)
    assert [(v.kind, v.constraint, v.columns, v.rows) for v in caught.value.violations] == [
        ("index", "t_a", ["a"], [2, 3]),
        ("index", "t_b", ["upper(b)"], [4]),
        ("index", "t_d", ["d"], [3]),
    ]
    assert NOISE[:80] not in str(caught.value.details)


def test_a_script_whose_rows_are_too_long_for_its_index_is_told_so(import_into: Make) -> None:
    importing = import_into("")
    script = "CREATE TABLE t (a text); COPY t (a) FROM stdin;\nok\n" + NOISE + "\n\\.\nCREATE INDEX t_a ON t (a);\n"
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("t.sql", script), "restore")
    assert [(v.table, v.constraint, v.rows) for v in caught.value.violations] == [("t", "t_a", [2])]


def test_schema_problems_are_all_told_before_loading(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int PRIMARY KEY, must int NOT NULL, g int GENERATED ALWAYS AS (1) STORED)"
    )
    name = importing.write("all.json", '{"t":[{"id":1,"extra":2,"g":1}],"missing":[{"a":1}]}')
    found = {(issue.type, issue.table, issue.column) for issue in importing.check(name).issues}
    assert found == {
        ("missing_column", "t", "extra"),
        ("missing_required_column", "t", "must"),
        ("generated_column", "t", "g"),
        ("missing_table", "missing", None),
    }


def test_a_trigger_that_raises_is_told_without_its_text(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'secret %', NEW.id; END $$;"
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    )
    report = importing.check(importing.write("t.csv", "id\n1\n"))
    assert [v.kind for v in report.violations] == ["raised"]
    assert "secret" not in report.model_dump_json()


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("t.json", '[{"id":1},\n {"id":2', "malformed_json", "line 2"),
        ("t.jsonl", '{"id":1}\n{"id":}\n', "malformed_json", "line 2, column 7"),
        ("t.json", '{"data": {"t": [{"id": 1}]}', "malformed_json", "line 1"),
        (
            "t.csv.gz",
            gzip.compress(b"id\n" + b"%d\n" * 9999 % tuple(range(9999)))[:-900],
            "truncated_file",
            "too early",
        ),
        ("t.csv", "id\n1\n".encode("utf-16"), "wrong_encoding", "UTF-16"),
        ("t.json", b'[{"id": "\xff"}]', "wrong_encoding", "UTF-8"),
        ("t.json", "", "empty_file", "empty"),
        ("t.dump", b"PGDMP\x01", "not_plain", "archive"),
        ("t.sql", "COPY t (id) FROM stdin;\n1\n2\n", "copy_not_terminated", "line 1"),
        ("t.sql", "SET a = 1;", "setting_not_allowed", "Line 1"),
        ("t.sql", "--\n-- PostgreSQL database dump\n--\n\nINSERT INTO t VALUES (1);\n", "truncated_file", "cut off"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(
    import_into: Make, name: str, content: str | bytes, code: str, said: str
) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    with pytest.raises(Refused) as caught:
        importing.run(importing.write(name, content))
    assert caught.value.code == code
    assert said in caught.value.what


@pytest.mark.parametrize("content", ["id,a\n1,x\n2,y,z\n", 'id,a\n1,x\n2,"y\n', b"id,a\n1,x\n2,\xff\n"])
def test_a_malformed_csv_is_told_with_its_line(import_into: Make, content: str | bytes) -> None:
    importing = import_into("CREATE TABLE t (id int, a text)")
    report = importing.check(importing.write("t.csv", content))
    assert [(v.kind, v.total) for v in report.violations] == [("malformed", 1)]


def test_a_manifest_is_held_to(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    rows = "id\n1\n2\n"
    manifest: dict[str, Any] = {
        "exportedAt": "2026-01-01T00:00:00Z", "exportType": "full", "version": "1.0", "filtersApplied": {},
        "recordCounts": {"t": 3}, "totalRecords": 3, "content": "data", "format": "csv", "database": "x",
        "serverVersion": "18", "schemaFingerprint": "0",
        "tables": [{"name": "t", "schemaName": "public", "table": "t", "rows": 3, "file": "t.csv",
                    "columns": [{"name": "id", "type": "bigint"}]}],
    }  # fmt: skip
    importing.write("e/t.csv", rows)
    importing.write("e/manifest.json", json.dumps(manifest))
    report = importing.check("e")
    assert [(i.type, i.current) for i in report.issues if i.severity == "error"] == [("row_count", "2 rows")]
    manifest["tables"][0]["sha256"] = "0" * 64
    importing.write("e/manifest.json", json.dumps(manifest))
    with pytest.raises(Refused, match="checksum_mismatch"):
        importing.check("e")
    importing.write("e/manifest.json", '{"tables": 5}')
    with pytest.raises(Refused, match="bad_manifest"):
        importing.check("e")


def test_privileges_and_hidden_rows_are_told_before_loading(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int); CREATE TABLE u (id int); ALTER TABLE u ENABLE ROW LEVEL SECURITY;"
    )
    role = f"limited_{importing.database.name}"
    importing.database.run(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT ON t TO {role}; GRANT ALL ON u TO {role}"
    )
    importing.configure(
        url=importing.database.url.replace(importing.database.url.split("//")[1].split("@")[0], f"{role}:x")
    )
    report = importing.check(importing.write("all.json", '{"t": [{"id": 1}], "u": [{"id": 1}]}'))
    assert {(i.type, i.table) for i in report.issues} == {("no_privilege", "t"), ("row_security", "u")}
    importing.database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")


PLACES = """
CREATE TABLE visits (id int, day date NOT NULL, kind text) PARTITION BY RANGE (day);
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE visits_2025_a PARTITION OF visits_2025 FOR VALUES IN ('a', NULL);
CREATE TABLE hashed (id int) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 1, REMAINDER 0);
"""


def test_rows_that_no_partition_takes_are_told(import_into: Make) -> None:
    importing = import_into(PLACES)
    rows = "id,day,kind\n1,2025-02-01,a\n2,2027-02-01,a\n3,2025-03-01,b\n4,,a\n5,soon,a\n6,2025-04-01,\n"
    report = importing.check(importing.write("visits.csv", rows))
    found = {(v.kind, *v.columns): v.rows for v in report.violations}
    assert found == {("bad_value", "day"): [5], ("not_null", "day"): [4], ("partition", "day", "kind"): [2, 3]}
    report = importing.check(importing.write("visits_2025.csv", rows))
    assert {(v.kind, *v.columns): v.rows for v in report.violations} == found
    assert importing.run(importing.write("hashed.csv", "id\n1\n2\n")).tables[0].inserted == 2


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_references_of_partitions_and_to_them_are_told_where_they_are_loaded_by_themselves(
    import_into: Make, mode: str
) -> None:
    importing = import_into("""
        CREATE TABLE a (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE a_1 PARTITION OF a FOR VALUES IN (1, 2, 3);
        CREATE TABLE a_2 PARTITION OF a DEFAULT;
        CREATE TABLE b (id int, a int REFERENCES a) PARTITION BY LIST (id);
        CREATE TABLE b_1 PARTITION OF b FOR VALUES IN (1);
        CREATE TABLE b_2 PARTITION OF b DEFAULT;
        INSERT INTO a VALUES (1), (8); INSERT INTO b VALUES (1, 1), (7, 1), (8, 8)
    """)
    data = {
        "a_1": [{"id": 2}, {"id": 3}],
        "b_1": [{"id": 1, "a": 2}, {"id": 1, "a": 8}, {"id": 1, "a": 9}, {"id": 1, "a": 1}],
    }
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("some.json", json.dumps(data)), mode)
    found = [(v.table, v.kind, v.rows, v.values) for v in caught.value.violations]
    if mode == "append":
        assert found == [("b_1", "foreign_key", [3], [["9"]])]
    else:
        assert found == [("b_1", "foreign_key", [3, 4], [["9"], ["1"]]), ("public.b", "foreign_key", [], [["1"]])]


def test_a_reference_that_is_given_by_half_is_told_where_it_must_be_whole(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES (1, 1);"
        "CREATE TABLE full_ones (id int, a int, b int, FOREIGN KEY (a, b) REFERENCES pairs MATCH FULL);"
        "CREATE TABLE simple_ones (id int, a int, b int, FOREIGN KEY (a, b) REFERENCES pairs)"
    )
    rows = "id,a,b\n1,1,1\n2,1,\n3,,\n"
    assert importing.run(importing.write("simple_ones.csv", rows)).tables[0].inserted == 3
    report = importing.check(importing.write("full_ones.csv", rows))
    assert [(v.kind, v.columns, v.rows, v.constraint) for v in report.violations] == [
        ("foreign_key", ["a", "b"], [2], "full_ones_a_b_fkey")
    ]


@pytest.mark.parametrize(("raises", "kinds"), [(False, ["unique"]), (True, ["unique", "raised"])])
def test_a_key_twice_in_an_upsert_is_one_violation_beside_what_a_trigger_returns_twice(
    import_into: Make, raises: bool, kinds: list[str]
) -> None:
    importing = import_into("CREATE TABLE t (id int PRIMARY KEY, a text)")
    if raises:
        importing.database.run(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (5), (5) ON CONFLICT"
            " (id) DO UPDATE SET a = 'b'; RETURN NEW; END $$;"
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a = 'x') EXECUTE FUNCTION f()"
        )
    report = importing.check(importing.write("t.csv", "id,a\n1,x\n1,b\n"), "upsert")
    assert [violation.kind for violation in report.violations] == kinds


def test_what_a_trigger_refused_is_told_beside_broken_rules(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE luck (id int PRIMARY KEY, n int);"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.n = 13 THEN RAISE EXCEPTION 'unlucky: %', NEW.n; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON luck FOR EACH ROW EXECUTE FUNCTION no()"
    )
    report = importing.check(importing.write("luck.csv", "id,n\n1,1\n2,13\n1,2\n"))
    assert [(v.kind, v.total) for v in report.violations] == [("unique", 1), ("raised", 1)]
    assert "unlucky" not in report.model_dump_json()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.json", '{"a": 1}', "no_rows"),
        ("t.json", "{}", "no_rows"),
        ("t.json", '{"data": {"t": {"id": 1}}}', "malformed_json"),
        ("t.json", '{"data": {"t": null}}', "malformed_json"),
        ("t.sql", "CREATE TABLE other (id int);", "no_rows"),
    ],
)
def test_a_file_in_which_no_rows_are_found_is_no_success(import_into: Make, name: str, content: str, code: str) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    with pytest.raises(Refused) as caught:
        importing.run(importing.write(name, content))
    assert caught.value.code == code


def test_what_is_advised_where_no_rows_are_found_brings_rows_in(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    with pytest.raises(Refused) as caught:
        importing.run(importing.write("t.json", '{"id": 1}'))
    assert caught.value.next == (
        'Rows of JSON are [{…}, …] or {"table": [{…}, …]}, or one a line in a file that ends in .jsonl; a script that'
        " only makes a schema runs with mode restore."
    )
    importing.run(importing.write("t.json", '[{"id": 1}, {"id": 2}]'))
    importing.run(importing.write("tables.json", '{"t": [{"id": 3}]}'))
    importing.run(importing.write("t.jsonl", '{"id": 4}\n'))
    importing.run(importing.write("made.sql", "CREATE TABLE made (id int);"), "restore")
    assert importing.database.rows("SELECT id FROM t ORDER BY id") == [(1,), (2,), (3,), (4,)]
    assert importing.database.rows("SELECT count(*) FROM made") == [(0,)]


def test_what_a_mapping_names_in_vain_or_twice_is_told(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int, name text)")
    path = importing.write("t.csv", "id,name,alias\n1,a,b\n")
    report = importing.check(path, columns={"tt": {"alias": "name"}, "t": {"alias": "name"}})
    errors = {(i.type, i.table, i.column) for i in report.issues if i.severity == "error"}
    assert errors == {("unknown_file_table", "tt", None), ("duplicate_column", "t", "name")}
    report = importing.check(importing.write("t.csv", "id,name,name\n1,a,b\n"))
    assert [(i.type, i.column) for i in report.issues if i.severity == "error"] == [("duplicate_column", "name")]


def test_a_rehearsed_restore_leaves_no_table_and_no_complaint(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    report = importing.check(importing.write("u.sql", "CREATE TABLE u (id int); INSERT INTO u VALUES (1);"), "restore")
    assert report.passes
    assert report.hazards == []


def test_a_row_of_nothing_but_nulls_is_no_null(import_into: Make) -> None:
    importing = import_into(
        "CREATE TYPE place AS (street text, flat int);"
        "CREATE TABLE homes (id int PRIMARY KEY, at place NOT NULL, age int CHECK (age >= 0))"
    )
    rows = [{"id": 1, "at": {"street": None, "flat": None}, "age": 1}, {"id": 2, "at": {"street": "a"}, "age": -1}]
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("homes.json", json.dumps({"homes": rows})))
    assert [(v.kind, v.columns, v.rows) for v in caught.value.violations] == [("check", ["age"], [2])]


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_character_that_no_text_holds_hides_no_other_violation(import_into: Make, ending: str) -> None:
    importing = import_into("CREATE TABLE notes (id int PRIMARY KEY, said text, about jsonb, raw json)")
    lines = [f'{{"id": {number}, "said": "{"a" * 300}"}}' for number in range(1, 9001)]
    lines[1] = '{"id": 2, "said": "a\\u0000b"}'
    lines[2] = '{"id": 3, "about": {"a": ["\\\\\\u0000"]}}'
    lines[3] = '{"id": 4, "said": "\\\\u0000", "raw": {"a": "\\u0000"}}'
    lines[4] = '{"id": "five"}'
    lines[8998] = '{"id": 1}'
    lines[8999] = '{"id": 9000, "said": "\\u0000\\u0000", "about": "\\u0000"}'
    content = "\n".join(lines) if ending == "jsonl" else f"[{','.join(lines)}]"
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write(f"notes.{ending}", content))
    assert sorted((v.kind, v.columns, v.total, v.rows) for v in caught.value.violations) == [
        ("bad_value", ["id"], 1, [5]),
        ("malformed", [], 3, [2, 3, 9000]),
        ("unique", ["id"], 1, [8999]),
    ]
