"""Subscriptions are compared, altered and dropped, never made or started; nothing of a connection string is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.calls import Call
from server.jobs.apply_migration import apply_migration
from server.jobs.compare_schemas import compare_schemas
from server.jobs.plan_migration import plan_migration
from server.model.migration.reports import MigrationPlan
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_services import TwoDatabases

_MAKE = (
    "create subscription s connection 'host=/none dbname=x password=hunter2' publication {} with (connect = false{})"
)


class Subscribed(TwoDatabases):
    def plan(self, **arguments: object) -> MigrationPlan:
        return plan_migration(self.services, Call(), source="main", target="feature", **arguments)  # pyright: ignore[reportArgumentType]  what the test gives


@pytest.fixture
def two(tmp_path: Path, make_database: MakeDatabase) -> Iterator[Subscribed]:
    both = Subscribed(tmp_path, make_database)
    yield both
    for database in (both.main, both.feature):
        unsubscribe(database)


def unsubscribe(database: FreshDatabase) -> None:
    here = "subdbid = (select oid from pg_database where datname = current_database())"
    for (name,) in database.rows(f"select subname from pg_subscription where {here}"):
        for act in ("alter subscription {} disable", "alter subscription {} set (slot_name = none)"):
            database.run(act.format(name))
        database.run(f"drop subscription {name}")


def scratches(database: FreshDatabase) -> list[tuple[object, ...]]:
    return database.rows("select datname from pg_database where datname like 'pgferry_scratch%'")


def test_a_subscription_is_altered_and_the_plan_applies(two: Subscribed) -> None:
    two.main.run(_MAKE.format("p", ""))
    two.feature.run(_MAKE.format("p, q", ", slot_name = 'other', binary = true, synchronous_commit = 'local'"))
    two.feature.run("comment on subscription s is 'told'; alter subscription s set (disable_on_error = true)")
    plan = two.plan(save_as="altered")
    assert plan.differences_left == []
    assert plan.path
    apply_migration(two.services, Call(), database="main", path=plan.path, confirm=True)
    assert two.plan().statements == []
    assert "hunter2" not in plan.model_dump_json()
    assert scratches(two.main) == []


def test_one_that_is_gone_is_dropped_without_reaching_its_publisher(two: Subscribed) -> None:
    two.main.run(_MAKE.format("p", "") + "; comment on subscription s is 'which PostgreSQL forgets to drop'")
    plan = two.plan(save_as="gone")
    assert [s.sql for s in plan.statements] == [
        "ALTER SUBSCRIPTION s SET (slot_name = NONE)",
        "DROP SUBSCRIPTION s",
    ]
    assert plan.path
    apply_migration(two.services, Call(), database="main", path=plan.path, confirm=True)
    assert two.plan().statements == []


def test_one_that_is_new_or_starts_is_left_to_a_person(two: Subscribed) -> None:
    two.feature.run(_MAKE.format("p", ""))
    plan = two.plan(save_as="x")
    assert (plan.verified, plan.path, plan.statements) == (False, None, [])
    assert (
        "SUBSCRIPTION s: its connection, which may hold a password, is never read: make it by hand"
        in plan.differences_left
    )
    two.main.run(_MAKE.format("p", ""))
    two.feature.run("alter subscription s set (slot_name = 's'); alter subscription s enable")
    assert any("ENABLE" in left for left in two.plan().differences_left)


def test_another_connection_is_told_and_never_shown(two: Subscribed) -> None:
    two.main.run(_MAKE.format("p", ""))
    two.feature.run(_MAKE.format("p", "").replace("hunter2", "hunter3"))
    plan = two.plan()
    assert plan.differences_left == ["SUBSCRIPTION s: another connection, which is not shown: set it by hand"]
    compared = compare_schemas(two.services, Call(), source="main", target="feature")
    assert compared.equal
    assert "the connection of subscription s" in compared.not_compared
    assert "hunter" not in plan.model_dump_json() + compared.model_dump_json()


def test_a_running_one_that_both_have_does_not_hinder_a_plan(two: Subscribed) -> None:
    for database in (two.main, two.feature):
        database.run(
            _MAKE.format("p", "") + "; alter subscription s set (slot_name = 's'); alter subscription s enable"
        )
    two.feature.run("create table t (a int)")
    plan = two.plan()
    assert plan.differences_left == []
    assert [s.object for s in plan.statements] == ["TABLE public.t"]
