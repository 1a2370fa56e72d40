"""Tables and foreign tables: created with their columns, attached, detached, altered in place, moved to a new shape."""

from server.model.migration import columns, not_null, types
from server.model.migration.columns import change_foreign_options, foreign_options
from server.model.migration.conversions import conversion
from server.model.migration.joining import let_go
from server.model.migration.privileges import resaid, rights_last, said
from server.model.migration.steps import Hazard
from server.model.migration.words import changed_options, options, pair, table_of
from server.model.migration.world import Draft, World, draft, parents_named, parents_of
from server.model.quoting import path, quote
from server.model.schema import Attributes, Identity, rows, text, texts

MOVING = frozenset({"partition_key"})
"""What no table can change: it is made anew, its rows are copied, the old one goes."""
ASIDE = "__before_migration"


def create(world: World, identity: Identity, deferred: frozenset[Identity]) -> list[Draft]:
    """The table with its columns. Partitions stand alone at first and are attached later; defaults and generated
    columns in `deferred` need something that needs the table.
    """
    after = world.after(identity)
    own = [c for c in world.target.parts(identity, "column") if _own(world, c, after)]
    lines = [
        "    " + line
        for column in own
        if not (column in deferred and world.after(column).get("generated"))
        and (line := _line(world, identity, column, default=column not in deferred))
    ]
    inherited = [column for column in world.target.parts(identity, "column") if column not in own]
    lines += [f"    {line}" for column in inherited if (line := not_null.beyond_parents(world, column))]
    words = ["CREATE"]
    if after.get("unlogged"):
        words.append("UNLOGGED")
    words.append(f"{'FOREIGN ' if identity.kind == 'foreign_table' else ''}TABLE {table_of(identity)}")
    if after.get("of_type"):
        words.append(f"OF {text(after, 'of_type')}")
    body = " (\n" + ",\n".join(lines) + "\n)" if lines else "" if after.get("of_type") else " ()"
    drafts = [draft(" ".join(words) + body + _tail(after))]
    drafts += table_settings(identity, {}, after)
    for column in own:
        drafts += columns.settled(world, column)
    for column in inherited:
        drafts += _overrides(world, column)
    return rights_last([*drafts, *said(world, identity)])


def _line(world: World, table: Identity, column: Identity, *, default: bool) -> str:
    """A column of CREATE TABLE; '' where it is all that its table's type says."""
    after = world.after(column)
    name = f"{table.name}_{column.sub}_not_null" if table in world.moved else ""  # the old form still has its names
    if world.after(table).get("of_type"):
        return columns.beyond_type(after, column.sub, default=default, not_null_name=name)
    ups = [world.after(up) for up in parents_of(world.target, column)] if world.after(table).get("inherits") else []
    if after.get("generated") and any(up.get("generated") == after["generated"] for up in ups):
        after = {key: value for key, value in after.items() if key != "generated"}  # taken over, not to be said again
    if ups and not_null.as_parents_name_it(world, column):
        after = {key: value for key, value in after.items() if key != "not_null"}
    return columns.definition(after, column.sub, default=default, not_null_name=name)


def _own(world: World, column: Identity, table: Attributes) -> bool:
    """Whether CREATE TABLE lists it: columns from INHERITS come by themselves, those of a partition do not."""
    return not (world.after(column).get("inherited") and not table.get("partition_of"))


def _overrides(world: World, column: Identity) -> list[Draft]:
    """What an inherited column has of its own."""
    after = world.after(column)
    parent_default: list[object] = []
    for parent in rows(world.after(world.table(column) or column), "inherits"):
        twin = Identity("column", parent[0], parent[1], column.sub)
        parent_default.append(world.after(twin).get("default"))
    drafts: list[Draft] = []
    if after.get("default") not in parent_default:
        act = f"SET DEFAULT {text(after, 'default')}" if after.get("default") else "DROP DEFAULT"
        drafts.append(draft(f"ALTER TABLE ONLY {table_of(column)} ALTER COLUMN {quote(column.sub)} {act}"))
    if after.get("not_null") and not not_null.is_inherited(world, column):
        drafts += not_null.set_on(world, column)
    return drafts + columns.settled(world, column)


