"""compare_schemas: databases and files, every difference and none that is not."""

import gzip
import json
from pathlib import Path

import pytest

from server.calls import Call
from server.errors import Refused
from server.jobs.compare_schemas import compare_schemas
from server.model.comparison.reports import SchemaComparison
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_demo import DemoDatabases
from tests.fix_exports import dumped
from tests.fix_services import MANY_TABLES, Project

SCHEMAS = Path(__file__).parents[1] / "postgres" / "schemas"


def compared(project: Project, source: str, target: str, **options: object) -> SchemaComparison:
    return compare_schemas(project.services, Call(), source=source, target=target, **options)  # pyright: ignore[reportArgumentType]  the options under test


def size(report: SchemaComparison) -> int:
    return len(json.dumps(report.model_dump(mode="json", by_alias=True), separators=(",", ":")).encode())


@pytest.fixture
def two(project: Project, make_database: MakeDatabase) -> tuple[FreshDatabase, FreshDatabase]:
    one, other = make_database(), make_database()
    project.add("one", one)
    project.add("other", other)
    return one, other


def test_the_drift_of_the_demo_is_found_completely_and_nothing_else(
    project: Project, demo_databases: DemoDatabases
) -> None:
    project.add("main", demo_databases.main)
    project.add("feature-x", demo_databases.feature_x)
    report = compared(project, "main", "feature-x")
    assert {(d.kind, d.name, d.change, d.attribute) for d in report.differences} == {
        ("column", "corrective_actions.cost", "changed", "type"),
        ("column", "incidents.risk_score", "added", None),
        ("column", "incidents.severity", "changed", "default"),
        ("column", "notifications.sent_at", "changed", "not_null"),
        ("column", "participants.consent", "added", None),
        ("column", "users.phone", "removed", None),
        ("constraint", "equipment.equipment_kind_check", "changed", "expression"),
        ("constraint", "incidents.incidents_risk_score_check", "added", None),
        ("enum", "incident_status", "changed", "labels"),
        ("function", "touch_updated_at()", "changed", "body"),
        ("index", "incidents_day_idx", "removed", None),
        ("index", "incidents_risk_idx", "added", None),
        ("policy", "participants.participants_readable", "changed", "using"),
        ("table", "incident_watchers", "added", None),
        ("table", "incidents", "changed", "comment"),
        ("trigger", "sites.sites_watch", "added", None),
        ("view", "open_incidents", "changed", "definition"),
    }
    assert not report.equal
    assert size(report) <= 6_000
    assert {d.name for d in report.differences if d.breaking} == {
        "users.phone",
        "equipment.equipment_kind_check",
        "incidents.incidents_risk_score_check",
        "participants.participants_readable",
    }
    assert report.summary["column"].model_dump() == {"added": 2, "removed": 1, "changed": 3}


