"""Whether two texts that servers of different majors print mean the same: their parse trees are compared, not they.

From 16 on a query over one relation is printed without that relation's name before its columns; before, with it.
"""

from functools import lru_cache
from typing import Any

from google.protobuf.message import Message

from server.postgres import grammar


def spelled_alike(one: str, other: str) -> bool:
    """Whether both are the same statement, query or expression, however it is spelled. Not SQL: no."""
    tree = _tree(one)
    return tree is not None and tree == _tree(other)


@lru_cache(maxsize=4096)
def _tree(text: str) -> bytes | None:
    for candidate in (text, f"SELECT {text}"):
        try:
            parsed = grammar.parse(candidate)
        except grammar.SyntaxFailed:
            continue
        if len(parsed) == 1:
            node: Any = parsed[0].node
            _unqualify(node)
            _forget_places(node)
            return parsed[0].kind.encode() + bytes(node.SerializeToString(deterministic=True))
    return None


def _unqualify(statement: Any) -> None:
    """Takes the one relation's name away from the columns of a query over one relation; inner queries keep theirs."""
    if statement.DESCRIPTOR.name == "ViewStmt" and statement.query.WhichOneof("node") == "select_stmt":
        statement = statement.query.select_stmt
    if statement.DESCRIPTOR.name != "SelectStmt" or len(statement.from_clause) != 1:
        return
    if statement.from_clause[0].WhichOneof("node") == "join_expr":
        return
    _shorten(statement)


def _shorten(node: Message) -> None:
    for field, value in node.ListFields():
        if field.message_type is None:
            continue
        repeated: list[Any] = list(value) if field.is_repeated else [value]
        for item in repeated:
            name = item.DESCRIPTOR.name
            if name == "ColumnRef" and len(item.fields) == 2:
                del item.fields[0]
            elif name not in ("SelectStmt", "SubLink"):
                _shorten(item)


def _forget_places(node: Message) -> None:
    """Where in the text something stood is no part of what it means."""
    for field, value in list(node.ListFields()):
        if field.name.endswith(("location", "stmt_len")) and field.message_type is None:
            node.ClearField(field.name)
        elif field.message_type is not None:
            for item in list(value) if field.is_repeated else [value]:
                _forget_places(item)
