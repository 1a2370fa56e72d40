"""Renames that the caller confirms: nothing is made anew for them, rows and positions stay."""

from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Refused
from server.jobs.apply_migration import apply_migration
from server.jobs.plan_migration import plan_migration
from server.model.migration.renaming import Renaming
from server.model.migration.reports import MigrationPlan
from tests.fix_databases import MakeDatabase
from tests.fix_services import TwoDatabases


class Two(TwoDatabases):
    def plan(self, *renames: tuple[str, str], save_as: str | None = None) -> MigrationPlan:
        confirmed = [Renaming(*each) for each in renames]
        return plan_migration(
            self.services, Call(), source="main", target="feature", save_as=save_as, renames=confirmed
        )


@pytest.fixture
def two(tmp_path: Path, make_database: MakeDatabase) -> Two:
    return Two(tmp_path, make_database)


OLD = """
    create schema app; create type app.mood as enum ('ok', 'sad'); create domain app.short as text check (value <> '');
    create type app.place as (street text, zip text); create sequence app.numbers;
    create function app.old_f(int) returns int language sql as 'select $1'; create table app.typed of app.place;
    create table app.t (id int generated always as identity primary key, m app.mood, s app.short, a int default 7
        constraint positive check (a > 0), p app.place, doubled int generated always as (a * 2) stored);
    create index old_i on app.t (a); create unique index on app.t (m);
    create view app.v as select id, a as value from app.t; create materialized view app.mv as select a from app.t;
    create function app.trigger_f() returns trigger language plpgsql as 'begin return new; end';
    create trigger old_g before insert on app.t for each row execute function app.trigger_f();
    create policy old_p on app.t using (a > 0); create rule old_r as on delete to app.t do nothing
"""
NEW = """
    create schema shop; create type shop.feeling as enum ('ok', 'blue');
    create domain shop.brief as text constraint short_check check (value <> '');
    create type shop.address as (street text, code text); create sequence shop.counter;
    create function shop.new_f(int) returns int language sql as 'select $1'; create table shop.typed of shop.address;
    create table shop.u (id int generated always as identity primary key, m shop.feeling, s shop.brief, b int default 7
        constraint above_zero check (b > 0), p shop.address, doubled int generated always as (b * 2) stored);
    create index new_i on shop.u (b); create unique index on shop.u (m);
    create view shop.w as select id, b as amount from shop.u; create materialized view shop.mw as select b from shop.u;
    create function shop.trigger_f() returns trigger language plpgsql as 'begin return new; end';
    create trigger new_g before insert on shop.u for each row execute function shop.trigger_f();
    create policy new_p on shop.u using (b > 0); create rule new_r as on delete to shop.u do nothing
"""
CONFIRMED = (
    ("app.t.a", "shop.u.b"), ("app.t.positive", "shop.u.above_zero"), ("app.mood.sad", "shop.feeling.blue"),
    ("app.place.zip", "shop.address.code"), ("app.v.value", "shop.w.amount"), ("app.mv.a", "shop.mw.b"),
    ("app.t.old_g", "shop.u.new_g"), ("app.t.old_p", "shop.u.new_p"), ("app.t.old_r", "shop.u.new_r"),
    ("app.t", "shop.u"), ("app.old_i", "shop.new_i"), ("app.mood", "shop.feeling"), ("app.short", "shop.brief"),
    ("app.place", "shop.address"), ("app.numbers", "shop.counter"), ("app.old_f(integer)", "shop.new_f(integer)"),
    ("app.v", "shop.w"), ("app.mv", "shop.mw"), ("app", "shop"),
)  # fmt: skip


def test_every_kind_is_renamed_and_nothing_made_anew(two: Two) -> None:
    two.main.run(OLD)
    two.feature.run(NEW)
    two.main.run("insert into app.t (m, s, a, p) values ('sad', 'x', 3, row('s', 'z'))")
    plan = two.plan(*CONFIRMED, save_as="renamed")
    assert plan.verified, plan.differences_left
    assert [s.sql for s in plan.statements if " RENAME " not in s.sql] == []
    assert sum(s.reason is not None and s.reason.endswith("as confirmed") for s in plan.statements) == len(CONFIRMED)
    assert plan.path
    apply_migration(two.services, Call(), database="main", path=plan.path, confirm=True)
    assert two.main.rows("select id, m::text, s, b, (p).code, doubled from shop.u") == [(1, "blue", "x", 3, "z", 6)]


def test_what_is_named_after_a_table_and_its_columns_follows_and_keeps_its_position(two: Two) -> None:
    two.main.run("create table users (id serial primary key, mail text unique, boss int references users)")
    two.main.run("insert into users (mail) values ('a'), ('b')")
    two.feature.run("create table people (id serial primary key, email text unique, boss int references people)")
    plan = two.plan(("users", "people"), ("public.users.mail", "people.email"), save_as="people")
    assert plan.verified, plan.differences_left
    assert plan.data_loss == []
    assert [s.sql for s in plan.statements if " RENAME " not in s.sql] == []
    assert plan.path
    apply_migration(two.services, Call(), database="main", path=plan.path, confirm=True)
    two.main.run("insert into people (email) values ('c')")
    assert two.main.rows("select max(id) from people") == [(3,)]


def test_a_table_moves_to_another_schema_with_what_is_its_own(two: Two) -> None:
    two.main.run("create schema old; create schema new; create table old.t (id serial primary key, a int)")
    two.main.run("create index on old.t (a)")
    two.feature.run("create schema old; create schema new; create table new.u (id serial primary key, a int)")
    two.feature.run("create index on new.u (a)")
    plan = two.plan(("old.t", "new.u"))
    assert plan.verified, plan.differences_left
    assert plan.data_loss == []
    assert [s.sql for s in plan.statements][:2] == [
        "ALTER TABLE old.t SET SCHEMA new", "ALTER TABLE new.t RENAME TO u"
    ]  # fmt: skip
    assert all(" RENAME " in s.sql for s in plan.statements[1:])


def test_a_label_that_may_be_another_now_is_asked_about(two: Two) -> None:
    two.main.run("create type mood as enum ('ok', 'sad')")
    two.feature.run("create type mood as enum ('ok', 'blue')")
    assert [(r.from_, r.to, r.kind) for r in two.plan().possible_renames] == [
        ("public.mood.sad", "public.mood.blue", "enum_label")
    ]


def test_a_part_is_renamed_only_where_its_table_is(two: Two) -> None:
    two.main.run("create table t (a int)")
    two.feature.run("create table u (b int)")
    with pytest.raises(Refused, match=r"belongs to public\.t") as refused:
        two.plan(("t.a", "u.b"))
    assert refused.value.code == "bad_rename"


def test_names_stand_as_answers_have_them_or_as_sql_does(two: Two) -> None:
    two.main.run('create table "T 1" (id int primary key, "a.b" int); insert into "T 1" values (1, 2)')
    two.feature.run('create table "U" (id int primary key, "c ""d" int)')
    for renames in (
        (('"T 1"', 'public."U"'), ('public."T 1"."a.b"', '"U"."c ""d"')),
        (("public.T 1", "U"), ("T 1.a.b", 'public.U.c "d')),
    ):
        plan = two.plan(*renames)
        assert plan.verified
        assert all(" RENAME " in statement.sql for statement in plan.statements)
