"""What the guides show is so in the demo: their commands run as they stand, and their calls answer what is written."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from server.calls import Call
from server.demo.project import make_project
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentRequest
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import drop_database
from server.services import load_services
from tests.fix_databases import FreshDatabase
from tests.fix_demo import DemoDatabases

DOCS = Path(__file__).parents[2] / "docs"
UNTOLD = re.compile(r', "…"(: "…")?')
"""What an answer has beyond what a guide shows of it."""


def blocks(guide: str, language: str) -> list[str]:
    """The fenced blocks of a guide in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / guide).read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(demo_templates: DemoDatabases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's project, over the originals of its databases: they are only read."""
    return make_project(tmp_path_factory.mktemp("demo"), demo_templates.main.url, demo_templates.feature_x.url).main


@pytest.fixture
def acme_debug(postgres: EmbeddedServer) -> Generator[FreshDatabase]:
    """The database that a recipe makes."""
    yield FreshDatabase("acme_debug", postgres.url("acme_debug"))
    drop_database(postgres, "acme_debug")


def run(script: str, checkout: Path, postgres: EmbeddedServer) -> None:
    """As a person runs it, in the demo's project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DATABASE_URL"}
    path = os.pathsep.join((str(Path(sys.executable).parent), str(postgres.bin_directory), kept["PATH"]))
    done = subprocess.run(
        ["sh", "-euc", script], cwd=checkout, env={**kept, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_recipe_for_last_weeks_failing_incidents_works_as_it_stands(
    checkout: Path, postgres: EmbeddedServer, acme_debug: FreshDatabase
) -> None:
    (recipe,) = blocks("debugging-with-a-segment.md", "sh")
    run(recipe, checkout, postgres)
    matched = "status = 'awaiting_action' AND occurred_at >= '2026-06-22Z' AND occurred_at < '2026-06-29Z'"
    assert acme_debug.rows(f"SELECT count(*) FILTER (WHERE {matched}), count(*) FROM incidents") == [(4, 5)]
    assert acme_debug.rows("SELECT slug FROM companies") == [("acme",)]


def test_the_call_of_that_recipe_answers_what_the_guide_shows(checkout: Path) -> None:
    call, shown = (json.loads(UNTOLD.sub("", block)) for block in blocks("debugging-with-a-segment.md", "json"))
    request = SegmentRequest.model_validate(call)
    answer = export_segment(load_services({}, checkout), Call(), request).model_dump(mode="json")
    tables = {table["name"]: table for table in answer["tables"]}
    for table in shown["tables"]:
        found = tables[table["name"]]
        assert set(table.pop("why")) <= set(found["why"])
        assert found | table == found
    assert answer["date_columns"] | shown["date_columns"] == answer["date_columns"]


def test_what_the_guides_look_for_in_an_export_is_there(demo_templates: DemoDatabases) -> None:
    looked_for = re.findall(r'\.(status|severity) == "(\w+)"', (DOCS / "analysing-an-export.md").read_text())
    assert len(looked_for) > 1
    for column, value in looked_for:
        assert demo_templates.main.rows(f"SELECT FROM incidents WHERE {column} = '{value}'") != []
