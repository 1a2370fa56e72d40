"""Whether two pieces of SQL that servers print mean the same: their parse trees are compared, not they.

From 16 on a query over one relation is printed without that relation's name before its columns; before, with it. And a
database that was restored from a dump prints some things otherwise than the one that was dumped: an AND within an AND
is one list by then, and a cast of an array is one of its elements (server/model/migration/rereading.py).
"""

from functools import lru_cache
from typing import Any

from google.protobuf.message import Message

from server.postgres import grammar


def spelled_alike(one: str, other: str) -> bool:
    """Whether both are the same statement, query or expression, however it is spelled. Not SQL: no."""
    tree = _tree(one)
    return tree is not None and tree == _tree(other)


_PLACES = ("location", "stmt_len", "list_start", "list_end")


@lru_cache(maxsize=4096)
def _tree(text: str) -> bytes | None:
    for candidate in (text, f"SELECT {text}", f"ALTER TABLE t ADD {text}"):
        try:
            parsed = grammar.parse(candidate)
        except grammar.SyntaxFailed:
            continue
        if len(parsed) == 1:
            node: Any = parsed[0].node
            _unqualify(node)
            _forget_places(node)
            _read_again(node)
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


def _shorten(node: Any) -> None:
    for child in grammar.children(node):
        name = child.DESCRIPTOR.name
        if name == "ColumnRef" and len(child.fields) == 2:
            del child.fields[0]
        elif name not in ("SelectStmt", "SubLink"):
            _shorten(child)


def _forget_places(node: Message) -> None:
    """Where in the text something stood is no part of what it means."""
    for field, _ in node.ListFields():
        if field.name.endswith(_PLACES) and field.message_type is None:
            node.ClearField(field.name)
    for child in grammar.children(node):
        _forget_places(child)


def _read_again(node: Any) -> None:
    """Makes of a tree what PostgreSQL reads from its text once it was printed."""
    for child in grammar.children(node):
        _read_again(child)
    if node.DESCRIPTOR.name == "BoolExpr":
        _melt(node)
    elif node.DESCRIPTOR.name == "Node" and node.WhichOneof("node") == "type_cast":
        _cast_elements(node)


def _melt(junction: Any) -> None:
    """The arguments of an AND within an AND are its own, and so for OR."""
    arguments: list[Any] = []
    for argument in junction.args:
        inner = argument.bool_expr  # of another node: an empty one, whose operation is none
        melts = inner.boolop == junction.boolop and grammar.enum_of(inner, "boolop") != "NOT_EXPR"
        arguments += inner.args if melts else [argument]
    if len(arguments) != len(junction.args):
        kept = type(junction)(boolop=junction.boolop, args=arguments)
        junction.CopyFrom(kept)


def _cast_elements(node: Any) -> None:
    """`ARRAY[a, b]::text[]` is `ARRAY[a::text, b::text]`."""
    cast = node.type_cast
    if cast.arg.WhichOneof("node") != "a_array_expr" or len(cast.type_name.array_bounds) != 1:
        return
    array = cast.arg.a_array_expr
    if any(element.WhichOneof("node") == "a_array_expr" for element in array.elements) or not array.elements:
        return
    of = type(cast.type_name)()
    of.CopyFrom(cast.type_name)
    of.ClearField("array_bounds")
    elements = [type(node)(type_cast=type(cast)(arg=element, type_name=of)) for element in array.elements]
    node.a_array_expr.CopyFrom(type(array)(elements=elements))
