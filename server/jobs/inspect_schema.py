"""Tells a database's schema in few words: an overview, its tables, or everything about them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

from server.calls import Call
from server.errors import Refused
from server.model import phrases
from server.model.inspection import Relation, SchemaInspection, Size, View, partitions_of, relation, sensitive_by
from server.model.overviews import overview
from server.model.paging import BUDGET, cost, start_of
from server.model.patterns import choose
from server.model.redaction import Policy
from server.model.schema import RELATIONS, Attributes, Identity, Schema, Value
from server.postgres.catalog import read_schema
from server.postgres.outlines import read_outline, read_parts
from server.postgres.questions import ask
from server.postgres.transactions import Connection, beside_of, reading
from server.services import Services

Detail = Literal["overview", "tables", "full"]


class Item(NamedTuple):
    """Something to tell: the section of the answer that it belongs to, its name, and what makes its words."""

    section: str
    name: str
    tell: Callable[[View], Relation | str]
    identity: Identity | None = None


MOST = 300
"""Items of one page."""

_TYPES = ("enum", "domain", "composite", "range", "base_type", "shell_type")
_ROUTINES = ("function", "procedure", "aggregate")
_SAID_ELSEWHERE = {
    *RELATIONS, *_TYPES, *_ROUTINES, "column", "view_column", "attribute", "constraint", "index", "trigger", "rule",
    "policy", "sequence", "extension", "schema", "domain_constraint", "publication_table", "publication_schema",
}  # fmt: skip
_WIDE = 200
"""Columns of one relation that are told at once."""


def inspect_schema(
    services: Services,
    call: Call,
    *,
    database: str,
    tables: Sequence[str] | None = None,
    detail: Detail = "tables",
    cursor: str | None = None,
) -> SchemaInspection:
    """One page about the schema of `database`; `tables` are patterns. Refused: unknown names, another call's cursor."""
    found = services.databases.get(database)
    read = read_schema if detail == "overview" else read_outline
    with reading(call, found) as connection:
        schema = read(connection, second=beside_of(call, found, connection))
        shown = _shown(schema, tables)
        if tables is not None:
            schema = read_parts(connection, schema, {(i.schema, i.name) for i in shown})
        policy = services.redaction(database)
        view = View(schema, {}, sensitive_by(policy, schema), full=detail == "full", chosen=tables is not None)
        head: dict[str, Any] = {
            "database": database,
            "server_version": _version(schema.server_version),
            "fingerprint": schema.fingerprint,
            "summary": _summary(schema),
            "not_covered": [f"{kind}: {name}" for kind, name in schema.not_covered[:20]],
        }
        items = _items(view, shown)
        start = start_of(cursor, schema.fingerprint[:8], len(items))
        if detail == "overview":
            view.sizes.update(_sizes(connection, schema, shown, bytes_too=False))
            lines, legend = overview(view, shown)
            told = f"Lines: {legend}. detail = tables tells columns and keys."
            return SchemaInspection(**head, schemas=tuple(lines), next=told)
        return _paged(head, items, start, _told(connection, view, policy, items[start : start + MOST]), full=view.full)


def as_detail(word: str) -> Detail:
    """`overview`, `tables` or `full`; Refused otherwise."""
    for detail in get_args(Detail):
        if word == detail:
            return detail
    raise Refused("bad_arguments", f"detail is overview, tables or full, not {word}.")


def _shown(schema: Schema, patterns: Sequence[str] | None) -> list[Identity]:
    """The relations that match; partitions only where a pattern names them without their parent."""
    relations = sorted(schema.of(*RELATIONS), key=lambda identity: (identity.schema, identity.name))
    named = {(identity.schema, identity.name): identity for identity in relations}
    chosen = choose(patterns, named)
    kept = set(chosen)

    def folded(identity: Identity) -> bool:
        parent = schema.facts[identity].get("partition_of")
        return isinstance(parent, tuple) and ((parent[0], parent[1]) in kept or patterns is None)

    return [named[name] for name in chosen if not folded(named[name])]


def _told(
    connection: Connection, view: View, policy: Policy, items: Sequence[Item]
) -> Iterator[tuple[Item, Relation | str]]:
    """Each item in words. Of an outline, the parts of relations are read for about one page at a time."""
    schema = view.schema
    for batch in _batches(schema, items):
        relations = list(dict.fromkeys(item.identity for item in batch if item.identity is not None))
        whole = [*relations, *(child for identity in relations for child in partitions_of(schema, identity))]
        if not view.chosen:
            schema = read_parts(connection, view.schema, {(i.schema, i.name) for i in whole})
        sizes = _sizes(connection, schema, relations, bytes_too=True)
        told = replace(view, schema=schema, sizes=sizes, sensitive=sensitive_by(policy, schema))
        yield from ((item, item.tell(told)) for item in batch)


