"""Segments of databases that nobody thought of (tests/random_segments.py).

Each is checked against a plain closure in Python over the rows themselves (so every row has a reason, and none is
missing), loaded into an empty copy with all constraints on, and closed a second time, which must add nothing.
"""

from collections.abc import Generator
from contextlib import contextmanager
from random import Random

import psycopg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.postgres import populating
from server.postgres.embedded import EmbeddedServer
from server.postgres.segments import growth, manners
from tests.fix_databases import FreshDatabase
from tests.random_schemas import examples
from tests.random_segments import OTHER, Asked, Database, closure, dangling
from tests.segments import GrownSegment, grow, load

MANNERS = ((50, 8, 20), (0, 8, 20), (0, 8, 0), (2, 0, 20))
"""FEW, PART and RARE of `growth`: so few rows would else be looked up in one manner alone."""

_made: set[str] = set()
"""Databases that are there already: making one costs more than emptying it."""


@contextmanager
def two_databases(postgres: EmbeddedServer) -> Generator[tuple[FreshDatabase, FreshDatabase]]:
    names = ("random_from", "random_into")
    made = [FreshDatabase(name, postgres.url(name)) for name in names]
    for name in names:
        if postgres.url(name) not in _made:
            populating.make_database(postgres, name, template="template0")
            _made.add(postgres.url(name))
    for database in made:
        database.run(f'DROP SCHEMA IF EXISTS public, "{OTHER}" CASCADE; CREATE SCHEMA public')
    yield made[0], made[1]


def fill(database: FreshDatabase, *statements: str) -> None:
    """PostgreSQL itself fails at some keys of a partition to its own table: such a database is none to look at."""
    try:
        for some in filter(None, statements):
            database.run(some)
    except psycopg.errors.ObjectInUse:
        assume(False)


def check(made: Database, asked: Asked, result: GrownSegment) -> None:
    matched, found = closure(made, asked)
    for table in made.tables:
        rows, key = {row["rid"] for row in table.rows}, table.whole.key
        assert sorted(map(int, result.values(key))) == sorted(rows & found), key
        if key in result.grown:
            grown = result.grown[key]
            assert (grown.matched, grown.required) == (len(rows & matched), len(rows & found - matched)), key
    assert {(some.table, some.reference): some.rows for some in result.dangling} == dangling(made, found)


def asks_heirs_over_a_key(made: Database, asked: Asked) -> bool:
    """Whether a filter over a key may match rows of a table that inherits from the one that has it. These have no such
    key themselves, so what they are asked by is no part of the segment, and a filter does not find them again.
    """
    over = ["." in test["column"] for entry in asked.segment["filters"] for test in entry["where"]]
    return any(over) and any(len(made.heirs(seed)) > 1 for seed in asked.seeds)


@examples(20)
@given(random=st.randoms(use_true_random=False))
def test_a_random_segment_is_exactly_its_closure_loads_and_is_closed(postgres: EmbeddedServer, random: Random) -> None:
    made = Database(random)
    asked, references = made.ask(), made.references()
    with two_databases(postgres) as (source, copy), pytest.MonkeyPatch.context() as patch:
        for name, value in zip(("FEW", "PART", "RARE"), random.choice(MANNERS), strict=True):
            patch.setattr(growth, name, value)
        patch.setattr(manners, "WORTH_KNOWING", random.choice([0, 1000]))
        fill(source, made.schema_sql(), made.rows_sql(), made.keys_sql())
        fill(copy, made.schema_sql(), made.keys_sql())
        result = grow(source, asked.segment, references=references, excluded=asked.excluded)
        check(made, asked, result)
        load(result, copy, in_order=False)
        again = grow(copy, asked.segment, references=references, excluded=asked.excluded)
        second, first = ({key: sorted(lines) for key, lines in grown.data.items()} for grown in (again, result))
        assert all(set(lines) <= set(first.get(key, [])) for key, lines in second.items())
        assert second == first or asks_heirs_over_a_key(made, asked)


@examples(10)
@given(random=st.randoms(use_true_random=False))
def test_a_random_sample_is_no_larger_than_asked_for_and_closed(postgres: EmbeddedServer, random: Random) -> None:
    made = Database(random)
    asked, references, limit = made.ask(), made.references(), random.randint(0, 4)
    with two_databases(postgres) as (source, _):
        fill(source, made.schema_sql(), made.rows_sql(), made.keys_sql())
        sample = {**asked.segment, "limit_per_table": limit}
        result = grow(source, sample, references=references, excluded=asked.excluded)
    matched, whole = closure(made, asked)
    found = {int(value) for key in result.data for value in result.values(key)}
    assert all(grown.matched <= limit for grown in result.grown.values())
    assert found <= whole
    for row in made.rows:
        for key in row["table"].keys if row["rid"] in found else ():
            assert not key.refers(row) or {parent["rid"] for parent in key.parents(row)} <= found
    if all(len({row["rid"] for row in table.rows} & matched) <= limit for table in made.tables):
        assert found == whole
