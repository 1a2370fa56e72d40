"""What a caller says of a segment: dates, date columns, values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from server.errors import Refused
from server.model.segments.filters import (
    FilterCondition,
    Segment,
    array_literal,
    choose_date_column,
    parse_moment,
    value_texts,
)
from server.model.segments.relations import RelationColumn, components


def column(name: str, base: str = "timestamp with time zone", *, not_null: bool = True) -> RelationColumn:
    return RelationColumn(name, base, base, "D", not_null, "pg_catalog")


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["updated_at", "created_at", "occurred_at"], "created_at"),
        (["reported_at", "occurred_at"], "occurred_at"),
        (["updated_at", "uploaded_at"], "uploaded_at"),
        (["due_date", "invoice_date"], "invoice_date"),
        (["expires_at", "deleted_at"], None),
        (["granted_at"], "granted_at"),
        (["updatedAt", "createdAt"], "createdAt"),
        (["expiresAt", "uploadedAt"], "uploadedAt"),
        (["updated_at", "at"], "at"),
        ([], None),
    ],
)
def test_the_date_of_a_table_is_when_its_rows_came_to_be(names: list[str], chosen: str | None) -> None:
    found = choose_date_column([column(name) for name in names])
    assert (found.name if found else None) == chosen


def test_a_nullable_date_or_another_type_is_never_chosen() -> None:
    assert choose_date_column([column("created_at", not_null=False), column("occurred_at", "integer")]) is None


def test_moments_are_read_as_utc_where_they_do_not_say() -> None:
    assert parse_moment("since", "2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_moment("since", "2026-01-01T02:00:00+02:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_moment("since", "2026-01-01T00:00:00Z") == datetime(2026, 1, 1, tzinfo=UTC)
    for unreadable in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(Refused, match="ISO 8601"):
            parse_moment("until", unreadable)


def test_an_array_is_written_so_that_no_element_can_end_it() -> None:
    assert array_literal(["a", 'b"', "c\\", None, ["d}"], True, 1.5]) == '{"a","b\\"","c\\\\",NULL,{"d}"},"true","1.5"}'


def test_a_misspelt_argument_is_a_failure() -> None:
    with pytest.raises(ValidationError):
        Segment.model_validate({"filters": [{"table": "a", "wher": []}]})
    with pytest.raises(ValidationError):
        Segment.model_validate({"filters": []})


def test_the_parts_of_a_graph_come_in_order_and_cycles_together() -> None:
    assert components([1, 2, 3, 4], {1: [2], 2: [3, 4], 3: [2]}) == [[1], [2, 3], [4]]
    deep = {n: [n + 1] for n in range(5000)}
    assert components(range(5001), deep) == [[n] for n in range(5001)]


def test_a_pattern_that_ends_in_half_an_escape_is_refused_by_the_name_of_its_column() -> None:
    name = RelationColumn("name", "text", "text", "S", True, "pg_catalog")
    whole = FilterCondition(column="name", op="like", value="a\\\\")
    assert value_texts(whole, name, "people.name") == ("a\\\\",)
    for op in ("like", "ilike"):
        with pytest.raises(Refused, match=r"people\.name: i?like takes a pattern"):
            value_texts(FilterCondition(column="name", op=op, value="a\\"), name, "people.name")


@pytest.mark.parametrize(
    ("op", "value"),
    [("=", 12345678901234567.5), ("in", [1, 1e400]), ("between", [0.1, 0.1234567890123456789]), ("<", -1e400)],
)
def test_a_number_that_a_double_cannot_carry_is_asked_for_as_a_text(op: Any, value: Any) -> None:
    amount = RelationColumn("amount", "numeric", "numeric", "N", True, "pg_catalog")
    real = RelationColumn("amount", "real", "real", "N", True, "pg_catalog")
    condition = FilterCondition(column="amount", op=op, value=value)
    with pytest.raises(Refused, match=r"a\.amount.*as a text"):
        value_texts(condition, amount, "a.amount")
    assert value_texts(condition, real, "a.amount")
    exact = FilterCondition(column="amount", op="in", value=[0.1, 123456789012345.0, 10**40, "12345678901234567.5"])
    assert value_texts(exact, amount, "a.amount") == (
        f'{{"0.1","123456789012345.0","1{"0" * 40}","12345678901234567.5"}}',
    )


def test_documents_are_looked_through_for_numbers_that_lost_digits() -> None:
    facts = RelationColumn("facts", "jsonb", "jsonb", "U", True, "pg_catalog")
    with pytest.raises(Refused, match="as a text"):
        value_texts(
            FilterCondition(column="facts", op="contains", value={"a": [0.12345678901234568]}), facts, "a.facts"
        )
    assert value_texts(FilterCondition(column="facts", op="contains", value={"a": [0.5]}), facts, "a.facts")
