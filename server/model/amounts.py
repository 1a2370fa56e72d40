"""How many of a thing, and which, in words."""

from collections.abc import Sequence

MANY = 20
"""Names that are told at most."""


def several(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, `3 indexes`; `many`: what more than one are called, if not `one` with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def some_of(names: Sequence[str]) -> str:
    """`a, b, c`; of more than 20 the first, and how many more there are."""
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more
