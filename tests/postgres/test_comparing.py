"""Checksums of rows: by the server's own hash of values and by printed text, both tell equal rows from others."""

import pytest

from server.model.comparison.rows import Differences, RowSum, matched, plan_comparison
from server.postgres.comparison.comparing import TableSums, hash_sample, read_tables
from server.postgres.databases import Connection
from tests.fix_databases import FreshDatabase

EVERY_TYPE = """
CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (a int, b text); CREATE DOMAIN short AS varchar(9);
CREATE TABLE one (id int PRIMARY KEY, a smallint, b bigint, c numeric, d real, e float8, f text, g char(5), h short,
    i bytea, j uuid, k date, l timestamptz, m json, n jsonb, o mood, p pair, q int[], r int4range, s point,
    u inet, v interval, w bit(3), x tsvector, y money, z boolean);
INSERT INTO one VALUES (1, 1, 2, 1.50, 0.1, 0.2, 'ä', 'b', 'c', '\\x00ff', gen_random_uuid(), '2026-01-31', now(),
    '{"a":  1}', '{"a": 1}', 'sad', (1, 'x'), '{1,NULL}', '[1,3)', '(1,2)', '::1', '1 day', '101', 'a:1', 7, true);
INSERT INTO one (id) VALUES (2);
CREATE TABLE two AS SELECT * FROM one ORDER BY id DESC; ALTER TABLE two ADD PRIMARY KEY (id);
"""
CHANGES = {
    "a": "2", "b": "-b", "c": "1.5", "d": "0.2", "e": "-0.0", "f": "'Ä'", "g": "'B'", "h": "''", "i": "'\\x00fe'",
    "j": "gen_random_uuid()", "k": "k + 1", "l": "l + interval '1 microsecond'", "m": "'{\"a\": 1}'",
    "n": "'{\"a\": 1.0}'", "o": "'glad'", "p": "(1, NULL)", "q": "'[0:1]={1,NULL}'", "r": "'[1,4)'", "s": "'(1,3)'",
    "u": "'::2'", "v": "'24 hours'", "w": "'100'", "x": "'a:2'", "y": "8", "z": "false",
}  # fmt: skip
ALIKE = {"b": ("8589934592", "-8589934589"), "l": ("l + interval '4294967296 microseconds'",)}
"""What PostgreSQL's hash of the first value of `b`, 2, cannot tell from it; moments as far apart."""


@pytest.mark.parametrize("by_value", [True, False])
def test_a_change_of_any_value_changes_the_checksum(fresh_database: FreshDatabase, by_value: bool) -> None:
    fresh_database.run(EVERY_TYPE)
    with fresh_database.connect() as connection:
        one, two = sums(connection, by_value)
        same = one.whole()
        assert two.whole() == same
        assert same[0] == 2
        for column, value in CHANGES.items():
            for changed in (value, "NULL", *ALIKE.get(column, ())):
                connection.execute(f"UPDATE two SET {column} = {changed} WHERE id = 1".encode())
                assert two.whole() != same, (column, changed)
            connection.execute(f"UPDATE two SET {column} = one.{column} FROM one WHERE one.id = two.id".encode())
        assert two.whole() == same


def test_keys_of_one_hash_are_told_apart_by_the_other() -> None:
    mine: list[RowSum] = [(7, 1, 10, 0, "(0,1)"), (7, 2, 20, 0, "(0,2)"), (8, 1, 5, 0, "(0,3)")]
    theirs: list[RowSum] = [(7, 1, 11, 0, "(0,1)"), (7, 2, 20, 0, "(0,2)"), (8, 2, 6, 0, "(0,3)")]
    found = Differences(keep=5, keyed=True)
    for one, other in matched(mine, theirs):
        found.add(one, other)
    assert (found.added, found.removed, found.changed, found.doubled) == (1, 1, 1, 0)


def sums(connection: Connection, by_value: bool) -> tuple[TableSums, TableSums]:
    tables = read_tables(connection)
    one, two = tables["public", "one"], tables["public", "two"]
    plan = plan_comparison(one, two, key=None, excluded=(), equal_types=False)
    assert hash_sample(connection) is not None
    return TableSums(connection, one, plan, by_value=by_value), TableSums(connection, two, plan, by_value=by_value)
