"""Filters, dates and limits of a segment as words at a terminal: `companies.slug=acme`, `orders.id in (3, 4)`."""

import json
import re
from collections.abc import Sequence
from typing import Any

from server.errors import Refused
from server.model.segments.filters import Filter, FilterCondition, Op

_WHERE = re.compile(
    r"""\s*(?P<path>(?:"[^"]+"|[^\s=<>!~@"'])+)\s*
    (?:(?P<sign>==|=|!=|<>|<=|>=|<|>|@>)
      |(?<=\s)(?P<word>not[\s_]in|in|ilike|like|between|contains|is[\s_]null|(?:is[\s_])?not[\s_]null)(?![^\s(\['"])
      |$)
    \s*(?P<value>.*?)\s*""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_OTHER_NAMES = {"==": "=", "<>": "!=", "@>": "contains", "is_not_null": "not_null"}
_ITEM = re.compile(r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|[^,]*?)\s*(?:,|$)""", re.DOTALL)
_AND = re.compile(r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|.+?)\s+and\s+(.+)""", re.DOTALL | re.IGNORECASE)
_RANGES = re.compile(r"\[.*\)|\{\s*[\[(].*\}", re.DOTALL)
"""Ranges that are no JSON: `[1,5)`, `{[1,2],(5,7)}`; the others are, or begin as plain text does."""
OPS = "= != < <= > >= in not_in like ilike between is_null not_null contains"


def filters_from(texts: Sequence[str]) -> list[Filter]:
    """Filters out of `companies.slug=acme`, `incidents.site.company.name like A%`, `incidents`.

    Those of one table all have to hold. `in`, `not in` and `between` take values with commas between them, in
    parentheses or not; words are of any case, and a value may stand in quotes.
    """
    if not texts:
        raise Refused("bad_filter", "There is no filter.", next="Add --where companies.slug=acme, or just a table.")
    by_table: dict[str, list[FilterCondition]] = {}
    for text in texts:
        table, condition = _where(text)
        conditions = by_table.setdefault(table, [])
        if condition:
            conditions.append(condition)
    return [Filter(table=table, where=conditions) for table, conditions in by_table.items()]


def pairs_from(texts: Sequence[str]) -> dict[str, str | None]:
    """`incidents=occurred_at` and `companies=` (None)."""
    pairs = [text.partition("=") for text in texts]
    return {table.strip(): column.strip() or None for table, _, column in pairs}


def limits_from(texts: Sequence[str]) -> int | dict[str, int] | None:
    """`100`, or `incidents=100` for each of some tables."""
    try:
        if len(texts) == 1 and "=" not in texts[0]:
            return int(texts[0])
        return {table: int(number or "") for table, number in pairs_from(texts).items()} or None
    except ValueError:
        raise Refused(
            "bad_limit",
            f"{', '.join(texts)}: that is neither one number for every table nor a number for each of some.",
            next="Write --limit 100, or --limit incidents=100 --limit sites=5.",
        ) from None


def _where(text: str) -> tuple[str, FilterCondition | None]:
    match = _WHERE.fullmatch(text)
    if not match:
        raise _unreadable(text)
    table, _, column = _parted(match["path"])
    said = re.sub(r"\s", "_", match["sign"] or match["word"] or "").lower()
    if not said:
        if match["value"]:
            raise _unreadable(text)
        return match["path"], None
    if not table or not column:
        raise Refused(
            "bad_filter", f"The filter {text!r} does not say of which table.", next=f"Write TABLE.{text.strip()}."
        )
    op: Any = _OTHER_NAMES.get(said, said)
    return table, FilterCondition(column=column, op=op, value=_value(op, match["value"], text))


def _parted(path: str) -> tuple[str, str, str]:
    """The table, the dot and the rest, each as it is written: quotes keep a dot from parting."""
    first = re.match(r'(?:"[^"]*"|[^".])*', path)
    at = first.end() if first else 0
    return path[:at], path[at : at + 1], path[at + 1 :]


def _value(op: Op, said: str, text: str) -> Any:
    if op in ("is_null", "not_null"):
        if said:
            raise _unreadable(text)
        return None
    if op in ("in", "not_in", "between"):
        return _items(op, said)
    if op == "contains" and said.startswith(("{", "[")) and not _RANGES.fullmatch(said):
        try:
            return json.loads(said)
        except ValueError:
            raise _unreadable(text) from None
    return _unquoted(said)


def _items(op: Op, said: str) -> list[str]:
    """The values between commas, in parentheses or brackets or not; those of `between` also with `and` between them."""
    if said[:1] + said[-1:] in ("()", "[]"):
        said = said[1:-1]
    if op == "between" and (both := _AND.fullmatch(said)):
        return [_unquoted(item) for item in both.groups()]
    items = [item for item in _ITEM.findall(said) if item]
    return [_unquoted(item) for item in items]


def _unquoted(value: str) -> str:
    """What stands in quotes, where the whole value does; doubled quotes in it are meant once."""
    quote = value[:1]
    if quote in ("'", '"') and re.fullmatch(rf"{quote}(?:[^{quote}]|{quote}{quote})*{quote}", value, re.DOTALL):
        return value[1:-1].replace(quote * 2, quote)
    return value


def _unreadable(text: str) -> Refused:
    return Refused(
        "bad_filter",
        f"The filter {text!r} cannot be read.",
        next=f"Write table.column=value, table.column in a,b or table.reference.column like A%; ops are {OPS}.",
    )
