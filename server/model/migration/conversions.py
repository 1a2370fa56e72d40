"""How values go from one type to another: the expression, what it may lose, and whether it can fail."""

import re

from server.model.meaning import wider

_STRINGS = ("text", "character varying", "character", "name", "bpchar", '"char"')
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIMES = (
    "timestamp without time zone", "timestamp with time zone", "date",
    "time without time zone", "time with time zone",
)  # fmt: skip
_DIRECT = {
    ("integer", "boolean"), ("money", "numeric"), ("integer", "money"), ("bigint", "money"), ("integer", "bit"),
    ("bigint", "bit"), ("integer", "oid"), ("bigint", "oid"), ("interval", "time without time zone"),
    ("macaddr", "macaddr8"), ("regclass", "oid"), ("regclass", "integer"), ("regclass", "bigint"),
    ("regtype", "oid"), ("regproc", "oid"), ("regnamespace", "oid"), ("regrole", "oid"),
}  # fmt: skip
"""Built-in types with a cast of their own, where going through text would fail or say something else."""
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19, "double precision": 15}
_FLOATS = {"real": 6, "double precision": 15}
"""Decimal digits that always survive in them (PostgreSQL's manual, 8.1.3)."""
_TYPMOD = re.compile(r"\([\d,\s-]+\)")


def own_storage(name: str) -> str:
    """The storage that columns of a type have by themselves."""
    plain = base(name)
    if plain == "numeric" or plain in ("inet", "cidr"):
        return "MAIN"
    fixed = (*_NUMBERS[:3], *_NUMBERS[4:], *_TIMES, "boolean", "uuid", "oid", "interval", "name", '"char"')
    return "PLAIN" if plain in fixed else "EXTENDED"


def is_text(name: str) -> bool:
    """Whether it is one of the built-in types of texts."""
    return base(name) in _STRINGS


def base(name: str) -> str:
    """A type's name without its modifiers."""
    return _TYPMOD.sub("", name)


def conversion(old: str, new: str, column: str, *, by_text: bool = False) -> str:
    """The USING expression; '' where the assignment of the old type to the new one does, and fails where it must."""
    one, other = base(old), base(new)
    array = other.endswith("[]")
    if by_text:
        return f"{column}::text{'[]' if array else ''}::{new}"
    if one == other or other in _STRINGS:
        return ""
    for family in (_NUMBERS, _TIMES, ("json", "jsonb"), ("inet", "cidr"), ("bit", "bit varying")):
        if one in family and other in family and not (one == "date" and other.startswith("time ")):
            return ""
    wrapped = f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{new} END"
    if array and (other[:-2] in (one, *_STRINGS) and not one.endswith("[]")):
        return wrapped
    if one in _STRINGS or (one == "text[]" and array) or (one, other) in _DIRECT or (other, one) in _DIRECT:
        return f"{column}::{new}"
    if array and not one.endswith("[]"):
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}::text]::{new} END"
    return f"{column}::text{'[]' if array else ''}::{new}"


def loses(old: str, new: str) -> bool:
    """Whether values can be cut silently: fewer decimals, no time of day, less precision."""
    one, other = base(old), base(new)
    if one in _NUMBERS and other in _NUMBERS:
        if _NUMBERS.index(one) > 2 and _NUMBERS.index(other) <= 2:
            return True
        if other in _FLOATS and one != "real":
            return _digits(old) > _FLOATS[other]
        return other == "numeric" and _scale(new) is not None and _shrinks(old, new)
    if one in _TIMES and other in _TIMES:
        if one.startswith("timestamp") and not other.startswith("timestamp"):
            return True
        return one == other and _precision(new, 6) < _precision(old, 6)
    return (
        one in ("bpchar", "character") and other in ("bpchar", "character") and _precision(new, 1) < _precision(old, 1)
    )


def _digits(name: str) -> int:
    """Decimal digits that values of a type can have."""
    return _DIGITS.get(base(name)) or next(iter(_numbers(name)), 1000)


def _numbers(name: str) -> list[int]:
    found = _TYPMOD.search(name)
    return [int(number) for number in found[0].strip("()").split(",")] if found else []


def _scale(name: str) -> int | None:
    found = _numbers(name)
    return (found[1] if len(found) > 1 else 0) if found else None


def _shrinks(old: str, new: str) -> bool:
    before, after = _scale(old), _scale(new)
    if base(old) != "numeric":
        return base(old) in ("real", "double precision")
    return after is not None and (before is None or after < before)


def _precision(name: str, without: int) -> int:
    found = _numbers(name)
    return found[0] if found else without


def widens(old: str, new: str) -> bool:
    """Whether no value can fail on its way."""
    one, other = base(old), base(new)
    if one in _NUMBERS[:3] and other in _NUMBERS[:4]:
        return _NUMBERS.index(other) >= _NUMBERS.index(one) and not _numbers(new)
    return other == "text" or wider(old, new)
