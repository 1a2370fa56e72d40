"""How many of a thing, in words."""


def several(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, `3 indexes`; `many`: what more than one are called, if not `one` with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
