"""The filters of a segment, read against the schema: which table each means, and where the column of each condition is
found, over the references on its path.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.errors import Refused, did_you_mean
from server.model.names import parts_of, quoted, unquoted
from server.model.segments.filters import Filter, FilterCondition, value_texts
from server.model.segments.relations import Edge, Relation, RelationColumn, RelationMap


@dataclass(frozen=True, slots=True)
class Bound:
    """A condition whose column is found: over `path` (edges to referred-to rows) in the last edge's parent."""

    shown: str
    path: tuple[Edge, ...]
    column: RelationColumn
    op: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """The rows of one relation that a filter matches. `pinned`: by a unique key, so dates do not apply."""

    relation: int
    conditions: tuple[Bound, ...]
    pinned: bool


def find_seeds(relations: RelationMap, entry: Filter) -> list[Seed]:
    """The rows that a filter matches, in its table and in every table that inherits from it.

    Refused: unknown or ambiguous tables, columns and paths; values whose shape does not fit.
    """
    relation, skipped = _table_of(relations, entry)
    conditions = tuple(_bind(relations, relation, condition, skipped) for condition in entry.where)
    exact = {bound.column.name for bound in conditions if not bound.path and bound.op in ("=", "in")}
    pinned = any(exact.issuperset(key) for key in relation.unique_keys)
    return [Seed(oid, conditions, pinned) for oid in relations.heirs(relation.oid)]


def _table_of(relations: RelationMap, entry: Filter) -> tuple[Relation, int]:
    """The table of a filter, and how many words of each path only name it: `audit` with columns `log.x` is read as the
    table `audit.log`.
    """
    firsts = {next(iter(parts_of(condition.column)), "") for condition in entry.where}
    schema = unquoted(entry.table)
    if len(firsts) == 1 and any(relation.schema == schema for relation in relations.relations.values()):
        (first,) = firsts
        qualified = [r for r in relations.nodes if (r.schema, r.name) == (schema, first)]
        if qualified:
            return qualified[0], 1
    return relations.find(entry.table), 0


def _bind(relations: RelationMap, relation: Relation, condition: FilterCondition, skipped: int) -> Bound:
    words = _words(relation, condition.column)[skipped:]
    shown = ".".join([relation.key, *map(quoted, words)])
    strict = '"' in condition.column
    if len(words) > 1 and words[0] == relation.name and words[1] in relation.columns:
        words = words[1:]
    path: list[Edge] = []
    while len(words) > 1 and (strict or ".".join(words) not in relation.columns):
        edge = _hop(relations, relation, words.pop(0))
        path.append(edge)
        relation = relations.relations[edge.parent]
    column = relation.column(".".join(words))
    return Bound(shown, tuple(path), column, condition.op, value_texts(condition, column, shown))


def _words(relation: Relation, path: str) -> list[str]:
    """The names in a path: quoted ones as they stand; without quotes a column's name may have dots in it."""
    if '"' not in path:
        return path.split(".")
    return [path] if path in relation.columns else parts_of(path) or [path]


def _hop(relations: RelationMap, relation: Relation, word: str) -> Edge:
    """The reference that a word of a path means: by constraint or its last column, by that column without `_id`, by
    table, by another of its columns. What all rows of the relation have goes before what some partition alone has.
    """
    edges = [edge for edge in relations.above.get(relation.root, ()) if _share_rows(relations, relation, edge)]
    own = [edge for edge in edges if edge.child in (relation.oid, relation.root)]
    for some in (own, edges):
        if found := _meant(relations, relation, word, some):
            return found
    known = dict.fromkeys(
        word for edge in edges for word in (_stem(edge.columns[-1]), relations.relations[edge.parent].name)
    )
    column = relation.columns.get(word)
    said = f"{relation.key}.{quoted(word)} is {column.type}, which refers to nothing." if column else ""
    whole = (
        " A composite is compared as a whole, with a list of its parts." if column and column.category == "C" else ""
    )
    raise Refused(
        "unknown_column",
        said or f"{relation.key} has no reference {word}. {did_you_mean(word, known)}",
        next=f"A path names references and ends in a column, as `site.company.name`.{whole}",
    )


def _share_rows(relations: RelationMap, relation: Relation, edge: Edge) -> bool:
    """Whether rows of the relation, or of some partition of it, have the reference."""
    child = relations.relations[edge.child]
    return child.oid in (relation.oid, relation.root) or not {*child.leaves, child.oid}.isdisjoint(
        {*relation.leaves, relation.oid}
    )


def _meant(relations: RelationMap, relation: Relation, word: str, edges: list[Edge]) -> Edge | None:
    """The one of some references that a word means; Refused where it could mean several."""
    tiers: tuple[Callable[[Edge], Iterable[str]], ...] = (
        lambda edge: (edge.name, edge.columns[-1]),
        lambda edge: (_stem(edge.columns[-1]),),
        lambda edge: _words_for(relations.relations[edge.parent].name),
        lambda edge: (*edge.columns, *map(_stem, edge.columns)),
    )
    for names in tiers:
        found = [edge for edge in edges if word.lower() in {name.lower() for name in names(edge)}]
        alone = [edge for edge in found if len(edge.columns) == 1]
        for some in (found, alone):
            if len({(edge.parent, edge.columns[-1]) for edge in some}) == 1:
                return min(some, key=lambda edge: len(edge.columns))
        if found:
            raise _ambiguous(relations, f"{relation.key}.{word}", found)
    return None


def _ambiguous(relations: RelationMap, shown: str, found: list[Edge]) -> Refused:
    """Names what tells the references apart: their columns, else the tables that they lead to."""
    by_column = len({edge.columns[-1] for edge in found}) == len(found)
    names = [edge.columns[-1] if by_column else relations.key(edge.parent) for edge in found]
    better = "the referring column" if by_column else "the table or of the constraint"
    return Refused(
        "ambiguous_path",
        f"{shown} could be {' or '.join(dict.fromkeys(names))}.",
        next=f"Use the name of {better} in the path.",
    )


def _stem(column: str) -> str:
    for ending in ("_id", "_uuid", "_code", "_key", "_fk", "Id", "ID", "_name"):
        if column.endswith(ending) and len(column) > len(ending):
            return column[: -len(ending)]
    return column


def _words_for(table: str) -> Iterable[str]:
    yield table
    if table.endswith("ies"):
        yield table[:-3] + "y"
    if table.endswith("es"):
        yield table[:-2]
    if table.endswith("s"):
        yield table[:-1]
