"""A database, exported in every format and imported into an empty copy, is the same by content."""

from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.calls import Call
from server.errors import Refused
from server.jobs.export_database import export_database
from server.jobs.export_segment import export_segment
from server.jobs.import_data import import_data
from server.model.exports import ExportRequest
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import FileRejected
from server.model.manifest import Format
from server.model.segments.reports import SegmentRequest
from server.postgres.embedded import EmbeddedServer
from server.services import load_services
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_imports import Importing, content_hash
from tests.jobs.test_export_database_any_rows import COLUMNS, TABLE
from tests.jobs.test_export_database_any_rows import rows as any_rows

TYPES = (Path(__file__).parent / "exported_types.sql").read_text()
FORMATS = [("json", "none"), ("json", "gzip"), ("jsonl", "none"), ("csv", "none"), ("csv", "zstd"), ("sql", "none")]


def settings_of(folder: Path, source: FreshDatabase, target: FreshDatabase) -> None:
    (folder / "pgferry.toml").write_text(
        f'[databases.source]\nurl = "{source.url}"\n[databases.main]\nurl = "{target.url}"\naccess = "write"\n'
        "[redaction]\nallow_none = true\n"
    )


def exported(folder: Path, format_: str, compress: str, content: str = "full") -> str:
    request = ExportRequest.model_validate(
        {"database": "source", "format": format_, "compress": compress, "content": content, "redact": "none"}
    )
    return str(export_database(load_services({}, folder), Call(), request).path)


def imported(folder: Path, path: str, mode: str) -> None:
    asked = {"database": "main", "path": path, "mode": mode, "confirm": True, "run_triggers": mode == "restore"}
    request = ImportRequest.model_validate(asked)
    try:
        import_data(load_services({}, folder), Call(), request)
    except FileRejected as failure:
        raise AssertionError(failure.details) from None


def test_the_types_of_every_kind_survive(tmp_path: Path, make_database: MakeDatabase, postgres: EmbeddedServer) -> None:
    source = make_database()
    source.run(TYPES)
    before = content_hash(source.url)
    empty = make_database()
    copy = Importing(tmp_path, empty, postgres.bin_directory)
    copy.program("psql", "-q", "-v", "ON_ERROR_STOP=1", stdin=copy.program("pg_dump", "-s", url=source.url))
    for format_, compress in FORMATS:
        target = make_database(empty)
        settings_of(tmp_path, source, target)
        path = exported(tmp_path, format_, compress, "data" if format_ != "sql" else "full")
        imported(tmp_path, path, "append")
        refreshed(target)
        assert content_hash(target.url) == before, (format_, compress)


def test_rows_that_break_what_is_not_valid_are_restored_with_it(tmp_path: Path, make_database: MakeDatabase) -> None:
    source = make_database()
    source.run(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p int); INSERT INTO c VALUES (1, 1), (2, 2);"
        "ALTER TABLE c ADD CONSTRAINT big CHECK (id > 1) NOT VALID, ADD CONSTRAINT p FOREIGN KEY (p) REFERENCES p"
        " NOT VALID; COMMENT ON CONSTRAINT big ON c IS 'since May'"
    )
    what = "SELECT pg_get_constraintdef(oid), obj_description(oid) FROM pg_constraint WHERE NOT convalidated ORDER BY 1"
    for format_, compress in FORMATS:
        target = make_database()
        settings_of(tmp_path, source, target)
        imported(tmp_path, exported(tmp_path, format_, compress), "restore")
        assert target.rows("TABLE c ORDER BY 1") == [(1, 1), (2, 2)]
        assert target.rows(what) == source.rows(what)


def test_a_database_without_a_table_is_restored(tmp_path: Path, make_database: MakeDatabase) -> None:
    source = make_database()
    source.run("CREATE TYPE mood AS ENUM ('ok'); CREATE SEQUENCE s; SELECT nextval('s'), nextval('s')")
    before = content_hash(source.url)
    for format_, compress in FORMATS:
        target = make_database()
        settings_of(tmp_path, source, target)
        imported(tmp_path, exported(tmp_path, format_, compress), "restore")
        assert content_hash(target.url) == before, (format_, compress)


