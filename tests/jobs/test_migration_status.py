"""The status of migrations in folders that are empty, and of databases that are down."""

from server.calls import Call
from server.jobs.migration_status import migration_status
from tests.fix_databases import FreshDatabase
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