def _tail(after: Attributes) -> str:
    words: list[str] = []
    if after.get("inherits"):
        words.append(f"INHERITS ({', '.join(path(*parent) for parent in rows(after, 'inherits'))})")
    if after.get("partition_key"):
        words.append(f"PARTITION BY {text(after, 'partition_key')}")
    if after.get("server"):
        words.append(f"SERVER {quote(text(after, 'server'))}")
        if after.get("foreign_options"):
            words.append(f"OPTIONS ({foreign_options(texts(after, 'foreign_options'))})")
    if after.get("access_method"):
        words.append(f"USING {quote(text(after, 'access_method'))}")
    with_ = [*texts(after, "options"), *(f"toast.{o}" for o in texts(after, "toast_options"))]
    if with_:
        words.append(f"WITH ({options(with_)})")
    if after.get("tablespace"):
        words.append(f"TABLESPACE {quote(text(after, 'tablespace'))}")
    return "".join(f"\n{word}" for word in words)


def table_settings(identity: Identity, before: Attributes, after: Attributes) -> list[Draft]:
    """Row-level security; replica identity comes with `finish`, after the indexes."""
    drafts: list[Draft] = []
    for name, words in (("row_security", "ROW LEVEL SECURITY"), ("force_row_security", "FORCE ROW LEVEL SECURITY")):
        if before.get(name) != after.get(name):
            act = "ENABLE" if after.get(name) else "DISABLE"
            if name == "force_row_security":
                act = "" if after.get(name) else "NO"
            drafts.append(_alter(identity, f"{act} {words}".strip()))
    return drafts


def _alter(identity: Identity, act: str, reason: str = "") -> Draft:
    return draft(f"ALTER TABLE {table_of(identity)} {act}", reason=reason)


def drop(world: World, identity: Identity) -> list[Draft]:
    if identity.kind == "foreign_table":
        return [draft(f"DROP FOREIGN TABLE {table_of(identity)}")]
    if identity in world.moved:
        old = path(identity.schema, identity.name + ASIDE)
        reason = "the table in its old shape; its rows were copied, except for columns that are gone"
        return [draft(f"DROP TABLE {old}", "data_loss", reason=reason)]
    return [draft(f"DROP TABLE {table_of(identity)}", "data_loss", reason="the rows of this table are lost")]


def release(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    """Leaves the parents, or the type, that it no longer has."""
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if "of_type" in changed and before.get("of_type"):
        drafts.append(_alter(identity, "NOT OF"))
    if changed & {"partition_of", "partition_bound"} and before.get("partition_of"):
        drafts.append(draft(f"ALTER TABLE {pair(before, 'partition_of')} DETACH PARTITION {table_of(identity)}"))
    if "inherits" in changed:
        drafts += [
            _alter(identity, f"NO INHERIT {path(*parent)}")
            for parent in rows(before, "inherits")
            if parent not in rows(after, "inherits")
        ]
    return drafts


def attach(world: World, identity: Identity, changed: frozenset[str], *, new: bool) -> list[Draft]:
    """Joins its new parents: a partition when its own indexes and checks are there."""
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if after.get("partition_of") and (new or changed & {"partition_of", "partition_bound"}):
        bound = text(after, "partition_bound")
        rebound = any(before.get(name) != after.get(name) for name in ("partition_of", "partition_bound"))
        reason = "its rows must fit" if not new or (identity in world.source.facts and rebound) else ""
        if default := _default_beside(world, identity):
            also = f"fails where the default partition {table_of(default)} holds rows of its bounds"
            reason = f"{reason}; {also}" if reason else also
        hazards: list[Hazard] = ["may_fail_on_data"] if reason else []
        sql = f"ALTER TABLE {pair(after, 'partition_of')} ATTACH PARTITION {table_of(identity)} {bound}"
        drafts.append(Draft(sql, frozenset(hazards), reason))
    if "inherits" in changed and not new:
        drafts += [
            _alter(identity, f"INHERIT {path(*parent)}")
            for parent in rows(after, "inherits")
            if parent not in rows(before, "inherits")
        ]
        drafts += let_go(world, identity)
    return drafts


def _default_beside(world: World, partition: Identity) -> Identity | None:
    """The default partition, a table that is there already, of what a partition is attached to."""
    up = texts(world.after(partition), "partition_of")
    for mate in world.target.children[up[0], up[1]]:
        if world.after(mate).get("partition_bound") == "DEFAULT" and mate in world.source.facts and mate != partition:
            return mate
    return None


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft]:
    before, after = world.before(identity), world.after(identity)
    drafts: list[Draft] = []
    if "unlogged" in changed:
        act = "SET UNLOGGED" if after.get("unlogged") else "SET LOGGED"
        drafts.append(_alter(identity, act, "rewrites the table"))
    if "access_method" in changed:
        none = "DEFAULT" if after.get("partition_key") else "heap"  # of a partitioned table: none at all
        method = quote(text(after, "access_method")) if after.get("access_method") else none
        drafts.append(_alter(identity, f"SET ACCESS METHOD {method}"))
    if "tablespace" in changed:
        drafts.append(_alter(identity, f"SET TABLESPACE {quote(text(after, 'tablespace') or 'pg_default')}"))
    drafts += _options(identity, before, after, "options", "")
    drafts += table_settings(identity, before, after)
    if "foreign_options" in changed:
        drafts.append(_alter(identity, change_foreign_options(before, after, "foreign_options")))
    return drafts + resaid(world, identity, changed)


