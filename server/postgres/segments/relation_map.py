"""Reads what a segment is planned on: relations, columns, foreign keys, and the virtual references of settings."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import errors, sql

from server.errors import Refused
from server.model.conditions import columns_of, parse_condition
from server.model.segments.relations import Collation, Edge, Relation, RelationColumn, RelationMap
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.segments.row_tests import condition, every, pairs, table
from server.settings import ReferenceSettings

DEFAULT: Collation = ("pg_catalog", "default")
REFERENCE = re.compile(r"^\s*([^()]+?)\s*\(([^()]+)\)\s*$")


def read_relation_map(connection: Connection, references: Iterable[ReferenceSettings] = ()) -> RelationMap:
    """Every table of the connected database and every reference between tables, as the transaction sees them.

    A virtual reference between tables that this database lacks is left out, with a note: settings serve several.
    """
    columns: dict[int, dict[str, RelationColumn]] = {}
    for oid, *values, collation in ask(connection, "segment_columns"):
        column = RelationColumn(*values, collation=collation and tuple(collation))
        columns.setdefault(oid, {})[column.name] = column
    relations = {row[0]: _relation(row, columns.get(row[0], {})) for row in ask(connection, "segment_relations")}
    rows = ask(connection, "segment_references")
    edges = [_edge(relations, row) for row in rows if {row[1], row[2]} <= relations.keys()]
    found = RelationMap(relations, tuple(edges))
    virtual: list[Edge] = []
    notes: list[str] = []
    for reference in references:
        try:
            virtual.append(_tried(connection, found, _virtual(found, reference)))
        except Refused as absent:
            if absent.code not in ("unknown_table", "unknown_column"):
                raise
            notes.append(
                f"The reference {reference.from_} → {reference.to} of the settings is not followed: {absent.what}"
            )
    return RelationMap(relations, (*found.edges, *virtual), tuple(notes))


def _relation(row: tuple[Any, ...], columns: dict[str, RelationColumn]) -> Relation:
    oid, schema, name, kind, root, leaves, parents, keys, rows, size, leading = row
    unique_keys = json.loads(keys) if isinstance(keys, str) else keys
    return Relation(
        oid,
        schema,
        name,
        kind,
        root,
        tuple(leaves),
        tuple(parents),
        tuple(map(tuple, unique_keys)),
        rows,
        size,
        columns,
        frozenset(leading),
    )


def _edge(relations: dict[int, Relation], row: tuple[Any, ...]) -> Edge:
    name, child, parent, columns, targets, operators, sound, period, indexed, exact = row
    own, other = relations[child].columns, relations[parent].columns
    ends = [(own[column], other[target]) for column, target in zip(columns, targets, strict=True)]
    alike = all(_comparable(column, target) for column, target in ends)
    return Edge(
        name,
        child,
        parent,
        tuple(columns),
        tuple(targets),
        tuple(operators),
        *_collations(ends),
        sound=sound,
        period=period,
        indexed=indexed,
        exact=exact and alike and not period,
        alike=alike,
    )


def _virtual(found: RelationMap, reference: ReferenceSettings) -> Edge:
    """The edge of a `[[references]]`; Refused where it names what is not there."""
    child, columns = _end(found, reference.from_)
    parent, targets = _end(found, reference.to)
    if len(columns) != len(targets):
        raise _wrong(f"{reference.from_} and {reference.to} differ in their number of columns")
    when = parse_condition(reference.when) if reference.when else None
    for name in columns_of(when) if when else ():
        child.column(name)
    ends = [(child.column(name), parent.column(target)) for name, target in zip(columns, targets, strict=True)]
    alike = all(_comparable(column, target) for column, target in ends)
    collations, down = _collations(ends)
    return Edge(
        name=f"{reference.from_} → {reference.to}",
        child=child.oid,
        parent=parent.oid,
        columns=columns,
        targets=targets,
        operators=tuple(target.operators for _, target in ends),
        collations=collations,
        collations_down=down,
        sound=False,
        indexed=False,
        virtual=True,
        when=when,
        alike=alike,
        as_text=not alike,
        several=not any(set(key) <= set(targets) for key in parent.unique_keys),
    )


def _tried(connection: Connection, found: RelationMap, edge: Edge) -> Edge:
    """The edge, if PostgreSQL can compare its columns and read the values of its condition as their columns' types;
    Refused if not.
    """
    child, parent = found.relations[edge.child], found.relations[edge.parent]
    own = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in edge.columns]
    other = [sql.SQL("p.{}").format(sql.Identifier(name)) for name in edge.targets]
    tests: dict[str, sql.Composable] = {
        "its columns cannot be compared": every(pairs(edge, other, own)),
        "a value in `when` does not fit its column": condition(sql.Identifier("t"), edge.when),
    }
    for why, test in tests.items():
        try:
            connection.execute(
                sql.SQL("SELECT DISTINCT {} FROM {} AS t, {} AS p WHERE {} LIMIT 0").format(
                    sql.SQL(", ").join(own), table(child), table(parent), test
                )
            )
        except (psycopg.DataError, errors.UndefinedFunction, errors.DatatypeMismatch):
            raise _wrong(f"{edge.name}: {why}") from None
    return edge


def _collations(ends: Sequence[tuple[RelationColumn, RelationColumn]]) -> tuple[tuple[Collation | None, ...], ...]:
    """By which collations pairs are compared whose ends have different ones, on the way up and down: PostgreSQL's own
    keys go by that of what is referred to; where equal bytes alone are equal, an index below is of more use by its own.
    """
    up = [
        (target.collation or DEFAULT) if column.collation and column.collation != target.collation else None
        for column, target in ends
    ]
    down = [
        column.collation if collation and target.deterministic and column.deterministic else collation
        for (column, target), collation in zip(ends, up, strict=True)
    ]
    return tuple(up), tuple(down)


def _comparable(column: RelationColumn, target: RelationColumn) -> bool:
    """Whether PostgreSQL's own `=` compares the two types."""
    integers = {"smallint", "integer", "bigint"}
    texts = {"text", "character varying"}
    return column.base == target.base or {column.base, target.base} <= integers or {column.base, target.base} <= texts


def _end(found: RelationMap, text: str) -> tuple[Relation, tuple[str, ...]]:
    match = REFERENCE.match(text)
    if not match:
        raise _wrong(f"{text} does not read table(column)")
    relation = found.find(match[1])
    names = tuple(name.strip().strip('"') for name in match[2].split(","))
    for name in names:
        relation.column(name)
    return relation, names


def _wrong(why: str) -> Refused:
    return Refused(
        "bad_settings",
        f"[[references]]: {why}.",
        next='Write from = "comments(entity_id)" and to = "incidents(id)".',
    )
