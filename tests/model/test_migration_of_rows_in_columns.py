"""Columns that hold whole rows of tables and views: those change, and the columns keep their values."""

import pytest

from tests.fix_databases import MakeDatabase
from tests.migrating import migrate

HOLDER = "create table u (x t default null check ((x).a > 0), y t[]); create index on u (((x).a));"
CASES = {
    "a column changes its type": ("create table t (a int, b text)", "create table t (a bigint, b text)"),
    "a column comes with a value": (
        "create table t (a int, b text)", "create table t (a int, b text, c timestamptz default clock_timestamp())"
    ),
    "the table becomes partitioned": (
        "create table t (a int, b text)",
        "create table t (a int, b text) partition by list (a); create table p partition of t default",
    ),
    "the table becomes a type, and back": ("create table t (a int, b text)", "create type t as (a int, b text)"),
    "a view's column changes its type": (
        "create table s (a int, b text); create view t as select a, b from s",
        "create table s (a bigint, b text); create view t as select a, b from s",
    ),
    "it is held by way of a domain": (
        "create table s (a int, b text); create domain t as s",
        "create table s (a bigint, b text); create domain t as s",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_its_rows_stay_what_they_are(make_database: MakeDatabase, case: str) -> None:
    rows = "insert into u values (row(1, 'x'), array[row(2, 'y')::t]), (null, null)"
    one, other = (f"{each}; {HOLDER}" for each in CASES[case])
    for old, new in ((one, other), (other, one)):
        null = (
            rows.replace("row(2, 'y')", "row(2, 'y', now())").replace("'x')", "'x', now())") if " c " in old else rows
        )
        source, _ = migrate(make_database, old, new, null)
        assert source.rows("select (x).a, (x).b, y[1].a, y[1].b from u order by 1") == [
            (1, "x", 2, "y"), (None, None, None, None)
        ]  # fmt: skip


def test_a_child_that_declares_what_it_had_from_its_parent_keeps_it(make_database: MakeDatabase) -> None:
    source, _ = migrate(
        make_database,
        "create table a (x int, y int); create table b () inherits (a)",
        "create table a (x int, y int); create table b (x int, y int) inherits (a)",
        "insert into b values (1, 2)",
    )
    assert source.rows("select x, y from a") == [(1, 2)]


@pytest.mark.parametrize(
    "new",
    [
        "table t (a bigint, b text)",
        "table t (a int, b text, c timestamptz default clock_timestamp())",
        "unlogged table t (a int, b text)",
    ],
)
def test_a_materialised_view_that_stores_rows_of_a_table_is_filled_anew_with_it(
    make_database: MakeDatabase, new: str
) -> None:
    views = "create view v as select t as x from t; create materialized view m as select x, array[x] as y from v;"
    old = "table t (a int, b text)"
    for one, other in ((old, new), (new, old)):
        source, _ = migrate(make_database, f"create {one}; {views}", f"create {other}; {views}",
                            "insert into t values (1, 'x'); refresh materialized view m")  # fmt: skip
        assert source.rows("select (x).a, (y[1]).b from m") == [(1, "x")]
