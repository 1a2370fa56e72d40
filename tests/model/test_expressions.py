"""Expressions with fewer signs, for reading."""

import pytest

from server.model.expressions import bare, plainly


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("(certainty >= (0)::numeric) AND (n <= (-1.5)::double precision)", "(certainty >= 0) AND (n <= -1.5)"),
        ("(state = ANY (ARRAY['a'::app.state, 'b'::app.state]))", "(state in ('a', 'b'))"),
        (
            "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            "((s)::text in ('a', 'b'))",
        ),
        ("(n = ANY (ARRAY[1, 2]))", "(n = ANY (ARRAY[1, 2]))"),
        ("a JOIN b ON ((a.id = b.id))", "a JOIN b ON (a.id = b.id)"),
        ("(((a) + (b)))", "((a) + (b))"),
        ("now() - '2 days'::interval", "now() - '2 days'::interval"),
        ("'{}'::text[] || 'x'::character varying(3)", "'{}'::text[] || 'x'::character varying(3)"),
        ("x = '((''a''::text))(0)::numeric'::text", "x = '((''a''::text))(0)::numeric'"),
        ("\"a'((\" = ('b'::text)", "\"a'((\" = ('b')"),
    ],
)
def test_casts_and_brackets_that_say_nothing_are_left_out(printed: str, plain: str) -> None:
    assert plainly(printed) == plain


def test_only_brackets_around_the_whole_are_taken_off() -> None:
    assert [bare(text) for text in ("((a > 1))", "(a) AND (b)", "(a = ')')", "", "(a")] == [
        "a > 1", "(a) AND (b)", "a = ')'", "", "(a",
    ]  # fmt: skip
