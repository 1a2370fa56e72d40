"""SQL scripts and dumps: onto nothing, onto equal tables, onto others; and what is said of those that do not fit."""

import json

import pytest

from server.calls import Call
from server.errors import Refused
from server.jobs.export_database import export_database
from server.model.exports import ExportRequest
from server.model.imports.reports import FileRejected
from server.services import load_services
from tests.fix_imports import Importing, Make

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


def test_what_a_script_makes_and_an_import_of_its_rows_does_not_is_told(importing: Importing) -> None:
    importing.database.run("CREATE TABLE t (id int)")
    importing.write("t.sql", "CREATE TABLE t (id int); CREATE INDEX i ON t (id); INSERT INTO t VALUES (1);")
    told = importing.run("t.sql", "append").checks
    assert "left out: 2 statements of the script that make or drop something; mode restore runs them" in told


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


def test_triggers_of_a_script_come_after_its_rows_where_they_are_not_to_run(importing: Importing) -> None:
    script = (
        "CREATE TABLE t (id int, n int);\n"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := 0; RETURN NEW; END';\n"
        "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();\nCOMMENT ON TRIGGER f ON t IS 'x';\n"
        "ALTER TABLE t ENABLE ALWAYS TRIGGER f;\nINSERT INTO t VALUES (1, 5);\n"
    )
    report = importing.run(importing.write("t.sql", script), "restore", run_triggers=False)
    assert "triggers_off: 1 trigger made after the rows (run_triggers = false)" in report.hazards
    assert importing.database.rows("SELECT n FROM t") == [(5,)]
    assert importing.database.rows("SELECT tgenabled::text FROM pg_trigger") == [("A",)]


@pytest.mark.parametrize("form", ["script", "csv"])
def test_labels_that_an_enum_lacks_are_told_before_the_rows(import_into: Make, form: str) -> None:
    importing = import_into("CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (id int, m mood)")
    schema = "CREATE TYPE public.mood AS ENUM ('ok', 'happy', 'sad');\nCREATE TABLE public.t (id int, m public.mood);\n"
    path = importing.write("t.sql", schema + "COPY public.t (id, m) FROM stdin;\n1\tok\n\\.\n")
    if form == "csv":
        manifest = {
            "exportedAt": "", "exportType": "full", "filtersApplied": {}, "recordCounts": {"t": 1}, "totalRecords": 1,
            "content": "full", "format": "csv", "database": "x", "serverVersion": "18", "schemaFingerprint": "",
            "schemaFile": "schema.sql", "tables": [
                {"name": "t", "schemaName": "public", "table": "t", "rows": 1, "file": "t.csv", "columns": [
                    {"name": "id", "type": "integer"}, {"name": "m", "type": "public.mood"}]}],
        }  # fmt: skip
        for name, content in {
            "manifest.json": json.dumps(manifest),
            "schema.sql": schema,
            "t.csv": "id,m\n1,ok\n",
        }.items():
            importing.write(f"folder/{name}", content)
        path = "folder"
    report = importing.run(path)
    (issue,) = [issue for issue in report.issues if issue.type == "enum_label"]
    assert (issue.column, issue.current, issue.import_, issue.severity) == ("m", "ok, sad", "also happy", "warning")


@pytest.mark.parametrize("mode", ["append", "restore"])
def test_names_without_a_schema_are_those_of_the_scripts_search_path(import_into: Make, mode: str) -> None:
    target = import_into(
        'CREATE SCHEMA "App"; CREATE TABLE "App".t (id serial, v text); CREATE TABLE t (id int, v text)'
    )
    rows = "INSERT INTO t VALUES (1, 'a');\nCOPY t (id, v) FROM stdin;\n2\tb\n\\.\nSELECT setval('t_id_seq', 40);\n"
    target.write("rows.sql", f'SET search_path = "App", pg_catalog;\n{rows}')
    assert [table.name for table in target.run("rows.sql", mode).tables] == ["App.t"]
    assert target.database.rows('SELECT * FROM "App".t ORDER BY 1') == [(1, "a"), (2, "b")]
    assert target.database.rows("SELECT nextval('\"App\".t_id_seq')") == [(41,)]
    assert target.database.rows("SELECT * FROM t") == []


