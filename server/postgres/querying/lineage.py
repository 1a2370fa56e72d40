"""Which columns of a query's result come from sensitive columns, through views, subqueries and expressions.

Errs towards sensitive. What it cannot see: conditions (WHERE a secret begins with …) and orderings by a secret.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from google.protobuf.message import Message

from server.postgres.grammar import children, name_of, parse
from server.postgres.querying.judging import Relation
from server.postgres.querying.query_rules import RUNNING_TEXT, survey

Column = tuple[str, bool]
"""The name of a column, and whether it holds what is sensitive."""
Relations = Mapping[tuple[str | None, str], Relation]
IsSensitive = Callable[[Relation, str], bool]
Tables = Mapping[str, list[Column] | None]
"""Common table expressions by name; None: one that is still to be followed, and tells nothing so far."""
_ADDING = ("search_clause", "cycle_clause")
"""Of a common table expression: what adds columns to it."""
_ROUNDS = 100
"""In which columns of recursive queries have passed on what they hold; after that, all hold it."""
_OF_EVERY_TABLE = frozenset((name,) for name in ("tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"))
_TELL_NOTHING = frozenset({"count", "pg_typeof"})
_TELL_NOTHING_OF_COLUMNS = frozenset({"pg_column_size", "num_nulls", "num_nonnulls"})
"""Of a table's own column: the size of what is made of one may be any of its letters."""


@dataclass(frozen=True)
class _Item:
    """One entry of a FROM: `rest` is what holds for columns that are not listed; None: there are no others."""

    alias: str
    columns: list[Column]
    rest: bool | None = None
    stored: bool = False
    """Whether it is a table, whose columns hold what was put in, not what a query makes of it."""

    @property
    def whole(self) -> bool:
        """Whether anything in it is sensitive."""
        return bool(self.rest) or any(tainted for _, tainted in self.columns)


@dataclass(frozen=True)
class _Scope:
    """What names may mean in one SELECT, and around it."""

    items: list[_Item]
    outer: "_Scope | None" = None
    star: list[Column] = field(default_factory=list[Column])
    """What `*` stands for: a column that USING merges is there once."""

    def around(self) -> Iterator["_Scope"]:
        """This and those around it, the nearest first."""
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    @property
    def anything(self) -> bool:
        """Whether anything that a name may mean here is sensitive."""
        return any(item.whole for scope in self.around() for item in scope.items)

    def columns(self, alias: str) -> list[Column]:
        """What `alias.*` stands for."""
        for scope in self.around():
            if found := [item for item in scope.items if item.alias == alias]:
                return [column for item in found for column in item.columns]
        return [("*", self.anything)]


