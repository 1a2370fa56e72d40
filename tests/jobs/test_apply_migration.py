"""A migration is applied to the very schema it was proved for, with consent, and both database and disk remember it."""

import json
import re
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Cancelled, DatabaseFailed, Refused
from server.jobs.apply_migration import apply_migration
from server.jobs.compare_schemas import compare_schemas
from server.jobs.migration_status import migration_status
from server.jobs.plan_migration import plan_migration
from server.model.migration.reports import AppliedMigration
from server.postgres.turns import KEY
from server.sides import ONE_DATABASE
from tests.fix_databases import MakeDatabase
from tests.fix_services import TwoDatabases

OLD = "create table t (a int primary key, b text); insert into t values (1, 'x')"
NEW = "create table t (a bigint primary key, b text not null); create index on t (b)"

LABELS = (
    "create type mood as enum ('sad')",
    "create type mood as enum ('sad', 'glad'); alter table t add m mood default 'glad'",
)


class Two(TwoDatabases):
    """Feature's schema is further than main's."""

    def plan(self, **arguments: object) -> str:
        plan = plan_migration(
            self.services, Call(), source="main", target="feature", save_as="step", **arguments  # pyright: ignore[reportArgumentType]  what the test gives
        )  # fmt: skip
        assert plan.path
        return plan.path

    def apply(self, path: str, *, confirm: bool = True, call: Call | None = None) -> AppliedMigration:
        return apply_migration(self.services, call or Call(), database="main", path=path, confirm=confirm)

    def states(self, database: str = "main") -> dict[str, str]:
        (found,) = migration_status(self.services, Call(), database=database).databases
        return {entry.name: entry.state for entry in found.migrations}


@pytest.fixture
def two(tmp_path: Path, make_database: MakeDatabase) -> Two:
    both = Two(tmp_path, make_database)
    both.main.run(OLD)
    both.feature.run(NEW)
    return both


def test_a_migration_is_applied_once_and_remembered(two: Two) -> None:
    path = two.plan()
    assert two.states() == {"0001_step": "pending"}
    status = migration_status(two.services, Call())
    assert [d.fits for d in status.databases if d.database == "main"] == ["0001_step"]
    report = two.apply(path)
    assert (report.outcome, report.attempts, report.notes) == ("applied", 1, [])
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal
    assert two.main.rows("select a, b from t") == [(1, "x")]
    assert two.states() == {"0001_step": "applied"}
    line = json.loads((two.root / "migrations" / "applied.jsonl").read_text())
    assert (line["database"], line["migration"]) == ("main", "0001_step")
    with pytest.raises(Refused, match="other_schema"):
        two.apply("1")


def test_nothing_happens_without_consent(two: Two) -> None:
    path = two.plan()
    with pytest.raises(Refused, match="confirmation_needed") as refused:
        two.apply(path, confirm=False)
    assert any("may_fail_on_data" in hazard for hazard in refused.value.details["hazards"])


def test_a_database_that_has_moved_on_is_refused(two: Two) -> None:
    path = two.plan()
    two.main.run("alter table t add c int")
    with pytest.raises(Refused, match="other_schema"):
        two.apply(path)


def test_a_file_that_was_changed_is_refused_and_shown(two: Two) -> None:
    path = two.root / two.plan()
    path.write_text(path.read_text().replace("SET NOT NULL", "DROP NOT NULL"))
    assert two.states() == {"0001_step": "changed"}
    with pytest.raises(Refused, match="migration_changed"):
        two.apply("0001_step")


def test_an_answer_says_which_database_it_was_and_reading_access_is_refused_before_anyone_is_asked(two: Two) -> None:
    plan = plan_migration(two.services, Call(), source="main", target="feature", save_as="step")
    assert (plan.source.dbname, plan.target.dbname) == (two.main.name, two.feature.name)
    assert plan.path
    with pytest.raises(Refused, match="read_only_database"):
        apply_migration(two.services, Call(), database="feature", path=plan.path)
    assert two.apply(plan.path).side.dbname == two.main.name
    (found,) = migration_status(two.services, Call(), database="main").databases
    assert found.side.server_version
    two.add("again", two.main)
    same = plan_migration(two.services, Call(), source="main", target="again")
    assert (same.same_database, same.statements) == (f"{ONE_DATABASE}: there is nothing to plan.", [])
    assert "one and the same database" in same.next


