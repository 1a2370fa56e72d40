"""check_import through the protocol, in both eras, and the question that import_data asks."""

from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from server.app import build_server
from tests.fix_imports import Importing
from tools.catalogue import build_tools

Era = Literal["auto", "legacy"]


def calling(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(importing.folder)
    monkeypatch.setenv("PGFERRY_PROJECT_ROOT", str(importing.folder))
    importing.database.run("CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL)")


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_a_rehearsal_and_an_import_over_the_protocol(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, era: Era
) -> None:
    import anyio

    calling(importing, monkeypatch)
    importing.write("t.csv", "id,a\n1,x\n2,\n")

    async def talk() -> list[Any]:
        async with Client(build_server(build_tools()), mode=era) as client:
            bad = await client.call_tool("check_import", {"database": "main", "path": "t.csv"})
            importing.write("t.csv", "id,a\n1,x\n2,y\n")
            good = await client.call_tool("import_data", {"database": "main", "path": "t.csv"})
            again = await client.call_tool("import_data", {"database": "main", "path": "t.csv"})
            refused = await client.call_tool("import_data", {"database": "main", "path": "t.csv", "mode": "replace"})
            return [bad, good, again, refused]

    bad, good, again, refused = anyio.run(talk)
    assert bad.structured_content["passes"] is False
    assert bad.structured_content["violations"][0]["rows"] == [2]
    assert good.structured_content["outcome"] == "committed"
    assert again.is_error
    assert "already_imported" in again.content[0].text
    assert "confirmation_needed" in refused.content[0].text


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ElicitResult(action="accept", content={"agree": True}), "committed"),
        (ElicitResult(action="accept", content={"agree": False}), "not_confirmed"),
        (ElicitResult(action="cancel"), "not_confirmed"),
        (ElicitResult(action="decline"), "not_confirmed"),
    ],
)
def test_the_person_is_asked_where_the_client_can_ask(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, era: Era, answer: ElicitResult, said: str
) -> None:
    import anyio

    calling(importing, monkeypatch)
    importing.database.run("INSERT INTO t VALUES (9, 'old')")
    importing.write("t.csv", "id,a\n1,x\n")
    questions: list[str] = []

    async def reply(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert context.session
        questions.append(params.message)
        return answer

    async def talk() -> Any:
        async with Client(build_server(build_tools()), mode=era, elicitation_callback=reply) as client:
            arguments = {"database": "main", "path": "t.csv", "mode": "replace", "confirm": True}
            return await client.call_tool("import_data", arguments)

    result = anyio.run(talk)
    assert said in result.content[0].text
    assert questions == ["Import t.csv into main with mode replace? It will delete all rows of its tables first."]
    left = importing.database.rows("SELECT id FROM t")
    assert left == ([(1,)] if said == "committed" else [(9,)])


def test_a_path_outside_of_the_project_is_refused(
    importing: Importing, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside: Path = tmp_path_factory.mktemp("outside") / "t.csv"
    outside.write_text("id\n1\n")
    with pytest.raises(Exception, match="path_outside"):
        importing.check(str(outside))
