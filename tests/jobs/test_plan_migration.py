"""Plans are proved on a rebuilt copy, measured there, and saved only when they are proved and lose nothing unasked."""

from pathlib import Path

import pytest

from server.calls import Call
from server.errors import DatabaseFailed, Refused
from server.jobs.apply_migration import apply_migration
from server.jobs.compare_schemas import compare_schemas
from server.jobs.plan_migration import plan_migration
from server.model.migration.renaming import Renaming
from server.model.migration.reports import MigrationPlan
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_services import TwoDatabases


class Two(TwoDatabases):
    def plan(self, **arguments: object) -> MigrationPlan:
        return plan_migration(self.services, Call(), source="main", target="feature", **arguments)  # pyright: ignore[reportArgumentType]  what the test gives


@pytest.fixture
def two(tmp_path: Path, make_database: MakeDatabase) -> Two:
    return Two(tmp_path, make_database)


def test_a_plan_is_proved_and_measured(two: Two) -> None:
    two.main.run("create table t (a int, b varchar(10)); create view v as select a from t")
    two.feature.run("create table t (a bigint, b varchar(20), c int); create view v as select a from t")
    plan = two.plan(save_as="Wider A")
    assert plan.verified
    assert plan.differences_left == []
    assert plan.path == str(two.root / "migrations/0001_wider_a.sql")
    retyped = next(s for s in plan.statements if "TYPE bigint" in s.sql)
    assert retyped.lock == "ACCESS EXCLUSIVE on public.t"
    assert {"table_rewrite", "blocks_reads", "blocks_writes"} <= set(retyped.hazards)
    widened = next(s for s in plan.statements if "varying(20)" in s.sql)
    assert "table_rewrite" not in widened.hazards
    assert Path(str(plan.path)).read_text().startswith("-- pgferry migration")


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("concurrently", [True, False])
def test_an_index_that_a_killed_migration_left_invalid_is_made_again_or_dropped(
    two: Two, wanted: bool, concurrently: bool
) -> None:
    two.main.run("create table t (a int); create index i on t (a)")
    two.main.run("update pg_index set indisvalid = false where indexrelid = 'i'::regclass")
    two.feature.run("create table t (a int)" + ("; create index i on t (a)" if wanted else ""))
    plan = two.plan(save_as="again", concurrent_indexes=concurrently)
    assert plan.verified
    apply_migration(two.services, Call(), database="main", path=str(plan.path), confirm=True)
    assert compare_schemas(two.services, Call(), source="main", target="feature").equal


def test_locks_are_those_that_a_statement_takes_itself(two: Two) -> None:
    before = "create table parent (a int primary key); create table t (a int, b int)"
    two.main.run(f"{before}; create sequence s increment 5")
    two.feature.run(
        f"{before}; create sequence s increment 10; create table fresh (a int primary key); "
        "comment on table t is 'told'; alter table t alter b type bigint; "
        "alter table t add foreign key (a) references parent"
    )
    found = {s.sql.split("(")[0]: (s.lock, s.hazards) for s in two.plan().statements}
    assert {words: what for words, what in found.items() if "fresh" in words or "SEQUENCE" in words} == {
        "CREATE TABLE public.fresh ": (None, []),
        "ALTER TABLE public.fresh ADD CONSTRAINT fresh_pkey PRIMARY KEY ": (None, []),
        "ALTER SEQUENCE public.s INCREMENT BY 10": (None, []),
    }
    assert found["COMMENT ON TABLE public.t IS 'told'"] == ("SHARE UPDATE EXCLUSIVE on public.t", [])
    (key,) = (what for words, what in found.items() if "FOREIGN KEY" in words)
    assert key == ("SHARE ROW EXCLUSIVE on public.t, public.parent", ["blocks_writes", "may_fail_on_data"])


def test_nothing_is_planned_for_equal_schemas(two: Two) -> None:
    for database in (two.main, two.feature):
        database.run("create table t (a int)")
    plan = two.plan(save_as="none")
    assert (plan.verified, plan.statements, plan.path) == (True, [], None)


