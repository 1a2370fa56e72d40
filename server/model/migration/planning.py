"""Plans: decides what becomes of every object, draws the acts, orders them, and spells their statements."""

import re
from collections.abc import Iterator

from server.model.migration import columns, subscriptions, types
from server.model.migration.acts import Drawing
from server.model.migration.changes import decide
from server.model.migration.fates import Changes
from server.model.migration.graph import Act, order
from server.model.migration.needs import Needs
from server.model.migration.others import SAID
from server.model.migration.rereading import read_alike
from server.model.migration.steps import NotPlanned, Phase, Plan, Step
from server.model.migration.world import World, parents_of
from server.model.quoting import literal
from server.model.schema import Identity, Schema


def plan(source: Schema, target: Schema, *, concurrent_indexes: bool = False) -> Plan:
    """The statements that make `source` equal to `target`; both must have been read with their dependencies."""
    world = World(source, target, concurrent_indexes)
    changes = decide(world)
    drawing = Drawing(changes)
    drawing.draw()
    Needs(drawing).link()
    drawing.index_in_time()
    return Plan(tuple(_steps(order(drawing.acts.values()), changes)), tuple(_not_planned(changes)))


def _not_planned(changes: Changes) -> Iterator[NotPlanned]:
    """What no statement does to an object that stays."""
    world = changes.world
    for subscription in world.target.of("subscription"):
        yield from subscriptions.by_hand(world, subscription, changes.changed.get(subscription, frozenset()))
    for identity, names in changes.changed.items():
        if identity.kind == "base_type" and identity not in changes.anew and names - SAID:
            yield NotPlanned(identity, "a base type cannot change while columns hold its values")
        if identity.kind in ("column", "constraint") and "inherited" in names and (table := world.table(identity)):
            yield from _not_inherited(changes, table, identity, names)
        if identity.kind == "table" and identity not in changes.anew and names & {"inherits", "partition_of"}:
            yield from _left_alone(changes, identity)


def _not_inherited(changes: Changes, table: Identity, part: Identity, names: frozenset[str]) -> Iterator[NotPlanned]:
    """A column or check of a child whose own it is to be, too, or no more."""
    world = changes.world
    if part.kind == "column" and columns.becomes_local(world, part, names) and _keeps_parents_own(world, table):
        yield NotPlanned(part, "its table gets only all of its parent's columns and checks as its own, or none")
    if world.after(part).get("inherited") and part not in changes.anew and world.after(table).get("inherits"):
        yield NotPlanned(part, f"a {part.kind} that its table has already cannot become its parent's alone")


def _left_alone(changes: Changes, table: Identity) -> Iterator[NotPlanned]:
    """What a table has from a parent that it leaves, and then from another's alone: leaving makes it its own."""
    world = changes.world
    for part in world.target.parts(table, "column", "constraint"):
        both = world.before(part).get("inherited") and world.after(part).get("inherited")
        ups = {up for up in parents_of(world.source, part) if not world.leaves(table, up)}
        if both and part not in changes.anew and world.after(table).get("inherits") and not ups:
            yield NotPlanned(part, f"a {part.kind} that its table has already cannot become another parent's alone")


def _keeps_parents_own(world: World, table: Identity) -> bool:
    parts = world.target.parts(table, "column", "constraint")
    return any(world.before(part).get("inherited") and world.after(part).get("inherited") for part in parts)


def _steps(acts: list[Act], changes: Changes) -> Iterator[Step]:
    early = _early_labels(acts, changes)
    found: dict[Phase, list[Step]] = {"before": [], "main": [], "after": []}
    for act in acts:
        for draft in act.drafts:
            sql = read_alike(_in_a_circle(act, draft.sql))
            phase: Phase = "before" if draft.sql in early else "after" if draft.apart else "main"
            reason = draft.reason or _REASONS.get(act.key[0], "")
            if reason == "made anew" and act.key[1] not in changes.anew:
                reason = ""
            found[phase].append(Step(sql, act.key[1], reason, draft.hazards, phase))
    for steps in found.values():
        yield from steps


_DROP_WORDS = re.compile(
    r"^DROP (MATERIALIZED VIEW|FOREIGN DATA WRAPPER|FOREIGN TABLE|EVENT TRIGGER|TEXT SEARCH [A-Z]+|OPERATOR CLASS"
    r"|OPERATOR FAMILY|USER MAPPING|ACCESS METHOD|[A-Z]+) "
)
_DROP_PART = re.compile(r"^ALTER TABLE (.*) DROP (CONSTRAINT|COLUMN) ")


def _in_a_circle(act: Act, sql: str) -> str:
    """What goes with CASCADE because a circle of dependencies has to be broken, and what may be gone by then."""
    if act.maybe_gone:
        sql = _DROP_PART.sub(r"ALTER TABLE IF EXISTS \1 DROP \2 IF EXISTS ", sql)
        sql = _DROP_WORDS.sub(r"DROP \1 IF EXISTS ", sql)
    return f"{sql} CASCADE" if act.cascades and sql.startswith(("DROP ", "ALTER TABLE")) else sql


_REASONS = {"drop": "made anew", "create": "made anew"}


def _early_labels(acts: list[Act], changes: Changes) -> set[str]:
    """New enum labels that later statements use: PostgreSQL wants these committed before."""
    texts_ = [draft.sql for act in acts for draft in act.drafts if not draft.sql.startswith("ALTER TYPE")]
    found: set[str] = set()
    for act in acts:
        if act.key[0] != "alter" or act.key[1].kind != "enum":
            continue
        world = changes.world
        for label in types.labels_added(world.before(act.key[1]), world.after(act.key[1])):
            if any(literal(label) in sql for sql in texts_):
                found |= {draft.sql for draft in act.drafts if " ADD VALUE " in draft.sql}
    return found
