"""export_database as an agent calls it, in both protocol eras."""

import json
from pathlib import Path

import anyio
import pytest

from server import running
from tests.fix_client import ERAS, Era, content_of, in_memory, text_of
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", ERAS)
async def test_the_answer_is_the_contract_and_holds_no_row(
    era: Era, project: Project, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_database.run(
        "create table t (id int primary key, note text, password text); insert into t values (1, 'secret!')"
    )
    project.add("it", fresh_database)
    monkeypatch.chdir(project.root)
    async with in_memory(era) as client:
        result = await client.call_tool("export_database", {"database": "it"})
        answer = content_of(result)
        assert set(answer) == {
            *("path", "format", "content", "bytes", "sha256", "tables", "total_rows", "redacted", "excluded_tables"),
            *("seconds", "next", "estimated", "warnings"),
        }
        assert set(answer["tables"][0]) == {"name", "rows", "bytes"}
        assert answer["redacted"] == [{"table": "t", "column": "password", "how": "exclude"}]
        assert "secret!" not in text_of(result)
        assert json.loads(Path(answer["path"]).read_text())["data"] == {"t": [{"id": 1, "note": "secret!"}]}
        failed = await client.call_tool("export_database", {"database": "it", "format": "xml"})
        assert failed.is_error
        assert "[bad_arguments]" in text_of(failed)


async def test_a_call_that_waits_long_is_said_to_go_on_until_it_ends(
    project: Project, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export waits for a lock that is held until enough was heard of it."""
    monkeypatch.setattr(running, "INTERVAL", 0.01)
    monkeypatch.setattr(running, "SILENCE", 0.02)
    fresh_database.run("create table t as select i from generate_series(1, 3) i")
    project.add("it", fresh_database)
    monkeypatch.chdir(project.root)
    heard: list[tuple[float, str]] = []
    async with in_memory() as client:
        with fresh_database.connect() as holder, anyio.fail_after(60):
            holder.execute("begin; lock table t in access exclusive mode")

            async def listen(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
                heard.append((progress, message or ""))
                if len(heard) == 5:
                    holder.execute("rollback")

            answer = await client.call_tool("export_database", {"database": "it"}, progress_callback=listen)
    assert content_of(answer)["total_rows"] == 3
    assert len(heard) >= 5
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert any(" (for " in message for _, message in heard)


async def test_cancelling_the_call_ends_the_query_and_leaves_no_file(
    project: Project, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh_database.run("create table t as select i, repeat('x', 100) from generate_series(1, 1000000) i")
    project.add("it", fresh_database)
    monkeypatch.chdir(project.root)
    exports = project.root / ".pgferry" / "exports"
    busy = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'pgferry'"
    async with in_memory() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "export_database", {"database": "it"})
        with anyio.fail_after(60):
            while not list(exports.glob(".*.part")):
                await anyio.sleep(0.02)
        group.cancel_scope.cancel()
    with anyio.fail_after(60):
        while fresh_database.rows(busy)[0][0] > 0 or {path.name for path in exports.iterdir()} != {".gitignore"}:
            await anyio.sleep(0.02)
