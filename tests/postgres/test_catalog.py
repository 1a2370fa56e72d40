"""The facts of real databases: everything is read, nothing that is not a fact of the schema makes a difference."""

from pathlib import Path

import pytest

from server.model.comparison.difference import Scope, differences
from server.model.schema import Attributes, Dependency, Identity, Schema, Value
from server.postgres.schemas.catalog import FACTS, read_schema
from tests.fix_databases import FreshDatabase, MakeDatabase

EVERYTHING = (Path(__file__).parent / "schemas" / "everything.sql").read_text(encoding="utf-8")
QUERIES = sorted(path.stem for path in Path("server/postgres/queries").glob("*.sql"))


def facts(database: FreshDatabase, *, dependencies: bool = False) -> Schema:
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL search_path = ''")
        return read_schema(connection, dependencies=dependencies)


@pytest.fixture
def everything(fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(EVERYTHING)
    return fresh_database


def test_every_kind_of_object_is_a_fact(everything: FreshDatabase) -> None:
    kinds = {identity.kind for identity in facts(everything).facts}
    assert kinds >= {
        "schema", "extension", "enum", "composite", "attribute", "domain", "domain_constraint", "range", "shell_type",
        "collation", "table", "foreign_table", "view", "materialized_view", "column", "view_column", "sequence",
        "constraint", "index", "trigger", "rule", "policy", "function", "procedure", "aggregate", "operator",
        "operator_family", "operator_class", "cast", "text_search_configuration", "text_search_dictionary",
        "statistics", "foreign_data_wrapper", "server", "user_mapping", "publication", "publication_table",
        "publication_schema", "event_trigger", "default_privileges", "conversion", "language",
    }  # fmt: skip
    assert not facts(everything).not_covered


def test_a_fact_says_what_is_special_and_no_more(everything: FreshDatabase) -> None:
    found = facts(everything).facts
    assert found[Identity("column", "app", "company", "name")] == {"position": 2, "type": "text", "not_null": True}
    foreign_key = found[Identity("constraint", "app", "site", "site_company_id_fkey")]
    assert foreign_key["references"] == ("app", "company")
    assert (foreign_key["columns"], foreign_key["referenced_columns"]) == (("company_id",), ("id",))
    assert (foreign_key["on_delete"], foreign_key["deferrable"]) == ("CASCADE", True)
    assert "on_update" not in foreign_key
    assert found[Identity("index", "app", "site_label")]["columns"] == (None,)
    assert found[Identity("constraint", "app", "company", "company_pkey")]["index_comment"] == "idx pk"
    assert found[Identity("attribute", "app", "addr", "zip")]["comment"] == "zip!"


ODD = """
create type mood as enum ('a', 'b'); create domain d as int; create table "Odd one" (
    "select" int primary key, "Name" varchar(20) unique, t text collate "C", m mood, n d, i inet, a int[], b bpchar(3),
    p int references "Odd one" on update cascade on delete set null, q int references "Odd one" deferrable,
    r int references "Odd one" match full, s int, w int default 1 + 1, constraint "two" unique (s, w),
    constraint included unique (s) include (w), check (t <> 'a' and "select" > 0),
    foreign key (s, w) references "Odd one" (s, w) on delete cascade);
alter table "Odd one" add constraint later foreign key (w) references "Odd one" not valid;
alter table "Odd one" add constraint unchecked check (w > 0) no inherit not valid;
create unique index on "Odd one" ("select", "Name") where t > 'it''s' and "select" > 1; create index on "Odd one" (m);
create index on "Odd one" (n); create index on "Odd one" (i); create index on "Odd one" (a);
create index on "Odd one" (t collate "POSIX"); create index on "Odd one" (t text_pattern_ops);
create index on "Odd one" (t desc); create index on "Odd one" (w nulls first, "select"); create index on "Odd one" (b);
create index on "Odd one" ("Name" varchar_pattern_ops); create index on "Odd one" ("Name" bpchar_ops);
create index on "Odd one" ("Name" text_ops); create index on "Odd one" using hash ("Name");
create index on "Odd one" using gin (a) where w > 1; create index on "Odd one" (w) include (s) with (fillfactor = 70);
create index on "Odd one" (w) nulls not distinct; create index on "Odd one" ((w + 1), lower(t)) where w is null;
create table parts (x int, y int) partition by list (x); create table part partition of parts for values in (1);
create index on parts (y); create index on only parts (x)
"""

ALIKE = """
create schema alike; create table alike.one (x int, y int, check (x > 0), check (x < y), check (one is not null),
    check (tableoid > 0), check (true), constraint unproved check (y > 1) no inherit);
create table alike.two (x int, y int, check (x > 0), check (x < y), check (two is not null), check (tableoid > 0),
    check (true)); alter table alike.two add constraint unproved check (y > 1) not valid;
create table alike.three (z int, y int, check (z > 0), check (z < y), check (three is not null), check (tableoid > 0));
create table alike.four (gone int, x int, y int, check (x > 0), check (x < y), check (four is not null));
alter table alike.four drop gone; create table alike.parent (x int, y int, check (x > 0));
create table alike.child (own int) inherits (alike.parent);
create table alike.swapped (y int, x int, check (y > 0), check (y < x)); alter table alike.two rename x to "X y";
create index on alike.one (x) where y > 0; create index on alike.two (y) where y > 0;
create index on alike.three (z) where y > 0; create index on alike.four (x) where y > 0;
create index on alike.swapped (x) where x > 0; create index on alike.child (x) where y > 0;
create index on alike.one (y) where one is not null; create index on alike.child (y) where child is not null
"""
"""Expressions that are equal trees over columns that are, and are not, called the same."""


def test_definitions_are_what_the_server_prints(everything: FreshDatabase) -> None:
    everything.run(ODD + ";" + ALIKE)
    printed = everything.rows("""
        with unqualified as materialized (select set_config('search_path', '', false))
        select 'constraint', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid),
               pg_get_expr(k.conbin, k.conrelid)
        from unqualified, pg_constraint k join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace
        union all
        select 'index', n.nspname, c.relname, '', pg_get_indexdef(c.oid), pg_get_expr(i.indpred, i.indrelid)
        from unqualified, pg_index i join pg_class c on c.oid = i.indexrelid
        join pg_namespace n on n.oid = c.relnamespace""")
    texts = {Identity(*row[:4]): tuple(row[4:]) for row in printed}
    found = facts(everything)
    mine = found.of("constraint", "index")
    assert len(mine) > 60
    assert {i: (found.facts[i]["definition"], _expression(found.facts[i])) for i in mine} == {i: texts[i] for i in mine}


def _expression(attributes: Attributes) -> Value:
    return attributes.get("expression", attributes.get("predicate"))


def test_privileges_are_what_differs_from_the_built_in_ones(everything: FreshDatabase) -> None:
    found = facts(everything).facts
    assert found[Identity("function", "app", "f", "(integer, text)")]["revoked"] == (("PUBLIC", "EXECUTE"),)
    assert found[Identity("table", "app", "company")]["grants"] == (
        ("pgferry_bob", "INSERT", "grantable"),
        ("pgferry_bob", "SELECT", "grantable"),
    )
    assert found[Identity("column", "app", "site", "label")]["grants"] == (("pgferry_bob", "SELECT", ""),)


def test_what_is_not_modelled_is_named(fresh_database: FreshDatabase) -> None:
    fresh_database.run("revoke execute on function pg_catalog.pg_sleep(float8) from public")
    (found,) = facts(fresh_database).not_covered
    assert found.kind == "grants on a system object"
    assert found.name.startswith("function pg_sleep(")


def test_a_check_on_a_system_column_is_read(fresh_database: FreshDatabase) -> None:
    fresh_database.run("create table t (x int, constraint c check (tableoid > 0 and x > 0))")
    found = facts(fresh_database).facts[Identity("constraint", "public", "t", "c")]
    assert "x" in str(found["columns"])
    assert found["expression"] == "((tableoid > (0)::oid) AND (x > 0))"


def test_no_secret_of_a_foreign_server_is_read(everything: FreshDatabase) -> None:
    told = repr(facts(everything).facts)
    assert "secret1" not in told
    assert "hidden" not in told


def test_dependencies_join_facts(everything: FreshDatabase) -> None:
    edges = set(facts(everything, dependencies=True).dependencies)
    company = Identity("table", "app", "company")
    assert Dependency(Identity("materialized_view", "app", "mv"), company, "n") in edges
    name = Identity("column", "app", "company", "name")
    assert Dependency(Identity("view", "app", "v"), name, "n") in edges
    sequence, column = Identity("sequence", "app", "site_serial_no_seq"), Identity("column", "app", "site", "serial_no")
    assert Dependency(column, sequence, "n", "default") in edges
    assert Dependency(sequence, column, "a") in edges
    assert Dependency(Identity("column", "app", "company", "c"), Identity("extension", "", "citext"), "n") in edges


def test_the_order_of_making_does_not_change_the_fingerprint(make_database: MakeDatabase) -> None:
    one, other = make_database(), make_database()
    one.run("create table a (x int, y int); create table b (z int); create index i on a (x)")
    other.run("create table b (z int); create table a (y int, gone int, x int); create index i on a (x)")
    other.run("alter table a drop column gone; grant select on a to current_user")
    assert facts(one).fingerprint == facts(other).fingerprint
    other.run("comment on table a is 'A'")
    assert facts(one).fingerprint != facts(other).fingerprint


def test_owners_count_only_when_asked(make_database: MakeDatabase) -> None:
    one, other = make_database(), make_database()
    for database in (one, other):
        database.run("create table a (x int)")
    other.run("do $$ begin create role pgferry_bob; exception when duplicate_object then null; end $$")
    other.run("alter table a owner to pgferry_bob; grant select on a to public")
    assert facts(one).fingerprint != facts(other).fingerprint
    other.run("revoke select on a from public")
    assert facts(one).fingerprint == facts(other).fingerprint
    assert [d.attribute for d in differences(facts(one), facts(other), Scope(owners=True))] == ["owner"]


def test_every_question_of_the_catalog_opens_with_address_and_identity() -> None:
    assert set(FACTS) <= set(QUERIES)


def test_a_comment_on_what_is_not_modelled_is_told_with_the_name_of_that(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE o (id int PRIMARY KEY); CREATE TABLE t (o int CONSTRAINT f REFERENCES o) PARTITION BY LIST (o);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); COMMENT ON CONSTRAINT f ON t1 IS 'a copy'"
    )
    (found,) = facts(fresh_database).not_covered
    assert found == ("comment of an object that is not modelled", "constraint f on table public.t1: a copy")