def test_a_file_that_is_gone_is_missing(two: Two) -> None:
    path = two.plan()
    two.apply(path)
    (two.root / path).unlink()
    assert two.states() == {"0001_step": "missing"}
    assert "0001_step was applied to main" in migration_status(two.services, Call()).next
    two.feature.run("create table more ()")
    assert two.plan().endswith("/migrations/0002_step.sql")


def test_a_statement_that_fails_on_the_data_rolls_everything_back(two: Two) -> None:
    two.main.run("insert into t values (2, null)")
    path = two.plan()
    with pytest.raises(DatabaseFailed, match="migration_failed") as failed:
        two.apply(path)
    assert failed.value.sqlstate == "23502"
    assert "null" not in failed.value.what.replace("not-null", "").replace("null value", "").lower().split("column")[0]
    assert two.main.rows("select pg_typeof(a)::text from t") == [("integer",), ("integer",)]
    assert two.states() == {"0001_step": "pending"}


def test_a_lock_that_others_hold_is_waited_for_and_tried_again(two: Two) -> None:
    path = two.plan()
    with (two.root / "pgferry.toml").open("a") as settings:
        settings.write("[migrations]\nlock_timeout_seconds = 0.1\nattempts = 3\n")
    with two.main.connect() as other:
        other.execute("begin")
        other.execute("select * from t")

        def free_when_waited_for(_done: float, _total: float | None, message: str) -> None:
            if "waiting for a lock" in message and other.info.transaction_status:
                other.execute("rollback")

        report = two.apply(path, call=Call(free_when_waited_for))
    assert report.attempts == 2


def refused_after_another(two: Two, path: str) -> None:
    """Applies a file while another call, which waits no longer, applies it first."""
    with two.main.connect() as other:
        other.execute("select pg_advisory_lock(%s)", [KEY])

        def let_another_go_first(_done: float, _total: float | None, message: str) -> None:
            if "waiting for another" in message and other.execute("select pg_advisory_unlock_all()"):
                two.apply(path)

        with pytest.raises(Refused, match="leads to already") as refused:
            two.apply(path, call=Call(let_another_go_first))
    assert refused.value.code == "other_schema"


def test_of_two_that_apply_the_same_file_at_once_the_second_is_refused(two: Two) -> None:
    path = two.plan()
    refused_after_another(two, path)
    assert two.main.rows("select count(*) from pgferry.migrations") == [(1,)]


def test_a_migration_of_several_transactions_is_one_turn_from_its_first_statement_on(two: Two) -> None:
    two.main.run(LABELS[0])
    two.feature.run(LABELS[1])
    path = two.plan()
    refused_after_another(two, path)
    assert two.main.rows("select name from pgferry.migrations") == [("0001_step",)]


def test_what_ran_before_a_transaction_that_fails_is_told_to_stay(two: Two) -> None:
    two.main.run("insert into t values (2, null);" + LABELS[0])
    two.feature.run(LABELS[1])
    with pytest.raises(DatabaseFailed, match="plan again") as failed:
        two.apply(two.plan())
    assert failed.value.sqlstate == "23502"
    assert "The statements that ran before it (1) stay." in failed.value.state
    two.main.run("delete from t where b is null")
    assert two.apply(two.plan()).outcome == "applied"
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


def test_an_index_that_cannot_be_made_beside_writers_is_not_left_half_made(two: Two) -> None:
    two.main.run("insert into t values (2, 'x')")
    two.feature.run("create unique index once on t (b)")
    with pytest.raises(DatabaseFailed, match=r"23505.*plan again") as failed:
        two.apply(two.plan(concurrent_indexes=True))
    assert failed.value.state.endswith("stay; this one did nothing.")
    assert two.main.rows("select count(*) from pg_index where not indisvalid") == [(0,)]
    status = migration_status(two.services, Call(), database="main")
    ((state, note),) = [(entry.state, entry.note) for entry in status.databases[0].migrations]
    assert state == "applied"
    assert note
    assert "not all of its statements" in note
    assert status.next.startswith("main is not as its last migration leads to")
    two.main.run("delete from t where a = 2")
    two.apply(two.plan(concurrent_indexes=True))
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


