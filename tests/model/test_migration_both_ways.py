"""Random schemas and the demo's drift: a plan takes one to the other, and another takes it back."""

import os
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.model.difference import differences
from server.model.migration.dumps import unlike
from server.model.migration.planning import plan
from server.model.migration.steps import Plan
from server.model.schema import Schema
from server.postgres.catalog import read_schema
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_demo import DemoDatabases

LABELS = ("ok", "sad", "new")
TYPES = ("int", "bigint", "text", "varchar(20)", "numeric(10,2)", "mood", "timestamptz", "address")
DEFAULTS = {"int": "7", "bigint": "next_one()", "text": "'x'", "mood": "'ok'", "timestamptz": "now()"}
COLUMNS = ("a", "b", "c", "d")


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """The DDL of a small schema: types, functions, tables that refer to each other, and what hangs on them."""
    labels = draw(st.permutations(LABELS[1:]))[: draw(st.integers(0, 2))]
    attributes = draw(st.sampled_from(("street text", "street text, zip int", "zip bigint, street text")))
    result = draw(st.sampled_from(("int", "bigint")))
    lines = [
        f"create type mood as enum ({', '.join(repr(label) for label in ('ok', *labels))})",
        f"create type address as ({attributes})",
        f"create function next_one() returns {result} language sql as 'select 1'",
        "create function stamp() returns trigger language plpgsql as 'begin return new; end'",
    ]
    for table in draw(st.lists(st.sampled_from(("t", "u", "v")), unique=True, max_size=3)):
        lines += draw(_table(table))
    return ";\n".join(lines)


@st.composite
def _table(draw: st.DrawFn, table: str) -> list[str]:
    columns = draw(st.lists(st.tuples(st.sampled_from(COLUMNS), st.sampled_from(TYPES)), unique_by=lambda c: c[0]))
    identity = draw(st.sampled_from(("serial", "int generated always as identity", "bigint")))
    lines = [f"create table {table} (id {identity} primary key)"]
    for name, kind in columns:
        default = f" default {DEFAULTS[kind]}" if kind in DEFAULTS and draw(st.booleans()) else ""
        lines.append(f"alter table {table} add {name} {kind}{default}{' not null' if draw(st.booleans()) else ''}")
    names = [name for name, _ in columns]
    for name in names:
        lines += draw(st.lists(st.sampled_from(_parts(table, name)), unique=True, max_size=3))
    view = f"create view {table}_view as select id{''.join(f', {name}' for name in names[:2])} from {table}"
    more = [
        view,
        f"create trigger g before insert on {table} for each row execute function stamp()",
        f"alter table {table} add parent bigint references {table}",
        f"alter table {table} enable row level security",
        f"alter table {table} add doubled bigint generated always as (id * 2) stored",
    ]
    return lines + [line for line in more if draw(st.booleans())]


def _parts(table: str, column: str) -> list[str]:
    return [
        f"create index on {table} ({column})",
        f"alter table {table} add constraint {column}_there check ({column} is not null)",
        f"comment on column {table}.{column} is 'about {column}'",
        f"create policy {column}_seen on {table} using ({column} is not null)",
        f"create materialized view {table}_{column} as select {column} from {table}",
    ]


def read(database: FreshDatabase) -> Schema:
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL search_path = ''")
        return read_schema(connection, dependencies=True)


def carry_out(database: FreshDatabase, made: Plan) -> None:
    with database.connect() as connection:
        connection.execute("SET search_path = ''")
        for step in made.steps:
            _execute(connection, step.sql)


def _execute(connection: "psycopg.Connection[tuple[Any, ...]]", sql: str) -> None:
    try:
        connection.execute(sql.encode())
    except psycopg.Error as error:
        raise AssertionError(f"{sql}: {error}") from None


@settings(
    max_examples=int(os.environ.get("PGFERRY_TEST_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(schemas(), schemas())
def test_random_schemas_there_and_back(make_database: MakeDatabase, one: str, other: str) -> None:
    first, second = make_database(), make_database()
    first.run(one)
    second.run(other)
    here, there = read(first), read(second)
    assert plan(here, here).steps == ()
    carry_out(first, plan(here, there))
    assert differences(read(first), there) == []
    carry_out(second, plan(there, here))
    assert differences(read(second), here) == []


@pytest.mark.parametrize("back", [False, True], ids=["to the branch", "back to main"])
def test_the_drift_of_the_demo(demo_databases: DemoDatabases, back: bool) -> None:
    first, second = demo_databases.main, demo_databases.feature_x
    source, target = (second, first) if back else (first, second)
    carry_out(source, plan(read(source), read(target)))
    assert differences(read(source), read(target)) == []


def test_dumps_that_differ_only_in_order_are_alike() -> None:
    head = "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\n"
    one = f"{head}CREATE TABLE public.t (\n    a integer,\n    b text\n);\n\n\n"
    one += "--\n-- PostgreSQL database dump complete\n--\n"
    other = f"{head}CREATE TABLE public.t (\n    b text,\n    a integer\n);\n\n"
    assert unlike(one, other) == []
    assert unlike(one, other.replace("text", "name")) == ["TABLE public.t"]
