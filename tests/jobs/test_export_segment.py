"""export_segment on the demo's data: what is written loads into an empty database, and says why each row is there."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.errors import Cancelled, Refused
from server.exporting import segments
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentReport, SegmentRequest
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_demo import DemoDatabases
from tests.fix_exports import unpacked
from tests.fix_services import Project

REFERENCES = """
[[references]]
from = "comments(entity_id)"
to = "incidents(id)"
when = "entity_type = 'incident'"

[[references]]
from = "comments(entity_id)"
to = "equipment(id)"
when = "entity_type = 'equipment'"

[exports]
exclude_tables = ["audit.debug_logs"]
"""
ONE_COMPANY = [{"table": "companies", "where": [{"column": "slug", "value": "alpine-rail"}]}]
WITHOUT_KIND = {"column": "kind", "op": "is_null"}
TENANT_OWNED = """
SELECT 'companies', id::text FROM companies UNION ALL SELECT 'users', id::text FROM users
UNION ALL SELECT 'incidents', id::text FROM incidents UNION ALL SELECT 'sites', id::text FROM sites
"""


@pytest.fixture
def demo(project: Project, demo_templates: DemoDatabases) -> FreshDatabase:
    project.add("it", demo_templates.main)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write(REFERENCES)
    return demo_templates.main


def segment(project: Project, call: Call | None = None, **arguments: Any) -> SegmentReport:
    request = SegmentRequest.model_validate({"database": "it", "filters": ONE_COMPANY, **arguments})
    return export_segment(project.services, call or Call(), request)


def document(report: SegmentReport) -> dict[str, Any]:
    return dict(json.loads(unpacked(Path(str(report.path)))))


def load(server: EmbeddedServer, report: SegmentReport, target: FreshDatabase) -> None:
    command = [server.bin_directory / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(report.path), target.url]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"since": "2026-01-01"},
        {"filters": [{"table": "comments"}], "follow": "none"},
        {"filters": [{"table": "incidents", "where": [{"column": "severity", "value": "critical"}]}]},
        {"limit_per_table": 20, "filters": [{"table": "companies"}]},
        {"filters": [{"table": "audit.audit_log", "where": [{"column": "id", "op": "<", "value": 50}]}]},
    ],
    ids=["tenant", "tenant since", "comments", "critical", "sample", "partitioned"],
)
@pytest.mark.usefixtures("demo")
def test_a_segment_loads_into_an_empty_database_with_all_constraints_on(
    project: Project,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
    arguments: dict[str, Any],
) -> None:
    report = segment(project, format="sql", **arguments)
    copy = make_database()
    load(postgres, report, copy)
    assert report.total_rows > 50
    for table in report.tables:
        assert copy.rows(f"SELECT count(*) FROM {table.name}") == [(table.rows,)]
        assert table.rows == (table.matched or 0) + (table.required or 0)
        assert table.why or not table.rows


def test_foreign_keys_to_tables_of_which_a_segment_needs_no_row_are_checked_too(
    project: Project, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    source, copy = make_database(), make_database()
    source.run("""
        CREATE TABLE kinds (id int PRIMARY KEY);
        CREATE TABLE things (id int PRIMARY KEY, kind int CONSTRAINT its_kind REFERENCES kinds);
        INSERT INTO kinds VALUES (1);
        INSERT INTO things VALUES (1, NULL), (2, 1);
    """)
    project.add("it", source)
    load(postgres, segment(project, format="sql", filters=[{"table": "things", "where": [WITHOUT_KIND]}]), copy)
    assert copy.rows("SELECT id, (SELECT count(*) FROM kinds) FROM things") == [(1, 0)]
    assert copy.rows("SELECT convalidated FROM pg_constraint WHERE conname = 'its_kind'") == [(True,)]


@pytest.mark.usefixtures("demo")
def test_a_second_closure_of_what_was_loaded_adds_nothing(
    project: Project, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    first = segment(project, format="sql", since="2026-02-01", redact="policy")
    copy = make_database()
    load(postgres, first, copy)
    project.add("again", copy)
    second = segment(project, database="again", since="2026-02-01", estimate_only=True)
    counts = {table.name: (table.rows, table.matched) for table in first.tables if table.rows}
    assert {table.name: (table.rows, table.matched) for table in second.tables if table.rows} == counts


def test_two_tenants_exported_separately_share_no_row_of_their_own(demo: FreshDatabase, project: Project) -> None:
    seen: dict[str, set[Any]] = {}
    slugs = [row[0] for row in demo.rows("SELECT slug::text FROM companies ORDER BY id LIMIT 3")]
    for slug in slugs:
        filters = [{"table": "companies", "where": [{"column": "slug", "value": slug}]}]
        data = document(segment(project, filters=filters))["data"]
        for table in ("companies", "users", "sites", "incidents"):
            ids = {row["id"] for row in data[table]}
            assert ids
            assert not ids & seen.setdefault(table, set())
            seen[table] |= ids


@pytest.mark.usefixtures("demo")
def test_the_document_says_what_was_chosen_and_comes_in_load_order(project: Project) -> None:
    report = segment(project, since="2026-01-01", until="2026-07-01", tables=["incidents", "narratives"])
    metadata = document(report)["metadata"]
    assert metadata["exportType"] == "segmented"
    applied = metadata["filtersApplied"]
    assert applied["filters"] == [
        {"table": "companies", "where": [{"column": "slug", "op": "=", "value": "alpine-rail"}]}
    ]
    assert applied["dateColumns"]["incidents"] == report.date_columns["incidents"] == "occurred_at"
    order = list(document(report)["data"])
    assert order.index("companies") < order.index("incidents") < order.index("narratives")
    assert Path(str(report.path)).name.startswith("it-segment-")
    assert {table["name"]: (table["matched"], table["required"]) for table in metadata["tables"]} == {
        table.name: (table.matched, table.required) for table in report.tables
    }


def test_sensitive_columns_stay_out_and_columns_that_are_keys_stay_whole(demo: FreshDatabase, project: Project) -> None:
    report = segment(project, exclude_columns=["users.phone"])
    data = document(report)["data"]
    assert "phone" not in data["users"][0]
    assert {entry.column for entry in report.redacted if entry.table == "users"} >= {"password_hash", "api_token"}
    ids = {row["id"] for row in data["users"]}
    assert {row["reporter_id"] for row in data["incidents"]} <= ids
    planted = [row[0] for row in demo.rows("SELECT password_hash FROM users LIMIT 5")]
    text = json.dumps(data)
    assert not any(secret in text for secret in planted)


@pytest.mark.usefixtures("demo")
def test_hashed_addresses_still_join(project: Project) -> None:
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[redaction]\nkey = "k"\npatterns = { "*.email" = "hash" }\n')
    filters = [*ONE_COMPANY, {"table": "audit.login_attempts"}]
    data = document(segment(project, filters=filters))["data"]
    users = {row["email"] for row in data["users"]}
    assert all("@" not in email for email in users)
    assert users & {row["email"] for row in data["audit.login_attempts"]}


@pytest.mark.usefixtures("demo")
def test_an_estimate_has_exact_rows_and_writes_nothing(project: Project) -> None:
    estimate = segment(project, estimate_only=True)
    assert estimate.path is None
    assert estimate.estimated
    assert not (project.root / ".pgferry").exists()
    written = segment(project)
    assert [(t.name, t.rows, t.why) for t in estimate.tables] == [(t.name, t.rows, t.why) for t in written.tables]
    assert all(table.bytes > 0 for table in estimate.tables if table.rows)


@pytest.mark.usefixtures("demo")
def test_rows_kept_beside_their_keys_are_written_as_those_that_are_fetched_by_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[redaction]\nkey = "k"\npatterns = { "*.email" = "hash", "users.phone" = "null" }\n')
    fetched = segment(project, format="json", since="2026-01-01")
    read = segment(project, format="csv", since="2026-01-01", path="fetched")
    monkeypatch.setattr(segments, "BIG", 1)  # the demo's tables are too small to be kept
    kept = segment(project, format="json", since="2026-01-01")
    again = segment(project, format="csv", since="2026-01-01", path="kept")
    assert document(kept)["data"] == document(fetched)["data"]
    for file in Path(str(read.path)).glob("*.csv"):
        assert (Path(str(again.path)) / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
@pytest.mark.usefixtures("demo")
def test_folders_hold_the_rows_of_the_segment_alone(project: Project, format_: str) -> None:
    report = segment(project, format=format_, tables=["sites"])
    folder = Path(str(report.path))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["exportType"] == "segmented"
    assert {table["name"] for table in manifest["tables"]} == {t.name for t in report.tables}


@pytest.mark.usefixtures("demo")
def test_a_segment_with_no_rows_says_so(project: Project) -> None:
    filters = [{"table": "companies", "where": [{"column": "slug", "value": "nobody"}]}]
    report = segment(project, filters=filters)
    assert report.total_rows == 0
    assert report.warnings == ["No row matches: the export is empty."]
    passed = segment(project, tables=["incidents"], follow="none")
    assert passed.total_rows == 0
    assert passed.warnings == ["Rows match, but none that is to be written (tables, dates): the export is empty."]


def test_rows_that_a_policy_hides_are_never_left_out_silently(demo_main: FreshDatabase, project: Project) -> None:
    demo_main.run(
        "CREATE ROLE seg_hidden LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public, audit TO seg_hidden;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, audit TO seg_hidden"
    )
    try:
        address = demo_main.url.split("@")[1]
        project.add("it", FreshDatabase(demo_main.name, f"postgresql://seg_hidden:x@{address}"))
        with pytest.raises(Refused) as refused:
            segment(project)
        assert refused.value.code == "row_security"
        assert "exclude_tables" not in str(refused.value.next)
    finally:
        demo_main.run("DROP OWNED BY seg_hidden; DROP ROLE seg_hidden")


@pytest.mark.usefixtures("demo")
def test_cancelling_leaves_no_file(project: Project) -> None:
    call = Call()

    def progress(_done: float, _total: float | None, message: str) -> None:
        if "in the segment" in message:
            call.cancel()

    call = Call(progress)
    with pytest.raises(Cancelled):
        segment(project, call)
    exports = project.root / ".pgferry" / "exports"
    assert not exports.exists() or not [path for path in exports.iterdir() if path.name != ".gitignore"]


def test_of_very_many_tables_the_first_reason_is_told_and_the_biggest_are_listed(
    project: Project, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(
        "create table a (i int primary key); create table b (i int primary key); insert into a values (1)"
    )
    fresh_database.run("insert into b values (1)")
    fresh_database.run(
        "do $$ begin for n in 1..310 loop execute format('create table t%s (a int references a, b int references b);"
        " insert into t%s values (1, 1)', n, n); end loop; end $$"
    )
    project.add("it", fresh_database)
    filters = [{"table": name} for name in ("a", "b")]
    request = {"database": "it", "filters": filters, "estimate_only": True}
    report = export_segment(project.services, Call(), SegmentRequest.model_validate(request))
    assert (len(report.tables), report.total_rows) == (300, 312)
    assert {tuple(table.why[1:]) for table in report.tables if table.name.startswith("t")} == {("and 1 more",)}
    assert any("300 biggest" in warning for warning in report.warnings)


@pytest.mark.parametrize("shape", ["json", "jsonl"])
def test_what_json_cannot_carry_is_counted_and_leaves_no_trace_in_the_rows(
    project: Project, fresh_database: FreshDatabase, shape: str
) -> None:
    fresh_database.run(
        """CREATE TABLE odd (id int PRIMARY KEY, j jsonb, k json, a int[], t text);
        INSERT INTO odd VALUES (1, 'null', NULL, NULL, 'x'), (2, NULL, NULL, '[3:4]={5,6}', E'} \t  ,\n'),
            (3, NULL, '"\\u0000"', NULL, ''), (4, 'null', E'{"a":\t1}  \n\t', '[0:0]={7}', NULL),
            (5, '{}', E'{}\t\t\t', '{8}', E'\x01\x02\t')"""
    )
    project.add("it", fresh_database)
    filters = [{"table": "odd", "where": [{"column": "id", "op": ">", "value": 0}]}]
    report = segment(project, filters=filters, format=shape)
    assert [warning.split(" with ")[0] for warning in report.warnings] == ["odd: 2 rows", "odd: 2 rows", "odd: 1 row"]
    expected = "SELECT translate(row_to_json(o)::text, E'\\n', ' ') FROM odd AS o ORDER BY id"
    assert rows_of(report, "odd") == [line for (line,) in fresh_database.rows(expected)]


def rows_of(report: SegmentReport, table: str) -> list[str]:
    """The rows of a table as they are written, without what stands between them."""
    path = Path(str(report.path))
    if path.is_dir():
        return (path / f"{table}.jsonl").read_text().splitlines()
    return [line.removesuffix(",") for line in path.read_text().splitlines() if line.startswith('{"id":')]
