"""Judges a query before it runs: everything it would call, as the server resolves it, through views, policies, casts,
operators, defaults and the bodies of functions. Creates nothing, runs nothing of what it judges.

Where a name is ambiguous, all that it may mean is judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.postgres.databases import Connection
from server.postgres.grammar import SyntaxFailed, parse, read_plpgsql
from server.postgres.querying.function_rules import FIRST_USER_OID, FunctionFacts, judge_function
from server.postgres.querying.query_rules import RUNNING_TEXT, Found, Named, NotReadOnly, constant_parts, survey
from server.postgres.questions import ask

Scope = tuple[str, ...] | None
"""The schemas in which a name without one may be; None: any schema."""

DEPARSED: Scope = ("pg_catalog",)
"""Text that the server wrote with an empty search path: what has no schema is its own."""
_SECRET_RELATIONS = {
    "pg_file_settings": "the server's files", "pg_hba_file_rules": "the server's files",
    "pg_ident_file_mappings": "the server's files", "pg_largeobject": "large objects",
}  # fmt: skip
_MOST_STEPS = 2000


@dataclass(frozen=True)
class Relation:
    """One row of queries/cage_relations.sql. `columns` by number; a dropped one is None."""

    oid: int
    schema: str
    name: str
    kind: str
    definition: str | None
    expressions: list[str]
    planned: list[str]
    foreign_parts: list[str]
    columns: list[str | None]
    sources: list[tuple[int, str, str, str, str]]


@dataclass
class Judgement:
    """What a judged query reads: relations by every name it uses for them, and what its functions read in turn."""

    relations: dict[tuple[str | None, str], Relation] = field(default_factory=dict[tuple[str | None, str], Relation])
    unknown_relations: list[tuple[str | None, str]] = field(default_factory=list[tuple[str | None, str]])
    functions: dict[str, list[Found]] = field(default_factory=dict[str, list[Found]])
    """What the bodies of functions that people wrote use, statement by statement, by the name they are called by."""
    unwritten: set[str] = field(default_factory=set[str])
    """Names of functions that are called without being written: by operators, casts, aggregates."""
    immutable: set[str] = field(default_factory=set[str])
    """Names of functions that planning may run, so that plans show what they return."""


@dataclass(frozen=True)
class _Step:
    """A tree to judge: where its names may be, and what it belongs to, for the reason."""

    tree: Any
    scope: Scope
    via: str
    function: str | None = None


class Judge:
    """Judges one query. The connection's search path must be empty, so that what the server deparses is qualified."""

    def __init__(self, connection: Connection, path: tuple[str, ...], allowed: frozenset[str]) -> None:
        self._connection = connection
        self._path = path
        self._allowed = allowed
        self._steps: list[_Step] = []
        self._seen_functions: set[int] = set()
        self._seen_relations: set[int] = set()
        self.judgement = Judgement()

    def judge(self, tree: Any) -> Judgement:
        """Raises NotReadOnly with the reason where anything that the query may run does more than read."""
        self._steps.append(_Step(tree, self._path, ""))
        self._implicit()
        done = 0
        while self._steps:
            self._judge_step(self._steps.pop())
            done += 1
            if done > _MOST_STEPS:
                raise NotReadOnly("it reaches too many views and functions to judge")
        return self.judgement

    def _judge_step(self, step: _Step) -> None:
        try:
            found = survey(step.tree)
            for inner in found.texts:
                if inner is not None:
                    self._steps.append(_Step(inner, self._path if step.scope == self._path else None, step.via))
            self._judge_functions(found, step)
            self._judge_relations(found, step)
        except NotReadOnly as no:
            raise NotReadOnly(f"{no}{step.via}" if step.via not in str(no) else str(no)) from None
        if step.function is not None:
            self.judgement.functions.setdefault(step.function, []).append(found)

    def _implicit(self) -> None:
        rows = ask(self._connection, "cage_implicit")
        self._judge_oids([row[0] for row in rows if row[0] is not None], " (which a cast or operator class calls)")
        for row in rows:
            if row[1] is not None:
                self._expression(row[1], " (in the condition of a domain)")

    def _judge_functions(self, found: Found, step: _Step) -> None:
        wanted = list(found.functions)
        wanted += [Named(None, name, -2) for name in found.attributes]
        columns: tuple[list[str | None], list[str], list[int]] = (
            [named.schema for named in wanted],
            [named.name for named in wanted],
            [named.arguments for named in wanted],
        )
        operators = [row[0] for row in ask(self._connection, "cage_operators", sorted(found.operators))]
        scope = None if step.scope is None else list(step.scope)
        for row in ask(self._connection, "cage_functions", *columns, scope, operators):
            facts = FunctionFacts(*row)
            if facts.oid in operators:
                self._unwritten(facts, step.via)
            self._judge_function(facts, step.via)

    def _judge_oids(self, oids: list[int], via: str) -> None:
        if oids:
            for row in ask(self._connection, "cage_functions", [], [], [], [], oids):
                facts = FunctionFacts(*row)
                self._unwritten(facts, via)
                self._judge_function(facts, via)

    def _unwritten(self, facts: FunctionFacts, via: str) -> None:
        """Called by an operator, cast or aggregate: the SQL text that one is given stands in no call to be judged."""
        if facts.name in RUNNING_TEXT and facts.language not in ("sql", "plpgsql"):
            raise NotReadOnly(f"{facts.shown}() is refused: it runs SQL unseen{via}")
        self.judgement.unwritten.add(facts.name)

    def _judge_function(self, facts: FunctionFacts, via: str) -> None:
        if facts.oid in self._seen_functions:
            return
        self._seen_functions.add(facts.oid)
        try:
            verdict = judge_function(facts, self._allowed)
        except NotReadOnly as no:
            raise NotReadOnly(f"{no}{via}") from None
        if facts.volatility == "i":
            self.judgement.immutable.add(facts.name)
        inside = f" (in the function {facts.shown})"
        if facts.oid >= FIRST_USER_OID and facts.components:
            self._judge_oids(facts.components, inside)
        if facts.oid >= FIRST_USER_OID and facts.defaults:
            self._expression(facts.defaults, inside, facts.name)
        if verdict == "read the body":
            self._read(facts, inside)

    def _read(self, facts: FunctionFacts, inside: str) -> None:
        scope: Scope = (*facts.search_path, "pg_catalog") if facts.search_path is not None else None
        try:
            trees = list(_body_trees(facts))
        except SyntaxFailed:
            raise NotReadOnly(f"the body of {facts.shown}() cannot be read") from None
        except NotReadOnly as no:
            raise NotReadOnly(f"{no}{inside}") from None
        self._steps += [_Step(tree, scope, inside, facts.name) for tree in trees]

    def _judge_relations(self, found: Found, step: _Step) -> None:
        if not found.relations:
            return
        wanted = sorted(found.relations, key=str)
        scope = None if step.scope is None else list(step.scope)
        names = [schema for schema, _ in wanted], [name for _, name in wanted]
        relations = ask(self._connection, "cage_relations", *names, scope, into=Relation)
        for relation in relations:
            self._judge_relation(relation, step)
        for schema, name in wanted:
            meant = [r for r in relations if r.name == name and schema in (None, r.schema)]
            if meant:
                self.judgement.relations.setdefault((schema, name), meant[0])
                self.judgement.relations.setdefault((meant[0].schema, name), meant[0])
            elif not step.via:
                self.judgement.unknown_relations.append((schema, name))

    def _judge_relation(self, relation: Relation, step: _Step) -> None:
        if relation.oid in self._seen_relations:
            return
        self._seen_relations.add(relation.oid)
        shown = f"{relation.schema}.{relation.name}"
        if relation.kind == "f" or relation.foreign_parts:
            raise NotReadOnly(f"{shown} is or has a foreign table, which reaches another server or a file")
        if relation.oid < FIRST_USER_OID and relation.name in _SECRET_RELATIONS:
            raise NotReadOnly(f"{shown} reads {_SECRET_RELATIONS[relation.name]}")
        if relation.definition is not None:
            self._steps.append(_Step(parse(relation.definition)[0].node, DEPARSED, f" (in the view {shown})"))
        for expression in relation.expressions:
            self._expression(expression, f" (which reading {shown} calls)", step.function)
        for expression in relation.planned:
            tree = parse(f"SELECT {expression}")[0].node
            via = f" (which planning a query of {shown} calls)"
            self._steps += [_Step(part, DEPARSED, via) for part in constant_parts(tree)]

    def _expression(self, text: str, via: str, function: str | None = None) -> None:
        tree = parse(f"SELECT {text}")[0].node
        self._steps.append(_Step(tree, DEPARSED, via, function))


