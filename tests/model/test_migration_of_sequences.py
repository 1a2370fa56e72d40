"""Sequences that stay while what owns them changes."""

import pytest

from tests.fix_databases import MakeDatabase
from tests.migrating import migrate

_OWNED = "alter sequence s owned by t.id"
CASES = {
    "one stays logged while its table becomes unlogged": (
        f"create table t (id int); create sequence s; {_OWNED}",
        f"create unlogged table t (id int); create sequence s; {_OWNED}",
    ),
    "one comes to a table that becomes unlogged": (
        "create table t (id int); create sequence s",
        f"create unlogged table t (id int); create sequence s; {_OWNED}",
    ),
    "one goes on from a table to another, and both become unlogged": (
        f"create table t (id int); create table u (id int); create sequence s; {_OWNED}",
        "create unlogged table t (id int); create unlogged table u (id int); create sequence s;"
        "alter sequence s owned by u.id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_sequence_is_as_logged_as_it_is_to_be(make_database: MakeDatabase, case: str) -> None:
    old, new = CASES[case]
    migrate(make_database, old, new)
    migrate(make_database, new, old)


def test_the_sequence_of_an_identity_keeps_its_name_and_gets_all_else(make_database: MakeDatabase) -> None:
    new = "create table t (id int generated always as identity (sequence name s minvalue 5));"
    migrate(make_database, "create table t (id int generated always as identity)", f"{new} grant all on s to public")
