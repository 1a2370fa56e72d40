"""Arguments that nobody should send, and agents do: each is answered with a code, in few words."""

from pathlib import Path

import pytest

from tests.fix_client import content_of, in_memory, text_of
from tests.fix_databases import MakeDatabase
from tests.fix_services import TwoDatabases

pytestmark = pytest.mark.anyio
LONG = "x" * 100_000


@pytest.fixture(autouse=True)
def two(tmp_path: Path, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> TwoDatabases:
    both = TwoDatabases(tmp_path, make_database)
    both.main.run("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
    both.feature.run("CREATE TABLE t (a bigint PRIMARY KEY)")
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(tmp_path))
    return both


async def test_an_empty_list_is_no_wish_and_never_makes_two_databases_equal() -> None:
    both: dict[str, object] = {"source": "main", "target": "feature"}
    wishes: list[tuple[str, dict[str, object]]] = [
        ("compare_schemas", {"tables": []}),
        ("compare_schemas", {"kinds": []}),
        ("compare_data", {"tables": [], "equal_types": True}),
    ]
    async with in_memory() as client:
        for tool, extra in wishes:
            assert content_of(await client.call_tool(tool, {**both, **extra}))["equal"] is False
        exported = content_of(await client.call_tool("export_database", {"database": "main", "tables": []}))
        assert exported["total_rows"] == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("inspect_schema", {"database": LONG}, "unknown_database"),
        ("check_import", {"database": "main", "path": LONG}, "bad_path"),
        ("check_import", {"database": "main", "path": "~nobody_at_all/x.csv"}, "bad_path"),
        ("compare_schemas", {"source": "main", "target": LONG}, "bad_path"),
        ("compare_data", {"source": LONG, "target": "main"}, "unknown_database"),
        ("compare_data", {"source": f"{LONG}.json", "target": "main"}, "bad_path"),
        ("export_segment", {"database": "main", "filters": ["x"] * 3000}, "bad_arguments"),
        ("apply_migration", {"database": "main", "path": "./migrations"}, "file_trouble"),
    ],
)
async def test_what_cannot_be_used_is_refused_in_few_words(
    tool: str, arguments: dict[str, object], code: str, two: TwoDatabases
) -> None:
    (two.root / "migrations").mkdir()
    async with in_memory() as client:
        answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    assert f"[{code}]" in text_of(answer)
    assert "Next: " in text_of(answer)
    assert len(text_of(answer)) < 3000


async def test_a_choice_of_types_is_told_in_the_words_of_the_arguments() -> None:
    arguments = {"database": "main", "filters": [{"table": "t"}]}
    async with in_memory() as client:
        told = text_of(await client.call_tool("export_segment", {**arguments, "limit_per_table": True}))
        inside = text_of(await client.call_tool("export_segment", {**arguments, "limit_per_table": {"t": "x"}}))
    assert "limit_per_table: true and false are no numbers of rows; limit_per_table: Input should be a valid" in told
    assert "limit_per_table.t: Input should be a valid integer" in inside


async def test_a_name_that_is_near_is_told_as_it_can_be_used(two: TwoDatabases) -> None:
    two.main.run('CREATE SCHEMA odd; CREATE TABLE odd."a.table" ()')
    async with in_memory() as client:
        told = text_of(await client.call_tool("export_database", {"database": "main", "tables": ["a.tabel"]}))
        assert 'odd."a.table"? Nothing' in told
        named = await client.call_tool("export_database", {"database": "main", "tables": ['odd."a.table"']})
    assert content_of(named)["tables"][0]["name"] == 'odd."a.table"'