def test_a_json_null_where_no_null_may_be_comes_back(tmp_path: Path, make_database: MakeDatabase) -> None:
    """Read by COPY, and by the server where a type is not plain. Where NULL may be too, json writes both alike."""
    source = make_database()
    rows: dict[str, list[Any]] = {}
    tables = ""
    for table, type_ in (("plain", "text"), ("boxed", "box")):
        columns = f"id int PRIMARY KEY, told jsonb NOT NULL, noted json NOT NULL, may jsonb, odd {type_}"
        tables += f"CREATE TABLE {table} ({columns});"
        source.run(f"CREATE TABLE {table} ({columns})")
        source.run(f"INSERT INTO {table} VALUES (1, 'null', 'null', NULL), (2, '{{\"a\": null}}', '[null]', '[null]')")
        rows[table] = source.rows(f"SELECT t::text FROM {table} AS t ORDER BY id")
    for (format_, compress), mode in product(FORMATS, ("restore", "upsert", "replace")):
        target = make_database()
        settings_of(tmp_path, source, target)
        if mode != "restore":
            target.run(tables)
        request = ExportRequest.model_validate({"database": "source", "format": format_, "compress": compress})
        report = export_database(load_services({}, tmp_path), Call(), request)
        assert not report.warnings
        imported(tmp_path, str(report.path), mode)
        assert {table: target.rows(f"SELECT t::text FROM {table} AS t ORDER BY id") for table in rows} == rows


def test_a_restore_fills_materialised_views_and_tells_those_that_it_cannot(
    tmp_path: Path, make_database: MakeDatabase
) -> None:
    source = make_database()
    source.run(
        "CREATE TABLE t AS SELECT 2 AS n; CREATE MATERIALIZED VIEW v AS TABLE t; CREATE MATERIALIZED VIEW w AS TABLE v;"
        "CREATE UNIQUE INDEX ON w (n); CREATE MATERIALIZED VIEW broken AS SELECT 1 / (n - 1) AS n FROM t;"
        "CREATE MATERIALIZED VIEW on_it AS TABLE broken; UPDATE t SET n = 1"
    )
    told = ["not_refreshed: no rows in 2 materialised views, whose queries fail here: broken, on_it"]
    for format_, compress in FORMATS:
        target = make_database()
        settings_of(tmp_path, source, target)
        path = exported(tmp_path, format_, compress)
        request = ImportRequest(database="main", path=path, mode="restore", confirm=True)
        assert import_data(load_services({}, tmp_path), Call(), request).hazards == told
        assert target.rows("TABLE w") == [(1,)]


def copy_schema(source: FreshDatabase, target: FreshDatabase, postgres: EmbeddedServer, folder: Path) -> None:
    programs = Importing(folder, target, postgres.bin_directory)
    programs.program("psql", "-q", "-v", "ON_ERROR_STOP=1", stdin=programs.program("pg_dump", "-s", url=source.url))


def refreshed(target: FreshDatabase) -> None:
    for (name,) in target.rows("SELECT format('%I.%I', schemaname, matviewname) FROM pg_matviews"):
        target.run(f"REFRESH MATERIALIZED VIEW {name}")


@pytest.mark.parametrize(("format_", "compress"), FORMATS)
def test_the_demo_is_restored_from_nothing_and_replaced(
    tmp_path: Path,
    demo_main: FreshDatabase,
    fresh_database: FreshDatabase,
    format_: str,
    compress: str,
) -> None:
    before = content_hash(demo_main.url)
    settings_of(tmp_path, demo_main, fresh_database)
    path = exported(tmp_path, format_, compress)
    imported(tmp_path, path, "restore")
    refreshed(fresh_database)
    assert content_hash(fresh_database.url) == before
    imported(tmp_path, path, "replace")
    refreshed(fresh_database)
    assert content_hash(fresh_database.url) == before


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv", "sql"])
def test_a_segment_always_loads(
    tmp_path: Path, demo_main: FreshDatabase, fresh_database: FreshDatabase, postgres: EmbeddedServer, format_: Format
) -> None:
    settings_of(tmp_path, demo_main, fresh_database)
    copy_schema(demo_main, fresh_database, postgres, tmp_path)
    filters = [{"table": "companies", "where": [{"column": "slug", "value": "alpine-rail"}]}]
    request = SegmentRequest.model_validate({"database": "source", "filters": filters, "format": format_})
    report = export_segment(load_services({}, tmp_path), Call(), request)
    imported(tmp_path, str(report.path), "append")
    assert fresh_database.rows("SELECT slug FROM companies") == [("alpine-rail",)]
    counts = {table.name: table.rows for table in report.tables}
    for name, rows in counts.items():
        assert fresh_database.rows(f"SELECT count(*) FROM {name}") == [(rows,)]