@dataclass
class Lineage:
    """Follows columns. `functions`: names of functions whose results may hold what is sensitive."""

    relations: Relations
    is_sensitive: IsSensitive
    functions: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    """Names of all functions that people wrote: one of theirs may be called like PostgreSQL's own."""
    tells_setting: Callable[[Any], bool] = lambda _: True
    """Whether a call of current_setting() may tell a secret."""
    anywhere: bool = False
    """Whether an operator, a cast or an aggregate may bring it in without a function being named."""
    _views: dict[int, list[Column]] = field(default_factory=dict[int, list[Column]])

    def outputs(self, select: Any) -> list[Column]:
        """The columns of a SelectStmt's result, in order; their names as far as they are written."""
        return self._select(select, None, {})

    def columns_of(self, schema: str | None, name: str) -> list[Column]:
        """The columns of a relation by the name that a query uses for it."""
        return self._of(self.relations.get((schema, name)))

    def _select(self, select: Any, outer: _Scope | None, tables: Tables) -> list[Column]:
        tables = self._with(select, outer, tables)
        if select.HasField("larg"):
            left = self._select(select.larg, outer, tables)
            right = self._select(select.rarg, outer, tables)
            return _either(left, right)
        scope = _Scope([], outer)
        if select.values_lists:
            rows = [[self._tainted(value, scope, tables) for value in row.list.items] for row in select.values_lists]
            return [(f"column{number + 1}", any(cells)) for number, cells in enumerate(zip(*rows, strict=False))]
        for item in select.from_clause:
            items, star = self._from(item, scope, tables)
            scope.items.extend(items)
            scope.star.extend(star)
        columns: list[Column] = []
        for target in select.target_list:
            columns += self._target(target.res_target, scope, tables)
        return columns

    def _with(self, select: Any, outer: _Scope | None, tables: Tables) -> Tables:
        if not select.HasField("with_clause"):
            return tables
        parts = [item.common_table_expr for item in select.with_clause.ctes]
        known = dict(tables)
        if not select.with_clause.recursive:
            for part in parts:
                known[part.ctename] = self._cte(part, outer, known)
            return known
        known |= dict.fromkeys(part.ctename for part in parts)
        for _ in range(_ROUNDS):  # each may name itself and those after it; what is sensitive only becomes more
            before = dict(known)
            for part in parts:
                known[part.ctename] = self._cte(part, outer, known)
            if known == before:
                return known
        return known | {part.ctename: [(name, True) for name, _ in known[part.ctename] or ()] for part in parts}

    def _cte(self, part: Any, outer: _Scope | None, tables: Tables) -> list[Column]:
        columns = _named(self._select(part.ctequery.select_stmt, outer, tables), name_of(part.aliascolnames))
        anything = any(tainted for _, tainted in columns)
        added = [name for clause in _ADDING if part.HasField(clause) for name in _added_names(getattr(part, clause))]
        return [*columns, *((name, anything) for name in added)]

    def _target(self, target: Any, scope: _Scope, tables: Tables) -> list[Column]:
        kind = target.val.WhichOneof("node")
        if kind == "column_ref":
            fields = target.val.column_ref.fields
            if fields[-1].WhichOneof("node") == "a_star":
                names = name_of(fields[:-1])
                return scope.columns(names[-1]) if names else list(scope.star)
            return [(target.name or name_of(fields)[-1], self._tainted(target.val, scope, tables))]
        tainted = self._tainted(target.val, scope, tables)
        if kind == "a_indirection" and target.val.a_indirection.indirection[-1].WhichOneof("node") == "a_star":
            return [("*", tainted)]
        return [(target.name or "", tainted)]

    def _from(self, item: Any, scope: _Scope, tables: Tables) -> tuple[list[_Item], list[Column]]:
        """The entries that an item of FROM adds, and what `*` stands for in it."""
        kind = item.WhichOneof("node")
        part = getattr(item, kind)
        if kind == "range_table_sample":
            return self._from(part.relation, scope, tables)
        if kind == "join_expr":
            left, left_star = self._from(part.larg, scope, tables)
            right, right_star = self._from(part.rarg, _Scope([*scope.items, *left], scope.outer), tables)
            star = _joined(part, left_star, right_star)
            if part.HasField("alias"):
                entry = _aliased(part, "", star)
                return [entry], entry.columns
            merged = star[: len(part.using_clause)]
            using = [_Item(part.join_using_alias.aliasname, merged)] if part.HasField("join_using_alias") else []
            return [*left, *right, *using], star
        entry = self._entry(kind, part, scope, tables)
        return [entry], entry.columns

    def _entry(self, kind: str, part: Any, scope: _Scope, tables: Tables) -> _Item:
        if kind == "range_var":
            if not part.schemaname and part.relname in tables:
                columns = tables[part.relname]
                return _aliased(part, part.relname, columns or [], rest=False if columns is None else None)
            relation = self.relations.get((part.schemaname or None, part.relname))
            stored = relation is not None and relation.definition is None
            return _aliased(part, part.relname, self._of(relation), stored=stored)
        if kind == "range_subselect":
            around = scope if part.lateral else scope.outer
            return _aliased(part, "", self._select(part.subquery.select_stmt, around, tables))
        tainted = self._any_child(part, scope, tables)
        names = name_of(part.alias.colnames) if part.HasField("alias") else ()
        defined = [str(column.column_def.colname) for column in getattr(part, "coldeflist", ())]
        alias = part.alias.aliasname if part.HasField("alias") else _function_name(part)
        return _Item(alias, [(name, tainted) for name in (names or defined or (alias,))], tainted)

    def _of(self, relation: Relation | None) -> list[Column]:
        if relation is None:
            return []
        names = [column for column in relation.columns if column is not None]
        own = [(column, self.is_sensitive(relation, column)) for column in names]
        if relation.definition is None:
            return own
        if relation.oid not in self._views:
            self._views[relation.oid] = own
            behind = self._select(parse(relation.definition)[0].node, None, {})
            if len(behind) != len(own):  # cannot be told apart: any may be any
                tainted = any(is_tainted for _, is_tainted in behind)
                behind = [(column, tainted) for column in names]
            self._views[relation.oid] = _either(own, behind)
        return self._views[relation.oid]

    def _tainted(self, node: Any, scope: _Scope, tables: Tables) -> bool:
        """Whether the value of an expression holds what is sensitive."""
        message = cast("Message", node)
        match message.DESCRIPTOR.name:
            case "Node":
                kind = node.WhichOneof("node")
                return kind is not None and self._tainted(getattr(node, kind), scope, tables)
            case "ColumnRef":
                return self._column(node, scope)
            case "NullTest" | "GroupingFunc":
                return False
            case "A_Expr" | "TypeCast" | "FuncCall" if self.anywhere:
                return True
            case "SubLink":
                if node.sub_link_type == node.DESCRIPTOR.fields_by_name["sub_link_type"].enum_type.values_by_name[
                    "EXISTS_SUBLINK"
                ].number:  # fmt: skip
                    return False
                inner = self._select(node.subselect.select_stmt, scope, tables)
                return any(tainted for _, tainted in inner) or self._any_child(node, scope, tables, skip="subselect")
            case "FuncCall":
                name = name_of(node.funcname)[-1]
                if name not in self.written and self._tells_nothing(name, node, scope):
                    return False
                if name == "current_setting" and self.tells_setting(node):
                    return True
                if name in self.functions or any(self._tainted(item, scope, tables) for item in node.args):
                    return True
                if node.agg_within_group and any(self._tainted(item, scope, tables) for item in node.agg_order):
                    return True  # mode(), percentile_disc(): one of the values that are ordered
                return name in RUNNING_TEXT and self._text_tells(node)
            case "SelectStmt":
                return any(tainted for _, tainted in self._select(node, scope, tables))
            case _:
                return self._any_child(node, scope, tables)

    def _text_tells(self, call: Any) -> bool:
        """Whether the SQL that a function is given in a constant answers what is sensitive."""
        queries = [text for text in survey(call).texts if text is not None]
        return any(tainted for query in queries for _, tainted in self._select(query, None, {}))

    def _any_child(self, node: Any, scope: _Scope, tables: Tables, skip: str = "") -> bool:
        return any(self._tainted(child, scope, tables) for child in children(node, without=skip))

    def _tells_nothing(self, name: str, call: Any, scope: _Scope) -> bool:
        if name not in _TELL_NOTHING_OF_COLUMNS:
            return name in _TELL_NOTHING
        refs = [item.column_ref for item in call.args if item.WhichOneof("node") == "column_ref"]
        stored = all(item.stored for ref in refs for item, _ in _meant(*_names(ref), scope))
        return stored and len(refs) == len(call.args)

    def _column(self, node: Any, scope: _Scope) -> bool:
        names, star = _names(node)
        if found := _meant(names, star, scope):
            return any(tainted for _, tainted in found)
        if names and names[-1] in self.functions:
            return True
        return names[-1:] not in _OF_EVERY_TABLE and scope.anything


