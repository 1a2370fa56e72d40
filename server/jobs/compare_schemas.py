"""Compares two schemas, of databases or files: what takes the source to the target, and what that means."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from server.calls import Call
from server.errors import Refused, did_you_mean
from server.model.amounts import several
from server.model.comparison.difference import Difference, Scope, container, differences, fold, unlike
from server.model.comparison.meaning import meaning
from server.model.comparison.renames import possible_renames
from server.model.comparison.reports import Detail, SchemaComparison, counted, entry, renamed
from server.model.migration.words import spec
from server.model.paging import BUDGET, cost, page
from server.model.patterns import choose, matcher
from server.model.schema import RELATIONS, Identity, Schema
from server.model.versions import major_of
from server.postgres.schemas.spelling import spelled_alike
from server.services import Services
from server.sides import ONE_DATABASE, Fill, Side, Source, find_source, outlined_side, read_side, told

_ORDER = "column_order"
"""What `kinds` may name beside kinds of objects: the order of columns, which else counts as no difference."""
_TEXT = {"summary": 0, "differences": 200, "full": 4000}
"""How long a value may be in an answer."""


def compare_schemas(
    services: Services,
    call: Call,
    *,
    source: str,
    target: str,
    tables: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    detail: Detail = "differences",
    cursor: str | None = None,
    owners: bool = False,
    urls: bool = False,
) -> SchemaComparison:
    """One page of what takes `source` to `target`; each is a database's name or a path. `urls`: or a connection URL."""
    ordered = _ORDER in (kinds or ())
    found = find_source(services, source, urls=urls), find_source(services, target, urls=urls)
    call.progress(0, None, "reading both schemas")
    sides = _read_both(services, call, *found, in_full=ordered)
    before, after = sides[0].schema, sides[1].schema
    scope = _scope(sides, owners=owners, tables=tables, column_order=ordered)
    same = before.facts == after.facts
    raw = [] if same else differences(before, after, scope)
    found = raw if detail == "full" else fold(before, after, raw)
    found = _of_kinds(found, (before, after), kinds)
    answer = _head(sides, found, raw)
    answer["not_compared"] = _not_compared(sides, scope, tables=tables, kinds=kinds, owners=owners)
    if not same and raw != differences(before, after, replace(scope, spelled_alike=None)):
        answer["not_compared"].append("how SQL that means the same is spelled (fingerprints and pg_dump tell it apart)")
    return _paged(answer, sides, found, detail, cursor)


def _read_both(services: Services, call: Call, source: Source, target: Source, *, in_full: bool) -> tuple[Side, Side]:
    """Both sides at the same time; files are loaded beside the other side's database.

    Unless `in_full`, the parts of relations are read only where their digests differ.
    """
    pairs = ((source, target), (target, source))
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=2, thread_name_prefix="side") as pool:

        def opened(side: Source, other: Source) -> tuple[Side, Fill]:
            return stack.enter_context(outlined_side(services, call, side, beside=other.database))

        if in_full:
            read = [pool.submit(read_side, services, call, side, beside=other.database) for side, other in pairs]
            return read[0].result(), read[1].result()
        (one, fill_one), (other, fill_other) = (side.result() for side in [pool.submit(opened, *p) for p in pairs])
        differing = unlike(one.schema, other.schema)
        filled = [pool.submit(fill, differing) for fill in (fill_one, fill_other)]
        return filled[0].result(), filled[1].result()


def _scope(sides: tuple[Side, Side], *, owners: bool, tables: Sequence[str] | None, column_order: bool) -> Scope:
    return Scope(
        owners=owners,
        column_order=column_order,
        grants=not any(side.without_grants for side in sides),
        majors_differ=len({major_of(side.schema.server_version) for side in sides}) > 1,
        wanted=_wanted(sides, tables) if tables is not None else None,
        spelled_alike=spelled_alike,
    )


def _wanted(sides: tuple[Side, Side], tables: Sequence[str]) -> Callable[[Identity], bool]:
    """Relations that match, and what is part of them on either side."""
    schemas = sides[0].schema, sides[1].schema
    choose(tables, {(i.schema, i.name): None for schema in schemas for i in schema.of(*RELATIONS)})
    matches = matcher(tables)

    def wanted(identity: Identity) -> bool:
        return any(_relation_matches(schema, identity, matches) for schema in schemas if identity in schema.facts)

    return wanted


def _relation_matches(schema: Schema, identity: Identity, matches: Callable[[tuple[str, str]], bool]) -> bool:
    holder: Identity | None = identity
    while holder is not None:
        if holder.kind in RELATIONS and matches((holder.schema, holder.name)):
            return True
        holder = container(schema, holder)
    return False


