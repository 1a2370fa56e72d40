"""Plans that block no writes: what stands apart from their transaction, and what cannot."""

import pytest

from server.model.comparison.difference import differences
from server.model.migration.planning import plan
from tests.fix_databases import MakeDatabase
from tests.migrating import carry_out, read

NEEDED = {
    "a function": (
        "create function f(int) returns int language sql immutable as 'select 1';"
        "create table t (a int); create index i on t (f(a))",
        "create table t (a int)",
    ),
    "a collation": (
        "create collation c (locale = 'C'); create table t (a text); create index i on t (a collate c)",
        "create table t (a text)",
    ),
    "a key that takes its name": (
        "create table t (a int not null); create unique index i on t (a)",
        "create table t (a int constraint i primary key)",
    ),
    "a table that takes its name": (
        "create table t (a int); create index i on t (a)",
        "create table t (a int); create table i (a int)",
    ),
    "a foreign key on it": (
        "create table t (a int)",
        "create table t (a int); create unique index i on t (a); create table r (a int references t (a))",
    ),
    "a foreign key that would lean on it": (
        "create table t (a int); create unique index i on t (a)",
        "create table t (a int); create unique index k on t (a); create table r (a int references t (a))",
    ),
    "an identity of rows": (
        "create table t (a int not null)",
        "create table t (a int not null); create unique index i on t (a); alter table t replica identity using index i",
    ),
}


@pytest.mark.parametrize("case", NEEDED)
def test_an_index_that_the_transaction_needs_or_minds_is_made_or_dropped_in_it(
    make_database: MakeDatabase, case: str
) -> None:
    old, new = NEEDED[case]
    source, target = make_database(), make_database()
    source.run(f"{old}; create index j on t (a)")
    target.run(new)
    made = plan(read(source), read(target), concurrent_indexes=True)
    carry_out(source, made)
    assert differences(read(source), read(target)) == []
    assert [step.sql for step in made.steps if step.phase == "after"] == ["DROP INDEX CONCURRENTLY public.j"]
