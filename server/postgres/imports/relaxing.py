"""Takes foreign keys and indexes out of the way of a load and puts them back, all inside its one transaction.

A foreign key that is added again is validated over the whole table, set-wise: nothing is ever left off or unchecked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from server.model.amounts import several
from server.model.imports.loaded import Loaded
from server.model.imports.plan import ImportRequest, TablePlan
from server.model.inspection.shown_schema import partitions_of
from server.model.schema import Identity, Schema
from server.model.schema_keys import foreign_keys
from server.postgres.databases import Connection
from server.postgres.relations import relation, written

MANY_ROWS = 5_000
INDEX_ROWS = 50_000


@dataclass(frozen=True)
class Sizes:
    """Rows that come to a table and rows that are there, as far as is known before loading."""

    coming: int
    there: int


@dataclass(frozen=True)
class Relaxed:
    """What stands aside during the load."""

    keys: tuple[Identity, ...] = ()
    deferred: tuple[Identity, ...] = ()
    indexes: tuple[Identity, ...] = ()
    triggers: tuple[Identity, ...] = ()
    stuck: tuple[Identity, ...] = ()
    """Foreign keys that would have to stand aside, and cannot: the role does not own their table."""


def choose(
    request: ImportRequest,
    plans: Sequence[TablePlan],
    target: Schema,
    owned: Iterable[Identity],
    sizes: Mapping[Identity, Sizes],
    *,
    by_statement: bool,
) -> Relaxed:
    """What should stand aside. `plans` in the order of loading; `sizes` of their tables, and of those that partitions
    among them belong to; `by_statement`: one table's rows come in many.
    """
    loaded = Loaded((plan.identity for plan in plans), target)
    own = set(owned)
    keys: list[Identity] = []
    deferred: list[Identity] = []
    stuck: list[Identity] = []
    for key, parent in foreign_keys(target):
        child = Identity("table", key.schema, key.name)
        attributes = target.facts[key]
        if attributes.get("not_enforced") or attributes.get("not_valid") or attributes.get("inherited"):
            continue
        referring, referred = loaded.places(loaded.bringing(child)), loaded.places(loaded.bringing(parent))
        # TRUNCATE takes no table to which one refers that is not emptied by its own name or that of a table above it
        outside = request.mode == "replace" and referred and not loaded.holds(child)
        late = _comes_late(referring, referred, by_statement=by_statement)
        if outside or late:
            if late and not outside and attributes.get("deferrable"):
                deferred.append(key)
            elif child in own:
                keys.append(key)
            else:
                stuck.append(key)
        elif referring and child in own and not attributes.get("deferrable") and _worth_it(sizes[target.whole(child)]):
            keys.append(key)
    indexes = _indexes(request, plans, target, own, sizes)
    triggers = () if request.run_triggers else _triggers(plans, target)
    return Relaxed(tuple(keys), tuple(deferred), tuple(indexes), triggers, tuple(stuck))


def _comes_late(referring: Sequence[int], referred: Sequence[int], *, by_statement: bool) -> bool:
    """Whether rows may come before those that they refer to, by the places of their tables in the order of loading."""
    if not referring or not referred:
        return False
    return max(referred) > min(referring) or (by_statement and not set(referring).isdisjoint(referred))


def _worth_it(sizes: Sizes) -> bool:
    """Checking all rows at once costs about a tenth of checking each new one by itself."""
    return sizes.coming >= MANY_ROWS and sizes.coming * 9 >= sizes.there


def _indexes(
    request: ImportRequest,
    plans: Sequence[TablePlan],
    target: Schema,
    own: set[Identity],
    sizes: Mapping[Identity, Sizes],
) -> list[Identity]:
    """Plain indexes of big loads into empty tables."""
    if request.defer_indexes == "never":
        return []
    chosen: list[Identity] = []
    for plan in plans:
        known = sizes.get(plan.identity)
        empty = request.mode == "replace" or (known is not None and known.there == 0)
        if plan.identity not in own or known is None or known.coming < INDEX_ROWS or not empty or plan.partitioned:
            continue
        for index in target.parts(plan.identity, "index"):
            special = {"unique", "invalid", "clustered", "parent_index", "statistics", "tablespace"}
            replica = str(target.facts[plan.identity].get("replica_identity", "")).startswith("INDEX")
            if not special & target.facts[index].keys() and not replica:
                chosen.append(index)
    return chosen


def _triggers(plans: Sequence[TablePlan], target: Schema) -> tuple[Identity, ...]:
    """Those that rows of the tables may fire: also of the tables that a partition belongs to, and of partitions."""
    concerned = dict.fromkeys(
        table for plan in plans for table in (*target.upward(plan.identity), *partitions_of(target, plan.identity))
    )
    return tuple(
        trigger
        for table in concerned
        for trigger in target.parts(table, "trigger")
        if target.facts[trigger].get("enabled") not in ("disabled", "replica")
    )


def hazards_of(relaxed: Relaxed) -> list[str]:
    """What it means for others, in the words of the answer."""
    said: list[str] = []
    if relaxed.keys:
        names = ", ".join(key.sub for key in relaxed.keys[:10]) + (" …" if len(relaxed.keys) > 10 else "")
        said.append(
            f"blocking_lock: {several(len(relaxed.keys), 'foreign key')} ({names}) dropped and added again inside the"
            " transaction; their tables were locked against reading meanwhile"
        )
    if relaxed.indexes:
        said.append(f"blocking_lock: {several(len(relaxed.indexes), 'index', 'indexes')} built again")
    if relaxed.triggers:
        said.append(f"triggers_off: {several(len(relaxed.triggers), 'trigger')} did not run (run_triggers = false)")
    return said


def stand_aside(connection: Connection, relaxed: Relaxed) -> None:
    """Drops the keys and indexes, defers what can be deferred, disables the triggers."""
    for key in relaxed.deferred:
        connection.execute(sql.SQL("SET CONSTRAINTS {} DEFERRED").format(sql.Identifier(key.schema, key.sub)))
    for key in relaxed.keys:
        words = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        connection.execute(words.format(relation(key), sql.Identifier(key.sub)))
    for index in relaxed.indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(relation(index)))
    for trigger in relaxed.triggers:
        words = sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}")
        connection.execute(words.format(relation(trigger), sql.Identifier(trigger.sub)))
    if relaxed.keys or relaxed.indexes:
        connection.execute(
            "SELECT pg_catalog.set_config('maintenance_work_mem', '256MB', true)"
            " WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) < 268435456"
        )


def put_back_indexes(connection: Connection, relaxed: Relaxed, target: Schema) -> None:
    """Has deferred constraints checked, and builds the dropped indexes again, with their comments."""
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for index in relaxed.indexes:
        attributes = target.facts[index]
        connection.execute(written(attributes["definition"]))
        _comment(connection, sql.SQL("INDEX {}").format(relation(index)), attributes.get("comment"))


def put_back_keys(connection: Connection, relaxed: Relaxed, target: Schema) -> None:
    """Adds the foreign keys again, which checks every row; enables the triggers as they were."""
    for key in relaxed.keys:
        attributes = target.facts[key]
        table, name = relation(key), sql.Identifier(key.sub)
        words = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
        connection.execute(words.format(table, name, written(attributes["definition"])))
        _comment(connection, sql.SQL("CONSTRAINT {} ON {}").format(name, table), attributes.get("comment"))
    for trigger in relaxed.triggers:
        always = sql.SQL("ALWAYS " if target.facts[trigger].get("enabled") == "always" else "")
        words = sql.SQL("ALTER TABLE {} ENABLE {}TRIGGER {}")
        connection.execute(words.format(relation(trigger), always, sql.Identifier(trigger.sub)))


def _comment(connection: Connection, on: sql.Composable, comment: object) -> None:
    if comment is not None:
        connection.execute(sql.SQL("COMMENT ON {} IS {}").format(on, sql.Literal(str(comment))))