def _batches(schema: Schema, items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items that fill about a page, if a column takes some 25 bytes."""
    batch: list[Item] = []
    expected = 0
    for item in items:
        batch.append(item)
        expected += 120 + 25 * _width(schema, item.identity) if item.identity else 100
        if expected > BUDGET:
            yield batch
            batch, expected = [], 0
    yield batch


def _width(schema: Schema, relation: Identity) -> int:
    return schema.count_of(relation, "column", "view_column")


def _sizes(
    connection: Connection, schema: Schema, told: Sequence[Identity], *, bytes_too: bool
) -> dict[Identity, Size]:
    """Of the relations that are told, and of their partitions."""
    wanted = [*told, *(child for identity in told for child in partitions_of(schema, identity))]
    oids = {schema.oids[identity]: identity for identity in wanted}
    return {oids[oid]: Size(rows, size) for oid, rows, size in ask(connection, "relation_sizes", list(oids), bytes_too)}


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"


def _summary(schema: Schema) -> str:
    """`19 tables, 2 partitions, 1 view, …`."""
    counted = {kind: schema.count(kind) for kind in ("table", *RELATIONS[1:], "index", "sequence", "trigger", "policy")}
    partitions = sum(len(children) for children in schema.children.values())
    counted["table"] -= partitions
    counted |= {"partition": partitions, "type": schema.count(*_TYPES), "function": schema.count(*_ROUTINES)}
    counted["schema"] = schema.count("schema")
    return ", ".join(f"{count} {_plural(kind, count)}" for kind, count in counted.items() if count)


def _plural(kind: str, count: int) -> str:
    word = kind.replace("_", " ")
    if count == 1:
        return word
    return {"index": "indexes", "policy": "policies"}.get(word, f"{word}s")


def _items(view: View, shown: Sequence[Identity]) -> list[Item]:
    """What there is to tell, in order, not told yet; of chosen tables, only these and the types that they use."""
    schema = view.schema
    items = [item for identity in shown for item in _of_relation(view, identity)]
    parts = [column for i in shown for column in schema.parts(i, "column")] if view.chosen else []
    used = {str(schema.facts[column]["type"]).removesuffix("[]") for column in parts}
    for identity in schema.of(*_TYPES):
        if not view.chosen or {f"{identity.schema}.{identity.name}", identity.name} & used:
            items.append(_line("types", _with_comment(phrases.data_type(schema, identity), schema.facts[identity])))
    return items if view.chosen else items + _unchosen(view)


def _of_relation(view: View, identity: Identity) -> list[Item]:
    """One item, or several for a very wide relation."""
    section = "views" if identity.kind.endswith("view") else "tables"
    starts = range(0, max(_width(view.schema, identity), 1), _WIDE)

    def told(start: int) -> Callable[[View], Relation]:
        return lambda view: _part(relation(view, identity), start)

    return [Item(section, identity.name, told(start), identity) for start in starts]


def _part(told: Relation, start: int) -> Relation:
    """All of it, or the columns from `start` on of a very wide one; the rest stands with the first."""
    count = len(told.columns)
    if count <= _WIDE:
        return told
    end = min(start + _WIDE, count)
    first = told if start == 0 else Relation(name=told.name)
    note = f"columns {start + 1} to {end} of {count}"
    return first.model_copy(update={"columns": told.columns[start:end], "continued": note})


def _line(section: str, line: str) -> Item:
    def told(_: View) -> str:
        return line

    return Item(section, line.partition(":")[0], told)


def _unchosen(view: View) -> list[Item]:
    schema = view.schema
    lines = [
        ("extensions", f"{identity.name} {schema.facts[identity]['version']}")
        for identity in schema.of("extension")
        if identity.name != "plpgsql"
    ]
    if view.full:
        alone = [i for i in schema.of("sequence") if not schema.facts[i].get("owned_by")]
        lines += [("sequences", phrases.sequence(i, schema.facts[i])) for i in alone]
        lines += [("functions", _routine(i, schema.facts[i])) for i in schema.of(*_ROUTINES)]
        lines += [("other", line) for i, facts in schema.facts.items() for line in _said(i, facts)]
    return [_line(section, line) for section, line in lines]


def _routine(identity: Identity, facts: Attributes) -> str:
    line = _with_comment(phrases.routine(identity, facts), facts)
    rights = phrases.grants(facts)
    return f"{line} [{'; '.join(rights)}]" if rights else line


def _with_comment(line: str, facts: Attributes) -> str:
    return f"{line} -- {facts['comment']}" if facts.get("comment") else line


def _said(identity: Identity, facts: Attributes) -> list[str]:
    """Any other kind of object, by its attributes; schemas by what is granted on them."""
    if identity.kind == "schema":
        lines = [line for line in phrases.grants(facts) if (identity.name, line) != ("public", "PUBLIC: usage")]
        return [f"schema {identity.name}: {line}" for line in lines]
    if identity.kind in _SAID_ELSEWHERE:
        return []
    said = [f"{name} {_value(value)}" for name, value in facts.items() if name not in ("owner", "grants", "revoked")]
    said += phrases.grants(facts)
    what = f"{identity.kind.replace('_', ' ')} {identity}"
    return [phrases.clipped(f"{what}: {', '.join(said)}" if said else what, 600)]


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_value(item) for item in value)})"
    return phrases.plain(value)


def _paged(
    head: dict[str, Any], items: list[Item], start: int, page: Iterable[tuple[Item, Relation | str]], *, full: bool
) -> SchemaInspection:
    """As much of the page as an answer holds."""
    sections: dict[str, list[Any]] = {}
    end, spent = start, 0
    for item, told in page:
        spent += cost(told.model_dump(mode="json") if isinstance(told, Relation) else told)
        if spent > BUDGET and end > start:
            break
        sections.setdefault(item.section, []).append(told)
        end += 1
    left = items[end:]
    answer = head | sections
    if not full:
        answer["next"] = "detail = full adds checks, indexes, triggers, policies, grants, queries and functions."
    if left:
        answer["next_cursor"] = f"{end}.{str(head['fingerprint'])[:8]}"
        answer["left_out"] = f"{len(left)} more: {phrases.clipped(', '.join(item.name for item in left[:60]), 400)}"
    return SchemaInspection.model_validate(answer)