def _options(identity: Identity, before: Attributes, after: Attributes, name: str, prefix: str) -> list[Draft]:
    new, gone = changed_options(texts(before, name), texts(after, name))
    drafts = [_alter(identity, f"SET ({options(prefix + value for value in new)})")] if new else []
    return drafts + ([_alter(identity, f"RESET ({options(prefix + value for value in gone)})")] if gone else [])


def finish(world: World, identity: Identity, *, again: bool) -> list[Draft]:
    """The replica identity, once its index is there; its type, once its columns are those; options for values stored
    apart, once a column may have such.
    """
    before, after = world.before(identity), world.after(identity)
    drafts = [] if again or identity.kind != "table" else _options(identity, before, after, "toast_options", "toast.")
    if not again and after.get("of_type") and before.get("of_type") != after["of_type"]:
        drafts.append(_alter(identity, f"OF {text(after, 'of_type')}"))
    return drafts + _identified(world, identity, before, after, again=again)


def _identified(world: World, identity: Identity, before: Attributes, after: Attributes, *, again: bool) -> list[Draft]:
    lost = loses_replica_identity(world, identity)
    if not again and not lost and before.get("replica_identity") == after.get("replica_identity"):
        return []
    wanted = text(after, "replica_identity")
    if not wanted and not before.get("replica_identity"):
        return []
    words = f"USING {wanted}" if wanted.startswith("INDEX ") else wanted or "DEFAULT"
    return [_alter(identity, f"REPLICA IDENTITY {words}")]


def loses_replica_identity(world: World, identity: Identity) -> bool:
    """Whether the index that tells its rows apart is made anew."""
    word, _, name = text(world.before(identity), "replica_identity").partition("INDEX ")
    return not word and any(
        part in world.dropped and quote(part.sub if part.kind == "constraint" else part.name) == name
        for part in world.source.parts(identity, "index", "constraint")
    )


# A new shape --------------------------------------------------------------------------------------------------------


def detach(world: World, identity: Identity) -> list[Draft]:
    """Before it is set aside: it is no partition any more of a parent that stays, or that is not to have its rows."""
    before = world.before(identity)
    up = world.source.relation(*parents_named(before)[0]) if before.get("partition_of") else None
    if up is None or not (world.kept(up) or parents_named(before)[0] not in parents_named(world.after(identity))):
        return []
    return [draft(f"ALTER TABLE {pair(before, 'partition_of')} DETACH PARTITION {table_of(identity)}")]


def aside(_world: World, identity: Identity) -> list[Draft]:
    """Makes room for the table in its new shape."""
    new = quote(identity.name + ASIDE)
    return [draft(f"ALTER TABLE {table_of(identity)} RENAME TO {new}", reason="its shape cannot be changed in place")]


def copy(world: World, identity: Identity) -> list[Draft]:
    """The rows of the table set aside, and the positions of its identities."""
    shared = [
        column
        for column in world.target.parts(identity, "column")
        if column in world.source.facts and not world.after(column).get("generated")
    ]
    old = path(identity.schema, identity.name + ASIDE)
    wanted = ", ".join(quote(column.sub) for column in shared)
    always = any(world.after(column).get("identity") == "always" for column in shared)
    values = ", ".join(_value(world, column) for column in shared)
    overriding = " OVERRIDING SYSTEM VALUE" if always else ""
    if not shared:
        return []
    drafts = [
        draft(
            " ".join((f"INSERT INTO {table_of(identity)} ({wanted}){overriding}", f"SELECT {values}", f"FROM {old}")),
            "may_fail_on_data",
            "table_rewrite",
            reason="copies the rows; fails where a row fits no partition",
        )
    ]
    identities = [column for column in shared if world.after(column).get("identity")]
    return drafts + [columns.continue_identity(column, world.after(column)) for column in identities]


def _value(world: World, column: Identity) -> str:
    old, new, name = text(world.before(column), "type"), text(world.after(column), "type"), quote(column.sub)
    made_anew = types.moved(world, new) is not None
    bottom = types.bottom(world.target, new)
    return (conversion(old, new, name, by_text=made_anew, bottom=bottom) or name) if old != new or made_anew else name
