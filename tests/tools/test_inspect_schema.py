"""inspect_schema as an agent calls it, in both protocol eras."""

import pytest

from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", ERAS)
async def test_the_structured_answer_leaves_out_what_is_empty(
    era: Era, project: Project, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_database.run("create table incidents (id int primary key, title text not null)")
    project.add("it", fresh_database)
    monkeypatch.chdir(project.root)
    async with in_memory(era) as client:
        answer = content_of(await client.call_tool("inspect_schema", {"database": "it"}))
        (table,) = answer["tables"]
        assert table["columns"] == ["id integer pk", "title text not null"]
        assert set(table) == {"name", "estimated_rows", "size_bytes", "columns"}
        assert "views" not in answer
        failed = await client.call_tool("inspect_schema", {"database": "it", "tables": ["incident"]})
        assert failed.is_error
        assert "[unknown_table]" in text_of(failed)
