"""A project's one database, `it`, and what inspect_schema tells of it."""

import json

import pytest

from server.calls import Call
from server.jobs.inspect_schema import Detail, inspect_schema
from server.model.inspection.reports import SchemaInspection
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project


def size(report: SchemaInspection) -> int:
    return len(json.dumps(report.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode())


def inspected(
    project: Project, detail: Detail = "tables", tables: list[str] | None = None, cursor: str | None = None
) -> SchemaInspection:
    return inspect_schema(project.services, Call(), database="it", detail=detail, tables=tables, cursor=cursor)


@pytest.fixture
def it(project: Project, fresh_database: FreshDatabase) -> FreshDatabase:
    project.add("it", fresh_database)
    return fresh_database
