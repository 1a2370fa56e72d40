"""Exports where no temporary table can be made: on a real read-only standby, and by a role without the right."""

import json
import os
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.errors import DatabaseFailed, Refused
from server.jobs.export_database import export_database
from server.jobs.export_segment import export_segment
from server.jobs.query_database import query_database
from server.model.exports import ExportRequest
from server.model.segments.reports import SegmentRequest
from server.postgres.binaries import programs_for, unprivileged_account
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase
from tests.fix_services import Project

ACME: list[dict[str, Any]] = [{"table": "companies", "where": [{"column": "slug", "value": "acme"}]}]

SLEEPING = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
NO_DELAY = "-c max_standby_streaming_delay=0"


@contextmanager
def standby_of(server: EmbeddedServer, folder: Path) -> Generator[int]:
    """A streaming standby of the server, which waits for no reader; gives its port."""
    home, account = folder / "standby", unprivileged_account()
    home.mkdir()
    if account:
        os.chown(home, account.uid, account.gid)
    programs = programs_for(home, server.bin_directory)
    copied = programs.run(
        home,
        "pg_basebackup",
        "-D",
        str(home / "data"),
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "-d",
        server.url("postgres"),
    )
    assert copied.returncode == 0, copied.stdout
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    at = ["-D", str(home / "data"), "-s", "-w"]
    started = programs.run(home, "pg_ctl", "start", *at, "-l", str(home / "log"), "-o", f"-p {port} {NO_DELAY}")
    try:
        assert started.returncode == 0, started.stdout
        yield port
    finally:
        programs.run(home, "pg_ctl", "stop", *at, "-m", "immediate")


def test_a_standby_gives_whole_exports_refuses_segments_and_tells_what_ends_a_reader(
    tenants: FreshDatabase, project: Project, postgres: EmbeddedServer, open_folder: Path
) -> None:
    with standby_of(postgres, open_folder) as port:
        url = tenants.url.replace(f":{postgres.port}/", f":{port}/")
        project.add("it", FreshDatabase(tenants.name, url))
        assert FreshDatabase(tenants.name, url).rows("SELECT pg_is_in_recovery()") == [(True,)]
        with pytest.raises(Refused) as refused:
            export_segment(project.services, Call(), SegmentRequest.model_validate({"database": "it", "filters": ACME}))
        assert refused.value.code == "no_temporary_tables"
        assert "standby" in refused.value.what
        assert "export_database works here" in str(refused.value.next)
        whole = export_database(project.services, Call(), ExportRequest(database="it", format="json"))
        assert {table.name: table.rows for table in whole.tables}["notes"] == 200
        assert json.loads(Path(str(whole.path)).read_text())["metadata"]["totalRecords"] == whole.total_rows
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(query_database, project.services, Call(), database="it", sql="SELECT pg_sleep(25)")
            while not FreshDatabase(tenants.name, url).rows(SLEEPING) and not reading.done():
                pass
            tenants.run("DELETE FROM notes")
            tenants.run("VACUUM notes")  # what the standby may not apply while somebody reads
            with pytest.raises(DatabaseFailed, match="conflict with recovery") as failed:
                reading.result()
        assert failed.value.code == "recovery_conflict"
        assert "hot_standby_feedback" in str(failed.value.next)


def test_a_role_without_temporary_tables_gives_whole_exports_and_is_told_what_a_segment_needs(
    tenants: FreshDatabase, project: Project
) -> None:
    tenants.run(
        f"CREATE ROLE seg_reader LOGIN PASSWORD 'x'; REVOKE TEMPORARY ON DATABASE {tenants.name} FROM PUBLIC;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO seg_reader"
    )
    try:
        project.add("it", FreshDatabase(tenants.name, f"postgresql://seg_reader:x@{tenants.url.split('@')[1]}"))
        request = SegmentRequest.model_validate({"database": "it", "filters": ACME, "estimate_only": True})
        with pytest.raises(Refused) as refused:
            export_segment(project.services, Call(), request)
        assert refused.value.code == "no_temporary_tables"
        assert "GRANT TEMPORARY" in str(refused.value.next)
        whole = export_database(project.services, Call(), ExportRequest(database="it", format="jsonl"))
        assert whole.total_rows == 319
        tenants.run(f"GRANT TEMPORARY ON DATABASE {tenants.name} TO seg_reader")
        assert export_segment(project.services, Call(), request).total_rows > 100
    finally:
        tenants.run("DROP OWNED BY seg_reader; DROP ROLE seg_reader")
