"""The rows that a segment's filters match: values are tried first, so that one that does not fit is named."""

from collections.abc import Iterator, Sequence
from itertools import count

import psycopg
from psycopg import errors, sql
from psycopg.raw_cursor import RawCursor

from server.errors import Refused
from server.model.segments.nodes import DateTest
from server.model.segments.relations import RelationMap
from server.model.segments.seeds import Bound, Seed
from server.postgres.databases import Connection
from server.postgres.segments.row_tests import any_of, date_test, every, filter_test, in_relation, itself, table


def try_values(connection: Connection, relations: RelationMap, seed: Seed) -> None:
    """Lets PostgreSQL read the values as the columns' types before anything depends on them."""
    for bound in seed.conditions:
        statement = sql.SQL("SELECT FROM {} AS t WHERE {} LIMIT 0").format(
            table(relations.relations[seed.relation]), filter_test(relations, bound, count(1))
        )
        labels = _labels(connection, bound)
        try:
            RawCursor(connection).execute(statement, list(bound.values) or None)
            if bound.column.category == "C" and bound.values:
                connection.execute(*itself(bound))
        except (
            psycopg.DataError,
            errors.SyntaxError,
            errors.InternalError_,
        ):  # the latter two as extensions' types fail
            raise _unfit(bound, labels) from None
        except (
            errors.UndefinedFunction,
            errors.AmbiguousFunction,
            errors.DatatypeMismatch,
            errors.FeatureNotSupported,
        ):
            raise Refused(
                "bad_filter",
                f"{bound.shown}: {bound.op} does not work on {bound.column.type}.",
                next="Use another op, or another column.",
            ) from None


def _labels(connection: Connection, bound: Bound) -> list[str]:
    """The values that a column of an enum, or of an array of one, may have; of other columns none."""
    if bound.column.category not in ("E", "A"):
        return []
    rows = connection.execute(
        "SELECT enumlabel::text FROM pg_catalog.pg_enum WHERE enumtypid = %s::regtype ORDER BY enumsortorder",
        [bound.column.base.removesuffix("[]")],
    )
    return [label for (label,) in rows]


def _unfit(bound: Bound, labels: list[str]) -> Refused:
    shown = f"{', '.join(labels[:20])}{' …' if len(labels) > 20 else ''}"
    contained = {
        "A": "Give an element of the array, or a list of some",
        "R": "Give a value, or a range, as [1,5)",
        "M": "Give a value, or a range, as [1,5)",
    }
    kind = bound.column.category if bound.op == "contains" else ""
    wanted = contained.get(kind, "Write the value as PostgreSQL reads that type")
    return Refused(
        "bad_value",
        f"A value of the filter {bound.shown} {bound.op} does not fit the column's type, {bound.column.type}.",
        next=f"It is one of {shown}." if labels else f"{wanted}.",
    )


def seed_tests(relations: RelationMap, seeds: Sequence[Seed], date: DateTest | None) -> list[sql.Composable]:
    """What a row `t` must meet: the conditions of a filter, with `$1 …` for `seed_values`, and the dates. Of several
    filters, as a row of their table: those of any, each for the rows of its own relation.
    """
    numbers: Iterator[int] = count(1)
    of_each = [[filter_test(relations, bound, numbers) for bound in seed.conditions] for seed in seeds]
    tests: list[sql.Composable] = [*of_each[0]]
    if len(seeds) > 1:
        places = [in_relation(relations, seed.relation, sql.SQL("t.tableoid")) for seed in seeds]
        tests = [any_of([every([place, *own]) for place, own in zip(places, of_each, strict=True)])]
    return [*tests, date_test(sql.Identifier("t"), date)] if date else tests


def seed_values(seeds: Sequence[Seed]) -> list[str]:
    """The values of filters, in the order of their `$n`."""
    return [value for seed in seeds for bound in seed.conditions for value in bound.values]


def emptied_by_dates(connection: Connection, relations: RelationMap, seed: Seed, date: DateTest) -> str | None:
    """Where nothing came: the note that rows would have met the filter, had it not been for the dates."""
    relation = relations.relations[seed.relation]
    statement = sql.SQL("SELECT {} FROM {} AS t WHERE {} ORDER BY 1 DESC LIMIT 1").format(
        date_test(sql.Identifier("t"), date), table(relation), every(seed_tests(relations, [seed], None))
    )
    if not seed.conditions or RawCursor(connection).execute(statement, seed_values([seed])).fetchone() != (False,):
        return None
    return (
        f"{relation.key}: rows meet the filter, but none with {date.column.name} within the dates. "
        f'To follow them whatever their date: date_columns = {{"{relation.key}": null}}.'
    )
