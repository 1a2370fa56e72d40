"""PostgreSQL's own grammar: the one place that knows postgast, which is young and may change.

Text in, parse trees out. What a tree may contain is decided elsewhere (scripts/rules.py, querying/judging.py).
"""

import importlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, cast

import postgast
from google.protobuf.message import DecodeError, Message

# protobuf reads a hundred levels by default: fewer than a sum of fifty columns has
with suppress(ImportError, AttributeError):
    importlib.import_module("google._upb._message").SetAllowOversizeProtos(True)

_QUOTED = re.compile(r"\s+at or near \".*", re.DOTALL)

_MOST_LINKS = 10_000
_LINK = re.compile(
    rb"[-+*/<>=~!@#%^&|`?]+|::|\b(?:is|isnull|notnull|collate|at|in|between|operator|union|intersect|except|join)\b",
    re.IGNORECASE,
)
_LASTING = frozenset({b"union", b"intersect", b"except", b"join"})
"""What a comma on the same level does not end."""


class SyntaxFailed(ValueError):
    """Not SQL that PostgreSQL reads. `position` is the byte where it stopped, None where unknown; no text is quoted."""

    def __init__(self, message: str, position: int | None, *, unfinished: bool) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.unfinished = unfinished


class Endless(SyntaxFailed):
    """An expression of more operators than the parser bears."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One statement's tree. `kind` is the node's name in snake case (`select_stmt`), `node` its protobuf message."""

    kind: str
    node: Any
    start: int
    length: int


def parse(sql: str) -> list[Parsed]:
    """The statements in `sql`, in order; `start` and `length` count UTF-8 bytes (length 0: up to the end)."""
    if "\0" in sql:
        raise SyntaxFailed("a NUL byte", len(sql[: sql.index("\0")].encode()), unfinished=False)
    try:
        _refuse_endless(sql)
        found = postgast.parse(sql)
    except postgast.PgQueryError as failure:
        # The parser quotes the text it stopped at, which may be a value: only what kind of failure is kept.
        message = _QUOTED.sub("", failure.message)
        position = failure.cursorpos - 1 if failure.cursorpos else None
        raise SyntaxFailed(message, position, unfinished=message.endswith("end of input")) from None
    except UnicodeEncodeError:
        raise SyntaxFailed("text that is not Unicode", None, unfinished=False) from None
    except DecodeError:
        raise SyntaxFailed("expressions nested too deeply", None, unfinished=False) from None
    return [_parsed(raw) for raw in found.stmts]


def _refuse_endless(sql: str) -> None:
    """The parser is not bounded for chains (a || b || …, UNION, joins) and takes the process with it at some 20,000.

    What is merely long passes: a list of 100,000 negative numbers is 100,000 chains of one link.
    """
    text = sql.encode()
    if len(text) < _MOST_LINKS or sum(1 for _ in _LINK.finditer(text)) < _MOST_LINKS:
        return
    levels = [[0, 0]]  # of each open bracket: the links since its last comma, and those that no comma ends
    links = 0
    for token in postgast.scan(sql).tokens:
        word = text[token.start : token.end]
        if word in (b"(", b"["):
            levels.append([0, 0])
        elif word in (b")", b"]") and len(levels) > 1:
            links -= sum(levels.pop())
        elif word in (b",", b";"):
            links -= levels[-1][0]
            levels[-1][0] = 0
        elif _LINK.fullmatch(word):
            levels[-1][word.lower() in _LASTING] += 1
            links += 1
            if links >= _MOST_LINKS:
                what = f"more than {_MOST_LINKS:,} operators in one expression cannot be judged"
                raise Endless(what, token.start, unfinished=False)


def _parsed(raw: Any) -> Parsed:
    kind = str(raw.stmt.WhichOneof("node"))
    return Parsed(kind, getattr(raw.stmt, kind), int(raw.stmt_location), int(raw.stmt_len))


def spelled(parsed: Parsed, *, without: Iterable[str] = ()) -> str:
    """The statement as the grammar itself writes it, comments gone; `without` names fields of its node to leave out."""
    whole = postgast.ParseResult()
    node = getattr(whole.stmts.add().stmt, parsed.kind)
    node.CopyFrom(parsed.node)
    for field in without:
        node.ClearField(field)
    return str(postgast.deparse(whole))


def walk(node: Any) -> Iterator[tuple[str, Any]]:
    """Every message below `node` and itself, as (type name such as `FuncCall`, message), parents first."""
    waiting = [node]
    while waiting:
        message = waiting.pop()
        name = message.DESCRIPTOR.name
        if name != "Node":
            yield name, message
        waiting += reversed(children(message))


def children(node: Any, *, without: str = "") -> list[Any]:
    """The messages right below one, in order; those of a field left out."""
    found: list[Any] = []
    for field, value in cast("Message", node).ListFields():
        if field.message_type is not None and field.name != without:
            found += value if field.is_repeated else [value]
    return found


def name_of(parts: Iterable[Any]) -> tuple[str, ...]:
    """A qualified name as the tree holds it (a list of String nodes): `("public", "incidents")`."""
    return tuple(str(part.string.sval) for part in parts)


def constant_of(node: Any) -> str | None:
    """The text of a constant, looking through casts; None where the node is NULL or no constant."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const":
        return None
    constant = node.a_const
    match constant.WhichOneof("val"):
        case "sval":
            return str(constant.sval.sval)
        case "ival":
            return str(constant.ival.ival)
        case "fval":
            return str(constant.fval.fval)
        case "boolval":
            return "true" if constant.boolval.boolval else "false"
        case _:
            return None


def read_plpgsql(definition: str) -> Iterator[tuple[str, str]]:
    """The parts of a PL/pgSQL function (its CREATE FUNCTION text): (`PLpgSQL_stmt_…`, "") for each statement of the
    language, and ("statement" | "expression" | "assignment", text) for the SQL in it.
    """
    try:
        functions = postgast.parse_plpgsql(definition)
    except postgast.PgQueryError as failure:
        raise SyntaxFailed(_QUOTED.sub("", failure.message), None, unfinished=False) from None
    except JSONDecodeError:  # the parser's own, of trigger functions
        raise SyntaxFailed("a function that the parser cannot tell", None, unfinished=False) from None
    yield from _plpgsql_parts(functions)


_PARSE_MODES = {0: "statement", 2: "expression", 3: "assignment", 4: "assignment", 5: "assignment"}


def _plpgsql_parts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _plpgsql_parts(item)
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if key == "PLpgSQL_expr":
                yield _PARSE_MODES.get(item.get("parseMode", 0), "unknown"), str(item["query"])
            elif key.startswith("PLpgSQL_stmt_"):
                yield key, ""
            elif key == "dynquery":  # OPEN … FOR EXECUTE, RETURN QUERY EXECUTE
                yield "PLpgSQL_stmt_dynexecute", ""
            yield from _plpgsql_parts(item)


def enum_of(node: Any, field: str) -> str:
    """The label of an enum field, such as OBJECT_TABLE."""
    description = node.DESCRIPTOR.fields_by_name[field]
    return str(description.enum_type.values_by_number[getattr(node, field)].name)
