"""inspect_schema: whole schemas in few words, every fact told, no answer too long."""

import json
import re
from pathlib import Path

import pytest

from server.errors import Refused
from tests.fix_databases import FreshDatabase
from tests.fix_inspection import inspected, size
from tests.fix_services import MANY_TABLES, Project

SCHEMAS = Path(__file__).parents[1] / "postgres" / "schemas"


def test_every_kind_of_object_is_told_in_full(project: Project, it: FreshDatabase) -> None:
    it.run((SCHEMAS / "everything.sql").read_text())
    report = inspected(project, "full")
    told = json.dumps(report.model_dump(mode="json"), ensure_ascii=False)
    for fact in (
        "id bigint pk generated always as identity",
        "total numeric generated always as (1 + 2) stored",
        '"primary_key": "(company_id, site_no)"',
        "company_id bigint not null → app.company(id) on delete cascade deferrable initially deferred",
        "site_label: unique (lower((label)::text)) where (label IS NOT NULL)",
        "exc_r_excl USING gist (r WITH &&)",
        "cx: x > 0",
        "po: select to PUBLIC using (id > 0)",
        '"row_security": "enabled"',
        "tr: BEFORE INSERT row → app.t() [disabled]",
        "app.mood: enum ok, sad",
        "app.email: domain text not null check (VALUE ~ '@'::text)",
        "app.addr: composite (street text, zip character varying(10))",
        "app.fr: range of double precision",
        "RANGE (at)",
        "app.ev_1: FROM ('2024-01-01') TO ('2025-01-01')",
        '"inherits": ["app.i1"]',
        "pgferry_bob: insert (grantable), select (grantable)",
        "label: pgferry_bob: select",
        "app.sq: bigint start 5 increment 2 max 100 cycle",
        "app.f(a integer, b text DEFAULT 'x'::text, OUT c integer) → integer, sql, stable",
        "event trigger et",
        "publication pub",
        '"Companies"',
    ):
        assert fact in told, fact
    assert "hidden" not in told
    assert report.fingerprint == inspected(project, "overview").fingerprint


def test_nineteen_tables_with_every_kind_of_object_fit_ten_kilobytes(project: Project, it: FreshDatabase) -> None:
    it.run((SCHEMAS / "nineteen.sql").read_text())
    try:
        report = inspected(project, "full")
    finally:
        it.run("DROP OWNED BY nineteen_clerk; DROP ROLE nineteen_clerk")
    assert size(report) <= 6_500
    assert (len(report.tables), report.next_cursor) == (19, None)
    told = json.dumps(report.model_dump(mode="json"), ensure_ascii=False)
    for fact in (
        "channel in ('web', 'phone', 'shop')",
        "pieces > 0",
        '"(customer_id, ordered_at DESC)"',
        "product_details: gin (details)",
        "USING gist (van WITH =, during WITH &&)",
        "(order_id, number) → sales.line(order_id, number) deferrable initially deferred",
        "touch: BEFORE UPDATE row → sales.touch()",
        "own: select to PUBLIC using",
        "sales.span: range of numeric",
        "sales.invoice_number: bigint start 1000 increment 5",
        "nineteen_clerk: insert, select",
        "town: nineteen_clerk: update",
        "password_hash text not null [sensitive: exclude]",
        '"inherits": ["note"]',
        "visit_2026: FROM ('2026-01-01') TO ('2027-01-01')",
    ):
        assert fact in told, fact


