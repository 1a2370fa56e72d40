"""Outlines: the server's digests are those of the facts, every compared attribute counts, no difference hides."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import psycopg
import pytest
from hypothesis import given

from server.model.comparison.difference import differences, unlike
from server.model.schema import NOT_COMPARED, ON_REQUEST, Schema, Value
from server.postgres.databases import Connection
from server.postgres.schemas.catalog import read_schema
from server.postgres.schemas.outlines import read_outline, read_parts
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_demo import DemoDatabases
from tests.postgres.test_catalog import ALIKE, EVERYTHING, ODD
from tests.random_schemas import examples, schemas

T = TypeVar("T")
HARD = r"""
create table "it's \ odd" ("a ""b"" 'c' \" int default 1, n text default e'x\ny\\z', "Ünïcode 😀" text);
comment on column "it's \ odd"."a ""b"" 'c' \" is e'it''s\n\\ "said" \x1f= 😀'; comment on table "it's \ odd" is '';
comment on constraint two on "Odd one" is 'key'; comment on index "Odd one_pkey" is 'behind';
create policy "p'" on "Odd one" to pg_monitor, public using (w > 1); create index "quo""te" on parts (x desc);
comment on policy "p'" on "Odd one" is e'\\';
alter table "Odd one" alter t set (n_distinct = 5, n_distinct_inherited = 7);
grant select ("Name"), update ("Name") on "Odd one" to pg_monitor with grant option;
grant select (t) on "Odd one" to public;
create rule r as on delete to "Odd one" do instead nothing; comment on rule r on "Odd one" is 'never';
create schema pgferry; create table pgferry.own (x int primary key); comment on column pgferry.own.x is 'ours'
"""


def seen(database: FreshDatabase, read: Callable[[Connection], T]) -> T:
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL search_path = ''")
        return read(connection)


def filled(connection: Connection) -> Schema:
    outline = read_outline(connection)
    return read_parts(connection, outline, {part[1:] for part in outline.summed})


def narrowed(connection: Connection, *, relations: set[tuple[str, str]]) -> Schema:
    return read_parts(connection, read_outline(connection), relations)


@pytest.fixture
def hard(fresh_database: FreshDatabase) -> FreshDatabase:
    for statements in (EVERYTHING, ODD, HARD, ALIKE):
        fresh_database.run(statements)
    return fresh_database


def sums(schema: Schema) -> dict[str, tuple[int, str]]:
    return {str(part): digest[:2] for part, digest in schema.summed.items()}


def test_the_servers_digests_are_those_of_the_facts(hard: FreshDatabase, demo_databases: DemoDatabases) -> None:
    for database in (hard, demo_databases.main, demo_databases.feature_x):
        whole, outline = seen(database, read_schema), seen(database, read_outline)
        assert outline.digests is not None
        assert sums(outline) == sums(whole)
        assert outline.fingerprint == whole.fingerprint
        assert outline.not_covered == whole.not_covered
        assert seen(database, filled).facts == whole.facts
        kinds = {identity.kind for identity in whole.facts}
        assert {kind: outline.count(kind) for kind in kinds} == {kind: whole.count(kind) for kind in kinds}


def test_every_compared_attribute_changes_the_fingerprint(hard: FreshDatabase) -> None:
    schema = seen(hard, read_schema)
    for identity, attributes in schema.facts.items():
        for name, value in attributes.items():
            changed = {**schema.facts, identity: {**attributes, name: another(value)}}
            same = replace(schema, facts=changed).fingerprint == schema.fingerprint
            assert same == (name in NOT_COMPARED | ON_REQUEST), (identity, name)
        less = {other: told for other, told in schema.facts.items() if other != identity}
        assert replace(schema, facts=less).fingerprint != schema.fingerprint


def another(value: Value) -> Value:
    if isinstance(value, tuple):
        return (*value, "more")
    return f"{value} more" if isinstance(value, str) else not value if isinstance(value, bool) else (value or 0) + 1


@examples(8)
@given(schemas(), schemas())
def test_fingerprints_are_equal_just_where_nothing_differs(make_database: MakeDatabase, one: str, other: str) -> None:
    databases = [make_database(), make_database(), make_database()]
    for database, statements in zip(databases, (one, other, one), strict=True):
        database.run(statements)
    wholes = [seen(database, read_schema) for database in databases]
    outlines = [seen(database, read_outline) for database in databases]
    for k in (1, 2):
        found = differences(wholes[0], wholes[k])
        assert (outlines[0].fingerprint == outlines[k].fingerprint) == (found == [])
        relations = unlike(outlines[0], outlines[k])
        mine, theirs = (seen(databases[i], partial(narrowed, relations=relations)) for i in (0, k))
        assert differences(mine, theirs) == found
    assert outlines[0].fingerprint == outlines[2].fingerprint


def test_what_digests_do_not_tell_is_read_in_full(fresh_database: FreshDatabase) -> None:
    fresh_database.run("create table t (id int primary key)")
    with fresh_database.connect() as connection:
        connection.execute("create temp table x (y int); comment on column x.y is 'gone soon'")
        connection.execute("set search_path = ''")
        read = read_outline(connection)
        assert read.digests is None
        assert len(read.not_covered) == 1
        assert read_parts(connection, read, {("public", "t")}).facts == read.facts


def test_equal_schemas_have_equal_fingerprints_in_every_encoding(make_database: MakeDatabase) -> None:
    utf8 = make_database()
    statements = 'create table "Größe" ("ü" int, z int, "é" text default \'ß\')'
    utf8.run(statements)
    name = f"{utf8.name}_latin"
    utf8.run(f"create database {name} template template0 encoding latin1 locale 'C' locale_provider libc")
    latin = FreshDatabase(name, utf8.url.replace(utf8.name, name))
    try:
        with psycopg.connect(latin.url) as connection:
            connection.execute(statements)
            assert connection.info.parameter_status("server_encoding") == "LATIN1"
        assert seen(latin, read_outline).fingerprint == seen(utf8, read_outline).fingerprint
    finally:
        utf8.run(f"drop database {name}")
