"""Tells a database's schema in few words: an overview, its tables, or everything about them."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from server.calls import Call
from server.model import versions
from server.model.amounts import several
from server.model.inspection import phrases
from server.model.inspection.other_lines import ROUTINES, TYPES, other
from server.model.inspection.overviews import overview
from server.model.inspection.pages import MOST, Item, paged, place_of
from server.model.inspection.relation_lines import relation
from server.model.inspection.reports import Relation, SchemaInspection
from server.model.inspection.shown_schema import Size, View, partitions_of, sensitive_by
from server.model.paging import BUDGET
from server.model.patterns import choose
from server.model.redaction import Policy
from server.model.schema import RELATIONS, Attributes, Identity, Schema
from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.schemas.outlines import read_outline, read_parts
from server.postgres.transactions import beside_of, reading
from server.services import Services

Detail = Literal["overview", "tables", "full"]


_PLURALS = {"index": "indexes", "policy": "policies"}
_MORE = "detail = full adds checks, indexes, triggers, policies, grants, queries, functions and comments that end in …."


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
    call.progress(0, None, f"reading the schema of {found.name}")
    with reading(call, found) as connection:
        schema = outline = read_outline(connection, second=beside_of(call, found, connection))
        shown = _shown(schema, tables)
        if detail == "full":
            schema = read_parts(connection, schema, {(i.schema, i.name) for i in schema.of("composite")})
        policy = services.redaction(database)
        view = View(schema, {}, sensitive_by(policy, schema), full=detail == "full", chosen=tables is not None)
        head: dict[str, Any] = {
            "database": database,
            "server_version": versions.shown(schema.server_version),
            "fingerprint": outline.fingerprint,
            "summary": _summary(schema),
            "not_covered": [f"{kind}: {name}" for kind, name in schema.not_covered[:20]],
        }
        items = _items(view, shown, _types(connection, view, shown))
        mark = _mark(outline, detail, tables)
        start = place_of(cursor, mark, len(items))
        if detail == "overview":
            view.sizes.update(_sizes(connection, schema, shown, bytes_too=False))
            lines, legend = overview(view, shown, lambda parts: _filled(connection, view, policy, shown, parts))
            said = f"Lines: {legend}. detail = tables tells columns and keys."
            return SchemaInspection(**head, schemas=tuple(lines), next=said)
        if not view.full:
            head["next"] = _MORE
        return paged(head, items, start, _told(connection, view, policy, items[start.item :][:MOST]), mark)


def _mark(schema: Schema, detail: Detail, tables: Sequence[str] | None) -> str:
    """What a cursor belongs to: this schema, told in this way."""
    asked = json.dumps([schema.fingerprint, detail, None if tables is None else sorted(set(tables))])
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


def _filled(
    connection: Connection, view: View, policy: Policy, relations: Sequence[Identity], parts: tuple[str, ...]
) -> View:
    named = {(identity.schema, identity.name) for identity in relations}
    schema = read_parts(connection, view.schema, named, kinds=parts)
    return replace(view, schema=schema, sensitive=sensitive_by(policy, schema))


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
        schema = read_parts(connection, view.schema, {(i.schema, i.name) for i in whole})
        sizes = _sizes(connection, schema, relations, bytes_too=True)
        told = replace(view, schema=schema, sizes=sizes, sensitive=sensitive_by(policy, schema))
        yield from ((item, item.tell(told)) for item in batch)


def _batches(schema: Schema, items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items that fill more than a page, if a column takes 25 bytes: asking for more is faster than asking again."""
    batch: list[Item] = []
    expected = 0
    for item in items:
        batch.append(item)
        expected += 120 + 25 * schema.width(item.identity) if item.identity else 100
        if expected > 1.3 * BUDGET:
            yield batch
            batch, expected = [], 0
    yield batch