def test_what_many_tables_have_alike_is_said_once(project: Project, it: FreshDatabase) -> None:
    it.run("CREATE ROLE alike_clerk; CREATE TABLE log (id int); CREATE TABLE kept (id int)")
    it.run("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    mine = "current_setting('x')::int"
    for name in ("a", "b", "c"):
        it.run(
            f"CREATE TABLE {name} (id serial PRIMARY KEY, tenant int NOT NULL REFERENCES {name}, label text UNIQUE);"
            f"CREATE INDEX ON {name} (tenant); ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY own ON {name} USING (tenant = {mine}) WITH CHECK (tenant = {mine});"
            f"CREATE TRIGGER touch BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION touch();"
            f"COMMENT ON TRIGGER touch ON {name} IS 'when it changed'"
        )
    it.run("CREATE VIEW v AS SELECT 1 AS one; GRANT SELECT ON ALL TABLES IN SCHEMA public TO alike_clerk")
    it.run("REVOKE SELECT ON log FROM alike_clerk; GRANT USAGE ON a_id_seq TO alike_clerk")
    try:
        report = inspected(project, "full")
        (alone,) = inspected(project, "full", tables=["a"]).tables
    finally:
        it.run("DROP OWNED BY alike_clerk; DROP ROLE alike_clerk")
    policy = "own: all to PUBLIC using and with check (tenant = (current_setting('x'))::integer)"
    trigger = "touch: BEFORE UPDATE row → touch() -- when it changed"
    assert report.in_common == (
        "on a, b, c: row security enabled",
        f"on a, b, c: policies {policy}",
        f"on a, b, c: triggers {trigger}",
        "on a, b, c, kept, v: grants alike_clerk: select",
    )
    told = {table.name: table for table in report.tables}
    assert told["a"].columns == ("id integer pk serial", "tenant integer not null indexed → a(id)", "label text unique")
    assert told["a"].grants == ("sequence of id: alike_clerk: usage",)
    assert (told["b"].policies, told["b"].triggers, told["b"].grants, told["b"].row_security) == ((), (), (), None)
    assert (alone.row_security, alone.policies, alone.triggers) == ("enabled", (policy,), (trigger,))
    assert alone.grants == ("alike_clerk: select", "sequence of id: alike_clerk: usage")


def test_sequences_and_types_are_told_with_what_is_special_about_them(project: Project, it: FreshDatabase) -> None:
    it.run(
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY (START 5 MAXVALUE 99 CYCLE) PRIMARY KEY, n int);"
        "CREATE SEQUENCE plain; CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE kept OWNED BY t.n;"
        "CREATE SEQUENCE odd AS smallint MINVALUE 3 CACHE 7; COMMENT ON SEQUENCE odd IS 'odd';"
        "CREATE TYPE mood AS ENUM ('x');"
        "GRANT USAGE ON SEQUENCE plain TO PUBLIC; REVOKE USAGE ON TYPE mood FROM PUBLIC;"
        "COMMENT ON CONSTRAINT t_pkey ON t IS 'the key'"
    )
    report = inspected(project, "full")
    (table,) = report.tables
    assert table.columns == (
        "id integer pk generated by default as identity (start 5 max 99 cycle)",
        "n integer owns kept",
    )
    assert table.primary_key == "(id) -- the key"
    assert report.types == ("mood: enum x [revoked from PUBLIC: usage]",)
    assert report.sequences == (
        "down: bigint increment -1",
        "odd: smallint cache 7 min 3 -- odd",
        "plain: bigint [PUBLIC: usage]",
    )


def test_partitions_are_folded_into_their_parent_and_described(project: Project, it: FreshDatabase) -> None:
    it.run((SCHEMAS / "rentals.sql").read_text())
    report = inspected(project, "full")
    assert size(report) <= 12_000
    assert report.next_cursor is None
    assert len(report.tables) == 16
    (payment,) = [table for table in report.tables if table.name == "payment"]
    assert payment.partitions[0] == "55 partitions"
    assert "payment_p2022_01: FROM ('2022-01-01') TO ('2022-02-01')" in payment.partitions
    assert "own foreign key (customer_id) → customer(customer_id) (on 55 of 55)" in payment.partitions
    (alone,) = inspected(project, tables=["payment_p2022_01"]).tables
    assert alone.partition_of == "payment FOR VALUES FROM ('2022-01-01 00:00:00+00') TO ('2022-02-01 00:00:00+00')"


def test_three_hundred_tables_fit_one_overview(project: Project, it: FreshDatabase) -> None:
    it.run(MANY_TABLES)
    report = inspected(project, "overview")
    assert size(report) <= 15_000
    assert sum(line.startswith("entity_") for line in report.schemas) == 300
    assert any(line.endswith("→entity_50") for line in report.schemas)


def test_an_overview_marks_sensitive_columns(project: Project, it: FreshDatabase) -> None:
    it.run(
        "CREATE TABLE tokens (token text PRIMARY KEY); CREATE TABLE users (id int, api_key text, token_count int,"
        " token text REFERENCES tokens); CREATE VIEW v AS SELECT api_key FROM users"
    )
    report = inspected(project, "overview")
    lines = [re.sub(r" ~\d+", "", line) for line in report.schemas]
    columns = "id, api_key*, token_count, token*→tokens"
    assert lines == ["schema public:", "tokens: token*", f"users: {columns}", "v (view): api_key"]
    assert "* sensitive" in (report.next or "")


