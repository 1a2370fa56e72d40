"""An export begins anew where a table was changed before it was locked, and where connections are few."""

import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from server.calls import Call
from server.jobs.export_database import export_database
from server.jobs.export_segment import export_segment
from server.model.exports import ExportRequest
from server.model.segments.reports import SegmentRequest
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import BIG, Export, left_behind
from tests.fix_services import Project


@pytest.mark.parametrize("job", ["export_database", "export_segment"])
@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("TRUNCATE big", 0),
        ("ALTER TABLE big ALTER i TYPE bigint", 60_000),
        ("ALTER TABLE big DROP filler", 60_000),
        ("DROP TABLE big; CREATE TABLE big AS SELECT 1 AS other", 1),
    ],
)
def test_a_table_that_was_changed_while_the_export_waited_for_it_is_read_as_it_is_then(
    big: FreshDatabase, project: Project, change: str, rows: int, job: str
) -> None:
    """On the snapshot of before, a table that was written anew has no rows."""

    def hear(_done: float, _total: float | None, message: str) -> None:
        if message.startswith("waiting for public.big, ") and not holder.closed:
            holder.execute(change.encode())
            holder.commit()
            holder.close()

    with psycopg.connect(big.url) as holder:
        holder.execute("LOCK TABLE big IN ACCESS EXCLUSIVE MODE")
        if job == "export_database":
            report = export_database(project.services, Call(hear), ExportRequest(database="it"))
        else:
            request = SegmentRequest.model_validate({"database": "it", "filters": [{"table": "big", "where": []}]})
            report = export_segment(project.services, Call(hear), request)
    assert report.total_rows == rows


def test_an_export_goes_on_with_the_connections_that_it_can_have(
    export: Export, project: Project, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for the rows, one for pg_dump, here of a role that may have no more."""
    monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", "4")
    database = make_database()
    role = f"few_{database.name}"
    database.run(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 2 PASSWORD 'pw'; {BIG}; GRANT SELECT ON big TO {role}")
    try:
        project.add("it", replace(database, url=re.sub(r"//[^@]*@", f"//{role}:pw@", database.url)))
        report = export(format="sql")
    finally:
        database.run(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert report.total_rows == 60_000
    assert sorted(left_behind(project)) == [Path(report.path or "").name]
