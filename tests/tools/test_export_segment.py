"""export_segment as an agent calls it, in both protocol eras; and the same job at a terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from server.commands import answering, app
from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project

SHOP = """
CREATE TABLE companies (id int PRIMARY KEY, slug text UNIQUE);
CREATE TABLE orders (
    id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, status text, placed_at timestamptz NOT NULL
);
INSERT INTO companies VALUES (1, 'acme'), (2, 'other');
INSERT INTO orders SELECT n, 1 + n % 2, CASE n % 4 WHEN 0 THEN 'late' ELSE 'ok' END,
    timestamptz '2026-01-01' + n * interval '1 day' FROM generate_series(1, 100) AS n;
"""
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"filters": []}, "bad_arguments"),
    ({"filters": [{"table": "orders", "were": []}]}, "bad_arguments"),
    ({"filters": [{"table": "orders", "where": [{"column": "id", "op": "~", "value": 1}]}]}, "bad_arguments"),
    ({"filters": [{"table": "companies"}], "folow": "none"}, "bad_arguments"),
    ({"filters": [{"table": "ordres"}]}, "unknown_table"),
    ({"filters": [{"table": "companies"}], "since": "last week"}, "bad_date"),
    ({"filters": [{"table": "companies"}], "since": "2026-02-01", "until": "2026-01-01"}, "bad_date"),
    ({"filters": [{"table": "companies"}], "since": "2026-01-01", "date_columns": {"orders": "status"}}, "bad_date"),
    ({"filters": [{"table": "companies"}], "limit_per_table": -1}, "bad_limit"),
    ({"filters": [{"table": "companies"}], "path": "../out.json"}, "path_outside"),
    ({"filters": [{"table": "companies"}], "redact": "none"}, "redaction_required"),
]
ACME = {"table": "companies", "where": [{"column": "slug", "value": "acme"}]}


@pytest.fixture
def shop(project: Project, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Project:
    fresh_database.run(SHOP)
    project.add("default", fresh_database)
    monkeypatch.chdir(project.root)
    for name in ("DATABASE_URL", "CLAUDE_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return project


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_is_told_what_was_written_and_why(era: Era, shop: Project) -> None:
    async with in_memory(era) as client:
        arguments = {"database": "default", "filters": [ACME], "since": "2026-03-01", "format": "jsonl"}
        answer = content_of(await client.call_tool("export_segment", arguments))
        assert Path(answer["path"]).is_dir()
        assert Path(answer["path"]).is_relative_to(shop.root)
        told = {table["name"]: (table["rows"], table["matched"], table["required"]) for table in answer["tables"]}
        assert told == {"companies": (1, 1, 0), "orders": (21, 21, 0)}
        assert answer["tables"][1]["why"] == ["below companies (company_id)"]
        assert answer["date_columns"] == {"orders": "placed_at"}
        assert (answer["content"], answer["excluded_tables"]) == ("segment", [])
        assert len(json.dumps(answer)) < 2000


@pytest.mark.anyio
@pytest.mark.parametrize(("arguments", "code"), WRONG)
@pytest.mark.usefixtures("shop")
async def test_a_call_that_cannot_be_answered_teaches_how(arguments: dict[str, Any], code: str) -> None:
    async with in_memory() as client:
        failed = await client.call_tool("export_segment", {"database": "default", **arguments})
        assert failed.is_error
        assert f"[{code}]" in text_of(failed)
        assert "Next:" in text_of(failed)


@pytest.mark.anyio
@pytest.mark.usefixtures("shop")
async def test_arguments_of_another_shape_are_answered_with_the_shape_that_fits() -> None:
    async with in_memory() as client:
        wrong: list[tuple[Any, str]] = [
            (["companies.slug=acme"], "filters.0: Input should be a valid object."),
            ([{"table": "companies", "where": {"column": "slug"}}], "filters.0.where: Input should be a valid list."),
            ([{"table": "companies", "were": []}], "filters.0 has no were. Did you mean where?"),
        ]
        for filters, said in wrong:
            failed = await client.call_tool("export_segment", {"database": "default", "filters": filters})
            assert said in text_of(failed)
            assert text_of(failed).endswith("Next: filters is [{table, where: [{column, op, value}]}].")
        for limit in (True, {"companies": False}):
            asked = {"database": "default", "filters": [ACME], "limit_per_table": limit}
            assert "true and false are no numbers of rows" in text_of(await client.call_tool("export_segment", asked))
        failed = await client.call_tool("export_segment", {"database": "default", "filters": [ACME], "limit": 3})
        assert "unknown argument limit. Did you mean limit_per_table? Nothing was touched." in text_of(failed)


@pytest.mark.anyio
@pytest.mark.usefixtures("shop")
async def test_a_value_outside_of_an_enum_is_answered_with_its_labels(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TYPE plan AS ENUM ('trial', 'paid'); ALTER TABLE companies ADD plan plan")
    gold = {"table": "companies", "where": [{"column": "plan", "value": "gold"}]}
    async with in_memory() as client:
        failed = await client.call_tool("export_segment", {"database": "default", "filters": [gold]})
        assert "[bad_value]" in text_of(failed)
        assert text_of(failed).endswith("Next: It is one of trial, paid.")
        assert "gold" not in text_of(failed)


@pytest.mark.anyio
@pytest.mark.usefixtures("shop")
async def test_what_an_argument_says_of_tables_that_are_not_reached_is_told(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE moods (id int PRIMARY KEY, felt_at date)")
    more = {"since": "2026-01-01", "date_columns": {"moods": "felt_at"}, "limit_per_table": {"moods": 10**30}}
    async with in_memory() as client:
        arguments = {"database": "default", "filters": [ACME], "estimate_only": True, **more}
        warnings = content_of(await client.call_tool("export_segment", arguments))["warnings"]
    assert [warning.partition(",")[0] for warning in warnings] == [
        "date_columns names moods", "limit_per_table names moods",
    ]  # fmt: skip


@pytest.mark.usefixtures("shop")
def test_a_person_at_a_terminal_sees_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_stdout", Console(force_terminal=True, width=100, color_system=None))
    words = ["export-segment", "--where", "companies.slug=acme", "--since", "2026-03-01", "--path", "acme.json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0].startswith("path ")
    assert lines[0].endswith("/acme.json")
    assert ["total_rows", "22"] in [line.split() for line in lines]
    assert ["companies", "1"] in [line.split()[:2] for line in lines]
    assert any("below companies (company_id)" in line for line in lines)
    assert any(line.startswith("date_columns") and "orders" in line for line in lines)
    estimate = CliRunner().invoke(app, [*words[:-2], "--estimate-only"])
    assert "Call again without estimate_only to write it." in estimate.stdout


def test_a_person_writes_filters_as_text(shop: Project) -> None:
    filters = ["--where", "orders.company.slug=other", "-w", "orders.status in ok, lost"]
    rest = ["--date-column", "orders=placed_at", "--limit", "orders=5", "--json"]
    done = CliRunner().invoke(app, ["export-segment", *filters, "--since", "2026-01-10", *rest])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["path"].startswith(str(shop.root))
    assert {table["name"]: table["rows"] for table in report["tables"]} == {"companies": 1, "orders": 5}
    arguments = ["export-segment", "default", "--where", "orders.status=late", "--limit", "3", "--json"]
    rows = json.loads(CliRunner().invoke(app, arguments).stdout)["tables"]
    assert {table["name"]: table["rows"] for table in rows} == {"companies": 1, "orders": 3}


@pytest.mark.usefixtures("shop")
def test_a_person_takes_one_company_since_new_year() -> None:
    words = ["export-segment", "--where", "companies.slug=acme", "--since", "2026-01-01", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert {table["name"]: table["rows"] for table in report["tables"]} == {"companies": 1, "orders": 50}
    assert report["date_columns"] == {"orders": "placed_at"}
    document = json.loads(Path(report["path"]).read_text())
    assert document["metadata"]["exportType"] == "segmented"
    assert document["metadata"]["filtersApplied"]["since"] == "2026-01-01"
    assert {row["company_id"] for row in document["data"]["orders"]} == {1}


@pytest.mark.parametrize("where", ["companies.slug", "=acme", "orders.status in", "companies..x=1"])
@pytest.mark.usefixtures("shop")
def test_a_filter_that_cannot_be_read_is_refused(where: str) -> None:
    done = CliRunner().invoke(app, ["export-segment", "default", "--where", where])
    assert done.exit_code == 2


@pytest.mark.anyio
async def test_tables_that_the_settings_keep_out_are_named(shop: Project) -> None:
    with (shop.root / "pgferry.toml").open("a") as settings:
        settings.write('[exports]\nexclude_tables = ["orders"]\n')
    async with in_memory() as client:
        for estimate_only in (True, False):
            arguments = {"database": "default", "filters": [ACME], "estimate_only": estimate_only}
            answer = content_of(await client.call_tool("export_segment", arguments))
            assert ([table["name"] for table in answer["tables"]], answer["excluded_tables"]) == (
                ["companies"],
                ["orders"],
            )


@pytest.mark.anyio
async def test_a_filter_brings_no_rows_of_a_table_that_the_settings_keep_out(shop: Project) -> None:
    with (shop.root / "pgferry.toml").open("a") as settings:
        settings.write('[exports]\nexclude_tables = ["companies"]\n')
    async with in_memory() as client:
        refused = await client.call_tool("export_segment", {"database": "default", "filters": [ACME]})
        assert refused.is_error
        assert "[table_excluded] The settings keep companies out of every export" in text_of(refused)
        arguments = {"database": "default", "filters": [ACME], "tables": ["orders"], "estimate_only": True}
        answer = content_of(await client.call_tool("export_segment", arguments))
        assert {table["name"]: table["required"] for table in answer["tables"]} == {"companies": 1, "orders": 0}