def test_names_stand_in_lines_as_sql_takes_them(project: Project, it: FreshDatabase) -> None:
    it.run(
        "create schema \"a.b\"; create type \"My Mood\" as enum ('so so', '', 'a, b', 'it''s');"
        'create table "a.b"."c.d" ("Id" int primary key, "order" int, m "My Mood");'
        'create table "User" (x int references "a.b"."c.d", "two words" int);'
        'create index "I x" on "User" (x, "two words"); create index on "User" ("two words");'
        'create role "Inspected Clerk"; grant select ("two words") on "User" to "Inspected Clerk";'
        'create policy "p 1" on "User" to "Inspected Clerk" using (true)'
    )
    try:
        report = inspected(project, "full")
    finally:
        it.run('drop owned by "Inspected Clerk"; drop role "Inspected Clerk"')
    odd, user = report.tables
    assert (odd.name, odd.columns) == ('"a.b"."c.d"', ('"Id" integer pk', '"order" integer', 'm "My Mood"'))
    assert user.columns == ('x integer → "a.b"."c.d"("Id")', '"two words" integer indexed')
    assert user.indexes == ('"I x": (x, "two words")',)
    assert user.grants == ('"two words": "Inspected Clerk": select',)
    assert user.policies == ('"p 1": all to "Inspected Clerk" using (true)',)
    assert report.types == ("\"My Mood\": enum so so, '', 'a, b', 'it''s'",)
    assert inspected(project, "overview").schemas[-1].endswith(': x→"a.b"."c.d", "two words"')
    assert inspected(project, tables=[odd.name]).tables[0].columns == odd.columns


def test_what_is_special_about_keys_columns_and_functions_is_told_in_full(project: Project, it: FreshDatabase) -> None:
    it.run(
        "create table a (x int, y int, constraint a_key_of_mine primary key (x), unique (y), unique (x, y));"
        "create table b (x int constraint to_a references a, y int, z text,"
        " foreign key (x, y) references a (x, y) on delete set null);"
        "alter table b alter z set storage external, alter z set statistics 7, alter z set (n_distinct = -1);"
        "create function f(int) returns int strict set search_path = '' language sql as 'select 1';"
        "create type spread as range (subtype = int, multirange_type_name = spreads);"
        "create domain d as int constraint small check (value < 9); create unlogged sequence s;"
        "comment on schema public is 'ours'; create publication p for table b"
    )
    report = inspected(project, "full")
    a, b = report.tables
    assert (a.primary_key, a.columns, a.unique) == (
        "a_key_of_mine: (x)",
        ("x integer pk", "y integer unique"),
        ("(x, y)",),
    )
    assert b.foreign_keys == ("(x, y) → a(x, y) on delete set null", "to_a: (x) → a(x)")
    assert b.columns == ("x integer", "y integer", "z text storage EXTERNAL statistics 7 options (n_distinct=-1)")
    assert inspected(project).tables[1].columns[0] == "x integer → a(x)"
    assert report.functions == ('f(integer) → integer, sql, strict, set search_path=""',)
    assert report.types == ("d: domain integer small check (VALUE < 9)", "spread: range of integer, multirange spreads")
    assert report.sequences == ("s: bigint unlogged",)
    assert "schema public: comment ours" in report.other
    assert "publication p: publish (insert, update, delete, truncate), tables (b)" in report.other


def test_what_is_new_about_constraints_in_18_is_told(project: Project, it: FreshDatabase) -> None:
    if it.rows("select current_setting('server_version_num')::int >= 180000") == [(False,)]:
        pytest.skip("of PostgreSQL 18")
    it.run(
        "create extension btree_gist; create table a (x int, p daterange, primary key (x, p without overlaps));"
        "create table b (x int, p daterange, foreign key (x, period p) references a (x, period p));"
        "insert into b values (null, null); alter table b add constraint named not null x not valid"
    )
    (b,) = inspected(project, "full", tables=["b"]).tables
    assert b.columns[0] == "x integer not null not valid not null as named"
    assert b.foreign_keys == ("(x, PERIOD p) → a(x, PERIOD p)",)


def test_options_of_foreign_tables_are_told_without_secrets(project: Project, it: FreshDatabase) -> None:
    it.run(
        "create foreign data wrapper any_kind; create server far foreign data wrapper any_kind"
        " options (url 'http://me:planted_a@there/', host 'there');"
        "create foreign table t (x int options (column_name 'y', auth_token 'planted_b')) server far"
        " options (table_name 'tokens', password 'planted_c', program 'curl -u planted_d', dsn 'pwd=planted_e')"
    )
    report = inspected(project, "full")
    (table,) = report.tables
    assert table.columns == ("x integer foreign options (auth_token=***, column_name=y)",)
    assert table.other == (
        "foreign options: dsn=***, password=***, program=***, table_name=tokens",
        "server: far",
    )
    assert "server far: wrapper any_kind, options (host=there, url=***)" in report.other
    assert "planted" not in report.model_dump_json()
    it.run("create table p (x int) partition by list (x); create foreign table f partition of p default server far")
    report = inspected(project)
    assert report.summary.startswith("1 table, 1 foreign table, 1 partition, ")
    assert report.tables[0].partitions == ("1 partition", "f: DEFAULT, foreign table of far")