def test_whether_a_materialised_view_is_filled_is_no_difference(two: Two) -> None:
    view = "create table t (a int); create materialized view v as select a from t"
    two.main.run(view)
    two.feature.run(f"{view} with no data")
    assert two.plan().statements == []


def test_a_materialised_view_that_is_made_anew_is_filled_again(two: Two) -> None:
    two.main.run("create table t (a int); insert into t values (7); create materialized view v as select a from t")
    two.feature.run("create table t (a bigint); create materialized view v as select a from t with no data")
    path = two.plan(save_as="wider").path
    assert path
    apply_migration(two.services, Call(), database="main", path=path, confirm=True)
    assert two.main.rows("select a from v") == [(7,)]


def test_what_loses_data_is_told_and_not_saved_unless_allowed(two: Two) -> None:
    two.main.run("create table t (a int, b int)")
    two.feature.run("create table t (a int)")
    plan = two.plan(save_as="smaller")
    assert plan.verified
    assert plan.path is None
    assert plan.data_loss == ["COLUMN public.t.b: the values of this column are lost"]
    assert str(two.plan(save_as="smaller", allow_data_loss=True).path).endswith("/migrations/0001_smaller.sql")


def test_a_possible_rename_is_asked_and_taken_when_confirmed(two: Two) -> None:
    two.main.run("create table t (a int, old_name text)")
    two.feature.run("create table t (a int, new_name text)")
    assert [(r.from_, r.to) for r in two.plan().possible_renames] == [("public.t.old_name", "public.t.new_name")]
    plan = two.plan(renames=[Renaming("public.t.old_name", "public.t.new_name")])
    assert [s.sql for s in plan.statements] == ["ALTER TABLE public.t RENAME COLUMN old_name TO new_name"]
    assert plan.verified
    assert plan.data_loss == []


def test_a_rename_of_what_is_not_there_is_refused(two: Two) -> None:
    two.main.run("create table t (a int)")
    with pytest.raises(Refused, match="bad_rename"):
        two.plan(renames=[Renaming("public.t.b", "public.t.c")])


def test_a_new_label_that_is_used_is_committed_before(two: Two) -> None:
    two.main.run("create type m as enum ('a'); create table t (x m)")
    two.feature.run("create type m as enum ('a', 'b'); create table t (x m default 'b')")
    plan = two.plan()
    assert plan.verified
    assert [s.own_transaction for s in plan.statements] == [True, False]


def test_indexes_can_be_built_without_blocking_writes(two: Two) -> None:
    two.main.run("create table t (a int)")
    two.feature.run("create table t (a int); create index i on t (a)")
    plan = two.plan(concurrent_indexes=True)
    assert plan.verified
    assert [(s.sql, s.own_transaction) for s in plan.statements] == [
        ("CREATE INDEX CONCURRENTLY i ON public.t USING btree (a)", True)
    ]


_STRICTER = "create table p (id int primary key); create table t (a int{}, b int{}, c int{}{})"


def test_constraints_can_be_proved_without_blocking_writes(two: Two) -> None:
    two.main.run(_STRICTER.format("", "", "", "") + "; insert into t values (1, null, 1)")
    two.feature.run(_STRICTER.format(" not null", " references p", " constraint k check (c > 0)", ""))
    plan = two.plan(concurrent_indexes=True, save_as="stricter")
    assert plan.differences_left == []
    waiting = [s for s in plan.statements if s.own_transaction]
    assert {s.sql.split(" ")[3] for s in waiting} >= {"VALIDATE"}
    blocking = [s for s in plan.statements if "blocks_writes" in s.hazards]
    assert all("may_fail_on_data" not in s.hazards for s in blocking)
    proved = [s for s in waiting if "VALIDATE" in s.sql]
    assert [(s.lock, s.hazards) for s in proved] == 3 * [("SHARE UPDATE EXCLUSIVE on public.t", ["may_fail_on_data"])]
    assert plan.path
    apply_migration(two.services, Call(), database="main", path=plan.path, confirm=True)
    assert two.plan().statements == []


