"""Databases on servers of different majors: equal where only the server's spelling differs.

The other server is the system's PostgreSQL 15 where the tests run on the embedded one, else the embedded one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.calls import Call
from server.demo.databases import fill_databases
from server.errors import FerryError
from server.jobs.compare_schemas import compare_schemas
from server.jobs.plan_migration import plan_migration
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import make_database
from server.postgres.schemas.spelling import spelled_alike
from tests.fix_databases import FreshDatabase
from tests.fix_demo import DemoDatabases
from tests.fix_services import Project

SCHEMAS = Path(__file__).parents[1] / "postgres" / "schemas"
SYSTEM = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="module")
def other_server() -> Iterator[EmbeddedServer]:
    on_system = "PGFERRY_TEST_POSTGRES_BIN" not in os.environ and SYSTEM.is_dir()
    with embedded_server(bin_directory=SYSTEM if on_system else None) as server:
        yield server


@pytest.mark.parametrize("name", ["everything", "rentals"])
def test_the_same_statements_make_equal_schemas(
    name: str, project: Project, fresh_database: FreshDatabase, other_server: EmbeddedServer
) -> None:
    make_database(other_server, name)
    there = FreshDatabase(name, other_server.url(name))
    for database in (fresh_database, there):
        database.run((SCHEMAS / f"{name}.sql").read_text())
    project.add("here", fresh_database)
    project.add("there", there)
    report = compare_schemas(project.services, Call(), source="here", target="there")
    assert report.differences == ()
    assert report.equal


def test_what_people_wrote_is_compared_to_the_letter(
    project: Project, fresh_database: FreshDatabase, other_server: EmbeddedServer
) -> None:
    make_database(other_server, "letters")
    there = FreshDatabase("letters", other_server.url("letters"))
    for database, word in ((fresh_database, "Users"), (there, "users")):
        database.run(f"create table t (a int); comment on table t is '{word}'")
        project.add(word, database)
    (found,) = compare_schemas(project.services, Call(), source="Users", target="users").differences
    assert (found.attribute, found.before, found.after) == ("comment", "Users", "users")


def test_the_demo_is_equal_to_itself_and_its_drift_is_still_found(
    project: Project, demo_templates: DemoDatabases, other_server: EmbeddedServer
) -> None:
    fill_databases(other_server, "of-the-tests", main="demo_there", feature="feature_there")
    project.add("here", demo_templates.main)
    project.add("there", FreshDatabase("demo_there", other_server.url("demo_there")))
    project.add("feature", FreshDatabase("feature_there", other_server.url("feature_there")))
    assert compare_schemas(project.services, Call(), source="here", target="there").differences == ()
    assert len(compare_schemas(project.services, Call(), source="here", target="feature").differences) == 17


@pytest.mark.parametrize("back", [False, True], ids=["to the other", "from the other"])
def test_plans_lead_from_one_major_to_another(
    project: Project, fresh_database: FreshDatabase, other_server: EmbeddedServer, back: bool
) -> None:
    make_database(other_server, f"planned_{back}")
    there = FreshDatabase(f"planned_{back}", other_server.url(f"planned_{back}"))
    shared = "create table t (id int primary key, a int not null); create view v as select t.id, a from t where a > 1"
    for database in (fresh_database, there):
        database.run(shared)
    project.add("one", there if back else fresh_database)
    project.add("two", fresh_database if back else there)
    empty = plan_migration(project.services, Call(), source="one", target="two")
    assert (empty.verified, empty.statements, empty.differences_left) == (True, [], [])
    (fresh_database if back else there).run("alter table t add b text not null default 'x'; create index on t (b)")
    plan = plan_migration(project.services, Call(), source="one", target="two")
    assert plan.verified
    assert [s.object for s in plan.statements] == ["COLUMN public.t.b", "INDEX public.t_b_idx"]


def test_a_plan_names_the_pg_dump_that_is_missing_where_a_newer_one_writes_what_the_server_does_not_read(
    project: Project, fresh_database: FreshDatabase, other_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_database(other_server, "inherited")
    there = FreshDatabase("inherited", other_server.url("inherited"))
    older = min(fresh_database, there, key=lambda one: one.rows("SELECT current_setting('server_version_num')::int"))
    if older.rows("SELECT current_setting('server_version_num')::int >= 180000") == [(True,)]:
        pytest.skip("there is no older server")
    older.run("CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p); ALTER TABLE c ALTER a SET NOT NULL")
    project.add("older", older)
    (project.root / "wanted.sql").write_text("CREATE TABLE t (a int);")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FerryError, match="not_rebuildable") as refused:
        plan_migration(project.services, Call(), source="older", target="wanted.sql")
    assert "set [postgres] bin_directory to it" in str(refused.value)


def test_spelling_is_told_from_meaning() -> None:
    assert spelled_alike("SELECT t.id FROM app.t", "SELECT id FROM app.t")
    assert spelled_alike("SELECT c.id FROM app.t c WHERE c.x > 1", "SELECT id FROM app.t c WHERE (x > 1)")
    assert not spelled_alike("SELECT t.id FROM app.t", "SELECT t.name FROM app.t")
    assert not spelled_alike("SELECT a.id FROM a JOIN b ON true", "SELECT b.id FROM a JOIN b ON true")
    assert not spelled_alike("SELECT id FROM t WHERE x = 1", "SELECT id FROM t WHERE x = 2")
    assert not spelled_alike("not sql at all", "not sql at all either")
    assert spelled_alike("(a > 1)", "a > 1")
    assert spelled_alike("((a AND b) AND (c OR (d OR e)))", "(a AND b AND (c OR d OR e))")
    assert spelled_alike("CHECK (((a AND b) AND c))", "CHECK ((a AND b AND c))")
    assert not spelled_alike("((a AND b) OR c)", "(a AND (b OR c))")
    assert not spelled_alike("(NOT (NOT a))", "(NOT a)")
    assert spelled_alike("(ARRAY['a'::b, c])::text[]", "ARRAY[('a'::b)::text, c::text]")
    assert not spelled_alike("(ARRAY[a, b])::text[]", "(ARRAY[a, b])::integer[]")
    assert not spelled_alike("ARRAY[]::text[]", "ARRAY[]::integer[]")
    assert not spelled_alike("(ARRAY[ARRAY[a]])::text[]", "ARRAY[ARRAY[a]]")