_ALLOWED_STATEMENTS = frozenset({
    "PLpgSQL_stmt_block", "PLpgSQL_stmt_assign", "PLpgSQL_stmt_if", "PLpgSQL_stmt_case", "PLpgSQL_stmt_loop",
    "PLpgSQL_stmt_while", "PLpgSQL_stmt_fori", "PLpgSQL_stmt_fors", "PLpgSQL_stmt_forc", "PLpgSQL_stmt_foreach_a",
    "PLpgSQL_stmt_exit", "PLpgSQL_stmt_return", "PLpgSQL_stmt_return_next", "PLpgSQL_stmt_return_query",
    "PLpgSQL_stmt_raise", "PLpgSQL_stmt_assert", "PLpgSQL_stmt_execsql", "PLpgSQL_stmt_perform",
    "PLpgSQL_stmt_open", "PLpgSQL_stmt_fetch", "PLpgSQL_stmt_close", "PLpgSQL_stmt_getdiag",
})  # fmt: skip


def _body_trees(facts: FunctionFacts) -> Iterable[Any]:
    """The trees of every statement and expression in a body. NotReadOnly where one is not a query."""
    if set(facts.settings) - {"search_path", "jit", "timezone", "work_mem", "datestyle", "statement_timeout"}:
        raise NotReadOnly(f"{facts.shown}() changes settings while it runs")
    if facts.language == "sql":
        yield from _sql_trees(facts.body or "")
        return
    for kind, text in read_plpgsql(facts.body or ""):
        if kind in ("statement", "expression", "assignment"):
            yield from _plpgsql_trees(kind, text)
        elif kind not in _ALLOWED_STATEMENTS:
            shown = kind.removeprefix("PLpgSQL_stmt_").replace("dynexecute", "EXECUTE of composed SQL")
            raise NotReadOnly(f"{facts.shown}() runs {shown.replace('dynfors', 'EXECUTE of composed SQL')}")