def test_a_new_column_that_must_be_filled_stays_for_that_where_steps_are_apart(two: Two) -> None:
    two.main.run(_STRICTER.format("", "", "", "") + "; insert into t values (1)")
    two.feature.run(_STRICTER.format("", "", "", ", d int not null"))
    path = two.plan(concurrent_indexes=True, save_as="filled").path
    assert path
    with pytest.raises(DatabaseFailed, match="plan again"):
        apply_migration(two.services, Call(), database="main", path=path, confirm=True)
    two.main.run("update t set d = 1")
    path = two.plan(concurrent_indexes=True, save_as="filled").path
    assert path
    apply_migration(two.services, Call(), database="main", path=path, confirm=True)
    assert two.main.rows("select d from t") == [(1,)]
    assert two.plan().statements == []


def test_an_index_that_its_column_would_not_bear_any_more_goes_before_that_changes(two: Two) -> None:
    two.main.run("create table t (a tsvector); create index on t using gin (a)")
    two.feature.run("create table t (a char(4))")
    plan = two.plan(concurrent_indexes=True)
    assert [(s.object, s.own_transaction) for s in plan.statements] == [
        ("INDEX public.t_a_idx", False), ("COLUMN public.t.a", False)
    ]  # fmt: skip


def test_a_column_of_a_new_primary_key_is_not_null_at_once(two: Two) -> None:
    two.main.run("create table t (a int)")
    two.feature.run("create table t (a int, b int, primary key (a, b))")
    plan = two.plan(concurrent_indexes=True)
    assert plan.verified
    assert not any(s.own_transaction for s in plan.statements)


def test_a_not_null_that_is_not_proved_yet_is_a_difference_and_planned_both_ways(two: Two) -> None:
    """Only PostgreSQL 18 has such: elsewhere the column is nullable on one side, and that is planned as well."""
    two.main.run("create table t (a int, b int)")
    two.feature.run("create table t (a int not null, b int)")
    if two.main.rows("select current_setting('server_version_num')::int >= 180000") == [(True,)]:
        two.main.run("alter table t add not null a not valid")
        two.feature.run("alter table t add constraint b_there not null b not valid")
    for source, target in (("main", "feature"), ("feature", "main")):
        assert plan_migration(two.services, Call(), source=source, target=target).differences_left == []


_NAMED_18 = (
    "alter table f rename constraint f_a_not_null to nn; comment on constraint nn on f is 'why';"
    " create table c (not null a) inherits (p); comment on constraint c_a_not_null on c is 'its own';"
    " create table d (constraint x not null a) inherits (p);"
    " create domain da as int constraint given not null; comment on constraint given on domain da is 'here too'",
    "comment on constraint f_a_not_null on f is 'because';"
    " create table c (not null a) inherits (p); create domain da as int not null",
)


def test_not_null_of_a_child_alone_and_what_is_said_of_it_is_planned_both_ways(two: Two) -> None:
    """Only PostgreSQL 18 has names and comments for it."""
    both = "create table p (a int not null, b int); create table f (a int not null); create table e () inherits (p);"
    two.main.run(both + "alter table e alter b set not null; create table g () inherits (e)")
    two.feature.run(both + "create table h () inherits (p); alter table h alter b set not null")
    if two.main.rows("select current_setting('server_version_num')::int >= 180000") == [(True,)]:
        for side, script in zip((two.main, two.feature), _NAMED_18, strict=True):
            side.run(script)
    for source, target in (("main", "feature"), ("feature", "main")):
        plan = plan_migration(two.services, Call(), source=source, target=target, allow_data_loss=True)
        assert plan.differences_left == []


def test_a_side_may_be_a_file_and_grants_count(two: Two) -> None:
    (two.root / "wanted.sql").write_text("create table t (a int); comment on table t is 'T';")
    plan = plan_migration(two.services, Call(), source="main", target="wanted.sql")
    assert plan.verified
    assert [s.object for s in plan.statements] == ["TABLE public.t", "TABLE public.t"]


