"""Random schemas and the demo's drift: a plan takes one to the other, and another takes it back."""

import pytest
from hypothesis import given

from server.model.comparison.difference import differences
from server.model.migration.dumps import unlike
from server.model.migration.planning import plan
from tests.fix_databases import MakeDatabase
from tests.fix_demo import DemoDatabases
from tests.migrating import carry_out, read
from tests.random_schemas import examples, schemas


@examples(10)
@given(schemas(), schemas())
def test_random_schemas_become_each_other_there_and_back(make_database: MakeDatabase, one: str, other: str) -> None:
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
def test_the_drift_of_the_demo_is_planned_there_and_back(demo_databases: DemoDatabases, back: bool) -> None:
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
