"""Constraints and indexes: made and dropped as their definitions say, attached to those of partitioned tables."""

import re

from server.model.migration.joining import check_of_child
from server.model.migration.privileges import resaid, said
from server.model.migration.steps import Hazard
from server.model.migration.words import changed_options, options, pair, table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal, path, quote
from server.model.schema import Attributes, Identity, text, texts

_WITH = re.compile(r" WITH \([^()]*\)| TABLESPACE \S+")
_INDEXED = ("primary key", "unique", "exclusion")
_DATA = {
    "primary key": "fails on duplicates and NULLs", "unique": "fails on duplicates",
    "exclusion": "fails on conflicting rows", "check": "fails on rows that do not satisfy it",
    "foreign key": "fails on rows without their parent",
}  # fmt: skip
_LOOSE = frozenset({
    "comment", "index_comment", "security_labels", "clustered", "statistics", "index_invalid", "invalid", "tablespace",
    "options", "parent_index", "key_columns", "inherited",
})  # fmt: skip


def indexed(attributes: Attributes) -> bool:
    return text(attributes, "type") in _INDEXED


# Constraints --------------------------------------------------------------------------------------------------------


def create_constraint(world: World, identity: Identity, *, new_table: bool) -> list[Draft]:
    after = world.after(identity)
    kind = text(after, "type")
    only = "ONLY " if kind in _INDEXED and _partitioned(world, identity) else ""
    sql = f"ALTER TABLE {only}{table_of(identity)} ADD CONSTRAINT {quote(identity.sub)} {_definition(after)}"
    loose = new_table or after.get("not_valid") or after.get("not_enforced")
    if not loose and world.concurrent_indexes and _can_wait(world, identity):
        validate = f"ALTER TABLE {table_of(identity)} VALIDATE CONSTRAINT {quote(identity.sub)}"
        proved = Draft(validate, frozenset({"may_fail_on_data"}), _DATA[kind], apart=True)
        return [draft(f"{sql} NOT VALID"), *_constraint_said(world, identity, after), proved]
    drafts = [draft(sql) if loose else draft(sql, "may_fail_on_data", reason=_DATA[kind])]
    return drafts + _constraint_said(world, identity, after)


_LATE = re.compile(r"(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?$")


def _definition(after: Attributes) -> str:
    """With the options of the index of a key; an exclusion constraint's own definition has them."""
    definition = text(after, "definition")
    if text(after, "type") not in _INDEXED[:2]:
        return definition
    return _LATE.sub(lambda found: text(after, "index_definition") + found[0], definition, count=1)


def _can_wait(world: World, identity: Identity) -> bool:
    """Whether it may stand unproved at first: a check, or a foreign key of a table without partitions."""
    table, kind = world.table(identity), text(world.after(identity), "type")
    free = kind == "check" or (kind == "foreign key" and not _partitioned(world, identity))
    return free and table is not None and world.stays_put(table)


def _constraint_said(world: World, identity: Identity, after: Attributes) -> list[Draft]:
    drafts = said(world, identity)
    if after.get("index_comment"):
        drafts.append(_comment_index(identity, after))
    if after.get("clustered"):
        drafts.append(draft(f"ALTER TABLE {table_of(identity)} CLUSTER ON {quote(identity.sub)}"))
    return drafts


def _comment_index(identity: Identity, after: Attributes) -> Draft:
    value = text(after, "index_comment")
    index = path(identity.schema, identity.sub)
    return draft(f"COMMENT ON INDEX {index} IS {literal(value) if value else 'NULL'}")


def _partitioned(world: World, identity: Identity) -> bool:
    table = world.table(identity)
    return bool(table and world.after(table).get("partition_key"))


def drop_constraint(world: World, identity: Identity) -> list[Draft]:
    only = "ONLY " if world.heirs(identity) else ""
    return [draft(f"ALTER TABLE {only}{table_of(identity)} DROP CONSTRAINT {quote(identity.sub)}")]


