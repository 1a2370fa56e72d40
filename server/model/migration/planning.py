"""Plans: what becomes of every object, as acts; what each act needs, as edges; and the statements in their order."""

import re
from collections.abc import Callable, Iterable, Iterator

from server.model.migration import (
    columns,
    indexes,
    others,
    parts,
    privileges,
    routines,
    sequences,
    tables,
    types,
    views,
)
from server.model.migration.changes import Changes, decide
from server.model.migration.graph import Act, Key, order
from server.model.migration.steps import Phase, Plan, Step
from server.model.migration.words import literal, text, texts
from server.model.migration.world import Draft, World, parents_of
from server.model.schema import Dependency, Identity, Schema

_IMPLIED = frozenset("aiPS")


def plan(source: Schema, target: Schema, *, concurrent_indexes: bool = False) -> Plan:
    """The statements that make `source` equal to `target`; both must have been read with their dependencies."""
    world = World(source, target, concurrent_indexes)
    changes = decide(world)
    drawing = _Drawing(changes)
    drawing.draw()
    return Plan(tuple(_steps(order(drawing.acts.values()), changes)))


def _steps(acts: list[Act], changes: Changes) -> Iterator[Step]:
    early = _early_labels(acts, changes)
    after: list[Step] = []
    for act in acts:
        for draft in act.drafts:
            sql = _in_a_circle(act, draft.sql)
            phase: Phase = "before" if draft.sql in early else "after" if draft.apart else "main"
            reason = draft.reason or _REASONS.get(act.key[0], "")
            if reason == "made anew" and act.key[1] not in changes.anew:
                reason = ""
            step = Step(sql, act.key[1], reason, draft.hazards, phase)
            if phase == "after":
                after.append(step)
            else:
                yield step
    yield from after


_DROP_WORDS = re.compile(r"^DROP ((?:MATERIALIZED |FOREIGN |EVENT )?[A-Z]+) ")


def _in_a_circle(act: Act, sql: str) -> str:
    """What goes with CASCADE because a circle of dependencies has to be broken, and what may be gone by then."""
    if act.cascades and sql.startswith(("DROP ", "ALTER TABLE")):
        return f"{sql} CASCADE"
    return _DROP_WORDS.sub(r"DROP \1 IF EXISTS ", sql) if act.maybe_gone else sql


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


