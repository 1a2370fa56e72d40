"""What the answer of an export tells: what is in no export, what reads the file, and not too much."""

from pathlib import Path

import pytest

from tests.fix_databases import FreshDatabase
from tests.fix_exports import Export, document
from tests.fix_services import Project


def test_large_objects_which_no_export_holds_are_told(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    project.add("it", fresh_database)
    fresh_database.run("CREATE TABLE t (id int, o oid); INSERT INTO t VALUES (1, lo_from_bytea(0, 'planted'))")
    assert export(format="csv").warnings == [
        "No export holds large objects, of which the database has 1; pg_dump takes them."
    ]


def test_objects_whose_definitions_may_hold_a_password_are_in_no_export_and_are_told(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    project.add("it", fresh_database)
    fresh_database.run(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
        "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'planted');"
        "CREATE SUBSCRIPTION fed CONNECTION 'password=planted' PUBLICATION p WITH (connect = false)"
    )
    report = export(format="sql")
    assert report.warnings == [
        "No export holds what may have a password in it: subscription fed, user mapping public of server far."
        " Create it by hand where you load this."
    ]
    assert "planted" not in Path(report.path or "").read_text()
    assert export(format="sql", content="data").warnings == []
    fresh_database.run("ALTER SUBSCRIPTION fed SET (slot_name = NONE); DROP SUBSCRIPTION fed")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            {"format": "json"},
            "jq '.metadata | del(.schemaSql)' {} shows what is in it; jq '.data' or DuckDB reads the rows",
        ),
        (
            {"format": "json", "compress": "gzip"},
            "gzip -dc {} | jq '.metadata | del(.schemaSql)' shows what is in it; ",
        ),
        ({"format": "json", "content": "schema"}, "jq -r .metadata.schemaSql {} shows the schema"),
        ({"format": "csv", "compress": "zstd"}, "DuckDB reads {}/*.csv.zst; manifest.json says what is in it"),
        ({"format": "jsonl", "content": "schema"}, "{}/schema.sql is the schema"),
        ({"format": "sql"}, "psql -v ON_ERROR_STOP=1 -f {} loads it into an empty database"),
        (
            {"format": "sql", "compress": "zstd"},
            "zstd -dc {} | psql -v ON_ERROR_STOP=1 loads it into an empty database",
        ),
        (
            {"format": "sql", "content": "data"},
            "psql -v ON_ERROR_STOP=1 -f {} loads it into a database that has its tables",
        ),
    ],
)
def test_the_answer_says_what_reads_the_file_as_it_was_asked_for(
    project: Project, fresh_database: FreshDatabase, export: Export, arguments: dict[str, str], told: str
) -> None:
    project.add("it", fresh_database)
    fresh_database.run("CREATE TABLE t (id int)")
    report = export(path="an export", **arguments)
    assert report.next
    assert report.next.startswith(told.format("'an export'"))
    assert report.next.endswith(". check_import rehearses an import of it.")


def test_the_answer_of_thousands_of_tables_lists_the_biggest(
    export: Export, project: Project, fresh_database: FreshDatabase
) -> None:
    making = "FOR i IN 1..310 LOOP EXECUTE format('CREATE TABLE t%s AS SELECT 1 AS a', i); END LOOP"
    fresh_database.run(f"DO $$ BEGIN {making}; END $$; INSERT INTO t310 SELECT 1 FROM generate_series(1, 9)")
    project.add("it", fresh_database)
    report = export(format="json")
    assert report.total_rows == 319
    assert len(report.tables) == 300
    assert "t310" in [table.name for table in report.tables]
    assert "not 10 more with 10 rows" in report.warnings[0]
    assert len(document(report.path or "")["data"]) == 310
