"""import_data and check_import on a real server: every mode, every form of file, and what asks for consent."""

import gzip
import json

import pytest
import zstandard

from server.errors import Refused
from server.model.imports.reports import FileRejected
from tests.fix_imports import SITES, Make, content_hash

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


@pytest.mark.parametrize("mode", ["append", "replace", "upsert"])
def test_keys_of_and_to_one_partition_alone_hold_back_no_table(import_into: Make, mode: str) -> None:
    importing = import_into("""
        CREATE TABLE a (id int PRIMARY KEY, b int);
        CREATE TABLE b (id int, part int, a int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
        CREATE TABLE b_1 PARTITION OF b (UNIQUE (id), FOREIGN KEY (a) REFERENCES a) FOR VALUES IN (1);
        CREATE TABLE b_2 PARTITION OF b DEFAULT;
        ALTER TABLE a ADD CONSTRAINT to_part FOREIGN KEY (b) REFERENCES b_1 (id);
        CREATE TABLE c (id int PRIMARY KEY);
        CREATE TABLE aa (id int PRIMARY KEY, c int) PARTITION BY LIST (id);
        CREATE TABLE aa_1 PARTITION OF aa (FOREIGN KEY (c) REFERENCES c) DEFAULT;
        INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1, 1); UPDATE a SET b = 1
    """)
    data = {
        "a": [{"id": "1", "b": "7"}, {"id": "2", "b": "7"}],
        "aa": [{"id": "1", "c": "3"}],
        "b": [
            {"id": "7", "part": "1", "a": "2"},
            {"id": "1", "part": "1", "a": "1"},
            {"id": "8", "part": "2", "a": "9"},
        ],
        "c": [{"id": "3"}],
    }
    if mode == "append":
        importing.database.run("UPDATE a SET b = NULL; DELETE FROM b; DELETE FROM a")
    report = importing.run(importing.write("some.json", json.dumps({"data": data})), mode)
    assert report.outcome == "committed"
    assert importing.database.rows("SELECT id, b FROM a ORDER BY 1") == [(1, 7), (2, 7)]
    assert importing.database.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(3,)]


def test_partitions_that_a_dump_has_by_themselves_are_replaced_whatever_refers_to_them(import_into: Make) -> None:
    importing = import_into("""
        CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE, b int REFERENCES b) PARTITION BY LIST (id);
        CREATE TABLE b_1 PARTITION OF b FOR VALUES IN (1);
        CREATE TABLE b_2 PARTITION OF b DEFAULT PARTITION BY LIST (id);
        CREATE TABLE b_2_2 PARTITION OF b_2 DEFAULT;
        CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b);
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1, 2), (2, 1, 1); INSERT INTO c VALUES (1, 2)
    """)
    path = importing.write("dump.sql", importing.program("pg_dump", "--data-only"))
    keys = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1"
    before = content_hash(importing.database.url, schema=False), importing.database.rows(keys)
    importing.database.run("UPDATE b SET b = NULL; INSERT INTO a VALUES (2); INSERT INTO b VALUES (3, 2, 3)")
    assert importing.run(path, "replace").outcome == "committed"
    assert (content_hash(importing.database.url, schema=False), importing.database.rows(keys)) == before


def test_many_rows_of_partitions_are_checked_at_once_as_those_of_their_table_are(import_into: Make) -> None:
    importing = import_into("""
        CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE b (id int, a int REFERENCES a) PARTITION BY HASH (id);
        CREATE TABLE b_0 PARTITION OF b FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE b_1 PARTITION OF b FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO a VALUES (1); INSERT INTO b SELECT n, 1 FROM generate_series(1, 6000) AS n
    """)
    path = importing.write("dump.sql", importing.program("pg_dump", "--data-only", "--table=b*"))
    importing.database.run("TRUNCATE b")
    report = importing.run(path)
    assert (report.outcome, report.hazards[0][:30]) == ("committed", "blocking_lock: 1 foreign key (")