class _Drawing:
    """Acts and what they need."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.world = changes.world
        self.acts: dict[Key, Act] = {}
        self.deferred: set[Identity] = set()
        self.carried: dict[Identity, Identity] = {}
        self.fills: list[tuple[Key, Key]] = []

    def draw(self) -> None:
        self._defer()
        for identity in self.changes.removed | self.changes.anew:
            self._drop(identity)
        for identity in self.changes.added | self.changes.anew:
            self._create(identity)
        for identity, names in self.changes.changed.items():
            if identity not in self.changes.anew:
                self._alter(identity, names)
        for identity in (self.changes.again | self.world.retyped) - self.changes.changed.keys() - self.changes.anew:
            self._alter(identity, frozenset())
        for identity in self.changes.reattached - self.changes.changed.keys() - self.changes.anew:
            self._alter(identity, frozenset())
        self._owners()
        self._needs()

    def add(self, act: str, identity: Identity, drafts: Iterable[Draft], *, late: bool = False) -> None:
        """An act; one without statements stands only for its place in the order."""
        position = self.world.after(identity).get("position") or self.world.before(identity).get("position")
        known = int(position) if isinstance(position, int) else 0
        self.acts[act, identity] = Act((act, identity), list(drafts), late, known)

    # Acts ----------------------------------------------------------------------------------------------------------

    def _defer(self) -> None:
        """Columns of created tables whose default or expression needs something that needs their table."""
        made = self.changes.added | self.changes.anew
        for table in (t for t in made if t.kind in ("table", "foreign_table")):
            for column in self.world.target.parts(table, "column"):
                needed = [d.on for d in self.world.needs(column) if d.part == "default" or d.on.kind != "table"]
                if any(
                    self._reaches(on, table) for on in needed if on.kind in ("function", "view", "materialized_view")
                ):
                    self.deferred.add(column)

    def _reaches(self, start: Identity, end: Identity) -> bool:
        seen, todo = {start}, [start]
        while todo:
            for dependency in self.world.needs(todo.pop()):
                on = dependency.on
                if on == end or (on.kind == "column" and (on.schema, on.name) == (end.schema, end.name)):
                    return True
                if on not in seen:
                    seen.add(on)
                    todo.append(on)
        return False

    def _drop(self, identity: Identity) -> None:
        if identity.kind == "default_privileges":
            self._default_privileges(identity)
            return
        drafts: list[Draft] = []
        if (carrier := self._carrier(identity)) is not None:
            self.carried[identity] = carrier
        else:
            drafts = _rule(_DROP, identity, others.drop)(self.world, identity)
        self.add("drop", identity, drafts)
        if identity in self.changes.moved:
            self._aside(identity)

    def _carrier(self, identity: Identity) -> Identity | None:
        """What takes it along when it is dropped; None if it has to be dropped by itself."""
        world, gone = self.world, self.world.dropped
        table = world.table(identity, world.source) if identity.kind == "column" else None
        if table in gone:
            return table
        if (identity.kind == "sequence" and identity in world.target.facts) or self._in_the_way(identity):
            return None
        for d in self._needed_in_source.get(identity, ()):
            if d.kind in _IMPLIED and d.on in gone and not {d.on, self._holder(d.on) or d.on} & world.moved:
                return d.on
        return None

    def _in_the_way(self, identity: Identity) -> bool:
        """A foreign key between two tables that both go, each needing the other."""
        if identity.kind != "constraint" or self.world.before(identity).get("type") != "foreign key":
            return False
        other = texts(self.world.before(identity), "references")
        return (identity.schema, identity.name) != other

    @property
    def _needed_in_source(self) -> dict[Identity, list[Dependency]]:
        if not hasattr(self, "_needed"):
            self._needed: dict[Identity, list[Dependency]] = {}
            for found in self.world.source_dependents.values():
                for dependency in found:
                    self._needed.setdefault(dependency.dependent, []).append(dependency)
        return self._needed

    def _aside(self, identity: Identity) -> None:
        if identity.kind == "table":
            drafts: list[Draft] = []
            for column in self.world.source.parts(identity, "column"):
                if self.world.before(column).get("identity"):
                    drafts.append(columns.without_identity(column))
            self.add("aside", identity, drafts + tables.aside(self.world, identity))
            self.add("copy", identity, tables.copy(self.world, identity))
        else:
            self.add("aside", identity, types.aside(self.world, identity))

    def _create(self, identity: Identity) -> None:
        world = self.world
        if identity.kind == "default_privileges":
            self._default_privileges(identity)
        elif identity.kind in ("table", "foreign_table"):
            self.add("create", identity, tables.create(world, identity, frozenset(self.deferred)))
            self.add("attach", identity, tables.attach(world, identity, frozenset(), new=True))
            self.add("finish", identity, tables.finish(world, identity, again=True))
        elif identity.kind == "column":
            self._create_column(identity)
        elif identity.kind == "constraint":
            self._create_constraint(identity)
        elif identity.kind in ("view_column", "attribute"):
            pass  # with what they belong to
        else:
            drafts = _rule(_CREATE, identity, others.create)(world, identity)
            self.add("create", identity, drafts, late=identity.kind == "materialized_view")
            if identity.kind == "sequence":
                self.add("own", identity, sequences.own(world, identity))
            if identity.kind in ("index",) and world.after(identity).get("parent_index"):
                self._attach_index(identity)
            if identity.kind == "materialized_view":
                drafts = [*views.fill(world, identity), *tables.finish(world, identity, again=True)]
                self.add("finish", identity, drafts, late=True)
                self.acts["finish", identity].position = 0 if self._spoken_of(identity) else 1
                for d in world.needs(identity):
                    if d.on.kind == "materialized_view":
                        self.fills.append((("finish", d.on), ("finish", identity)))

    def _spoken_of(self, view: Identity) -> bool:
        """Whether the body of a new function, which records no dependency, has its name."""
        return any(
            view.name in text(self.world.after(made), "body")
            for made in self.world.created
            if made.kind in ("function", "procedure")
        )

    def _create_column(self, identity: Identity) -> None:
        world = self.world
        if world.table(identity) in world.created:
            if identity in self.deferred:
                generated = world.after(identity).get("generated")
                drafts = columns.create(world, identity) if generated else columns.default(
                    world, identity, frozenset(), again=True
                )  # fmt: skip
                self.add("create" if generated else "default", identity, drafts)
            return
        if self._comes_along(identity):
            self.add("create", identity, privileges.said(world, identity))
            return
        self.add("create", identity, columns.create(world, identity))

    def _comes_along(self, identity: Identity) -> bool:
        """Whether it comes with its parent's, because its table is, and stays, a child."""
        world = self.world
        if not world.after(identity).get("inherited"):
            return False
        table = world.table(identity)
        if table is None:
            return False
        child = world.before(table) if world.kept(table) else world.after(table)
        if not world.kept(table) and world.after(table).get("partition_of"):
            return False
        twins = [twin for twin in parents_of(world.target, identity) if twin in world.created]
        up = {str(child.get("partition_of")), str(child.get("inherits"))}
        return any(any(f"'{t.schema}', '{t.name}'" in u for u in up) for t in twins) or (
            not world.kept(table) and bool(parents_of(world.target, identity))
        )

    def _create_constraint(self, identity: Identity) -> None:
        world = self.world
        after = world.after(identity)
        if self._comes_along(identity):
            self.add("create", identity, privileges.said(world, identity))
            return
        new_table = world.table(identity) in world.created
        drafts = indexes.create_constraint(world, identity, new_table=new_table)
        self.add("create", identity, drafts, late=after.get("type") == "foreign key")
        if after.get("parent_index"):
            self._attach_index(identity)

    def _attach_index(self, identity: Identity) -> None:
        self.add("attach", identity, indexes.attach_index(self.world, identity))

    def _default_privileges(self, identity: Identity) -> None:
        losing, gaining = privileges.change_default_privileges(self.world, identity)
        self.add("release", identity, losing)
        self.add("finish", identity, gaining)

    def _alter(self, identity: Identity, names: frozenset[str]) -> None:
        world, changes = self.world, self.changes
        if identity.kind == "default_privileges":
            self._default_privileges(identity)
        elif identity.kind == "column":
            again = identity in changes.again
            self.add("release", identity, columns.release(world, identity, names, again=again))
            self.add("alter", identity, columns.alter(world, identity, names))
            self.add("default", identity, columns.default(world, identity, names, again=again))
        elif identity.kind in ("table", "foreign_table"):
            if identity in changes.reattached:
                names |= {"partition_of", "inherits"}
            self.add("release", identity, tables.release(world, identity, names))
            self.add("alter", identity, changes.altered.get(identity, []))
            self.add("attach", identity, tables.attach(world, identity, names, new=False))
            self.add("finish", identity, tables.finish(world, identity, again=False))
        elif identity.kind == "sequence":
            if identity in changes.reattached:
                names |= {"owned_by"}
            self.add("release", identity, sequences.release(world, identity, names))
            self.add("alter", identity, sequences.alter(world, identity, names))
            if "owned_by" in names:
                self.add("own", identity, sequences.own(world, identity))
        else:
            self.add("alter", identity, changes.altered.get(identity, []))
            if "parent_index" in names and world.after(identity).get("parent_index"):
                self._attach_index(identity)
            if identity.kind == "materialized_view":
                self.add("finish", identity, tables.finish(world, identity, again=False))

    def _owners(self) -> None:
        world = self.world
        if not world.source.role or not world.target.role:
            return
        for identity in world.target.facts:
            owner = text(world.after(identity), "owner")
            if not owner:
                continue
            wanted = "" if owner == world.target.role else owner
            has = text(world.before(identity), "owner") if world.kept(identity) else world.source.role
            if ("" if has == world.source.role else has) == wanted:
                continue
            if identity.kind == "sequence" and world.after(identity).get("owned_by"):
                continue  # follows its table
            draft = privileges.own(identity, wanted or world.source.role)
            self.add("owner", identity, [draft] if draft else [])

    # Needs ---------------------------------------------------------------------------------------------------------

    def _needs(self) -> None:
        for key, act in self.acts.items():
            self._sequence_of_acts(key, act)
        for dependencies in self.world.target_needs.values():
            for d in dependencies:
                if not (d.dependent.kind == "sequence" and d.on.kind == "column"):
                    self._link(self._ready(d.on, d.dependent), self._starts(d.dependent, d.part))
                else:
                    self._link(self._ready(d.on, d.dependent), [("own", d.dependent)])
        for on, dependencies in self.world.source_dependents.items():
            for d in dependencies:
                self._release(d.dependent, d.part, on)
        for first, second in self.fills:
            self._link([first], [second])
        self._names()
        self._partitions()

    def _sequence_of_acts(self, key: Key, act: Act) -> None:
        """release, drop or aside, create, alter, default, attach, own, finish of one object, in this order."""
        name, identity = key
        if name == "drop" and identity in self.changes.moved:
            before = ("aside", "create", "copy", "attach")
        elif name == "create" and identity in self.changes.moved:
            before = ("aside",)
        else:
            before = _BEFORE.get(name, ())
        act.after |= {(other, identity) for other in before if (other, identity) in self.acts}

    def _link(self, before: Iterable[Key], after: Iterable[Key]) -> None:
        first = [key for key in before if key in self.acts]
        for key in after:
            if key in self.acts:
                self.acts[key].after.update(other for other in first if other != key)

    def _holder(self, identity: Identity) -> Identity | None:
        """What a part that has no acts of its own is made with."""
        if identity.kind in ("column", "view_column"):
            return self.world.table(identity) or self.world.table(identity, self.world.source)
        return Identity("composite", identity.schema, identity.name) if identity.kind == "attribute" else None

    def _dropped_with(self, identity: Identity) -> Identity:
        """What it really goes with: itself, or whatever carries it along."""
        if ("drop", identity) not in self.acts and (holder := self._holder(identity)):
            return holder
        while identity in self.carried:
            identity = self.carried[identity]
        return identity

    def _ready(self, identity: Identity, asker: Identity) -> list[Key]:
        """The acts after which it is as the target has it."""
        found: list[Key] = [key for act in ("create", "alter") if (key := (act, identity)) in self.acts]
        if not found and (holder := self._holder(identity)) and holder != asker and self._holder(asker) != holder:
            found = [("create", holder)]
        if identity.kind == "table" and asker.kind not in ("column", "table"):
            found.append(("copy", identity))
        return found

    def _starts(self, identity: Identity, part: str) -> list[Key]:
        """The acts that need what it depends on."""
        if part == "default":
            own: Key = ("default", identity)
            if own in self.acts:
                return [own]
        if part == "parent":
            attach: Key = ("attach", identity)
            inherits = self.world.after(identity).get("inherits")
            return [attach, ("create", identity)] if inherits or attach not in self.acts else [attach]
        found: list[Key] = [key for act in ("create", "alter") if (key := (act, identity)) in self.acts]
        if not found and (holder := self._holder(identity)) and identity not in self.deferred:
            found = [("create", holder)]
        return found

    def _release(self, dependent: Identity, part: str, on: Identity) -> None:
        """What ends a dependency comes before what it depended on goes or changes."""
        holder = self._holder(on)
        gone: list[Key] = [("drop", holder if holder and ("drop", on) not in self.acts else on)]
        gone += [("drop", self._dropped_with(on))]
        if dependent in self.world.dropped or (self._holder(dependent) or dependent) in self.world.dropped:
            if on.kind == "sequence" and part == "default" and on in self.carried:
                return
            ends: list[Key] = [("drop", self._dropped_with(dependent))]
            last = {dependent, self._holder(dependent)} & self.changes.moved  # what is set aside goes at the end
            stays = on in self.changes.moved and dependent.kind in ("column", "table", "foreign_table")
            if not last and not stays:
                gone += [("alter", on), ("aside", on)] if on.kind == "table" else [("alter", on)]
        elif part == "default":
            ends = [("release", dependent)]
        elif part == "parent" or (dependent.kind == "sequence" and on.kind == "column"):
            ends = [("release", dependent)]
            gone += [("aside", on)]
        else:
            ends = [("alter", dependent), ("release", dependent)]
        self._link(ends, gone)

    def _names(self) -> None:
        """Nothing is made before another thing of its name is gone."""
        taken: dict[tuple[str, str, str], list[Key]] = {}
        for act, identity in self.acts:
            if act in ("drop", "aside") and not (act == "drop" and identity in self.changes.moved):
                for space in _spaces(identity, self.world, self.world.source):
                    taken.setdefault(space, []).append((act, identity))
        for act, identity in self.acts:
            if act in ("create", "default"):
                for space in _spaces(identity, self.world, self.world.target):
                    self._link(taken.get(space, ()), [(act, identity)])

    def _partitions(self) -> None:
        """A partition is attached with its keys, indexes and checks there; foreign keys wait for all of that."""
        world = self.world
        attached = [key for key in self.acts if key[0] == "attach"]
        for key in attached:
            identity = key[1]
            if identity.kind in ("table", "foreign_table"):
                for part in world.target.parts(identity, "constraint", "index"):
                    foreign = world.after(part).get("type") == "foreign key"
                    if not foreign and (part.kind == "constraint" or world.after(part).get("parent_index")):
                        self._link([("create", part)], [key])
                    if world.after(part).get("parent_index"):
                        self._link([key], [("attach", part)])
                    elif part.kind == "index":
                        self._link([key], [("create", part)])
                for part in world.target.parts(identity, "column"):
                    self._link([("create", part), ("alter", part)], [key])
                up = texts(world.after(identity), "partition_of")
                if up and (parent := world.target.relation(up[0], up[1])):
                    self._link([key], [("copy", parent)])
                    for part in world.target.parts(parent, "column"):
                        self._link([("create", part), ("alter", part)], [key])
        for (act, identity), each in self.acts.items():
            if act == "finish" and identity.kind in ("table", "materialized_view"):
                for part in world.target.parts(identity, "constraint", "index"):
                    self._link([("create", part)], [(act, identity)])
            if act == "create" and world.after(identity).get("type") == "foreign key":
                each.after.update(attached)
            if act == "drop" and identity.kind == "table":
                up = texts(world.before(identity), "partition_of")
                if up and (parent := world.source.relation(up[0], up[1])) in self.changes.moved and parent:
                    self._link([("copy", parent)], [(act, identity)])


