"""import_data and check_import on a real server: every mode, every format, and all that can be wrong."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from server.calls import Call
from server.errors import Refused
from server.jobs.export_database import export_database
from server.model.exports import ExportRequest
from server.model.import_reports import FileRejected
from server.services import load_services
from tests.fix_imports import Importing, content_hash

Make = Callable[[str], Importing]
SITES = """
CREATE TABLE sites (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, boss int);
CREATE TABLE people (id serial PRIMARY KEY, site int NOT NULL REFERENCES sites, mail varchar(20),
    age int CHECK (age >= 0), twice int GENERATED ALWAYS AS (age * 2) STORED, chief int REFERENCES people);
ALTER TABLE sites ADD CONSTRAINT sites_boss_fkey FOREIGN KEY (boss) REFERENCES people (id);
COMMENT ON CONSTRAINT sites_boss_fkey ON sites IS 'a cycle';
CREATE INDEX people_age ON people (age);
"""
DOCUMENT = {
    "data": {
        "people": [
            {"id": 7, "site": 1, "mail": "a@b", "age": 4, "chief": 8},
            {"id": 8, "site": 2, "mail": None, "age": 5, "chief": None},
        ],
        "sites": [{"id": 1, "name": "north", "boss": 7}, {"id": 2, "name": "south", "boss": None}],
    }
}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_with_cycles_and_self_references_loads_in_any_order(import_into: Make, indent: int | None) -> None:
    importing = import_into(SITES)
    report = importing.run(importing.write("some.json", json.dumps(DOCUMENT, indent=indent)))
    assert report.outcome == "committed"
    assert {table.name: table.inserted for table in report.tables} == {"people": 2, "sites": 2}
    assert importing.database.rows("SELECT id, site, mail, age, twice, chief FROM people ORDER BY id") == [
        (7, 1, "a@b", 4, 8, 8),
        (8, 2, None, 5, 10, None),
    ]
    assert importing.database.rows("INSERT INTO people (site) VALUES (1) RETURNING id") == [(9,)]
    assert importing.database.rows(
        "SELECT obj_description(oid) FROM pg_constraint WHERE conname='sites_boss_fkey'"
    ) == [("a cycle",)]


@pytest.mark.parametrize("form", ["array", "tables", "jsonl", "csv", "tsv", "gzip", "zstd", "sql", "inserts"])
def test_one_table_is_read_in_every_form(import_into: Make, form: str) -> None:
    importing = import_into("CREATE TABLE t (id int PRIMARY KEY, a text, b numeric)")
    rows = [{"id": 1, "a": "", "b": 1.50}, {"id": 2, "a": None, "b": 2}]
    csv = 'id,a,b\n1,"",1.50\n2,,2\n'
    forms: dict[str, tuple[str, str | bytes]] = {
        "array": ("t.json", json.dumps(rows)),
        "tables": ("all.json", json.dumps({"t": rows})),
        "jsonl": ("t.jsonl", "\n".join(map(json.dumps, rows))),
        "csv": ("t.csv", csv),
        "tsv": ("t.tsv", csv.replace(",", "\t")),
        "gzip": ("t.csv.gz", gzip.compress(csv.encode())),
        "zstd": ("t.csv.zst", zstandard.compress(csv.encode())),
        "sql": ("t.sql", "COPY public.t (id, a, b) FROM stdin;\n1\t\t1.50\n2\t\\N\t2\n\\.\n"),
        "inserts": ("t.sql", "INSERT INTO t VALUES (1, '', 1.50);\nINSERT INTO public.t (id, b) VALUES (2, 2);"),
    }
    report = importing.run(importing.write(*forms[form]))
    assert [table.inserted for table in report.tables] == [2]
    assert importing.database.rows("SELECT id, a, b::float FROM t ORDER BY id") == [(1, "", 1.5), (2, None, 2.0)]


def test_numbers_keep_every_digit(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id bigint, n numeric, d float8)")
    importing.run(
        importing.write("t.json", '[{"id":9223372036854775807,"n":1.10000000000000000000000000001e3,"d":-0.0}]')
    )
    assert importing.database.rows("SELECT id::text, n::text, d::text FROM t") == [
        ("9223372036854775807", "1100.00000000000000000000000001", "-0")
    ]


def test_rows_that_are_not_plain_are_read_by_the_server(import_into: Make) -> None:
    importing = import_into(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (id int, a text, m mood, t text[], n int[])"
    )
    rows = '[{"id":"1","a":"x \\"y\\" \\\\ \\n","m":"ok","t":["a\\"b",null,"\\\\"],"n":[1,null]},\n'
    rows += '{"id":2,"a":5,"t":[[]]}]'
    importing.run(importing.write("t.json", rows))
    assert importing.database.rows("SELECT * FROM t ORDER BY id") == [
        (1, 'x "y" \\ \n', "ok", ['a"b', None, "\\"], [1, None]),
        (2, "5", None, [], None),
    ]


def test_skip_keeps_what_is_there_and_upsert_overwrites_it(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int PRIMARY KEY, a text, n numeric); INSERT INTO t VALUES (1,'x',1),(2,'y',2)"
    )
    name = importing.write("t.csv", "id,a,n\n1,new,1\n2,y,2\n3,z,3\n")
    (skipped,) = importing.run(name, "skip").tables
    assert (skipped.inserted, skipped.updated, skipped.skipped) == (1, 0, 2)
    (again,) = importing.run(name, "upsert").tables
    assert (again.inserted, again.updated, again.skipped) == (0, 1, 2)
    assert importing.database.rows("SELECT * FROM t ORDER BY id") == [(1, "new", 1), (2, "y", 2), (3, "z", 3)]


def test_upsert_by_other_columns_counts_on_partitions_too(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int, k text, v int, UNIQUE (k, id)) PARTITION BY LIST (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t DEFAULT;"
        "INSERT INTO t VALUES (1,'a',1)"
    )
    name = importing.write("t.jsonl", '{"id":1,"k":"a","v":5}\n{"id":2,"k":"b","v":6}\n')
    (table,) = importing.run(name, "upsert", on_conflict_columns=["id", "k"]).tables
    assert (table.inserted, table.updated) == (1, 1)


def test_replace_empties_and_loads_and_counts(import_into: Make) -> None:
    importing = import_into(SITES + "INSERT INTO sites (name) VALUES ('old'); INSERT INTO people (site) VALUES (1)")
    report = importing.run(importing.write("some.json", json.dumps(DOCUMENT)), "replace")
    assert {table.name: (table.deleted, table.inserted) for table in report.tables} == {
        "people": (1, 2),
        "sites": (1, 2),
    }
    assert importing.database.rows("SELECT name FROM sites ORDER BY 1") == [("north",), ("south",)]


def test_replace_never_cascades_to_tables_outside(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p ON DELETE CASCADE);"
        "INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1), (2), (2)"
    )
    before = importing.hash
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("p.csv", "id\n1\n"), "replace")
    (violation,) = caught.value.violations
    assert (violation.table, violation.kind, violation.total) == ("public.c", "foreign_key", 2)
    assert importing.hash == before
    importing.run(importing.write("p.csv", "id\n1\n2\n3\n"), "replace")
    assert importing.database.rows("SELECT count(*) FROM c") == [(3,)]


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


def test_a_rehearsal_changes_nothing_and_says_what_would_be(import_into: Make) -> None:
    importing = import_into(SITES)
    before = importing.hash
    report = importing.check(importing.write("some.json", json.dumps(DOCUMENT)))
    assert report.passes
    assert report.outcome == "rolled_back"
    assert sum(table.inserted for table in report.tables) == 4
    assert report.sequences_set == 2
    assert importing.hash == before


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


def test_columns_and_schemas_can_be_mapped(import_into: Make) -> None:
    importing = import_into("CREATE SCHEMA app; CREATE TABLE app.t (id int, name text)")
    name = importing.write("t.csv", "nr,title,junk\n1,a,x\n")
    importing.run(name, into_schema="app", columns={"t": {"nr": "id", "title": "name", "junk": ""}})
    assert importing.database.rows("SELECT * FROM app.t") == [(1, "a")]


def test_a_csv_without_a_header_is_noticed(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int, a text)")
    importing.run(importing.write("t.csv", "1,x\n2,\n"))
    assert importing.database.rows("SELECT * FROM t ORDER BY 1") == [(1, "x"), (2, None)]


def test_the_same_append_twice_is_refused_unless_forced(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    name = importing.write("t.csv", "id\n1\n")
    importing.run(name)
    with pytest.raises(Refused, match="already_imported"):
        importing.run(name)
    importing.run(name, force=True)
    assert importing.database.rows("SELECT count(*) FROM t") == [(2,)]
    importing.configure(imports="record = false")
    importing.run(name)
    assert importing.database.rows("SELECT count(*) FROM pgferry.imports") == [(2,)]


@pytest.mark.parametrize("mode", ["replace", "upsert", "restore"])
def test_what_overwrites_wants_consent(import_into: Make, mode: str) -> None:
    importing = import_into("CREATE TABLE t (id int PRIMARY KEY)")
    name = importing.write("t.csv", "id\n1\n")
    with pytest.raises(Refused, match="confirmation_needed"):
        importing.run(name, mode, confirm=False)
    importing.configure(imports="allow_confirm_argument = false")
    with pytest.raises(Refused, match="confirmation_needed"):
        importing.run(name, mode, confirm=True)


def test_a_database_for_reading_refuses(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    importing.configure(access="read")
    for act in (importing.run, importing.check):
        with pytest.raises(Refused, match="read_only_database"):
            act(importing.write("t.csv", "id\n1\n"))


def test_triggers_run_unless_told_not_to(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int); CREATE TABLE log (n int);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END $$;"
        "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    )
    name = importing.write("t.csv", "id\n1\n2\n")
    importing.run(name)
    report = importing.run(name, run_triggers=False, force=True)
    assert any("triggers_off" in hazard for hazard in report.hazards)
    assert importing.database.rows("SELECT count(*) FROM log") == [(2,)]
    assert importing.database.rows("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'g'") == [("O",)]


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


DUMPED = """
CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('good', 'b''ad');
CREATE TABLE app.p (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m app.mood, j jsonb, b bytea, t text[],
  twice int GENERATED ALWAYS AS (1) STORED);