@pytest.mark.parametrize(
    "form", ["array", "tables", "jsonl", "csv", "tsv", "semicolons", "gzip", "zstd", "sql", "inserts"]
)
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
        "semicolons": ("t.csv", csv.replace(",", ";")),
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
    lost = [hazard for hazard in report.hazards if hazard.startswith("data_loss")]
    assert lost == [
        "data_loss: people: 1 row deleted, 1 of them with keys that the file does not have",
        "data_loss: sites: 1 row deleted, 0 of them with keys that the file does not have",
    ]


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


def test_a_rehearsal_changes_nothing_and_says_what_would_be(import_into: Make) -> None:
    importing = import_into(SITES)
    before = importing.hash
    report = importing.check(importing.write("some.json", json.dumps(DOCUMENT)))
    assert report.passes
    assert report.outcome == "rolled_back"
    assert sum(table.inserted for table in report.tables) == 4
    assert report.sequences_set == 2
    assert importing.hash == before


def test_columns_and_schemas_can_be_mapped(import_into: Make) -> None:
    importing = import_into("CREATE SCHEMA app; CREATE TABLE app.t (id int, name text)")
    name = importing.write("t.csv", "nr,title,junk\n1,a,x\n")
    importing.run(name, into_schema="app", columns={"t": {"nr": "id", "title": "name", "junk": ""}})
    assert importing.database.rows("SELECT * FROM app.t") == [(1, "a")]


def test_columns_that_the_file_lacks_are_told_at_once(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int, a text, b date, c int DEFAULT 1, d serial)")
    issues = importing.check(importing.write("t.csv", "id\n1\n")).issues
    assert [(issue.type, issue.column, issue.current) for issue in issues] == [
        ("column_not_in_file", "a, b", "gets NULL"),
        ("column_not_in_file", "c, d", "gets its default"),
    ]


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


def test_a_role_that_may_not_see_the_records_of_another_imports_and_is_told(import_into: Make) -> None:
    importing = import_into("CREATE TABLE t (id int)")
    name = importing.write("t.csv", "id\n1\n")
    importing.run(name)
    role = f"writer_{importing.database.name}"
    importing.database.run(f"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT ALL ON t TO {role}")
    login = importing.database.url.split("//")[1].split("@")[0]
    importing.configure(url=importing.database.url.replace(login, f"{role}:x"))
    report = importing.run(importing.write("t.csv", "id\n2\n"))
    importing.database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert [hazard.split(":")[0] for hazard in report.hazards] == ["no_record"]
    assert importing.database.rows("SELECT id FROM t ORDER BY id") == [(1,), (2,)]


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


def test_sequences_move_past_the_rows_of_partitions_that_are_loaded_by_themselves(import_into: Make) -> None:
    importing = import_into("""
        CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY, n serial, a int) PARTITION BY LIST (a);
        CREATE TABLE t_1 PARTITION OF t DEFAULT
    """)
    assert importing.run(importing.write("t_1.csv", "id,n,a\n5,7,1\n")).sequences_set == 2
    assert importing.database.rows("INSERT INTO t (a) VALUES (1) RETURNING id, n") == [(6, 8)]


@pytest.mark.parametrize("loaded", ["t", "t_1"])
def test_triggers_of_tables_and_of_their_partitions_do_not_run_where_told_so(import_into: Make, loaded: str) -> None:
    importing = import_into(
        "CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE t_1 PARTITION OF t DEFAULT;"
        "CREATE TABLE log (n int);"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END $$;"
        "CREATE TRIGGER of_all AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
        "CREATE TRIGGER of_one AFTER INSERT ON t_1 FOR EACH ROW EXECUTE FUNCTION f();"
    )
    report = importing.run(importing.write(f"{loaded}.csv", "id\n1\n2\n"), run_triggers=False)
    assert report.hazards == ["triggers_off: 2 triggers did not run (run_triggers = false)"]
    assert importing.database.rows("SELECT count(*) FROM log") == [(0,)]
    assert importing.database.rows("SELECT DISTINCT tgenabled::text, count(*) FROM pg_trigger GROUP BY 1") == [("O", 3)]


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