KILLER = """
create function kill() returns event_trigger language plpgsql as $$ begin
    if current_setting('app.kill', true) = 'yes' then
        perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end if; end $$;
create event trigger kill on ddl_command_start when tag in ('CREATE INDEX') execute function kill()
"""


def test_what_stays_is_told_where_the_session_is_lost_in_a_statement_of_its_own(two: Two) -> None:
    two.main.run(KILLER)
    two.feature.run(KILLER)
    path = two.plan(concurrent_indexes=True)
    two.main.run(f"alter database {two.main.name} set app.kill = 'yes'")
    with pytest.raises(DatabaseFailed) as failed:
        two.apply(path)
    assert failed.value.code == "connection_lost"
    assert re.match(r"The statements before it \(\d of \d\) stay; migration_status tells", failed.value.state)
    assert str(failed.value.next).startswith("Plan again")
    assert two.states() == {"0001_step": "applied"}
    two.main.run(f"alter database {two.main.name} reset app.kill")
    two.apply(two.plan(concurrent_indexes=True))
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


def test_what_stays_is_told_where_the_call_is_cancelled_before_a_statement_of_its_own(two: Two) -> None:
    def watch(_done: float, _total: float | None, message: str) -> None:
        if message.startswith("INDEX"):
            call.cancel()

    call = Call(watch)
    with pytest.raises(Cancelled) as cancelled:
        two.apply(two.plan(concurrent_indexes=True), call=call)
    assert cancelled.value.state.endswith("stay; of this one nothing is left.")
    assert two.main.rows("select data_type from information_schema.columns where column_name = 'a'") == [("bigint",)]
    two.apply(two.plan(concurrent_indexes=True))
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


def test_a_lock_that_does_not_come_is_told_with_who_holds_it(two: Two) -> None:
    path = two.plan()
    with (two.root / "pgferry.toml").open("a") as settings:
        settings.write("[migrations]\nlock_timeout_seconds = 0.01\nattempts = 1\n")
    with two.main.connect() as other:
        other.execute("begin")
        other.execute("select * from t")
        pid = other.info.backend_pid
        with pytest.raises(
            DatabaseFailed, match=rf"t by session {pid}, idle in transaction.*AccessShareLock"
        ) as failed:
            two.apply(path)
    assert failed.value.code == "busy"


def test_statements_of_their_own_are_run_by_themselves(two: Two) -> None:
    told: list[str] = []
    path = two.plan(concurrent_indexes=True)
    report = two.apply(path, call=Call(lambda _done, _total, message: told.append(message)))
    planned = re.findall(r"^--! step \d+ (before|main|after): (.*)$", (two.root / path).read_text(), re.MULTILINE)
    assert report.own_transactions == sum(phase != "main" for phase, _ in planned)
    assert [what for phase, what in planned if phase == "after" and what.startswith("INDEX ")]
    assert told == [what for _, what in planned]
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


def test_what_reads_only_is_never_migrated(two: Two) -> None:
    path = plan_migration(two.services, Call(), source="feature", target="main", save_as="back").path
    assert path
    with pytest.raises(Refused, match="read_only_database"):
        apply_migration(two.services, Call(), database="feature", path=path, confirm=True)


def test_what_is_applied_stays_told_where_the_folder_cannot_keep_its_record(two: Two) -> None:
    path = two.plan()
    (two.root / "migrations" / "applied.jsonl").mkdir()
    report = two.apply(path)
    assert report.outcome == "applied"
    assert "but not in" in report.notes[0]
    assert two.main.rows("select a, b from t") == [(1, "x")]
    assert two.states() == {"0001_step": "applied"}


def test_a_file_that_is_no_text_is_no_migration_and_stands_in_no_others_way(two: Two) -> None:
    (two.root / "migrations").mkdir()
    (two.root / "migrations" / "0001_odd.sql").write_bytes(b"-- pgferry migration\n\xff\xfe")
    assert two.apply(two.plan()).outcome == "applied"
