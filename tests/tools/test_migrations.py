"""The tools of schemas and migrations as an agent calls them, in both protocol eras; a person is asked first."""

from pathlib import Path
from typing import Any

import pytest
from mcp.types import ElicitResult

from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase, MakeDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
def main(tmp_path: Path, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> FreshDatabase:
    """`main` may be written to; `feature` is a column and an index further."""
    main, feature = make_database(), make_database()
    main.run("create table t (a int, b text); insert into t values (1, 'x')")
    feature.run("create table t (a bigint, b text, c int default 0); create index i on t (b)")
    settings = f'[databases.main]\nurl = "{main.url}"\naccess = "write"\n[databases.feature]\nurl = "{feature.url}"\n'
    (tmp_path / "pgferry.toml").write_text(settings)
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(tmp_path))
    return main


def answering(action: str, **content: Any) -> Any:
    async def answer(_context: Any, _parameters: Any) -> ElicitResult:
        return ElicitResult(action=action, content=content or None)  # pyright: ignore[reportArgumentType]  a literal

    return answer


@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_gets_from_a_difference_to_an_applied_migration(era: Era, main: FreshDatabase) -> None:
    sides = {"source": "main", "target": "feature"}
    async with in_memory(era) as client:
        compared = content_of(await client.call_tool("compare_schemas", sides))
        assert (compared["equal"], compared["next_cursor"]) == (False, None)
        assert {d["name"]: d["change"] for d in compared["differences"]} == {
            "t.a": "changed", "t.c": "added", "i": "added"
        }  # fmt: skip
        plan = content_of(
            await client.call_tool("plan_migration", {**sides, "save_as": "further", "concurrent_indexes": True})
        )
        assert (plan["verified"], Path(plan["path"]).name) == (True, "0001_further.sql")
        assert [s["sql"] for s in plan["statements"] if s["own_transaction"]] == [
            "CREATE INDEX CONCURRENTLY i ON public.t USING btree (b)"
        ]
        assert any("outside of the transaction" in note for note in plan["notes"])
        asked = {"database": "main", "path": plan["path"]}
        refused = await client.call_tool("apply_migration", asked)
        assert "[confirmation_needed]" in text_of(refused)
        assert "1 of them in transactions of their own" in text_of(refused)
        applied = content_of(await client.call_tool("apply_migration", {**asked, "confirm": True}))
        assert (applied["outcome"], applied["own_transactions"]) == ("applied", 1)
        assert content_of(await client.call_tool("compare_schemas", sides))["equal"]
        status = content_of(await client.call_tool("migration_status", {"database": "main"}))
        assert [(m["name"], m["state"]) for m in status["databases"][0]["migrations"]] == [("0001_further", "applied")]
        status = content_of(await client.call_tool("migration_status", {"database": "feature"}))
        assert "already equals fingerprint_after" in status["databases"][0]["migrations"][0]["note"]
        assert status["next"].startswith("Nothing to apply")
    assert main.rows("select a, b, c from t") == [(1, "x", 0)]


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_is_asked_before_a_migration_runs(era: Era, main: FreshDatabase) -> None:
    asked = {"database": "main", "path": "migrations/0001_further.sql", "confirm": True}
    async with in_memory(era, elicitation_callback=answering("decline")) as client:
        content_of(
            await client.call_tool("plan_migration", {"source": "main", "target": "feature", "save_as": "further"})
        )
        assert "[not_confirmed]" in text_of(await client.call_tool("apply_migration", asked))
    assert main.rows("select count(*) from pg_indexes where indexname = 'i'") == [(0,)]
    async with in_memory(era, elicitation_callback=answering("accept", agree=True)) as client:
        assert content_of(await client.call_tool("apply_migration", asked))["outcome"] == "applied"


@pytest.mark.usefixtures("main")
async def test_a_plan_that_loses_data_is_not_saved_and_says_what_to_ask() -> None:
    async with in_memory() as client:
        plan = content_of(
            await client.call_tool("plan_migration", {"source": "feature", "target": "main", "save_as": "back"})
        )
    assert plan["verified"]
    assert plan["path"] is None
    assert plan["data_loss"] == ["COLUMN public.t.c: the values of this column are lost"]
    assert "ask a person" in plan["next"]
