"""How values go from one type to another: the expression, what it may lose, and whether it can fail."""

import re

from server.model.comparison.meaning import wider

_BYTE = '"char"'
"""One byte of a text, which has casts of its own only from and to texts and integers."""
_STRINGS = ("text", "character varying", "character", "name", "bpchar", _BYTE)
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIMES = (
    "timestamp without time zone", "timestamp with time zone", "date",
    "time without time zone", "time with time zone",
)  # fmt: skip
_NO_CAST = {
    *((one, other) for one in _TIMES[3:] for other in _TIMES[:3]), *(("date", other) for other in _TIMES[3:]),
    ("timestamp without time zone", "time with time zone"),
}  # fmt: skip
_DIRECT = {
    ("integer", "boolean"), ("money", "numeric"), ("integer", "money"), ("bigint", "money"), ("integer", "bit"),
    ("bigint", "bit"), ("integer", "oid"), ("bigint", "oid"), ("interval", "time without time zone"),
    ("macaddr", "macaddr8"), ("regclass", "oid"), ("regclass", "integer"), ("regclass", "bigint"),
    ("regtype", "oid"), ("regproc", "oid"), ("regnamespace", "oid"), ("regrole", "oid"), ("integer", '"char"'),
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
    fixed = (*_NUMBERS[:3], *_NUMBERS[4:], *_TIMES, "boolean", "uuid", "oid", "interval", "name", _BYTE)
    return "PLAIN" if plain in fixed else "EXTENDED"


def is_text(name: str) -> bool:
    """Whether it is one of the built-in types of texts."""
    return base(name) in _STRINGS


def base(name: str) -> str:
    """A type's name without its modifiers."""
    return _TYPMOD.sub("", name)


def conversion(old: str, new: str, column: str, *, by_text: bool = False, bottom: str = "") -> str:
    """The USING expression; '' where the assignment of the old type to the new one does, and fails where it must.

    `bottom`: what a new type that is a domain, or arrays of one, is made of.
    """
    one, other, cast = base(old), base(new), _unbounded(new)
    array = other.endswith("[]")
    if is_text(bottom.removesuffix("[]")) and (by_text or bottom != new):
        return _as_text(one, column, array=array)
    if by_text:
        return f"{column}::text{'[]' if array else ''}::{cast}"
    if one == other or (other in _STRINGS and (other != _BYTE or one in _STRINGS[:3])):
        return ""
    for family in (_NUMBERS, _TIMES, ("json", "jsonb"), ("inet", "cidr"), ("bit", "bit varying")):
        if one in family and other in family and (one, other) not in _NO_CAST:
            return ""
    wrapped = f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{cast} END"
    if array and (other[:-2] in (one, *_STRINGS[:-1]) and not one.endswith("[]")):
        return wrapped
    if one == "money" and other in _NUMBERS:
        return f"{column}::numeric::{new}"
    if (one, other) in _DIRECT or (other, one) in _DIRECT:
        return f"{column}::{new}"
    if (one in _STRINGS and one != _BYTE) or (one == "text[]" and array):
        return f"{column}::{cast}"
    if array and not one.endswith("[]"):
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}::text]::{cast} END"
    return f"{column}::text{'[]' if array else ''}::{cast}"


def _as_text(one: str, column: str, *, array: bool) -> str:
    """As texts, which are assigned to a domain of texts: a cast to it would cut what is too long."""
    if array and not one.endswith("[]"):
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}::text] END"
    return f"{column}::text{'[]' if array else ''}"


_CUTTING = {"character varying": "character varying", "character": "bpchar", "bit": "bit varying",
            "bit varying": "bit varying"}  # fmt: skip
"""Types that a cast cuts to their length, and without one: the assignment that follows fails on what is too long."""


def _unbounded(new: str) -> str:
    plain = base(new)
    array = "[]" if plain.endswith("[]") else ""
    free = _CUTTING.get(plain.removesuffix("[]"))
    return free + array if free else new