def test_what_is_said_of_attributes_constraints_of_domains_and_extensions_is_told_in_full(
    project: Project, it: FreshDatabase
) -> None:
    it.run(
        "create type addr as (street text, \"Zip\" text); comment on type addr is 'where';"
        "comment on column addr.\"Zip\" is 'as on letters'; create type bare as (x int); create extension citext;"
        "create domain mail as text check (value ~ '@') constraint short check (length(value) < 99) not null;"
        "comment on constraint short on domain mail is 'as the law says'; comment on domain mail is 'checked';"
        "comment on constraint mail_check on domain mail is 'has an at';"
        "comment on extension citext is 'letters of any case'"
    )
    report = inspected(project, "full")
    assert report.types == (
        "mail: domain text not null check (VALUE ~ '@'::text) short check (length(VALUE) < 99) -- checked"
        " -- mail_check: has an at; short: as the law says",
        'addr: composite (street text, "Zip" text) -- where -- "Zip": as on letters',
        "bare: composite (x integer)",
    )
    (extension,) = report.extensions
    assert re.fullmatch(r"citext [\d.]+ -- letters of any case", extension)
    assert not re.search("as on letters|as the law|any case", str(inspected(project, "tables")))


def test_short_lines_end_long_comments(project: Project, it: FreshDatabase) -> None:
    it.run(f"create table t (x int); comment on column t.x is '{'word ' * 100}'; comment on table t is '{'so ' * 100}'")
    (short,), (full,) = inspected(project).tables, inspected(project, "full").tables
    assert short.columns[0].endswith("word…")
    assert len(short.columns[0]) < 180
    assert full.columns[0].endswith("word word ")
    assert full.comment == "so " * 100


def test_what_each_partition_has_of_its_own_is_not_told_of_all(project: Project, it: FreshDatabase) -> None:
    it.run("create table tenant (id int) partition by list (id)")
    it.run(
        "".join(
            f"create table t_{n} partition of tenant for values in ({n}); create index on t_{n} (id) where id = {n};"
            for n in range(20)
        )
    )
    (tenant,) = inspected(project, "full").tables
    assert tenant.partitions[0] == "20 partitions"
    assert tenant.partitions[-1] == "… 15 more of their own …"
    assert inspected(project, "full", tables=["t_3"]).tables[0].indexes == ("(id) where (id = 3)",)


def test_an_unknown_table_is_refused_with_the_nearest(project: Project, it: FreshDatabase) -> None:
    it.run("create schema app; create table incidents (); create table app.users ()")
    with pytest.raises(Refused) as failure:
        inspected(project, tables=["incident"])
    assert failure.value.code == "unknown_table"
    assert "incidents" in failure.value.what
    with pytest.raises(Refused) as failure:
        inspected(project, tables=["a.b.c"])
    assert failure.value.code == "bad_pattern"


def test_patterns_choose_tables_and_bring_the_types_they_use(project: Project, it: FreshDatabase) -> None:
    it.run(
        "create schema app; create type app.mood as enum ('ok'); create type app.other as enum ('x');"
        "create table app.users (m app.mood); create table app.user_roles (); create table incidents ()"
    )
    report = inspected(project, tables=["app.user*"])
    assert [table.name for table in report.tables] == ["app.user_roles", "app.users"]
    assert report.types == ("app.mood: enum ok",)
    assert [table.name for table in inspected(project, tables=["public.*"]).tables] == ["incidents"]


def test_types_within_types_and_odd_names_come_with_the_tables_that_use_them(
    project: Project, it: FreshDatabase
) -> None:
    it.run(
        """create type "My Mood" as enum ('so'); create type part as enum ('a'); create domain d as part;
        create type pair as (a part, b int); create type span as range (subtype = float8);
        create table t (m "My Mood", pairs pair[], spans span); create table u (d d); create table v (x int)
        """
    )
    named = {table: [line.split(":")[0] for line in inspected(project, tables=[table]).types] for table in "tuv"}
    assert named == {"t": ['"My Mood"', "part", "pair", "span"], "u": ["part", "d"], "v": []}


def test_sensitive_columns_are_marked(project: Project, it: FreshDatabase) -> None:
    it.run("create table users (password_hash text not null, token_count bigint, password_changed_at timestamptz)")
    (users,) = inspected(project).tables
    assert users.columns == (
        "password_hash text not null [sensitive: exclude]",
        "token_count bigint",
        "password_changed_at timestamp with time zone",
    )


def test_an_empty_database_is_told_as_such(project: Project, it: FreshDatabase) -> None:  # noqa: ARG001  it is added
    report = inspected(project, "full")
    assert report.summary == "1 schema"
    assert size(report) < 400
