"""Expressions as PostgreSQL prints them, with fewer signs: no casts that say what a literal is, no doubled brackets.

For reading only: what is compared or run keeps every sign.
"""

import re
from collections.abc import Iterator

_TEXT = r"(?:text|character varying|bpchar)(?![\[(])"
_NUMBER = r"(?:numeric|smallint|bigint|real|double precision)(?![\[(])"
_SIGNS = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")"""
    rf"|(?P<literal>'(?:[^']|'')*')(?:::{_TEXT})?"
    rf"|\((?P<number>-?\d+(?:\.\d+)?)\)::{_NUMBER}"
)
_TYPE = r"\w+(?:\.\w+| [a-z ]+)?"
_ITEM = rf"'[^']*'(?:::{_TYPE})?"
_LIST = rf"ARRAY\[(?P<%s>{_ITEM}(?:, {_ITEM})*)\]"
_CHOICE = re.compile(rf"= ANY \((?:{_LIST % 'items'}|\({_LIST % 'texts'}\)(?:::text\[\])?)\)")
_CAST = re.compile(rf"('[^']*')::{_TYPE}")
_SKIPPED = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|[()]""")


def plainly(expression: str) -> str:
    """`((a >= (0)::numeric))` as `(a >= 0)`, `= ANY (ARRAY['a'::text, 'b'::text])` as `in ('a', 'b')`."""
    text = _SIGNS.sub(lambda found: found["name"] or found["literal"] or found["number"], expression)
    return _without_doubled(_CHOICE.sub(_in, text))


def bare(text: str) -> str:
    """Without brackets around the whole."""
    while (pairs := list(_pairs(text))) and pairs[-1] == (0, len(text) - 1):
        text = text[1:-1]
    return text


def _in(found: re.Match[str]) -> str:
    return f"in ({_CAST.sub(lambda item: item[1], found['items'] or found['texts'])})"


def _without_doubled(text: str) -> str:
    """Without brackets around nothing but brackets."""
    pairs = set(_pairs(text))
    doubled = {place for start, end in pairs if (start + 1, end - 1) in pairs for place in (start, end)}
    return "".join(sign for place, sign in enumerate(text) if place not in doubled)


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Where brackets open and close, inner ones first; not those in literals and quoted names."""
    opened: list[int] = []
    for found in _SKIPPED.finditer(text):
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")" and opened:
            yield opened.pop(), found.start()
