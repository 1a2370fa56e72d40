"""Conditions on the columns of one table, as settings write them (`when = "entity_type = 'incident'"`): read with
sqlglot into a small tree that knows columns, constants and comparisons and nothing else, so that no SQL text of the
settings ever reaches the server.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.errors import Refused

if TYPE_CHECKING:
    from sqlglot.expressions import Expr


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator value`, or with `any_of` several values: the column is one of them."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    column: str


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class Both:
    """`and` (or `or`, with `either`) of two conditions."""

    left: "Condition"
    right: "Condition"
    either: bool = False


Condition = Compare | IsNull | Not | Both

_READ = {"this", "expression", "expressions", "negate"}
"""What is read of a node: one that has more means something else."""
COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "Like": "LIKE", "ILike": "ILIKE"}


def parse_condition(text: str) -> Condition:
    """The tree of a condition. Refused where it is not valid SQL or does more than compare columns with constants."""
    import sqlglot  # costs 0.2 s: only where settings have conditions
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
    except SqlglotError:
        raise _refused(text, "it is not valid SQL") from None
    return _condition(tree, text)


def columns_of(condition: Condition) -> set[str]:
    """The columns that a condition reads."""
    match condition:
        case Compare(column=column) | IsNull(column=column):
            return {column}
        case Not(inner=inner):
            return columns_of(inner)
        case Both(left=left, right=right):
            return columns_of(left) | columns_of(right)


def _condition(tree: "Expr", text: str) -> Condition:
    from sqlglot import exp

    more = {name for name, value in tree.args.items() if value} - _READ
    if more and not isinstance(tree, exp.Column):
        raise _refused(text, f"{type(tree).__name__} with {', '.join(sorted(more))} is not allowed")
    if tree.args.get("negate"):  # a NOT LIKE b, a IS NOT NULL
        plain = tree.copy()
        plain.set("negate", None)
        return Not(_condition(plain, text))
    match tree:
        case exp.Paren():
            return _condition(tree.this, text)
        case exp.And() | exp.Or():
            return Both(_condition(tree.left, text), _condition(tree.right, text), isinstance(tree, exp.Or))
        case exp.Not():
            return Not(_condition(tree.this, text))
        case exp.Is() if isinstance(tree.expression, exp.Null):
            return IsNull(_column(tree.this, text))
        case exp.In() if tree.expressions:
            return Compare(_column(tree.this, text), "=", tuple(_constant(item, text) for item in tree.expressions))
        case exp.Column():
            return Compare(_column(tree, text), "=", ("true",))
        case _ if type(tree).__name__ in COMPARISONS:
            return Compare(
                _column(tree.this, text), COMPARISONS[type(tree).__name__], (_constant(tree.expression, text),)
            )
        case _:
            raise _refused(text, f"{type(tree).__name__} is not allowed")


def _column(tree: "Expr", text: str) -> str:
    from sqlglot import exp

    if not isinstance(tree, exp.Column) or tree.table:
        raise _refused(text, "a comparison has a column of the referring table on its left")
    identifier = tree.this
    return str(identifier.name) if identifier.args.get("quoted") else str(identifier.name).lower()


def _constant(tree: "Expr", text: str) -> str:
    from sqlglot import exp

    if isinstance(tree, exp.Literal):
        return str(tree.this)
    if isinstance(tree, exp.Boolean):
        return "true" if tree.this else "false"
    if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal) and not tree.this.is_string:
        return f"-{tree.this.this}"
    if isinstance(tree, exp.Paren):
        return _constant(tree.this, text)
    raise _refused(text, "a comparison has a constant on its right")


def _refused(text: str, why: str) -> Refused:
    return Refused(
        "bad_settings",
        f"[[references]] when = {text!r}: {why}.",
        next="Compare columns of the referring table with constants, joined by AND, OR and NOT.",
    )
