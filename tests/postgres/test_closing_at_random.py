"""Segments of schemas that nobody thought of: random tables, keys, cycles, self references and NULLs.

Each is checked against a plain closure in Python over the rows themselves (so every row has a reason, and none is
missing), loaded into an empty copy with all constraints on, and closed a second time, which must add nothing.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.postgres import populating
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase
from tests.segments import grow, load

TARGETS = (("id",), ("u",), ("id", "u"))
"""What a key can point at: the primary key, another unique column, a composite unique constraint."""


_made: set[str] = set()
"""Databases that are there already: making one costs more than emptying it."""


@dataclass
class Key:
    """A foreign key of one table: its columns are named after its number."""

    number: int
    parent: int
    targets: tuple[str, ...]
    indexed: bool

    @property
    def columns(self) -> list[str]:
        return [f"k{self.number}_{target}" for target in self.targets]


@dataclass
class Made:
    """A table and its rows by column."""

    partitioned: bool
    keys: list[Key] = field(default_factory=list[Key])
    rows: list[dict[str, int | None]] = field(default_factory=list[dict[str, int | None]])


@st.composite
def databases(draw: st.DrawFn) -> list[Made]:
    tables = [Made(draw(st.booleans())) for _ in range(draw(st.integers(1, 4)))]
    numbers = iter(range(100))
    for table in tables:
        for _ in range(draw(st.integers(0, 3))):
            parent = draw(st.integers(0, len(tables) - 1))
            targets = TARGETS[0] if tables[parent].partitioned else draw(st.sampled_from(TARGETS))
            table.keys.append(Key(next(numbers), parent, targets, draw(st.booleans())))
        table.rows = [{"id": n, "u": 100 + n} for n in range(draw(st.integers(0, 6)))]
    for table in tables:
        for row in table.rows:
            for key in table.keys:
                _point(draw, row, key, tables[key.parent].rows)
    return tables


def _point(draw: st.DrawFn, row: dict[str, int | None], key: Key, parents: list[dict[str, int | None]]) -> None:
    parent = draw(st.sampled_from([None, *parents]))
    for column, target in zip(key.columns, key.targets, strict=True):
        row[column] = parent[target] if parent else None
    if parent and len(key.columns) > 1 and draw(st.integers(0, 3)) == 0:
        row[key.columns[0]] = None  # MATCH SIMPLE: refers to nothing


def schema_sql(tables: list[Made]) -> str:
    """Tables first, their keys last, so that rows can be put in between."""
    parts: list[str] = []
    for number, table in enumerate(tables):
        columns = ["id int PRIMARY KEY", "u int NOT NULL"]
        columns += [f"{column} int" for key in table.keys for column in key.columns]
        columns += [] if table.partitioned else ["UNIQUE (u)", "UNIQUE (id, u)"]
        partition = " PARTITION BY RANGE (id)" if table.partitioned else ""
        parts.append(f"CREATE TABLE t{number} ({', '.join(columns)}){partition}")
        if table.partitioned:
            parts.append(f"CREATE TABLE t{number}_a PARTITION OF t{number} FOR VALUES FROM (0) TO (3)")
            parts.append(f"CREATE TABLE t{number}_b PARTITION OF t{number} DEFAULT")
        parts += [f"CREATE INDEX ON t{number} ({', '.join(key.columns)})" for key in table.keys if key.indexed]
    return "; ".join(parts)


def rows_sql(tables: list[Made]) -> str:
    parts: list[str] = []
    for number, table in enumerate(tables):
        for row in table.rows:
            values = ", ".join("NULL" if value is None else str(value) for value in row.values())
            parts.append(f"INSERT INTO t{number} ({', '.join(row)}) VALUES ({values})")
    return "; ".join(parts)


def keys_sql(tables: list[Made]) -> str:
    return "; ".join(
        f"ALTER TABLE t{number} ADD FOREIGN KEY ({', '.join(key.columns)}) "
        f"REFERENCES t{key.parent} ({', '.join(key.targets)})"
        for number, table in enumerate(tables)
        for key in table.keys
    )


Rows = set[tuple[int, int]]


def expected(tables: list[Made], table: int, most: int, *, down: bool) -> tuple[Rows, Rows]:
    """(matched, required): every row by its table and id, the plainest way there is."""

    def parents(number: int, row: dict[str, int | None]) -> Iterator[tuple[int, int]]:
        for key in tables[number].keys:
            values = [row[column] for column in key.columns]
            for other in tables[key.parent].rows:
                if None not in values and [other[target] for target in key.targets] == values:
                    yield key.parent, other["id"] or 0

    every = [(number, row) for number, made in enumerate(tables) for row in made.rows]
    matched = {(table, row["id"] or 0) for row in tables[table].rows if (row["id"] or 0) < most}
    while down:
        more = {(n, row["id"] or 0) for n, row in every if any(p in matched for p in parents(n, row))} - matched
        if not more:
            break
        matched |= more
    closed = set(matched)
    while True:
        more = {p for n, row in every if (n, row["id"] or 0) in closed for p in parents(n, row)} - closed
        if not more:
            return matched, closed - matched
        closed |= more


@contextmanager
def two_databases(postgres: EmbeddedServer) -> Generator[tuple[FreshDatabase, FreshDatabase]]:
    names = ("random_from", "random_into")
    made = [FreshDatabase(name, postgres.url(name)) for name in names]
    for name in names:
        if postgres.url(name) not in _made:
            populating.make_database(postgres, name, template="template0")
            _made.add(postgres.url(name))
    for database in made:
        database.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield made[0], made[1]


@pytest.mark.parametrize("follow", ["children", "none"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables=databases(), data=st.data())
def test_a_random_segment_is_exactly_its_closure_loads_and_is_closed(
    postgres: EmbeddedServer, follow: str, tables: list[Made], data: st.DataObject
) -> None:
    table = data.draw(st.integers(0, len(tables) - 1))
    most = data.draw(st.integers(0, 6))
    segment: dict[str, Any] = {
        "filters": [{"table": f"t{table}", "where": [{"column": "id", "op": "<", "value": most}]}],
        "follow": follow,
    }
    with two_databases(postgres) as (source, copy):
        source.run(";".join(part for part in (schema_sql(tables), rows_sql(tables), keys_sql(tables)) if part))
        copy.run(";".join(part for part in (schema_sql(tables), keys_sql(tables)) if part))
        result = grow(source, segment)
        matched, required = expected(tables, table, most, down=follow == "children")
        for number in range(len(tables)):
            name = f"t{number}"
            wanted = sorted(str(row) for n, row in matched | required if n == number)
            assert result.values(name) == wanted
            if name in result.grown:
                assert result.grown[name].matched == sum(n == number for n, _ in matched)
                assert result.grown[name].required == sum(n == number for n, _ in required)
        load(result, copy, in_order=False)
        again = grow(copy, segment)
        assert {key: sorted(lines) for key, lines in again.data.items()} == {
            key: sorted(lines) for key, lines in result.data.items()
        }
