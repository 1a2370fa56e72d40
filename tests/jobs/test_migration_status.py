"""The status of migrations in folders that are empty, and of databases that are down."""

import psycopg
import pytest

from server.calls import Call
from server.jobs.migration_status import migration_status
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_services import Project


def test_an_empty_folder_says_how_to_begin(project: Project, fresh_database: FreshDatabase) -> None:
    project.add("main", fresh_database)
    status = migration_status(project.services, Call())
    assert [(d.database, d.migrations, d.problem) for d in status.databases] == [("main", [], None)]
    assert "plan_migration" in status.next


def test_a_database_that_is_down_is_listed_with_its_problem(project: Project, fresh_database: FreshDatabase) -> None:
    project.add("main", fresh_database)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[databases.down]\nurl = "postgresql://nobody@127.0.0.1:1/none"\n')
    found = {d.database: d.problem for d in migration_status(project.services, Call()).databases}
    assert found["main"] is None
    assert found["down"]


def test_an_index_that_was_never_finished_is_named(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    project.add("main", fresh_database)
    fresh_database.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
    with (
        psycopg.connect(fresh_database.url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY half ON t (a)")
    with make_database(fresh_database).connect() as at_work_elsewhere, at_work_elsewhere.transaction():
        at_work_elsewhere.execute("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")  # a clone's t has the same oid
        status = migration_status(project.services, Call())
    assert status.databases[0].invalid_indexes == ["half"]
    assert "plan_migration" in status.next
