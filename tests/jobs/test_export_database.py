"""An export holds exactly what the database holds, in every format; or it fails and leaves nothing."""

import csv
import hashlib
import json
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from server.calls import Call
from server.errors import Refused
from server.files.manifests import read_manifest
from server.jobs.compare_schemas import compare_schemas
from server.jobs.export_segment import export_segment
from server.jobs.import_data import import_data
from server.model.imports.plan import ImportRequest
from server.model.segments.reports import SegmentRequest
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, document, dumped, insert_json, load_with_psql, raw_rows, unpacked, values
from tests.fix_services import Project

TYPES = (Path(__file__).parent / "exported_types.sql").read_text()


@pytest.fixture
def typed(project: Project, make_database: MakeDatabase) -> FreshDatabase:
    database = make_database()
    database.run(TYPES)
    project.add("it", database)
    return database


@pytest.mark.parametrize("inserts", [False, True])
def test_a_script_loads_with_psql_and_makes_an_equal_database(
    typed: FreshDatabase, export: Export, make_database: MakeDatabase, postgres: EmbeddedServer, inserts: bool
) -> None:
    report = export(format="sql", sql_inserts=inserts)
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert dumped(postgres, copy) == dumped(postgres, typed)


def test_no_old_strings_and_no_empty_large_objects_stand_in_a_script(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, export: Export
) -> None:
    """Both would make it one that import_data refuses."""
    project.add("it", fresh_database)
    fresh_database.run(r"CREATE TABLE t (x text DEFAULT '\a'); INSERT INTO t VALUES ('\b'); COMMENT ON TABLE t IS '\c'")
    fresh_database.run("SELECT lo_from_bytea(0, 'there')")
    fresh_database.run(f"ALTER DATABASE {fresh_database.name} SET standard_conforming_strings = off")
    copy = make_database()
    script = export(format="sql", sql_inserts=True).path
    project.add("copy", copy, access="write")
    request = ImportRequest(database="copy", path=str(script), mode="restore", confirm=True)
    import_data(project.services, Call(), request)
    assert copy.rows("SELECT x, obj_description('t'::regclass) FROM t") == [(r"\b", r"\c")]
    assert copy.rows("SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]
    copy.run("INSERT INTO t DEFAULT VALUES")
    assert copy.rows("SELECT x FROM t") == [(r"\b",), (r"\a",)]


@pytest.mark.parametrize("compress", ["none", "gzip", "zstd"])
def test_every_value_of_a_document_is_read_back(
    typed: FreshDatabase, export: Export, make_database: MakeDatabase, compress: str
) -> None:
    report = export(compress=compress)
    copy = empty_copy(make_database)
    written = [row for table, row in raw_rows(str(report.path)) if table == "every"]
    insert_json(copy, "every", written, columns_of(typed))
    assert values(copy, "every") == values(typed, "every")
    assert report.total_rows == len(written) == int(document(str(report.path))["metadata"]["totalRecords"])


def test_every_value_of_json_lines_is_read_back(
    typed: FreshDatabase, export: Export, make_database: MakeDatabase
) -> None:
    report = export(format="jsonl", compress="zstd")
    copy = empty_copy(make_database)
    lines = unpacked(Path(str(report.path)) / "every.jsonl.zst").decode().split("\n")
    insert_json(copy, "every", lines[:-1], columns_of(typed))
    assert lines[-1] == ""
    assert values(copy, "every") == values(typed, "every")


def test_every_value_of_csv_is_read_back(typed: FreshDatabase, export: Export, make_database: MakeDatabase) -> None:
    report = export(format="csv", compress="gzip")
    copy = make_database()
    copy.run(TYPES.partition("INSERT INTO")[0].replace("GENERATED ALWAYS AS (big / 2) STORED", ""))
    with (
        psycopg.connect(copy.url) as connection,
        connection.cursor().copy("COPY every FROM STDIN (FORMAT csv, HEADER)") as load,
    ):
        load.write(unpacked(Path(str(report.path)) / "every.csv.gz"))
    assert values(copy, "every") == values(typed, "every")


def empty_copy(make_database: MakeDatabase) -> FreshDatabase:
    copy = make_database()
    copy.run(TYPES.partition("INSERT INTO")[0])
    return copy


def columns_of(database: FreshDatabase) -> list[str]:
    """Those that can be written."""
    query = "SELECT attname FROM pg_attribute WHERE attrelid = 'every'::regclass AND attnum > 0 AND attgenerated = ''"
    return [row[0] for row in database.rows(query)]


def test_the_metadata_come_first_and_say_what_follows(typed: FreshDatabase, export: Export) -> None:
    report = export()
    path = Path(str(report.path))
    metadata = document(str(path))["metadata"]
    assert list(document(str(path))) == ["metadata", "data"]
    assert list(metadata)[:6] == [
        "exportedAt", "exportType", "version", "filtersApplied", "recordCounts", "totalRecords",
    ]  # fmt: skip
    assert metadata["exportType"] == "full"
    assert metadata["version"] == "1.0"
    rows = typed.rows("SELECT count(*) FROM every")[0][0]
    assert metadata["recordCounts"] == {"every": str(rows)}
    manifest = read_manifest(path)
    assert manifest is not None
    assert manifest.tables[0].primary_key == ["id"]
    assert {"name": "doubled", "type": "bigint", "generated": True, "nullable": True} in [
        column.model_dump() for column in manifest.tables[0].columns
    ]
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert report.bytes == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_json_cannot_carry_is_counted(project: Project, fresh_database: FreshDatabase, export: Export) -> None:
    fresh_database.run(
        """CREATE TABLE odd (id int, jb jsonb, j json, a int[]);
        INSERT INTO odd VALUES (1, 'null', ' null', '[0:1]={1,2}'), (2, NULL, '"\\u0000"', '[1:1][2:2]={{1}}'),
        (3, '{"a": null}', E'[1,\\n 2]', '{1}')"""
    )
    project.add("it", fresh_database)
    warnings = export().warnings
    assert [warning.split(";")[0].split(" with ")[0] for warning in warnings] == [
        "odd: 1 row",
        "odd: 2 rows",
        "odd: 1 row",
    ]
    assert [row for _, row in raw_rows(str(export().path))][2].count("\n") == 0


def test_null_and_the_empty_string_stay_apart_in_csv(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run("CREATE TABLE t (a text, b text); INSERT INTO t VALUES (NULL, ''), ('a,\"b', E'x\\ny')")
    project.add("it", fresh_database)
    report = export(format="csv")
    text = (Path(str(report.path)) / "t.csv").read_text()
    assert text == 'a,b\n,""\n"a,""b","x\ny"\n'
    assert list(csv.reader(text.splitlines(keepends=True)))[2] == ['a,"b', "x\ny"]


def test_a_partitioned_table_is_written_once_and_views_never(
    project: Project,
    fresh_database: FreshDatabase,
    export: Export,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
) -> None:
    fresh_database.run(
        """CREATE SCHEMA app; CREATE TABLE app.log (day date, n int, PRIMARY KEY (day, n)) PARTITION BY RANGE (day);
        CREATE TABLE app.log_1 PARTITION OF app.log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE app.log_2 (n int NOT NULL, day date NOT NULL);
        ALTER TABLE app.log ATTACH PARTITION app.log_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
        INSERT INTO app.log SELECT date '2024-01-31' + i % 2, i FROM generate_series(1, 6) AS i;
        CREATE VIEW seen AS SELECT * FROM app.log; CREATE MATERIALIZED VIEW kept AS SELECT * FROM app.log;
        CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3);
        CREATE TABLE "odd.name" (id serial); INSERT INTO "odd.name" DEFAULT VALUES;
        CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; CREATE TABLE unused (a int)"""
    )
    project.add("it", fresh_database)
    report = export()
    counts = {table.name: table.rows for table in report.tables}
    assert counts == {"app.log": 6, "parent": 1, "child": 1, '"odd.name"': 1, "nothing": 1, "unused": 0}
    data = document(str(report.path))["data"]
    assert {row["n"] for row in data["app.log"]} == set("123456")
    assert data["nothing"] == [{}]
    assert data["unused"] == []
    for fmt in ("csv", "jsonl"):
        assert {table.name: table.rows for table in export(format=fmt).tables} == counts
    copy = make_database()
    load_with_psql(postgres, Path(str(export(format="sql").path)), copy)
    assert dumped(postgres, copy) == dumped(postgres, fresh_database)


def test_what_is_no_table_of_its_own_is_told_as_what_it_is(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run(
        """CREATE TABLE a (x int) PARTITION BY LIST (x); CREATE TABLE a_1 PARTITION OF a FOR VALUES IN (1);
        CREATE VIEW seen AS SELECT * FROM a; CREATE MATERIALIZED VIEW kept AS SELECT * FROM a;
        CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;
        CREATE FOREIGN TABLE remote (x int) SERVER far"""
    )
    project.add("it", fresh_database)
    kinds = {"a_1": "a partition of a", "seen": "a view", "kept": "a materialised view", "remote": "a foreign table"}
    for name, kind in kinds.items():
        with pytest.raises(Refused, match=f"public.{name} is {kind},") as refused:
            export(tables=[name])
        assert refused.value.code == "not_a_table"
        segment = SegmentRequest.model_validate({"database": "it", "filters": [{"table": "a"}], "tables": [name]})
        with pytest.raises(Refused, match=f"public.{name} is {kind},"):
            export_segment(project.services, Call(), segment)


def test_only_chosen_tables_are_written_and_the_others_are_named(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run(
        "CREATE TABLE a (x int); CREATE TABLE ab (x int, y int); CREATE TABLE c (x int); CREATE TABLE debug (x int)"
    )
    project.add("it", fresh_database)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[exports]\nexclude_tables = ["debug"]\n')
    report = export(tables=["a*", "debug"], exclude_tables=["ab"])
    assert [table.name for table in report.tables] == ["a"]
    assert report.excluded_tables == ["ab", "debug"]
    assert document(str(report.path))["metadata"]["filtersApplied"] == {
        "tables": ["a*", "debug"],
        "excludeTables": ["ab"],
    }
    with pytest.raises(Refused, match=r"unknown_table.*ab"):
        export(tables=["abb"])
    with pytest.raises(Refused, match="bad_pattern"):
        export(tables=["a.b.c"])
    with pytest.raises(Refused, match="unknown_column"):
        export(exclude_columns=["z"])


def test_a_script_of_chosen_tables_loads_although_rows_they_refer_to_are_not_in_it(
    project: Project,
    fresh_database: FreshDatabase,
    export: Export,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
) -> None:
    fresh_database.run(
        """CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE "odd kids" (id int, parent int REFERENCES parents);
        CREATE TABLE parted (id int, parent int REFERENCES parents ON DELETE CASCADE) PARTITION BY LIST (id);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
        CREATE TABLE others (id int REFERENCES parents);
        INSERT INTO parents VALUES (1); INSERT INTO "odd kids" VALUES (1, 1); INSERT INTO parted VALUES (1, 1)"""
    )
    project.add("it", fresh_database)
    report = export(format="sql", exclude_tables=["parents"])
    assert any("parents" in warning for warning in report.warnings)
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    keys = dict(copy.rows("SELECT conrelid::regclass::text, convalidated FROM pg_constraint WHERE contype = 'f'"))
    assert keys == {'"odd kids"': False, "others": False}
    assert copy.rows('SELECT count(*) FROM "odd kids", parted') == [(1,)]


def test_an_estimate_writes_nothing(typed: FreshDatabase, export: Export, project: Project) -> None:  # noqa: ARG001
    report = export(estimate_only=True)
    assert report.estimated
    assert report.path is None
    assert report.tables[0].bytes > 0
    assert not (project.root / ".pgferry").exists()


def test_the_schema_alone_is_that_of_pg_dump_and_holds_no_rows(
    typed: FreshDatabase, export: Export, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    script = export(content="schema", format="sql")
    copy = make_database()
    load_with_psql(postgres, Path(str(script.path)), copy)
    assert dumped(postgres, copy, "-s") == dumped(postgres, typed, "-s")
    inside = document(str(export(content="schema").path))
    assert "CREATE TABLE public.every" in inside["metadata"]["schemaSql"]
    assert inside["data"] == {}
    folder = Path(str(export(content="schema", format="csv").path))
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "schema.sql"]
    assert json.loads((folder / "manifest.json").read_text())["content"] == "schema"


def test_the_rows_alone_load_into_an_empty_copy(
    project: Project,
    fresh_database: FreshDatabase,
    export: Export,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
) -> None:
    ddl = "CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id serial, b int REFERENCES b);"
    fresh_database.run(ddl + "INSERT INTO b VALUES (1); INSERT INTO a (b) VALUES (1), (NULL)")
    project.add("it", fresh_database)
    copy = make_database()
    copy.run(ddl)
    load_with_psql(postgres, Path(str(export(content="data", format="sql").path)), copy)
    assert dumped(postgres, copy) == dumped(postgres, fresh_database)


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv"])
def test_a_full_export_is_a_side_of_a_comparison(
    project: Project, export: Export, fresh_database: FreshDatabase, format_: str
) -> None:
    fresh_database.run("CREATE TABLE t (id int PRIMARY KEY, word text); INSERT INTO t VALUES (1, 'x')")
    project.add("it", fresh_database)
    path = str(export(format=format_).path)
    fresh_database.run("ALTER TABLE t ADD extra int")
    report = compare_schemas(project.services, Call(), source=path, target="it", detail="differences")
    assert [(entry.change, entry.name) for entry in report.differences] == [("added", "t.extra")]


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_rows_are_exported_where_the_schema_cannot_be_dumped(
    project: Project, export: Export, fresh_database: FreshDatabase, format_: str
) -> None:
    """pg_dump locks every table; here the role may not even see into one that is left out of the export."""
    role = f"reader_{fresh_database.name}"
    fresh_database.run(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE secret (id int);"
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT ON t TO {role}"
    )
    address = urlsplit(fresh_database.url)
    limited = fresh_database.url.replace(address.netloc, f"{role}:x@{address.hostname}:{address.port}")
    project.add("it", FreshDatabase(fresh_database.name, limited))
    report = export(format=format_, tables=["t"])
    assert report.total_rows == 1
    assert [warning for warning in report.warnings if "restore cannot create tables" in warning]
    told = read_manifest(Path(str(report.path)))
    assert told
    assert (told.schema_sql, told.schema_file) == (None, None)
    fresh_database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_losses_inside_of_arrays_and_composites_are_counted(
    project: Project, export: Export, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(
        """CREATE TYPE pair AS (a int[], b text); CREATE TABLE nested (id int, many jsonb[], one pair);
        INSERT INTO nested VALUES (1, ARRAY['null', '1']::jsonb[], ('{1,2}', 'x')),
            (2, ARRAY[NULL, '"null"']::jsonb[], NULL),
            (3, NULL, ('[0:1]={1,2}', 'x')), (4, ARRAY['{"null": 1}']::jsonb[], ('[2:2][0:0]={{1}}', '[1]'))"""
    )
    project.add("it", fresh_database)
    assert [line.partition(" with ")[0] for line in export().warnings] == [
        "nested: 1 row",
        "nested: 2 rows",
    ]
    assert export(format="csv").warnings == []
