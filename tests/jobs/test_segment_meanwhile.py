"""A segment while others write, and of many rows: one snapshot throughout, and memory that does not grow."""

import threading
import tracemalloc
from pathlib import Path

import psycopg
import pytest

from server.calls import Call
from server.jobs.export_segment import export_segment
from server.model.segments.reports import SegmentReport, SegmentRequest
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import load_with_psql
from tests.fix_services import Project

WRITES = (
    "INSERT INTO sites SELECT coalesce(max(id), 0) + 1, 1, 'new' FROM sites",
    "INSERT INTO incidents SELECT max(id) + 1, 1 + max(id) % 10, 1, max(id), 'new', now() FROM incidents",
    "INSERT INTO notes SELECT max(incident_id), max(number) + 1, 'late' FROM notes",
    "UPDATE incidents SET site_id = 1 + (site_id + 1) % 10",
    "DELETE FROM notes WHERE incident_id = (SELECT min(incident_id) FROM notes)",
    "UPDATE companies SET slug = CASE slug WHEN 'acme' THEN 'umbrella ' ELSE 'acme' END WHERE id = 1",
)


def export(project: Project, call: Call, **arguments: object) -> SegmentReport:
    filters = [{"table": "companies", "where": [{"column": "slug", "value": "acme"}]}]
    request = SegmentRequest.model_validate({"database": "it", "filters": filters, **arguments})
    return export_segment(project.services, call, request)


@pytest.mark.parametrize("format_", ["sql", "json"])
def test_a_segment_is_of_one_snapshot_while_another_session_keeps_writing(
    tenants: FreshDatabase, project: Project, make_database: MakeDatabase, postgres: EmbeddedServer, format_: str
) -> None:
    written, done = threading.Semaphore(0), threading.Event()

    def keep_writing() -> None:
        with psycopg.connect(tenants.url, autocommit=True) as connection:
            while not done.is_set():
                for statement in WRITES:
                    connection.execute(statement.encode())
                    written.release()

    writer = threading.Thread(target=keep_writing)

    def progress(_done: float, _total: float | None, _message: str) -> None:
        if not writer.ident:
            writer.start()
        assert written.acquire(timeout=30)  # at every step of the export, others have written since the last

    project.add("it", tenants)
    try:
        report = export(project, Call(progress), format=format_)
    finally:
        done.set()
        if writer.ident:
            writer.join()
    assert {table.name: table.rows for table in report.tables} == {
        "regions": 1, "companies": 1, "sites": 5, "kinds": 3, "incidents": 50, "notes": 100,
    }  # fmt: skip
    assert tenants.rows("SELECT count(*) > 10 FROM sites") == [(True,)]
    if format_ == "sql":
        copy = make_database()
        load_with_psql(postgres, Path(str(report.path)), copy)
        assert copy.rows("SELECT count(*) FROM notes JOIN incidents ON incident_id = incidents.id") == [(100,)]


def test_memory_does_not_grow_with_the_rows(tenants: FreshDatabase, project: Project) -> None:
    tenants.run(
        "INSERT INTO incidents SELECT n, 2, 1, NULL, 'ok', now() FROM generate_series(101, 8000) AS n;"
        "INSERT INTO notes SELECT n, 1, repeat('x', 4000) FROM generate_series(101, 8000) AS n"
    )
    project.add("it", tenants)
    export(project, Call(), format="jsonl", limit_per_table=10)
    tracemalloc.start()
    try:
        report = export(project, Call(), format="jsonl")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.total_rows > 15_000
    assert report.bytes > 30 << 20
    assert peak < 12 << 20