def test_what_is_not_modelled_is_left_by_name(two: Two) -> None:
    two.feature.run("create extension pg_stat_statements; grant select (query) on pg_stat_statements to pg_monitor")
    plan = two.plan(save_as="x")
    assert (plan.verified, plan.path) == (False, None)
    assert any("column query of view public.pg_stat_statements" in left for left in plan.differences_left)


def test_rights_on_members_of_extensions_are_planned_both_ways(two: Two) -> None:
    two.main.run("create extension hstore; grant execute on function akeys(hstore) to pg_monitor with grant option")
    two.feature.run(
        "create extension hstore; create extension pg_stat_statements; grant usage on type hstore to pg_monitor;"
        "revoke execute on function hstore(text, text) from public; revoke select on pg_stat_statements from public"
    )
    plan = two.plan(save_as="rights")
    assert plan.differences_left == []
    assert {s.sql for s in plan.statements if s.sql.startswith(("GRANT", "REVOKE"))} == {
        "REVOKE EXECUTE ON ROUTINE public.akeys(public.hstore) FROM pg_monitor",
        "REVOKE EXECUTE ON ROUTINE public.hstore(text, text) FROM PUBLIC",
        "GRANT USAGE ON TYPE public.hstore TO pg_monitor",
        "REVOKE SELECT ON TABLE public.pg_stat_statements FROM PUBLIC",
    }
    assert plan_migration(two.services, Call(), source="feature", target="main").verified
    (compared,) = (
        each
        for each in compare_schemas(two.services, Call(), source="main", target="feature").differences
        if each.name == "hstore(text, text)"
    )
    assert (compared.kind, compared.attribute, compared.after) == (
        "extension_member",
        "revoked",
        "revoked from PUBLIC: execute",
    )


def test_columns_in_another_order_are_no_difference_and_told(two: Two) -> None:
    two.main.run("create table t (a int, b int)")
    two.feature.run("create table t (b int, a int)")
    plan = two.plan()
    assert (plan.verified, plan.statements) == (True, [])
    assert "public.t" in plan.notes[0]
    assert plan.next == "Nothing to do: the schemas are equal, but for the order of columns."


def test_user_mappings_are_proved_though_dumps_leave_them_out(two: Two) -> None:
    shared = (
        "create foreign data wrapper w; create server s foreign data wrapper w; create user mapping for public server s"
    )
    two.main.run(f"{shared} options (password 'hunter2'); create table t (a int)")
    two.feature.run("create table t (a bigint)")
    plan = two.plan()
    assert plan.verified
    assert any(s.sql == "DROP USER MAPPING FOR PUBLIC SERVER s" for s in plan.statements)
    assert "hunter2" not in plan.model_dump_json()


def test_an_extension_goes_from_an_older_version_to_another_that_is_not_the_newest(two: Two) -> None:
    for database, version in ((two.main, "1.3"), (two.feature, "1.4")):
        database.run(f"create extension pg_trgm version '{version}'")
    plan = two.plan()
    assert (plan.verified, [s.sql for s in plan.statements]) == (True, ["ALTER EXTENSION pg_trgm UPDATE TO '1.4'"])


def test_a_partitioned_table_gets_and_loses_an_access_method_where_servers_know_that(two: Two) -> None:
    two.main.run("create table t (a int) partition by list (a); create table u (a int) partition by list (a)")
    two.feature.run(
        "create table t (a int) partition by list (a); create table u (a int) partition by list (a);"
        "do $$ begin if current_setting('server_version_num')::int >= 170000 then execute"
        " 'alter table t set access method heap'; end if; end $$"
    )
    assert two.plan().differences_left == []
    back = plan_migration(two.services, Call(), source="feature", target="main")
    assert back.differences_left == []