def test_a_schema_of_everything_is_equal_to_itself(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    for database in two:
        database.run((SCHEMAS / "everything.sql").read_text())
    report = compared(project, "one", "other")
    assert report.equal
    assert report.same_database is None
    assert report.source_fingerprint == report.target_fingerprint


def test_two_names_of_one_database_are_told(project: Project, fresh_database: FreshDatabase) -> None:
    project.add("one", fresh_database)
    url = fresh_database.url.replace("127.0.0.1", "localhost")
    project.add("same", FreshDatabase(fresh_database.name, url))
    report = compared(project, "one", "same")
    assert report.equal
    assert report.same_database
    assert (report.source.kind, report.source.dbname) == ("database", fresh_database.name)
    assert "postgres:" not in report.model_dump_json()


SMALL_CHANGES = [
    ("comment on table t is 'said'", "table", "comment"),
    ("comment on column v.x is 'said'", "view_column", "comment"),
    ("comment on index t_pkey is 'said'", "constraint", "index_comment"),
    ("grant select (x) on t to pg_monitor", "column", "grants"),
    ("grant execute on function f() to pg_monitor", "function", "grants"),
    ("revoke usage on schema public from public", "schema", "grants"),
    ("alter default privileges grant select on tables to pg_monitor", "default_privileges", None),
    ("alter table t alter x set statistics 50", "column", "statistics"),
    ("alter table t alter note set storage external", "column", "storage"),
    ("alter table t set (fillfactor = 70)", "table", "options"),
    ("alter view v set (security_barrier)", "view", "options"),
    ("alter table t replica identity full", "table", "replica_identity"),
    ("alter table t force row level security", "table", "force_row_security"),
    ("alter table t disable trigger g", "trigger", "enabled"),
    ("alter table t cluster on t_pkey", "constraint", "clustered"),
    ("alter domain d add constraint longer check (length(value) > 2)", "domain_constraint", None),
    ("alter function f() cost 5", "function", "cost"),
    ("alter function f() set work_mem = '1MB'", "function", "settings"),
    ("alter table t alter constraint fk deferrable", "constraint", "deferrable"),
    ("alter sequence s increment 5", "sequence", "increment"),
    ("alter table t alter id set increment 7", "column", "identity_options"),
    ("create rule r as on delete to t do instead nothing", "rule", None),
    ("create statistics st on id, x from t", "statistics", None),
    ("create publication p for table t", "publication", None),
    ("create extension hstore", "extension", None),
    ("create cast (d as int) with inout", "cast", None),
    ("create collation c (locale = 'C')", "collation", None),
    ("create unlogged table u ()", "table", None),
    ("create index on t (x) where x > 1", "index", None),
]


@pytest.mark.parametrize(("statement", "kind", "attribute"), SMALL_CHANGES, ids=[c[0] for c in SMALL_CHANGES])
def test_a_small_change_is_found_alone(
    statement: str,
    kind: str,
    attribute: str | None,
    project: Project,
    two: tuple[FreshDatabase, FreshDatabase],
) -> None:
    for database in two:
        database.run(
            "create domain d as text; create function f() returns trigger language plpgsql as 'begin return new; end';"
            "create table p (id int primary key); create sequence s;"
            "create table t (id int generated always as identity primary key, x int, note text,"
            " constraint fk foreign key (x) references p);"
            "create view v as select x from t; create trigger g before insert on t for each row execute function f()"
        )
    two[1].run(statement)
    report = compared(project, "one", "other")
    assert [(d.kind, d.attribute) for d in report.differences] == [(kind, attribute)]
    assert report.source_fingerprint != report.target_fingerprint
    assert compared(project, "other", "one").equal is False


def test_column_order_is_no_difference(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    two[0].run("create table t (a int, b int)")
    two[1].run("create table t (b int, a int)")
    assert compared(project, "one", "other").equal


def test_a_possible_rename_is_asked_not_guessed(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    two[0].run("create table t (id int, email text); create table old (a int, b date)")
    two[1].run("create table t (id int, mail text); create table new (a int, b date)")
    report = compared(project, "one", "other")
    assert [(r.kind, r.before, r.after) for r in report.possible_renames] == [
        ("column", "t.email", "t.mail"),
        ("table", "old", "new"),
    ]
    assert len(report.differences) == 4


def test_filters_choose_tables_and_kinds(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    two[1].run("create table a (x int); create table b (x int); create view v as select 1 as n")
    assert [d.name for d in compared(project, "one", "other", tables=["a"]).differences] == ["a"]
    assert [d.name for d in compared(project, "one", "other", kinds=["view"]).differences] == ["v"]
    for wrong in ({"tables": ["nothing"]}, {"kinds": ["tabel"]}):
        with pytest.raises(Refused):
            compared(project, "one", "other", **wrong)


def test_long_answers_are_paged(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    two[1].run(MANY_TABLES)
    names: list[str] = []
    cursor = None
    while True:
        report = compared(project, "one", "other", cursor=cursor)
        assert size(report) <= 20_000
        names += [d.name for d in report.differences]
        if (cursor := report.next_cursor) is None:
            break
    assert len(set(names)) == 300
    assert compared(project, "one", "other", detail="summary").differences == ()
    assert report.summary["table"].added == 300


def test_a_dump_and_a_migrations_folder_are_sides(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:
    two[0].run("create table a (id int primary key); create type mood as enum ('x', 'y'); create table b (m mood)")
    with gzip.open(project.root / "schema.sql.gz", "wt") as dump:
        dump.write("create type mood as enum ('x', 'y'); create table b (m mood); create table a (id int primary key);")
    migrations = project.root / "migrations"
    migrations.mkdir()
    (migrations / "2_more.up.sql").write_text("alter type mood add value 'y'; create table b (m mood default 'y');")
    (migrations / "1_first.up.sql").write_text("create table a (id int primary key); create type mood as enum ('x');")
    (migrations / "1_first.down.sql").write_text("drop table a")
    (migrations / "10_last.sql").write_text(
        "-- migrate:up\nalter table b alter m drop default;\n-- migrate:down\ndrop table b;\n"
    )
    for side in ("schema.sql.gz", "migrations"):
        report = compared(project, side, "one")
        assert report.differences == ()
        assert report.equal
    assert compared(project, "migrations", "other").summary["table"].removed == 2
    assert not two[0].rows("select datname from pg_database where datname like 'pgferry\\_scratch%'")


def test_migrations_that_begin_transactions_and_drop_and_fill_lead_to_their_schema(
    project: Project, two: tuple[FreshDatabase, FreshDatabase]
) -> None:
    two[0].run("create table a (id int primary key, n text); create index an on a (n)")
    folder = project.root / "migrations"
    folder.mkdir()
    (folder / "1_first.up.sql").write_text(
        "BEGIN; create table a (id int primary key, b text, gone int); create table t ();"
        " create view v as select from t; insert into a values (1, 'x'); COMMIT;"
    )
    (folder / "2_more.up.sql").write_text(
        "start transaction; alter table a rename b to n; alter table a drop gone; drop table t cascade;"
        " update a set n = 'y'; delete from a; truncate a; commit;"
    )
    (folder / "3_index.up.sql").write_text("create index concurrently an on a (n);")
    report = compared(project, "migrations", "one")
    assert report.differences == ()
    (folder / "4_never.up.sql").write_text("begin; drop table a; rollback;")
    with pytest.raises(Refused, match="4_never"):
        compared(project, "migrations", "one")


def test_grants_to_roles_that_do_not_exist_are_left_out_and_told(
    project: Project, two: tuple[FreshDatabase, FreshDatabase]
) -> None:
    two[0].run("create table a ()")
    (project.root / "a.sql").write_text("create table a (); grant select on a to nobody_has_this_role;")
    report = compared(project, "a.sql", "one")
    assert report.equal
    assert any("grants" in note for note in report.not_compared)


def test_a_script_that_fails_is_refused_with_its_file_and_line(
    project: Project, two: tuple[FreshDatabase, FreshDatabase]
) -> None:
    two[0].run("create table a ()")
    (project.root / "bad.sql").write_text("create table a ();\ncreate table b (x no_such_type);\n")
    with pytest.raises(Refused) as failure:
        compared(project, "bad.sql", "one")
    assert "bad.sql: Line 2" in failure.value.what


def test_an_unknown_side_is_refused(project: Project, two: tuple[FreshDatabase, FreshDatabase]) -> None:  # noqa: ARG001  both are added
    for wrong, code in (
        ("on", "unknown_database"),
        ("postgresql://u@h/d", "url_refused"),
        ("../x.sql", "path_outside"),
    ):
        with pytest.raises(Refused) as failure:
            compared(project, wrong, "one")
        assert failure.value.code == code
    (project.root / "rows.json").write_text('{"metadata": {"exportedAt": ""}, "data": {}}')
    with pytest.raises(Refused) as failure:
        compared(project, "rows.json", "one")
    assert failure.value.code == "no_schema_in_file"


def test_a_dump_with_a_list_of_varchar_equals_what_it_was_taken_of(
    project: Project, two: tuple[FreshDatabase, FreshDatabase]
) -> None:
    two[0].run("create table t (s varchar(9) constraint c check (s in ('x', 'y')))")
    (project.root / "schema.sql").write_text(
        "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.t (s character varying(9),"
        " CONSTRAINT c CHECK (((s)::text = ANY"
        " ((ARRAY['x'::character varying, 'y'::character varying])::text[]))));"
    )
    assert compared(project, "schema.sql", "one").differences == ()


def test_what_a_restored_dump_spells_otherwise_is_no_difference(
    project: Project, two: tuple[FreshDatabase, FreshDatabase], postgres: EmbeddedServer
) -> None:
    two[0].run(
        "create table t (a int, s varchar(9) constraint c check (s in ('x', 'y')), constraint d check"
        " (a between 1 and 5 and s <> 'q')); create domain small as int check (value between 1 and 5 and value <> 3);"
        " create policy p on t using (a in (1, a) or s = 'x'); create index i on t (a) where s in ('x', 'y');"
        " create view v as select a from t where a between 1 and 5 and s <> 'q'"
    )
    two[1].run("\n".join(dumped(postgres, two[0], "--schema-only")))
    report = compared(project, "one", "other")
    assert report.source_fingerprint != report.target_fingerprint
    assert (report.equal, report.differences) == (True, ())
    assert any("how SQL that means the same is spelled" in each for each in report.not_compared)
    two[1].run("alter table t drop constraint c; alter table t add constraint c check (s in ('x', 'z'))")
    report = compared(project, "one", "other")
    assert [each.name for each in report.differences] == ["t.c"]
    assert any("how SQL that means the same is spelled" in each for each in report.not_compared)


def test_grants_that_are_not_compared_are_not_told_as_another_spelling(
    project: Project, two: tuple[FreshDatabase, FreshDatabase]
) -> None:
    two[0].run("create table t (a int); grant select on t to public")
    (project.root / "schema.sql").write_text("create table public.t (a int); grant select on public.t to nobody_here;")
    told = compared(project, "schema.sql", "one").not_compared
    assert [each.split(" ")[0] for each in told] == ["owners", "column", "grants"]
