"""clone_database and drop_database as an agent calls them: the person is asked where the client can."""

from pathlib import Path
from typing import Any

import pytest
from mcp.types import ElicitResult

from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def project(tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\naccess = "admin"\n')
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(tmp_path))


def answering(action: str, **content: Any) -> Any:
    async def answer(_context: Any, _parameters: Any) -> ElicitResult:
        return ElicitResult(action=action, content=content or None)  # pyright: ignore[reportArgumentType]  a literal

    return answer


@pytest.mark.parametrize("era", ERAS)
async def test_a_person_who_says_no_or_nothing_keeps_the_database(era: Era, fresh_database: FreshDatabase) -> None:
    name = f"asked_{fresh_database.name}"
    for answer, told in (
        (answering("cancel"), "The client was asked and gave no answer of a person"),
        (answering("decline"), "The person was asked and said no"),
        (answering("accept", agree=False), "The person was asked and said no"),
    ):
        async with in_memory(era, elicitation_callback=answer) as client:
            if not fresh_database.rows(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
                content_of(await client.call_tool("clone_database", {"source": "it", "name": name}))
            result = await client.call_tool("drop_database", {"name": name, "confirm": True})
        assert result.is_error
        assert f"[not_confirmed] {told}" in text_of(result)
    async with in_memory(era, elicitation_callback=answering("accept", agree=True)) as client:
        assert content_of(await client.call_tool("drop_database", {"name": name}))["database"] == name


@pytest.mark.parametrize("era", ERAS)
async def test_without_a_person_to_ask_confirm_decides(era: Era, fresh_database: FreshDatabase) -> None:
    name = f"unasked_{fresh_database.name}"
    async with in_memory(era) as client:
        content_of(await client.call_tool("clone_database", {"source": "it", "name": name, "how": "schema"}))
        refused = await client.call_tool("drop_database", {"name": name})
        assert "[not_confirmed]" in text_of(refused)
        assert content_of(await client.call_tool("drop_database", {"name": name, "confirm": True}))["database"] == name


@pytest.mark.parametrize("era", ERAS)
async def test_a_clone_with_a_segment_takes_the_arguments_of_export_segment(
    era: Era, fresh_database: FreshDatabase
) -> None:
    fresh_database.run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 9)")
    name = f"segment_{fresh_database.name}"
    asked = {"source": "it", "name": name, "how": "segment"}
    filters = [{"table": "t", "where": [{"column": "id", "op": ">", "value": 3}]}]
    async with in_memory(era) as client:
        without = await client.call_tool("clone_database", asked)
        assert "[bad_arguments]" in text_of(without)
        made = await client.call_tool("clone_database", {**asked, "filters": filters, "limit_per_table": 4})
        assert content_of(made)["rows"] == {"t": 4}
        content_of(await client.call_tool("drop_database", {"name": name, "confirm": True}))