def _of_kinds(found: list[Difference], schemas: tuple[Schema, Schema], kinds: Sequence[str] | None) -> list[Difference]:
    if kinds is None:
        return found
    known = {identity.kind for schema in schemas for identity in schema.facts} | {*_KINDS, _ORDER}
    for kind in kinds:
        if kind not in known:
            what = f"There is no kind {kind!r}. {did_you_mean(kind, sorted(known))}"
            raise Refused("unknown_kind", what, next="Correct it, or leave out kinds: each difference names its kind.")
    return [d for d in found if d.identity.kind in kinds or (d.attribute == _ORDER and _ORDER in kinds)]


_KINDS = (
    "schema", "extension", "table", "view", "materialized_view", "foreign_table", "column", "constraint", "index",
    "sequence", "trigger", "policy", "rule", "function", "procedure", "aggregate", "enum", "domain", "composite",
    "range", "publication", "subscription", "event_trigger", "statistics", "default_privileges", "view_column",
    "attribute",
)  # fmt: skip


def _head(sides: tuple[Side, Side], found: list[Difference], raw: list[Difference]) -> dict[str, Any]:
    before, after = sides[0].schema, sides[1].schema
    return {
        "equal": not found,
        "same_database": _same(sides),
        "source": told(sides[0].source, sides[0].schema.server_version, sides[0].loaded_on),
        "target": told(sides[1].source, sides[1].schema.server_version, sides[1].loaded_on),
        "source_fingerprint": before.fingerprint,
        "target_fingerprint": after.fingerprint,
        "summary": counted(found),
        "breaking": sum(meaning(before, after, difference).breaking for difference in found),
        "possible_renames": [renamed(rename) for rename in possible_renames(before, after, fold(before, after, raw))],
    }


def _same(sides: tuple[Side, Side]) -> str | None:
    return f"{ONE_DATABASE}: this compares it with itself." if sides[0].place == sides[1].place else None


def _not_compared(
    sides: tuple[Side, Side],
    scope: Scope,
    *,
    tables: Sequence[str] | None,
    kinds: Sequence[str] | None,
    owners: bool,
) -> list[str]:
    """What the answer says nothing about."""
    told = [] if owners else ["owners"]
    if not scope.column_order:
        told.append('column order (kinds = ["column_order"] compares it)')
    if not scope.grants:
        told.append("grants (the files name roles that do not exist where they were loaded)")
    if scope.majors_differ:
        told.append("extension versions and names of NOT NULL constraints (the servers' majors differ)")
    if tables is not None:
        told.append("whatever belongs to no table that matches")
    if kinds is not None:
        told.append("other kinds")
    subscriptions = {each for side in sides for each in side.schema.of("subscription")}
    told += [f"the connection of subscription {each.name}" for each in sorted(subscriptions)]
    mappings = {each for side in sides for each in side.schema.of("user_mapping")}
    told += [f"the values of options of {spec(each)}" for each in sorted(mappings)]
    for side in sides:
        told += [f"{kind} {name} of {side.source.asked}" for kind, name in side.schema.not_covered[:20]]
    return told


def _paged(
    answer: dict[str, Any], sides: tuple[Side, Side], found: list[Difference], detail: Detail, cursor: str | None
) -> SchemaComparison:
    before, after = sides[0].schema, sides[1].schema
    answer["next"] = _next(sides, found)
    if detail == "summary":
        return SchemaComparison.model_validate(answer)
    entries = [
        entry(before, after, difference, meaning(before, after, difference), most=_TEXT[detail]) for difference in found
    ]
    budget = BUDGET + 1_000 - _size(SchemaComparison.model_validate(answer))
    mark = hashlib.sha256(f"{before.fingerprint}{after.fingerprint}{len(found)}{detail}".encode()).hexdigest()[:8]
    here = page([_size(item) for item in entries], cursor, mark, max(budget, 4_000))
    answer |= {"differences": entries[here.start : here.end], "next_cursor": here.next_cursor}
    if here.next_cursor:
        answer["left_out"] = f"{several(len(entries) - here.end, 'more difference')}: repeat the call with next_cursor."
    return SchemaComparison.model_validate(answer)


def _size(*reports: BaseModel) -> int:
    return sum(cost(report.model_dump(mode="json", by_alias=True)) for report in reports)


def _next(sides: tuple[Side, Side], found: list[Difference]) -> str | None:
    if not found:
        return None
    return f"plan_migration(source={sides[0].source.asked!r}, target={sides[1].source.asked!r}) writes the SQL."