def test_queries_that_read_back_otherwise_than_they_are_printed_are_proved(two: Two) -> None:
    two.main.run("create table t (a int, b int, c int)")
    two.feature.run(
        "create table t (a int, b int, c int, check (row(a, row(b, c)) <> row(1, row(2, 3))));"
        "create view rows as select row(a, row(b, row(c, a))) is distinct from row(1, row(2, row(3, 4))) as x from t;"
        """create view named (x, "Y y") with (security_barrier) as values (1, 'a) "x'), (2, 'b');"""
        "create view within as select a from t union all values (1) order by 1"
    )
    plan = two.plan()
    assert plan.differences_left == []


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("(password 'hunter2')", "(password 'hunter3')", "other options, which are not shown: set them by hand"),
        ("(password 'hunter2')", "(user 'u')", "other options, which are not shown: set them by hand"),
        ("(password 'hunter2')", "(password 'hunter2')", None),
        (None, "(password 'hunter3')", "options, which are never read: set them by hand"),
        (None, "", None),
    ],
)
def test_options_of_user_mappings_that_differ_are_told_and_never_shown(
    two: Two, before: str | None, after: str, left: str | None
) -> None:
    server = "create foreign data wrapper w; create server s foreign data wrapper w"
    for database, options in ((two.main, before), (two.feature, after)):
        words = f"options {options}" if options else ""
        database.run(server if options is None else f"{server}; create user mapping for public server s {words}")
    plan = two.plan()
    assert plan.differences_left[-1:] == ([f"USER MAPPING FOR PUBLIC SERVER s: {left}"] if left else [])
    assert plan.verified == (left is None)
    assert "hunter" not in plan.model_dump_json()
    compared = compare_schemas(two.services, Call(), source="main", target="feature")
    assert "the values of options of USER MAPPING FOR PUBLIC SERVER s" in compared.not_compared
    assert "hunter" not in compared.model_dump_json()


def test_a_column_that_a_table_has_cannot_become_its_parents_alone_and_that_is_said(two: Two) -> None:
    two.main.run("create table a (x int); create table b (x int, y int)")
    two.feature.run("create table a (x int); create table b (y int) inherits (a)")
    plan = two.plan(save_as="x")
    assert (plan.verified, plan.path) == (False, None)
    assert "COLUMN public.b.x: a column that its table has already cannot become its parent's alone" in (
        plan.differences_left
    )


def test_a_role_that_may_not_create_databases_proves_on_the_embedded_server_with_the_roles_named(
    two: Two, postgres: EmbeddedServer
) -> None:
    folder = f"[postgres]\nbin_directory = '{postgres.bin_directory}'\n"
    (two.root / "pgferry.toml").write_text(folder)
    role, other = f"plain_{two.main.name}", f"reader_{two.main.name}"
    two.main.run(f"create role {role} login password 'p'; create role {other}")
    try:
        for database, column in ((two.main, "int"), (two.feature, "bigint")):
            database.run(f"grant all on schema public to {role}")
            plain = FreshDatabase(database.name, postgres.url(database.name, user=role, password="p"))
            plain.run(f"create table t (a {column}); grant select on t to {other}")
            two.add("main" if column == "int" else "feature", plain)
        two.feature.run(f"grant insert on t to {other}")
        plan = two.plan()
        assert plan.differences_left == []
        assert {s.sql for s in plan.statements} == {
            "ALTER TABLE public.t ALTER COLUMN a TYPE bigint",
            f"GRANT INSERT ON TABLE public.t TO {other}",
        }
    finally:
        for database in (two.main, two.feature):
            database.run(f"drop owned by {role}, {other}")
        two.main.run(f"drop role {role}, {other}")


def test_grants_that_files_cannot_bring_are_told(two: Two) -> None:
    two.main.run("create table t (a int)")
    (two.root / "wanted.sql").write_text("create table t (a int); grant select on t to nobody_here;")
    plan = plan_migration(two.services, Call(), source="main", target="wanted.sql")
    assert plan.verified
    assert any(note.startswith("Grants and owners were not judged") for note in plan.notes)


def test_a_folder_that_takes_no_plan_is_told_before_any_work(two: Two) -> None:
    """Here before the names of the sides are looked at."""
    (two.root / "migrations").touch()
    with pytest.raises(Refused, match="is a file, no folder"):
        plan_migration(two.services, Call(), source="mian", target="feature", save_as="x")