def test_replacing_by_a_segment_says_that_it_holds_only_some_rows(
    tmp_path: Path, fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    fresh_database.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)")
    settings_of(tmp_path, fresh_database, make_database(fresh_database))
    asked = {"database": "source", "filters": [{"table": "t", "where": [{"column": "id", "value": 2}]}]}
    path = export_segment(load_services({}, tmp_path), Call(), SegmentRequest.model_validate(asked)).path
    request = ImportRequest.model_validate({"database": "main", "path": path, "mode": "replace", "confirm": True})
    assert import_data(load_services({}, tmp_path), Call(), request).hazards == [
        "data_loss: t: 3 rows deleted, 2 of them with keys that the file does not have",
        "data_loss: the file is a segment, only some rows of its tables; upsert keeps the others",
    ]


def test_the_records_of_imports_are_no_part_of_an_export(
    tmp_path: Path, make_database: MakeDatabase, fresh_database: FreshDatabase
) -> None:
    settings_of(tmp_path, fresh_database, make_database())
    fresh_database.run("CREATE TABLE t (id int); CREATE SCHEMA pgferry; CREATE TABLE pgferry.imports (id int)")
    request = ExportRequest(database="source", format="sql")
    report = export_database(load_services({}, tmp_path), Call(), request)
    assert [table.name for table in report.tables] == ["t"]
    imported(tmp_path, str(report.path), "restore")


@settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(any_rows, min_size=1, max_size=15))
def test_any_rows_of_any_type_come_back(
    tmp_path: Path, fresh_database: FreshDatabase, make_database: MakeDatabase, made: list[Any]
) -> None:
    """Of a jsonb null, which json exports say that they lose, there is none among them."""
    fresh_database.run("DROP TABLE IF EXISTS source;" + TABLE.format("source"))
    with psycopg.connect(fresh_database.url) as connection:
        places = ", ".join(["%s"] * len(COLUMNS))
        connection.cursor().executemany(f"INSERT INTO source VALUES ({places})".encode(), made)
    before = content_hash(fresh_database.url)
    for format_ in ("json", "jsonl", "csv", "sql"):
        target = make_database()
        settings_of(tmp_path, fresh_database, target)
        imported(tmp_path, exported(tmp_path, format_, "none"), "restore")
        assert content_hash(target.url) == before, format_


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_beside_a_table_without_columns_every_violation_is_told(
    format_: str, tmp_path: Path, make_database: MakeDatabase
) -> None:
    source, target = make_database(), make_database()
    tables = "CREATE TABLE bare (); CREATE TABLE t (a int)"
    source.run(f"{tables}; INSERT INTO bare DEFAULT VALUES; INSERT INTO t VALUES (1), (NULL)")
    target.run(tables)
    settings_of(tmp_path, source, target)
    path = exported(tmp_path, format_, "none", "data")
    imported(tmp_path, path, "append")
    assert target.rows("SELECT (SELECT count(*) FROM bare), (SELECT count(*) FROM t)") == [(1, 2)]
    target.run("TRUNCATE t; ALTER TABLE t ALTER a SET NOT NULL, ADD CHECK (a > 1)")
    with pytest.raises(AssertionError, match=r"not_null.*check|check.*not_null"):
        imported(tmp_path, path, "skip")


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_rows_come_in_where_their_schema_holds_what_no_import_may_make(
    format_: str, tmp_path: Path, make_database: MakeDatabase
) -> None:
    source, target = make_database(), make_database()
    table = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, mood mood)"
    source.run(f"{table}; INSERT INTO t VALUES (1, 'ok')")
    for name in ("one", "two"):
        source.run(f"CREATE FUNCTION {name}() RETURNS int LANGUAGE internal AS 'pg_backend_pid'")
    target.run(table)
    settings_of(tmp_path, source, target)
    path = exported(tmp_path, format_, "none")
    with pytest.raises(Refused, match="2 statements are refused"):
        imported(tmp_path, path, "restore")
    imported(tmp_path, path, "append")
    assert target.rows("SELECT id, mood::text FROM t") == [(1, "ok")]


def test_columns_whose_names_json_escapes_come_back(tmp_path: Path, make_database: MakeDatabase) -> None:
    source, copy = make_database(), make_database()
    made = """CREATE TABLE "sel.ect" (id int, "quo""te" text, "back\\slash" text, "new\nline" text, "ü 🚀" text)"""
    source.run(made)
    copy.run(made)
    source.run("""INSERT INTO "sel.ect" VALUES (1, 'a', 'b', 'c', 'd')""")
    settings_of(tmp_path, source, copy)
    for format_ in ("json", "jsonl", "csv"):
        imported(tmp_path, exported(tmp_path, format_, "none"), "replace")
        assert copy.rows('SELECT * FROM "sel.ect"') == [(1, "a", "b", "c", "d")]