_BEFORE: dict[str, tuple[str, ...]] = {
    "drop": ("release",),
    "aside": ("release",),
    "create": ("drop", "aside"),
    "alter": ("release",),
    "default": ("release", "create", "alter"),
    "attach": ("release", "create", "alter"),
    "own": ("release", "create", "alter"),
    "copy": ("create", "attach"),
    "finish": ("release", "create", "alter", "attach", "copy"),
    "owner": ("create", "alter", "attach", "own", "finish", "copy"),
}

Rule = Callable[[World, Identity], list[Draft]]
_CREATE: dict[str, Rule] = {
    **dict.fromkeys(types.TYPES, types.create), "domain_constraint": types.create_check, "sequence": sequences.create,
    "view": views.create, "materialized_view": views.create, "index": indexes.create_index,
    "trigger": parts.create_trigger, "rule": parts.create_rule, "policy": parts.create_policy,
    "event_trigger": parts.create_event_trigger, "function": routines.create, "procedure": routines.create,
    "aggregate": routines.create,
}  # fmt: skip
_DROP: dict[str, Rule] = {
    **dict.fromkeys(types.TYPES, types.drop), "domain_constraint": types.drop_check, "sequence": sequences.drop,
    "table": tables.drop, "foreign_table": tables.drop, "column": columns.drop, "view": views.drop,
    "materialized_view": views.drop, "constraint": indexes.drop_constraint, "index": indexes.drop_index,
    "trigger": parts.drop_trigger, "rule": parts.drop_part, "policy": parts.drop_part,
    "function": routines.drop, "procedure": routines.drop, "aggregate": routines.drop,
}  # fmt: skip


