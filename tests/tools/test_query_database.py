"""query_database and explain_query as an agent calls them, in both protocol eras."""

from pathlib import Path

import pytest

from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def project(tmp_path: Path, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pgferry.toml").write_text(f'[databases.it]\nurl = "{fresh_database.url}"\n')
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("era", ERAS)
async def test_the_answer_is_structured_and_the_text_says_the_same(era: Era) -> None:
    arguments = {"database": "it", "sql": "SELECT $1::int + 1 AS n, 'a' AS b", "params": [41]}
    async with in_memory(era) as client:
        answer = content_of(await client.call_tool("query_database", arguments))
        plan = content_of(await client.call_tool("explain_query", {**arguments, "analyze": True}))
    assert answer["columns"] == [{"name": "n", "type": "integer"}, {"name": "b", "type": "text"}]
    assert answer["rows"] == [[42, "a"]]
    assert (answer["returned"], answer["truncated"], answer["next"]) == (1, False, None)
    assert plan["plan"][0].startswith("Result (")


@pytest.mark.parametrize("era", ERAS)
async def test_an_attack_is_an_error_that_teaches(era: Era) -> None:
    async with in_memory(era) as client:
        arguments = {"database": "it", "sql": "COMMIT; DROP DATABASE x"}
        result = await client.call_tool("query_database", arguments)
    assert result.is_error
    assert "[not_read_only]" in text_of(result)
    assert "Next: Only reading is allowed" in text_of(result)


@pytest.mark.parametrize("era", ERAS)
async def test_an_error_of_the_server_has_its_place_and_nearest_names(era: Era, fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE people (email text)")
    async with in_memory(era) as client:
        result = await client.call_tool("query_database", {"database": "it", "sql": "SELECT emial FROM people"})
    assert result.is_error
    assert '"line":1,"column":8,"nearest":["email"]' in text_of(result)
