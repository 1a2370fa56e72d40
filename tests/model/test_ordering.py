"""What needs others stands after them, in the order that looking at all that waits, round by round, would give."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from server.model.ordering import needed_first

few = st.integers(0, 8)
graphs = st.dictionaries(few, st.sets(few, max_size=4), max_size=9)


def round_by_round(needs: Mapping[int, set[int]]) -> list[int]:
    waiting, ordered = dict(needs), list[int]()
    while waiting:
        unmet = {key: (waiting[key] & waiting.keys()) - {key} for key in waiting}
        ready = [key for key in waiting if not unmet[key]] or [min(waiting, key=lambda key: len(unmet[key]))]
        ordered += ready
        waiting = {key: found for key, found in waiting.items() if key not in ready}
    return ordered


@given(graphs)
def test_the_order_is_that_of_rounds(needs: dict[int, set[int]]) -> None:
    assert needed_first(needs) == round_by_round(needs)


def test_of_a_circle_comes_first_what_waits_for_the_fewest() -> None:
    assert needed_first({"a": {"b", "c"}, "b": {"a"}, "c": {"b"}, "d": set[str](), "e": {"nowhere"}}) == [
        "d",
        "e",
        "b",
        "c",
        "a",
    ]