def _sql_trees(body: str) -> Iterable[Any]:
    text = body.strip()
    if text.upper().startswith("BEGIN ATOMIC"):
        text = text[len("BEGIN ATOMIC") :].strip()
        text = text[: -len("END")] if text.upper().endswith("END") else text
    elif text.upper().startswith("RETURN "):
        text = "SELECT " + text[len("RETURN ") :]
    for statement in parse(text):
        if statement.kind != "select_stmt":
            raise NotReadOnly(f"{statement.kind.removesuffix('_stmt').replace('_', ' ').upper()} is not a query")
        yield statement.node


def _plpgsql_trees(kind: str, text: str) -> Iterable[Any]:
    if kind == "assignment":
        target, text = _assignment(text)
        yield from _sql_trees(f"SELECT {target}")
    yield from _sql_trees(text if kind == "statement" else f"SELECT {text}")


def _assignment(text: str) -> tuple[str, str]:
    """Target and value of `a[i] := value` or `a = value`; the sign may also stand in a subscript or a string."""
    depth, quote = 0, ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "=" and depth == 0:
            return text[:place].removesuffix(":"), text[place + 1 :]
        else:
            depth += (letter == "[") - (letter == "]")
    raise SyntaxFailed("an assignment without a sign", None, unfinished=False)
