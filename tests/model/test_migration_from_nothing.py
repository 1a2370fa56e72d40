"""What PostgreSQL's own regression database has and few others: made from nothing by a plan, and taken away again."""

import pytest

from tests.fix_databases import MakeDatabase
from tests.migrating import migrate

CASES = {
    "a base type of its own functions, in columns, casts, operators": """
        create type t; create function t_in(cstring) returns t as 'int4in' language internal immutable strict;
        create function t_out(t) returns cstring as 'int4out' language internal immutable strict;
        create type t (input = t_in, output = t_out, like = int4);
        create function t_less(t, t) returns bool as 'int4lt' language internal immutable strict;
        create operator < (function = t_less, leftarg = t, rightarg = t, commutator = >, negator = >=);
        create cast (t as int) without function; create table u (a t, b t[])""",
    "a range that is made canonical by its own function": """
        create type r;
        create function whole(r) returns r as 'int4range_canonical' language internal immutable strict;
        create type r as range (subtype = int4, canonical = whole); create table t (a r)""",
    "a family whose members are functions": """
        create operator family f using hash;
        create function hashed(int, bigint) returns bigint language sql immutable as 'select $2';
        alter operator family f using hash add function 2 (int, int) hashed(int, bigint)""",
    "a typed table with defaults and checks of its own": """
        create type a as (x int, y text);
        create table t of a (x with options primary key, y with options not null default '')""",
    "a generated column that a child and its parent both have": """
        create table a (x int, y int generated always as (x * 2) stored); create table b (x int,
        y int generated always as (x * 2) stored); alter table b inherit a""",
    "a child's check that its parent does not hold valid": """
        create table a (x int); create table b () inherits (a); alter table b add constraint c check (x > 0);
        alter table a add constraint c check (x > 0) not valid""",
    "an index of partitions that is not complete": """
        create table p (a int) partition by range (a);
        create table q partition of p for values from (0) to (9) partition by range (a);
        create table q1 partition of q for values from (0) to (5);
        create index on only q (a); create index i on only p (a); alter index i attach partition q_a_idx""",
    "materialised views that read each other through views": """
        create function f() returns int language sql as 'select 1';
        create materialized view z as select f() as x; create view v as select x from z;
        create materialized view a as select x from v""",
    "an owner without a right": """
        create table t (); alter table t owner to pg_database_owner; revoke delete on t from pg_database_owner""",
    "functions and tables in a circle": """
        create table t (a int); create function f(t) returns int language sql stable as 'select 1';
        create view v as select f(t) as x from t; create function g(v) returns setof t language sql as 'select null::t';
        alter table t add check (f(null::t) = 1); create table u (one t, more v[]); create domain d as t""",
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_made_from_nothing_and_goes_again(make_database: MakeDatabase, case: str) -> None:
    migrate(make_database, "", CASES[case])
    migrate(make_database, CASES[case], "")
