"""What a read-only query may consist of: an allow-list of the nodes of PostgreSQL's own grammar, over the whole tree.

Pure: text and trees in, the names that the server must be asked about out. function_rules.py judges those.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from server.postgres.grammar import Endless, Parsed, SyntaxFailed, constant_of, name_of, parse, walk

_NODES = frozenset({
    "SelectStmt", "ResTarget", "ColumnRef", "A_Star", "A_Const", "String", "Integer", "Float", "Boolean", "BitString",
    "FuncCall", "A_Expr", "BoolExpr", "NullTest", "BooleanTest", "CaseExpr", "CaseWhen", "CoalesceExpr", "MinMaxExpr",
    "SubLink", "RowExpr", "A_ArrayExpr", "A_Indirection", "A_Indices", "TypeCast", "TypeName", "CollateClause",
    "ParamRef", "NamedArgExpr", "SQLValueFunction", "XmlExpr", "XmlSerialize", "GroupingFunc", "GroupingSet",
    "WindowDef", "SortBy", "List", "RangeVar", "RangeSubselect", "RangeFunction", "RangeTableFunc",
    "RangeTableFuncCol", "RangeTableSample", "JoinExpr", "Alias", "WithClause", "CommonTableExpr", "CTESearchClause",
    "CTECycleClause", "ColumnDef", "JsonFormat", "JsonReturning", "JsonValueExpr", "JsonOutput", "JsonArgument",
    "JsonFuncExpr", "JsonTable", "JsonTablePathSpec", "JsonTableColumn", "JsonKeyValue", "JsonParseExpr",
    "JsonScalarExpr", "JsonSerializeExpr", "JsonObjectConstructor", "JsonArrayConstructor",
    "JsonArrayQueryConstructor", "JsonAggConstructor", "JsonObjectAgg", "JsonArrayAgg", "JsonBehavior",
    "JsonIsPredicate",
})  # fmt: skip
_REASONS = {
    "LockingClause": "FOR UPDATE and FOR SHARE lock rows",
    "IntoClause": "SELECT INTO makes a table",
    "InsertStmt": "a data-modifying part (INSERT)",
    "UpdateStmt": "a data-modifying part (UPDATE)",
    "DeleteStmt": "a data-modifying part (DELETE)",
    "MergeStmt": "a data-modifying part (MERGE)",
}
_EXPLAIN = frozenset({
    "analyze", "verbose", "costs", "settings", "buffers", "wal", "timing", "summary", "format", "memory",
    "generic_plan", "serialize",
})  # fmt: skip
_IMPLIED_OPERATORS = frozenset({"=", "<>", "<", ">", "<=", ">="})
"""What ORDER BY, GROUP BY, DISTINCT, IN, BETWEEN and USING call without being written."""

SQL_TEXT: dict[str, tuple[int, ...]] = {
    "crosstab": (0, 1), "crosstab2": (0,), "crosstab3": (0,), "crosstab4": (0,), "ts_stat": (0,), "ts_rewrite": (1,),
}  # fmt: skip
"""Functions that run the SQL text they are given, and which arguments that is: it must be a constant, and is judged.
With a third argument ts_rewrite() runs none."""
RUNNING_TEXT = frozenset({*SQL_TEXT, "connectby"})


class NotReadOnly(Exception):
    """The query may do more than read; the text is the reason, and names no value."""


@dataclass(frozen=True)
class Named:
    """A function that is called: `arguments` is their number, -1 where any will do."""

    schema: str | None
    name: str
    arguments: int


@dataclass
class Found:
    """The names that a query uses; the server knows what is behind them."""

    functions: set[Named] = field(default_factory=set[Named])
    relations: set[tuple[str | None, str]] = field(default_factory=set[tuple[str | None, str]])
    operators: set[str] = field(default_factory=lambda: set(_IMPLIED_OPERATORS))
    attributes: set[str] = field(default_factory=set[str])
    """Names after a dot (`t.name`), which may also be a function of the row."""
    columns: set[str] = field(default_factory=set[str])
    aliases: set[str] = field(default_factory=set[str])
    """Names that stand for whole rows: of relations, and what they are called in a FROM."""
    settings: list[Any] = field(default_factory=list[Any])
    """Calls of current_setting()."""
    whole_rows: bool = False
    texts: list[Any] = field(default_factory=list[Any])
    """Trees of SQL that stands in constants and will be run (crosstab)."""


def parse_query(sql: str) -> Parsed:
    """The one statement of `sql`. Raises SyntaxFailed, or NotReadOnly where there is none or another kind."""
    try:
        statements = parse(sql)
    except Endless as failure:
        raise NotReadOnly(failure.message) from None
    if len(statements) != 1:
        raise NotReadOnly(f"{len(statements)} statements where one should stand")
    statement = statements[0]
    if statement.kind == "explain_stmt":
        _check_explain(statement.node)
    elif statement.kind not in ("select_stmt", "variable_show_stmt"):
        shown = statement.kind.removesuffix("_stmt").replace("_", " ").upper()
        raise NotReadOnly(f"{shown} is neither SELECT, WITH, VALUES, TABLE, EXPLAIN nor SHOW")
    return statement


def _check_explain(node: Any) -> None:
    if node.query.WhichOneof("node") != "select_stmt":
        raise NotReadOnly("EXPLAIN of a statement that is not a query")
    for option in node.options:
        if option.def_elem.defname not in _EXPLAIN:
            raise NotReadOnly(f"EXPLAIN with the option {option.def_elem.defname}")


def survey(node: Any) -> Found:
    """Checks every node below a SELECT (or an expression) and collects the names it uses."""
    found = Found()
    for kind, part in walk(node):
        if kind not in _NODES:
            raise NotReadOnly(_REASONS.get(kind, f"{kind} is not part of a read-only query"))
        _collect(kind, part, found)
    return found


def constant_parts(node: Any) -> Iterator[Any]:
    """The greatest calls and operators below `node` that name no column: their value does not hang on any row."""
    for kind, part in walk(node):
        if kind in ("FuncCall", "A_Expr") and not any(inner == "ColumnRef" for inner, _ in walk(part)):
            yield part


def _collect(kind: str, part: Any, found: Found) -> None:
    match kind:
        case "FuncCall":
            _call(part, found)
        case "RangeVar":
            if part.catalogname:
                raise NotReadOnly("a name that includes a database")
            found.relations.add((part.schemaname or None, part.relname))
            found.aliases.add(part.relname)
        case "Alias":
            found.aliases.add(part.aliasname)
        case "A_Expr":
            found.operators.update(_operators(part.name))
        case "SubLink":
            found.operators.update(_operators(part.oper_name))
        case "SortBy":
            found.operators.update(_operators(part.use_op))
        case "RangeTableSample":
            name = name_of(part.method)
            found.functions.add(Named(_schema(name), name[-1], -1))
        case "ColumnRef":
            _column(part.fields, found, first=True)
        case "A_Indirection":
            _column(part.indirection, found, first=False)
        case _:
            pass


def _call(part: Any, found: Found) -> None:
    name = name_of(part.funcname)
    called = name[-1] if name else ""
    if len(name) > 2:
        raise NotReadOnly("a name that includes a database")
    count = -1 if part.func_variadic else len(part.args)
    found.functions.add(Named(_schema(name), called, count))
    if called == "current_setting":
        found.settings.append(part)
    if called in SQL_TEXT and (called != "ts_rewrite" or len(part.args) == 2):
        for place in SQL_TEXT[called]:
            if place < len(part.args):
                found.texts.append(_constant_query(called, part.args[place]))
    if called == "connectby":
        found.texts.append(_connectby(part))


def _connectby(part: Any) -> Any:
    """connectby() puts its names into SQL unquoted: only plain constants pass, judged as the query they make."""
    texts = [constant_of(argument) for argument in part.args[:3]]
    if len(texts) < 3 or not all(text and _is_plain(text) for text in texts):
        raise NotReadOnly("connectby() whose names are not plain constants")
    table, key, parent = texts
    return parse(f"SELECT {key}, {parent} FROM {table}")[0].node  # noqa: S608  read only by the judge, never run


def _is_plain(text: str) -> bool:
    return all(letter.isalnum() or letter in "_." for letter in text)


def _constant_query(name: str, argument: Any) -> Any:
    text = constant_of(argument)
    if text is None or argument.WhichOneof("node") == "named_arg_expr":
        if name == "crosstab" and constant_of(argument) is None and _is_number(argument):
            return None
        raise NotReadOnly(f"{name}() runs SQL text that is not a constant")
    if text.isdigit():
        return None
    try:
        inner = parse_query(text)
    except SyntaxFailed as failure:
        raise NotReadOnly(f"{name}() is given text that is not SQL: {failure.message}") from None
    if inner.kind != "select_stmt":
        raise NotReadOnly(f"{name}() is given a statement that is not a query")
    return inner.node


def _is_number(argument: Any) -> bool:
    return argument.WhichOneof("node") == "a_const" and argument.a_const.WhichOneof("val") == "ival"


def _column(fields: Any, found: Found, *, first: bool) -> None:
    names = [str(item.string.sval) for item in fields if item.WhichOneof("node") == "string"]
    if len(fields) > len(names):
        found.whole_rows = True
    if names:
        found.columns.update(names)
        found.attributes.update(names[1:] if first else names)


def _operators(parts: Any) -> Iterator[str]:
    name = name_of(parts)
    if name:
        yield name[-1]


def _schema(name: tuple[str, ...]) -> str | None:
    return name[-2] if len(name) > 1 else None