def _rule(rules: dict[str, Rule], identity: Identity, otherwise: Rule) -> Rule:
    return rules.get(identity.kind, otherwise)


_RELATIONS = ("table", "foreign_table", "view", "materialized_view", "sequence", "index", "composite")


def _spaces(identity: Identity, world: World, schema: Schema) -> list[tuple[str, str, str]]:
    """The names that it takes: among relations, types, routines, and what identity columns' sequences are called."""
    facts = schema.facts.get(identity, {})
    found: list[tuple[str, str, str]] = []
    if identity.kind in _RELATIONS:
        found.append(("relation", identity.schema, identity.name))
    if identity.kind in types.TYPES or identity.kind in _RELATIONS[:4]:
        found.append(("type", identity.schema, identity.name))
    if identity.kind in ("function", "procedure", "aggregate"):
        found.append(("routine", identity.schema, identity.name + identity.sub))
    if identity.kind == "constraint" and indexes.indexed(facts):
        found.append(("relation", identity.schema, identity.sub))
    if identity.kind == "column":
        sequence = texts(facts, "identity_sequence")
        if len(sequence) == 2:
            found.append(("relation", sequence[0], sequence[1]))
    if identity.kind == "table":
        for column in schema.parts(identity, "column"):
            found += [space for space in _spaces(column, world, schema) if space[0] == "relation"]
    return found