CREATE TABLE app.c (id serial PRIMARY KEY, p int REFERENCES app.p, at timestamptz, n numeric, txt text);
CREATE INDEX ON app.c (p); CREATE VIEW app.v AS SELECT * FROM app.p;
CREATE MATERIALIZED VIEW app.mv AS SELECT * FROM app.p;
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT ON app.c FOR EACH ROW EXECUTE FUNCTION app.f();
CREATE TABLE app.part (id int PRIMARY KEY, x text) PARTITION BY RANGE (id);
CREATE TABLE app.part1 PARTITION OF app.part FOR VALUES FROM (0) TO (9);
INSERT INTO app.p (m, j, b, t) VALUES ('b''ad', '{"a": null}', '\\x00ff', '{a,NULL,"x,y"}'), (NULL, NULL, '', '{}');
INSERT INTO app.c (p, at, n, txt) VALUES
 (1, 'infinity', 'NaN', E'tab\\t nl\\n \\\\. "q"'), (2, '0044-03-15 BC', 1e-30, '\\.');
INSERT INTO app.part VALUES (1, 'one'); REFRESH MATERIALIZED VIEW app.mv;
"""


@pytest.mark.parametrize("flags", [[], ["--inserts"], ["--column-inserts"], ["--clean", "--if-exists"], ["--no-owner"]])
def test_a_dump_restores_into_an_empty_database(importing: Importing, import_into: Make, flags: list[str]) -> None:
    original = import_into(DUMPED)
    dump = original.program("pg_dump", *flags)
    importing.configure()
    before = importing.hash
    check = importing.check(importing.write("dump.sql", dump), "restore")
    assert check.passes
    assert importing.hash == before
    report = importing.run("dump.sql", "restore")
    assert {t.name: t.inserted for t in report.tables} == {"app.p": 2, "app.c": 2, "app.part1": 1}
    assert importing.hash == original.hash


def test_a_dump_onto_equal_tables_loads_only_rows(importing: Importing, import_into: Make) -> None:
    original = import_into(DUMPED)
    dump = original.program("pg_dump")
    schema = original.program("pg_dump", "-s")
    importing.program("psql", "-q", "-v", "ON_ERROR_STOP=1", stdin=schema)
    importing.configure()
    importing.write("dump.sql", dump)
    for mode in ("append", "upsert", "skip", "replace"):
        importing.run("dump.sql", mode)
    importing.database.run("REFRESH MATERIALIZED VIEW app.mv")
    assert importing.hash == original.hash


def test_a_dump_whose_tables_differ_is_refused_with_the_differences(importing: Importing, import_into: Make) -> None:
    original = import_into(DUMPED)
    importing.program("psql", "-q", stdin=original.program("pg_dump", "-s"))
    importing.database.run("ALTER TABLE app.c ALTER n TYPE int; ALTER TABLE app.p ADD extra int")
    importing.configure()
    report = importing.check(importing.write("dump.sql", original.program("pg_dump")), "append")
    assert {(i.type, i.table, i.column) for i in report.issues if i.severity == "error"} == {
        ("column_differs", "app.c", "n"),
        ("column_differs", "app.p", "extra"),
    }


def test_restore_makes_what_is_missing(importing: Importing, import_into: Make) -> None:
    original = import_into(DUMPED)
    importing.program("psql", "-q", stdin=original.program("pg_dump", "-s", "-t", "app.p", "-n", "app"))
    importing.database.run("DROP TABLE IF EXISTS app.c, app.part CASCADE; DROP FUNCTION IF EXISTS app.f CASCADE")
    importing.configure()
    importing.run(importing.write("dump.sql", original.program("pg_dump")), "restore")
    importing.database.run("REFRESH MATERIALIZED VIEW app.mv")
    assert importing.hash == original.hash


def test_a_script_that_fails_leaves_nothing(importing: Importing) -> None:
    before = importing.hash
    script = "CREATE TABLE t (id int);\nALTER TABLE t ADD CHECK (missing > 1);\n"
    with pytest.raises(Refused, match="Line 2: ALTER TABLE failed"):
        importing.run(importing.write("x.sql", script), "restore")
    assert importing.hash == before


@pytest.mark.parametrize("form", ["copy", "inserts"])
def test_every_bad_row_of_a_whole_script_is_told(importing: Importing, form: str) -> None:
    rows = {"p": ["1", "1", "2"], "c": ["7\t1\t-1", "7\t9\t5", "x\t2\t5"]}
    copies = "".join(f"COPY {t} FROM stdin;\n" + "".join(f"{line}\n" for line in rows[t]) + "\\.\n" for t in "cp")
    inserts = ""
    for table in "cp":
        for line in rows[table]:
            inserts += f"INSERT INTO {table} VALUES ({', '.join(map(repr, line.split()))});\n"
    script = (
        "CREATE TABLE c (id int, p int, n int CHECK (n > 0));\nCREATE TABLE p (id int);\n"
        + (copies if form == "copy" else inserts)
        + "ALTER TABLE p ADD PRIMARY KEY (id);\nALTER TABLE c ADD PRIMARY KEY (id);\n"
        "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p;\n"
    )
    before = importing.hash
    with pytest.raises(FileRejected) as caught:
        importing.run(importing.write("x.sql", script), "restore")
    assert {(v.table, v.kind, *v.rows) for v in caught.value.violations} == {
        ("c", "bad_value", 3),
        ("c", "check", 1),
        ("c", "unique", 2),
        ("c", "foreign_key", 2),
        ("p", "unique", 2),
    }
    assert importing.hash == before


def test_what_a_script_says_of_its_rows_is_checked(importing: Importing, import_into: Make) -> None:
    import_into("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2), (3)")
    toml = importing.folder / "pgferry.toml"
    toml.write_text(toml.read_text().replace("[imports]", "[redaction]\nallow_none = true\n[imports]"))
    request = ExportRequest(database="main", format="sql", path="t.sql")
    export_database(load_services({}, importing.folder), Call(), request)
    importing.configure()
    importing.write("short.sql", (importing.folder / "t.sql").read_text().replace("\n2\n", "\n"))
    with pytest.raises(FileRejected) as caught:
        importing.run("short.sql", "restore")
    assert [(issue.type, issue.current, issue.import_) for issue in caught.value.issues] == [
        ("row_count", "2 rows", "manifest: 3 rows")
    ]
    assert "row counts: as the manifest says" in importing.run("t.sql", "restore").checks


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


def test_big_loads_drop_and_rebuild_and_leave_the_schema_as_it_was(import_into: Make) -> None:
    importing = import_into(SITES + "COMMENT ON INDEX people_age IS 'kept'; INSERT INTO sites (name) VALUES ('s')")
    rows = "id,site,age\n" + "".join(f"{n},1,{n % 90}\n" for n in range(60_000))
    before = content_hash(importing.database.url)
    report = importing.check(importing.write("people.csv", rows))
    assert report.passes
    assert any("indexes were built again" in hazard for hazard in report.hazards)
    assert importing.hash == before
    importing.run("people.csv")
    assert importing.database.rows("SELECT obj_description('people_age'::regclass)") == [("kept",)]
    assert importing.database.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(3,)]
