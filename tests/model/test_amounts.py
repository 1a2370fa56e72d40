"""Numbers of things in words."""

from server.model.amounts import several


def test_one_thing_is_called_in_the_singular_and_every_other_number_in_the_plural() -> None:
    told = [several(number, "row") for number in (0, 1, 2)]
    assert told == ["0 rows", "1 row", "2 rows"]
    assert [several(number, "index", "indexes") for number in (1, 3)] == ["1 index", "3 indexes"]
