"""Plans made from facts and run on a real database: what the tests of planning share."""

from typing import Any

import psycopg

from server.model.comparison.difference import differences
from server.model.migration.planning import plan
from server.model.migration.steps import Plan
from server.model.schema import Schema
from server.postgres.schemas.catalog import read_schema
from tests.fix_databases import FreshDatabase, MakeDatabase


def read(database: FreshDatabase) -> Schema:
    with database.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL search_path = ''")
        return read_schema(connection, dependencies=True)


def carry_out(database: FreshDatabase, made: Plan) -> None:
    with database.connect() as connection:
        connection.execute("SET search_path = public")
        connection.execute("SET check_function_bodies = off")
        for phase in ("before", "main", "after"):
            steps = [step for step in made.steps if step.phase == phase]
            if phase == "main":
                with connection.transaction():
                    run(connection, steps)
            else:
                run(connection, steps)


def run(connection: "psycopg.Connection[tuple[Any, ...]]", steps: Any) -> None:
    for step in steps:
        try:
            connection.execute(step.sql.encode())
        except psycopg.Error as error:
            raise AssertionError(f"{step.sql}: {error}") from None


def migrate(make_database: MakeDatabase, old: str, new: str, rows: str = "") -> tuple[FreshDatabase, Plan]:
    """Plans old → new, runs the plan on old (with rows), and asserts that nothing is left to do."""
    source, target = make_database(), make_database()
    source.run(old)
    target.run(new)
    if rows:
        source.run(rows)
    wanted = read(target)
    assert plan(wanted, wanted).steps == ()
    made = plan(read(source), wanted)
    carry_out(source, made)
    assert differences(read(source), wanted) == []
    return source, made
