"""How filters are read that a person writes at a terminal."""

from typing import Any

import pytest

from server.errors import Refused
from server.model.segments.words import filters_from, limits_from

READ: list[tuple[str, str, str, str, Any]] = [
    ("companies.slug=acme", "companies", "slug", "=", "acme"),
    ("companies.slug = acme ", "companies", "slug", "=", "acme"),
    ("companies.slug==acme", "companies", "slug", "=", "acme"),
    ("companies.slug=", "companies", "slug", "=", ""),
    ("companies.name='Acme Ltd'", "companies", "name", "=", "Acme Ltd"),
    ('companies.name="O\'Hara"', "companies", "name", "=", "O'Hara"),
    ("companies.name='O''Hara'", "companies", "name", "=", "O'Hara"),
    ("companies.name='A' or 'B'", "companies", "name", "=", "'A' or 'B'"),
    ("companies.note=a=b<c", "companies", "note", "=", "a=b<c"),
    ("incidents.site.company.name=Acme", "incidents", "site.company.name", "=", "Acme"),
    ('"Odd table"."a column"=1', '"Odd table"', '"a column"', "=", "1"),
    ('"odd.table".site."a.column" = 1', '"odd.table"', 'site."a.column"', "=", "1"),
    ("companies.id!=3", "companies", "id", "!=", "3"),
    ("companies.id <> 3", "companies", "id", "!=", "3"),
    ("companies.id>=3", "companies", "id", ">=", "3"),
    ("companies.slug in acme, other", "companies", "slug", "in", ["acme", "other"]),
    ("companies.slug IN ('a, b','c')", "companies", "slug", "in", ["a, b", "c"]),
    ("companies.slug in(a,b)", "companies", "slug", "in", ["a", "b"]),
    ("companies.slug not in [a]", "companies", "slug", "not_in", ["a"]),
    ("companies.slug not_in a,''", "companies", "slug", "not_in", ["a", ""]),
    ("companies.id between 2 and 4", "companies", "id", "between", ["2", "4"]),
    ("companies.id BETWEEN 2,4", "companies", "id", "between", ["2", "4"]),
    ("companies.name between 'a and b' and c", "companies", "name", "between", ["a and b", "c"]),
    ("companies.slug LIKE %a%", "companies", "slug", "like", "%a%"),
    ("companies.slug ilike 'A%'", "companies", "slug", "ilike", "A%"),
    ("companies.slug is null", "companies", "slug", "is_null", None),
    ("companies.slug IS_NULL", "companies", "slug", "is_null", None),
    ("companies.slug is not null", "companies", "slug", "not_null", None),
    ("companies.slug not_null", "companies", "slug", "not_null", None),
    ('companies.settings contains {"plan": "pro"}', "companies", "settings", "contains", {"plan": "pro"}),
    ("companies.tags @> red", "companies", "tags", "contains", "red"),
    ("companies.open @> [2026-01-01,2026-02-01)", "companies", "open", "contains", "[2026-01-01,2026-02-01)"),
    ("companies.open contains [1, 5]", "companies", "open", "contains", [1, 5]),
    ("companies.open contains (,5)", "companies", "open", "contains", "(,5)"),
    ("companies.open contains {[1,2],(5,7]}", "companies", "open", "contains", "{[1,2],(5,7]}"),
    ("companies.inner.like=1", "companies", "inner.like", "=", "1"),
]
UNREADABLE = (
    "",
    " ",
    "companies slug",
    "companies.slug ~ a",
    "=3",
    "companies.id is null 3",
    "companies.x contains {a",
)


@pytest.mark.parametrize(("text", "table", "column", "op", "value"), READ)
def test_a_filter_is_read_as_a_person_means_it(text: str, table: str, column: str, op: str, value: Any) -> None:
    (found,) = filters_from([text])
    (condition,) = found.where
    assert (found.table, condition.column, condition.op, condition.value) == (table, column, op, value)


def test_a_table_alone_and_conditions_of_one_table_are_one_filter_each() -> None:
    orders, companies = filters_from(["orders.id=1", "companies", "orders.status=late"])
    assert [condition.column for condition in orders.where] == ["id", "status"]
    assert companies.where == []


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_filter_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused) as refused:
        filters_from([text])
    assert refused.value.code == "bad_filter"
    assert "table.column=value" in (refused.value.next or "")


def test_a_filter_without_a_table_says_so() -> None:
    with pytest.raises(Refused, match="does not say of which table") as refused:
        filters_from(["slug=acme"])
    assert refused.value.next == "Write TABLE.slug=acme."


def test_limits_are_one_number_or_one_for_each_of_some_tables() -> None:
    assert limits_from([]) is None
    assert limits_from(["100"]) == 100
    assert limits_from(["incidents=100", "sites = 5"]) == {"incidents": 100, "sites": 5}
    for wrong in (["3", "sites=5"], ["3", "4"], ["many"], ["sites="]):
        with pytest.raises(Refused, match=f"{', '.join(wrong)}: that is neither"):
            limits_from(wrong)