def test_big_loads_drop_and_rebuild_and_leave_the_schema_as_it_was(import_into: Make) -> None:
    importing = import_into(SITES + "COMMENT ON INDEX people_age IS 'kept'; INSERT INTO sites (name) VALUES ('s')")
    rows = "id,site,age\n" + "".join(f"{n},1,{n % 90}\n" for n in range(60_000))
    before = content_hash(importing.database.url)
    report = importing.check(importing.write("people.csv", rows))
    assert report.passes
    assert any("1 index built again" in hazard for hazard in report.hazards)
    assert importing.hash == before
    importing.run("people.csv")
    assert importing.database.rows("SELECT obj_description('people_age'::regclass)") == [("kept",)]
    assert importing.database.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(3,)]


def test_upsert_leaves_rows_alone_that_are_the_same_to_the_last_byte(import_into: Make) -> None:
    importing = import_into(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric, j json, p point, x text, a text[], f float8);"
        "INSERT INTO t SELECT i, 1.0, '{\"a\": 1}', '(1,2)', repeat('long', 4000), '{a,NULL}', '-0' FROM"
        " generate_series(1, 3) AS i"
    )
    same = f'1.0,"{{""a"": 1}}","(1,2)",{"long" * 4000},"{{a,NULL}}",-0'
    rows = [f"1,{same}", "2," + same.replace("1.0", "1.00", 1), f"3,{same[:-2]}0"]
    (table,) = importing.run(importing.write("t.csv", "id,n,j,p,x,a,f\n" + "\n".join(rows) + "\n"), "upsert").tables
    assert (table.inserted, table.updated, table.skipped) == (0, 2, 1)
    assert importing.database.rows("SELECT n::text, f::text FROM t ORDER BY id") == [
        ("1.0", "-0"), ("1.00", "-0"), ("1.0", "0"),
    ]  # fmt: skip


_LOOSE = """
CREATE TABLE seen (n int); CREATE TABLE t (id int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen SELECT count(*) FROM t;
RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE FUNCTION known(int) RETURNS boolean LANGUAGE plpgsql AS
    'BEGIN RETURN EXISTS (SELECT FROM seen WHERE n = $1); END';
INSERT INTO seen VALUES (7); ALTER TABLE t ADD CHECK (known(id))
"""


def test_triggers_and_checks_find_tables_that_they_name_without_a_schema(import_into: Make) -> None:
    importing = import_into(_LOOSE)
    importing.run(importing.write("t.csv", "id\n7\n"))
    importing.run(importing.write("t.jsonl", '{"id": 7}\n'))
    assert importing.database.rows("SELECT n FROM seen ORDER BY n") == [(1,), (2,), (7,)]
    report = importing.check(importing.write("more.csv", "id\n7\n8\n9\n"), tables=["t"])
    assert [(v.kind, v.total) for v in report.violations] == [("check", 2)]


@pytest.mark.parametrize("mode", ["append", "skip"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_rows_without_a_column_of_their_own_are_rows(import_into: Make, form: str, mode: str) -> None:
    importing = import_into("CREATE TABLE none (); CREATE TABLE computed (a int GENERATED ALWAYS AS (1) STORED)")
    importing.run(importing.write("none.jsonl", "{}\n{}\n"), mode)
    importing.run(importing.write(f"computed.{form}", "a\n1\n1\n" if form == "csv" else '{"a": 1}\n{"a": 1}\n'), mode)
    counts = "SELECT (SELECT count(*) FROM none), (SELECT sum(a) FROM computed)"
    assert importing.database.rows(counts) == [(2, 2)]