def _sizes(
    connection: Connection, schema: Schema, told: Sequence[Identity], *, bytes_too: bool
) -> dict[Identity, Size]:
    """Of the relations that are told, and of their partitions."""
    wanted = [*told, *(child for identity in told for child in partitions_of(schema, identity))]
    oids = {schema.oids[identity]: identity for identity in wanted}
    return {oids[oid]: Size(rows, size) for oid, rows, size in ask(connection, "relation_sizes", list(oids), bytes_too)}


def _summary(schema: Schema) -> str:
    """`19 tables, 2 partitions, 1 view, …`."""
    counted = {kind: schema.count(kind) for kind in ("table", *RELATIONS[1:], "index", "sequence", "trigger", "policy")}
    partitions = [child for children in schema.children.values() for child in children]
    for partition in partitions:
        counted[partition.kind] -= 1
    counted |= {"partition": len(partitions), "type": schema.count(*TYPES), "function": schema.count(*ROUTINES)}
    counted["schema"] = schema.count("schema")
    return ", ".join(
        several(count, kind.replace("_", " "), _PLURALS.get(kind)) for kind, count in counted.items() if count
    )


def _types(connection: Connection, view: View, shown: Sequence[Identity]) -> list[Identity]:
    """Those that are told: all, or with chosen tables those that they use."""
    types = view.schema.of(*TYPES)
    if not view.chosen or not types:
        return types
    used = {oid for (oid,) in ask(connection, "used_types", [view.schema.oids[identity] for identity in shown])}
    return [identity for identity in types if view.schema.oids[identity] in used]


def _items(view: View, shown: Sequence[Identity], types: Sequence[Identity]) -> list[Item]:
    """What there is to tell, in order, not told yet; of chosen tables, only these and the types that they use."""
    schema = view.schema
    items = [_of_relation(identity) for identity in shown]
    for identity in types:
        line = _with_rights(phrases.data_type(schema, identity), schema.facts[identity])
        items.append(_line("types", line + (phrases.comments_within(schema, identity) if view.full else "")))
    return items if view.chosen else items + _unchosen(view)


def _of_relation(identity: Identity) -> Item:
    def told(view: View) -> Relation:
        return relation(view, identity)

    return Item("views" if identity.kind.endswith("view") else "tables", identity.name, told, identity)


def _line(section: str, line: str) -> Item:
    def told(_: View) -> str:
        return line

    return Item(section, re.split(r": |\(| -- ", line, maxsplit=1)[0], told)


def _unchosen(view: View) -> list[Item]:
    schema = view.schema
    extensions = [identity for identity in schema.of("extension") if identity.name != "plpgsql"]
    lines = [("extensions", _extension(identity.name, schema.facts[identity], view.full)) for identity in extensions]
    if view.full:
        told = [(i, schema.facts[i]) for i in schema.of("sequence") if _is_told(schema.facts[i])]
        lines += [("sequences", _with_rights(phrases.sequence(i, facts), facts)) for i, facts in told]
        routines = [(i, schema.facts[i]) for i in schema.of(*ROUTINES)]
        lines += [("functions", _with_rights(phrases.routine(i, facts), facts)) for i, facts in routines]
        lines += [("other", line) for i in schema.facts for line in other(schema, i)]
    return [_line(section, line) for section, line in lines]


def _extension(name: str, facts: Attributes, full: bool) -> str:
    line = f"{name} {facts['version']}"
    return phrases.commented(line, facts) if full else line


def _is_told(sequence: Attributes) -> bool:
    """Whether there is more to say of a sequence than that it fills a column."""
    return not sequence.get("owned_by") or bool(phrases.sequence_options(sequence) or sequence.get("comment"))


def _with_rights(line: str, facts: Attributes) -> str:
    """The line with rights in brackets and the comment; the rights on a column's sequence stand with its table."""
    rights = [] if facts.get("owned_by") else phrases.grants(facts)
    return phrases.commented(f"{line} [{'; '.join(rights)}]" if rights else line, facts)
