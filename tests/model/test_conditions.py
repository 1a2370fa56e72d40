"""Conditions of virtual references: read into a tree, or refused; never passed on as text."""

import pytest

from server.errors import Refused
from server.model.conditions import Both, Compare, IsNull, Not, columns_of, parse_condition


def test_comparisons_with_constants_become_a_tree() -> None:
    assert parse_condition("entity_type = 'incident'") == Compare("entity_type", "=", ("incident",))
    assert parse_condition("a IN ('x', 'y')") == Compare("a", "=", ("x", "y"))
    assert parse_condition("n >= -5 AND NOT done") == Both(
        Compare("n", ">=", ("-5",)), Not(Compare("done", "=", ("true",)))
    )
    assert parse_condition("a IS NULL OR \"B\" ILIKE 'x%'") == Both(
        IsNull("a"), Compare("B", "ILIKE", ("x%",)), either=True
    )


def test_what_is_negated_within_a_comparison_is_a_negation() -> None:
    assert parse_condition("a IS NOT NULL") == Not(IsNull("a"))
    assert parse_condition("a NOT LIKE 'x%'") == Not(Compare("a", "LIKE", ("x%",)))
    assert parse_condition("a NOT ILIKE 'x%'") == Not(Compare("a", "ILIKE", ("x%",)))
    assert parse_condition("a NOT IN (1, 2)") == Not(Compare("a", "=", ("1", "2")))


def test_the_columns_of_a_condition_are_known() -> None:
    assert columns_of(parse_condition("A = 1 AND (b IS NOT NULL OR c)")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "text",
    [
        *("f(a) = 1", "a = (SELECT 1)", "a = 1; DROP TABLE x", "lower(a) = 'b'", "a = b", "t.a = 1", "1 = 1", "a ="),
        *("a IN (SELECT 1)", "a IN unnest(b)", "a LIKE 'x' ESCAPE '!'", "a IS DISTINCT FROM 1", "a = 1 AS b"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_condition(text)
    assert refused.value.code == "bad_settings"
