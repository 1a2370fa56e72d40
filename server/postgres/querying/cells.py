"""PostgreSQL's text of a value as a JSON value that says exactly the same: no number is rounded."""

import json
import re
from typing import Any

_BOOL, _INTEGERS, _FLOATS, _JSONB = 16, {20, 21, 23, 26}, {700, 701}, 3802
_SAFE_INTEGER = 2**53 - 1
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


class _Inexact(ValueError):
    """A number that a program reading JSON would round."""


def as_json(cell: bytes | None, oid: int) -> Any:
    """int, float, bool, None, str, or (jsonb) lists and objects. numeric, arrays, dates and all else: their text."""
    if cell is None:
        return None
    text = cell.decode(errors="replace")
    if oid == _BOOL:
        return text == "t"
    if oid in _INTEGERS:
        return int(text) if abs(int(text)) <= _SAFE_INTEGER else text
    if oid in _FLOATS:
        return float(text) if _NUMBER.fullmatch(text) else text
    if oid == _JSONB:
        try:
            return json.loads(text, parse_int=_exact_integer, parse_float=_exact_float)
        except ValueError:
            return text
    return text


def _exact_integer(text: str) -> int:
    if abs(int(text)) > _SAFE_INTEGER:
        raise _Inexact
    return int(text)


def _exact_float(text: str) -> float:
    if repr(float(text)) != text:
        raise _Inexact
    return float(text)


def clipped(value: Any, most: int) -> tuple[Any, bool]:
    """The value cut to about `most` characters of JSON, and whether it was cut; the cut says how much is missing."""
    if value is None or isinstance(value, bool | int | float):
        return value, False
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= most:
        return value, False
    return f"{text[:most]}… (+{len(text) - most} characters)", True