def alter_constraint(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    """In place: what is said about it, validity, deferrability of a foreign key. None: make it anew."""
    before, after = world.before(identity), world.after(identity)
    hard = changed - _LOOSE
    drafts: list[Draft] = []
    if hard and hard <= {"not_valid", "definition"} and before.get("not_valid"):
        sql = f"ALTER TABLE {table_of(identity)} VALIDATE CONSTRAINT {quote(identity.sub)}"
        drafts.append(draft(sql, "may_fail_on_data", reason=_DATA[text(after, "type")]))
    elif hard and hard <= {"deferrable", "initially_deferred", "definition"} and after.get("type") == "foreign key":
        words = "DEFERRABLE" if after.get("deferrable") else "NOT DEFERRABLE"
        words += " INITIALLY DEFERRED" if after.get("initially_deferred") else ""
        drafts.append(draft(f"ALTER TABLE {table_of(identity)} ALTER CONSTRAINT {quote(identity.sub)} {words}"))
    elif hard - set(_DEFINITIONS) or (hard and any(_bare(before, name) != _bare(after, name) for name in _DEFINITIONS)):
        return None
    elif hard:
        drafts += _index_options(path(identity.schema, identity.sub), _with(before), _with(after))
    if before.get("parent_index") and before.get("parent_index") != after.get("parent_index"):
        return None
    if "inherited" in changed and after.get("type") == "check":
        merged = check_of_child(world, identity)
        if merged is None:
            return None
        drafts += merged
    if "index_comment" in changed:
        drafts.append(_comment_index(identity, after))
    if "clustered" in changed:
        drafts += _recluster(world, identity, identity.sub, after)
    return drafts + resaid(world, identity, changed)


_DEFINITIONS = ("definition", "index_definition")


def _bare(attributes: Attributes, name: str) -> str:
    """A definition without the storage options of its index, which alone can change in place."""
    return _WITH.sub("", text(attributes, name))


def _with(attributes: Attributes) -> tuple[str, ...]:
    found = re.search(r" WITH \(([^()]*)\)", text(attributes, "index_definition"))
    return tuple(part.replace("'", "") for part in found[1].split(", ")) if found else ()


def _index_options(index: str, before: tuple[str, ...], after: tuple[str, ...]) -> list[Draft]:
    new, gone = changed_options(before, after)
    drafts = [draft(f"ALTER INDEX {index} SET ({options(new)})")] if new else []
    return drafts + ([draft(f"ALTER INDEX {index} RESET ({options(gone)})")] if gone else [])


def _recluster(world: World, part: Identity, index: str, after: Attributes) -> list[Draft]:
    """Marks or unmarks it; marking another does the latter as well."""
    table = world.table(part)
    here = table_of(table or part)
    if after.get("clustered"):
        return [draft(f"ALTER TABLE {here} CLUSTER ON {quote(index)}")]
    others = world.target.parts(table, "index", "constraint") if table else ()
    if any(world.after(other).get("clustered") for other in others):
        return []
    return [draft(f"ALTER TABLE {here} SET WITHOUT CLUSTER")]


# Indexes ------------------------------------------------------------------------------------------------------------


def create_index(world: World, identity: Identity, *, at_once: bool = False) -> list[Draft]:
    """`at_once`: something of the transaction waits for it to be there."""
    after = world.after(identity)
    table = world.table(identity)
    sql = text(after, "definition")
    hazards: list[Hazard] = ["may_fail_on_data"] if after.get("unique") else []
    reason = "fails on duplicates" if hazards else ""
    apart = _goes_apart(world, table, after) and not at_once
    if apart:
        sql = re.sub(r"^CREATE (UNIQUE )?INDEX ", r"CREATE \1INDEX CONCURRENTLY ", sql)
    made = Draft(sql, frozenset(hazards), reason, apart)
    drafts = [made, *_index_settings(world, identity, {}, after), *said(world, identity)]
    return [Draft(d.sql, d.hazards, d.reason, True) for d in drafts] if apart else drafts


def _goes_apart(world: World, table: Identity | None, index: Attributes) -> bool:
    """Whether an index may be made or dropped without blocking writes."""
    if not world.concurrent_indexes or table is None or table.kind != "table" or not world.kept(table):
        return False
    return not world.after(table).get("partition_key") and not index.get("parent_index")


def drop_index(world: World, identity: Identity, *, at_once: bool = False) -> list[Draft]:
    """`at_once`: something of the transaction waits for it to be gone."""
    table = world.table(identity, world.source)
    before = world.before(identity)
    # pg_dump leaves an invalid index out, and so does the copy on which a plan is proved
    there = "IF EXISTS " if before.get("invalid") else ""
    if _goes_apart(world, table, before) and identity not in world.target.facts and not at_once:
        return [Draft(f"DROP INDEX CONCURRENTLY {there}{table_of(identity)}", apart=True)]
    return [draft(f"DROP INDEX {there}{table_of(identity)}")]


def alter_index(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    before, after = world.before(identity), world.after(identity)
    hard = changed - _LOOSE - {"definition"}
    if hard or _bare(before, "definition") != _bare(after, "definition"):
        return None
    if before.get("parent_index") and before.get("parent_index") != after.get("parent_index"):
        return None
    if before.get("invalid") and not after.get("invalid") and not _partitioned_index(world, identity):
        return None
    return [*_index_settings(world, identity, before, after), *resaid(world, identity, changed)]


def _partitioned_index(world: World, identity: Identity) -> bool:
    table = world.table(identity)
    return bool(table and world.after(table).get("partition_key"))


def _index_settings(world: World, identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    drafts: list[Draft] = []
    here = table_of(identity)
    if before:
        drafts += _index_options(here, texts(before, "options"), texts(after, "options"))
        if before.get("tablespace") != after.get("tablespace"):
            drafts.append(
                draft(f"ALTER INDEX {here} SET TABLESPACE {quote(text(after, 'tablespace') or 'pg_default')}")
            )
    if before.get("statistics") != after.get("statistics"):
        drafts += set_targets(identity, after, texts(before, "statistics"))
    if bool(before.get("clustered")) != bool(after.get("clustered")):
        drafts += _recluster(world, identity, identity.name, after)
    return drafts


def set_targets(identity: Identity, after: Attributes, before: tuple[str, ...] = ()) -> list[Draft]:
    """How much ANALYZE looks at for its columns, where that is another than `before`."""
    old = dict(value.split(":") for value in before)
    new = dict(value.split(":") for value in texts(after, "statistics"))
    return [
        draft(f"ALTER INDEX {table_of(identity)} ALTER COLUMN {column} SET STATISTICS {new.get(column, '-1')}")
        for column in sorted(old.keys() | new.keys(), key=int)
        if old.get(column) != new.get(column)
    ]


def attach_index(world: World, identity: Identity) -> list[Draft]:
    """Makes a partition's index part of the parent's."""
    after = world.after(identity)
    name = identity.sub if identity.kind == "constraint" else identity.name
    return [draft(f"ALTER INDEX {pair(after, 'parent_index')} ATTACH PARTITION {path(identity.schema, name)}")]