def test_a_script_with_a_search_path_makes_its_tables_where_it_leads(importing: Importing) -> None:
    made = (
        'CREATE SCHEMA "App"; SET search_path = "App", public; CREATE TABLE t (id int); CREATE TABLE public.u (id int);'
    )
    importing.write("made.sql", f"{made}\nINSERT INTO t VALUES (1);\nINSERT INTO u VALUES (2);\n")
    assert [table.name for table in importing.run("made.sql", "restore").tables] == ["App.t", "u"]
    assert importing.database.rows('SELECT t.id, u.id FROM "App".t, u') == [(1, 2)]
    assert [table.name for table in importing.run("made.sql", "append").tables] == ["App.t", "u"]


@pytest.mark.parametrize("path", ["app, public", "'app', \"public\""])
def test_a_search_path_leads_to_the_first_schema_that_has_the_name(import_into: Make, path: str) -> None:
    target = import_into("CREATE SCHEMA app; CREATE TABLE t (id int); CREATE TABLE u (id serial, v text)")
    rows = "INSERT INTO u VALUES (1, 'x'); SELECT setval('u_id_seq', 5);"
    target.run(target.write("rows.sql", f"SET search_path = {path}; {rows}"))
    assert target.database.rows("SELECT id, v, nextval('u_id_seq') FROM u") == [(1, "x", 6)]


@pytest.mark.parametrize("there", ["", "CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE TABLE t (id int)"])
def test_a_new_table_is_in_the_first_schema_of_the_search_path_whatever_stands_behind(
    import_into: Make, there: str
) -> None:
    target = import_into(there)
    made = "CREATE TABLE public.t (id int); CREATE SCHEMA app; SET search_path = app, public; CREATE TABLE t (id int);"
    target.run(target.write("made.sql", f"{made} INSERT INTO t VALUES (1);"), "restore")
    assert target.database.rows("SELECT id FROM app.t") == [(1,)]
    assert target.database.rows("SELECT id FROM public.t") == []


@pytest.mark.parametrize("made", ["", "CREATE TABLE t (d date, at timestamptz, i interval);"])
def test_values_are_read_by_the_settings_of_the_script(importing: Importing, made: str) -> None:
    table = "CREATE TABLE t (d date, at timestamptz, i interval)"
    settings = "SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Kolkata'; SET intervalstyle = 'sql_standard';"
    importing.write(
        "rows.sql", f"{made}{settings}\nINSERT INTO t VALUES ('01/02/2025', '2025-01-01 00:00', '-1 2:00');\n"
    )
    if not made:
        importing.database.run(table)
    importing.run("rows.sql", "restore" if made else "append")
    values = "SELECT d = '2025-02-01', at = '2024-12-31 18:30Z', i = '-1 day -2 hours' FROM t"
    assert importing.database.rows(values) == [(True, True, True)]


def test_values_that_would_be_read_in_two_ways_are_refused(import_into: Make) -> None:
    target = import_into("CREATE TABLE t (d date)")
    row = "INSERT INTO t VALUES ('01/02/2025');"
    target.write("rows.sql", f"SET datestyle = 'SQL, DMY'; {row}\nSET datestyle = 'SQL, MDY'; {row}\n")
    with pytest.raises(Refused, match="Line 2 is refused: SET datestyle") as refused:
        target.check("rows.sql")
    assert refused.value.code == "setting_changes"
    with pytest.raises(Refused, match="SET search_path TO DEFAULT"):
        target.check(target.write("path.sql", f"SET search_path TO DEFAULT; {row}"))


@pytest.mark.parametrize("there", ["", 'CREATE SCHEMA "App"; CREATE TABLE "App".t (id int, v text)'])
def test_triggers_that_come_after_the_rows_are_made_where_the_search_path_led_before_them(
    import_into: Make, there: str
) -> None:
    target = import_into(there)
    made = 'CREATE SCHEMA "App"; SET search_path = "App", pg_catalog; CREATE TABLE t (id int, v text);'
    made += " CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    made += " CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE f();"
    rows = "INSERT INTO t VALUES (1, 'a'); SET search_path = public, pg_catalog; CREATE TABLE u (id int);"
    target.run(target.write("old.sql", f"{made} {rows}"), "restore", run_triggers=False)
    assert target.database.rows('SELECT * FROM "App".t') == [(1, "a")]
    assert target.database.rows("SELECT tgrelid::regclass::text FROM pg_trigger") == [('"App".t',)]