def loses(old: str, new: str) -> bool:
    """Whether values can change silently: fewer decimals, no time of day, no zone, no doubled keys, less precision.

    Domains are to be given as what they are made of.
    """
    if new.endswith("[]"):
        return loses(old.removesuffix("[]"), new.removesuffix("[]"))
    if old.endswith("[]"):
        return loses("text", new) and not is_text(new)
    one, other = base(old), base(new)
    if one in _STRINGS:
        return one != other and _reads_less(one, new)
    if other in _NUMBERS:
        return _rounds(old, new)
    if _is_interval(one) or _is_interval(other):
        return _cuts_interval(old, new)
    if one in _TIMES and other in _TIMES:
        return _cuts_time(old, new)
    if other == _BYTE:
        return one != "integer"
    return (one, other) in _LOSING or (other == "money" and _decimals(old) > _MONEY)


_MONEY = 2
_LOSING = {
    ("json", "jsonb"), ("inet", "cidr"), ("integer", "boolean"), ("integer", "bit"), ("bigint", "bit"),
}  # fmt: skip


_GEOMETRIC = ("point", "line", "lseg", "box", "path", "polygon", "circle")
_FEWER = ("boolean", _BYTE, "money", "jsonb", "tsvector")
"""Types in which several texts, as `yes` and `on`, are one value; numbers forget leading zeros; geometric ones are made
of floats.
"""


def _reads_less(one: str, new: str) -> bool:
    """Whether another type takes less from a text than is written there."""
    other = base(new)
    if other in ("character", "bpchar"):
        return one == "name"
    if other == "name":
        return one != _BYTE
    if _is_interval(other):
        return other != "interval" or bool(_numbers(new))
    if other == "timestamp with time zone":
        return bool(_numbers(new))
    return other in (*_NUMBERS, *_TIMES, *_GEOMETRIC, *_FEWER)


def _rounds(old: str, new: str) -> bool:
    one, other = base(old), base(new)
    if one == "money":
        scale = 0 if other in _NUMBERS[:3] else _scale(new)
        return other in _NUMBERS[:4] and scale is not None and scale < _MONEY
    if one not in _NUMBERS:
        return False
    if other in _NUMBERS[:3]:
        return _decimals(old) > 0
    if other in _FLOATS:
        return one != "real" and _digits(old) > _FLOATS[other]
    return _scale(new) is not None and _shrinks(old, new)


def _decimals(name: str) -> int:
    """Digits behind the point that values of a type can have."""
    if base(name) == "numeric":
        scale = _scale(name)
        return 1000 if scale is None else scale
    return _FLOATS.get(base(name), 0)


def _is_interval(name: str) -> bool:
    return name == "interval" or name.startswith("interval ")


def _cuts_interval(old: str, new: str) -> bool:
    one, other = base(old), base(new)
    if not _is_interval(other):
        return other.startswith("time ")
    if other not in ("interval", one) and not other.endswith("second"):
        return True  # what is less than the last of its fields is cut
    timed = _is_interval(one) or one in _TIMES
    return _precision(new, 6) < (_precision(old, 6) if timed else 6)


def _cuts_time(old: str, new: str) -> bool:
    one, other = base(old), base(new)
    if one.startswith("timestamp") and not other.startswith("timestamp"):
        return True
    zone = one.endswith("with time zone") and not other.endswith("with time zone")
    return zone or (one != "date" and _precision(new, 6) < _precision(old, 6))


def _digits(name: str) -> int:
    """Decimal digits that values of a type can have."""
    return _DIGITS.get(base(name)) or next(iter(_numbers(name)), 1000)


def _numbers(name: str) -> list[int]:
    found = _TYPMOD.search(name)
    return [int(number) for number in found[0].strip("()").split(",")] if found else []


def _scale(name: str) -> int | None:
    found = _numbers(name) if base(name) == "numeric" else []
    return (found[1] if len(found) > 1 else 0) if found else None


def _shrinks(old: str, new: str) -> bool:
    before, after = _scale(old), _scale(new)
    if base(old) != "numeric":
        return base(old) in _FLOATS
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
