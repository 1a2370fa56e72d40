"""Plans that block no writes: what stands apart from their transaction, and what cannot."""

import pytest

from server.model.comparison.difference import differences
from server.model.migration.planning import plan
from tests.fix_databases import MakeDatabase
from tests.migrating import carry_out, read

CASES = {
    "a function": (
        "create function f(int) returns int language sql immutable as 'select 1';"
        "create table t (a int); create index i on t (f(a))",
        "create table t (a int)",
    ),
    "a collation": (
        "create collation c (locale = 'C'); create table t (a text); create index i on t (a collate c)",
        "create table t (a text)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_index_goes_before_what_it_needs_and_else_concurrently(make_database: MakeDatabase, case: str) -> None:
    old, new = CASES[case]
    source, target = make_database(), make_database()
    source.run(f"{old}; create index j on t (a)")
    target.run(new)
    made = plan(read(source), read(target), concurrent_indexes=True)
    carry_out(source, made)
    assert differences(read(source), read(target)) == []
    assert [step.sql for step in made.steps if step.phase == "after"] == ["DROP INDEX CONCURRENTLY public.j"]