def _names(column: Any) -> tuple[tuple[str, ...], bool]:
    """What a ColumnRef says: its names, and whether a star follows them."""
    names = name_of(item for item in column.fields if item.WhichOneof("node") == "string")
    return names, len(names) < len(column.fields)


def _meant(names: tuple[str, ...], star: bool, scope: _Scope) -> list[tuple[_Item, bool]]:
    """The entries of the nearest FROM in which a name means something, and whether that is tainted."""
    for near in scope.around():
        found = [(item, answer) for item in near.items if (answer := _lookup(item, names, star)) is not None]
        if found:
            return found
    return []


def _lookup(item: _Item, names: tuple[str, ...], star: bool) -> bool | None:
    """What a name means in one entry of FROM: tainted or not, or None where it means nothing there."""
    whole = item.whole
    if star:
        return whole if not names or names[-1] == item.alias else None
    if len(names) == 1:
        found = [tainted for name, tainted in item.columns if name == names[0]]
        if found:
            return any(found)
        return whole if names[0] == item.alias else item.rest
    alias, column = names[-2], names[-1]
    if alias != item.alias:
        if names[0] == item.alias or any(name == names[0] for name, _ in item.columns):
            return whole  # a part of a composite column
        return None
    found = [tainted for name, tainted in item.columns if name == column]
    return any(found) if found else whole


def _aliased(part: Any, name: str, columns: list[Column], rest: bool | None = None, *, stored: bool = False) -> _Item:
    if not part.HasField("alias"):
        return _Item(name, columns, rest, stored)
    return _Item(part.alias.aliasname, _named(columns, name_of(part.alias.colnames)), rest, stored)


def _joined(part: Any, left: list[Column], right: list[Column]) -> list[Column]:
    """What `*` stands for in a join: the columns of USING (or NATURAL) first and once."""
    merged = list(name_of(part.using_clause))
    if part.is_natural:
        merged = [name for name, _ in left if name in {other for other, _ in right}]
    first = [(name, any(tainted for other, tainted in (*left, *right) if other == name)) for name in merged]
    return [*first, *(column for column in (*left, *right) if column[0] not in merged)]


def _named(columns: list[Column], names: tuple[str, ...]) -> list[Column]:
    """The columns with the first of them renamed."""
    return [(names[number] if number < len(names) else name, tainted) for number, (name, tainted) in enumerate(columns)]


def _either(left: list[Column], right: list[Column]) -> list[Column]:
    """Position by position: sensitive where either is."""
    longer = left if len(left) >= len(right) else right
    return [
        (longer[number][0] if number >= len(left) else left[number][0],
         (number < len(left) and left[number][1]) or (number < len(right) and right[number][1]))
        for number in range(len(longer))
    ]  # fmt: skip


def _function_name(part: Any) -> str:
    """The name that a function in FROM goes by where it has no alias."""
    for item in getattr(part, "functions", ()):
        for inner in item.list.items:
            if inner.WhichOneof("node") == "func_call":
                return name_of(inner.func_call.funcname)[-1]
    return ""


def _added_names(clause: Any) -> list[str]:
    names = [getattr(clause, name, "") for name in ("search_seq_column", "cycle_mark_column", "cycle_path_column")]
    return [str(name) for name in names if name]
