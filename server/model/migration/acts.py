"""What is done to every object, as acts: dropped, made, altered in place, attached, filled, handed over."""

from collections.abc import Callable, Iterable

from server.model.migration import (
    columns,
    domains,
    indexes,
    others,
    parts,
    privileges,
    routines,
    sequences,
    subscriptions,
    tables,
    types,
    views,
)
from server.model.migration.carrying import Carried, holder_of
from server.model.migration.fates import Changes
from server.model.migration.graph import Act, Key
from server.model.migration.joining import check_for_parent, column_for_parent, comes_along
from server.model.migration.world import Draft, World
from server.model.schema import Identity, text


class Drawing:
    """The acts of a plan, and what goes along with what."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self.world = changes.world
        self.acts: dict[Key, Act] = {}
        self.deferred: set[Identity] = set()
        self.carried = Carried(changes.world)
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

    def index_in_time(self) -> None:
        """Makes and drops an index within the transaction, and not after it, where another act waits for that."""
        waited = {key for act in self.acts.values() if self._waits(act) for key in act.after}
        for name, index in {key for key in waited if key in self.acts and key[1].kind == "index"}:
            act, rule = self.acts[name, index], {"create": indexes.create_index, "drop": indexes.drop_index}.get(name)
            if rule and act.drafts:
                act.drafts = rule(self.world, index, at_once=True)

    def _waits(self, act: Act) -> bool:
        """Whether it cannot be done as long as one that it stands after is not; some only have their place there."""
        name, identity = act.key
        if name == "alter":
            return self.world.retypes(identity)
        return name != "finish" or bool(act.drafts)

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
        alone = not self.carried.take(identity)
        self.add("drop", identity, _rule(_DROP, identity, others.drop)(self.world, identity) if alone else [])
        if identity in self.changes.moved:
            self._aside(identity)

    def _aside(self, identity: Identity) -> None:
        if identity.kind == "table":
            self.add("release", identity, tables.detach(self.world, identity))
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
            self._create_other(identity)

    def _create_other(self, identity: Identity) -> None:
        world = self.world
        drafts = _rule(_CREATE, identity, others.create)(world, identity)
        self.add("create", identity, drafts, late=identity.kind == "materialized_view")
        if any(self.makes(d.on, identity) for d in world.needs(identity)):
            self.add("shell", identity, types.shell(identity))
        if identity.kind == "sequence":
            self.add("own", identity, sequences.own(world, identity))
        if identity.kind == "index" and world.after(identity).get("parent_index"):
            self._attach_index(identity)
        if identity.kind == "materialized_view":
            drafts = [*views.fill(world, identity), *tables.finish(world, identity, again=True)]
            self.add("finish", identity, drafts, late=True)
            self.acts["finish", identity].position = 0 if self._spoken_of(identity) else 1
            self.fills += [(("finish", read), ("finish", identity)) for read in self._reads(identity)]

    def makes(self, function: Identity, kind: Identity) -> bool:
        """Whether a type is made of a new function that speaks of the type: it has to be declared before."""
        return function in self.world.created and types.made_of(self.world.target_needs, kind, function)

    def _reads(self, view: Identity) -> set[Identity]:
        """The materialised views whose rows it reads, by itself or through views and functions."""
        seen, todo, found = {view}, [view], set[Identity]()
        while todo:
            for on in {holder_of(self.world, d.on) or d.on for d in self.world.needs(todo.pop())} - seen:
                seen.add(on)
                found |= {on} if on.kind == "materialized_view" else set()
                todo += [on] if on.kind in ("view", "function") else []
        return found

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
        if comes_along(world, identity):
            self.add("create", identity, columns.settled(world, identity))
            return
        self.add("create", identity, column_for_parent(world, identity) or columns.create(world, identity))

    def _create_constraint(self, identity: Identity) -> None:
        world = self.world
        after = world.after(identity)
        if comes_along(world, identity):
            self.add("create", identity, privileges.said(world, identity))
            return
        new_table = world.table(identity) in world.created
        drafts = check_for_parent(world, identity) or indexes.create_constraint(world, identity, new_table=new_table)
        self.add("create", identity, drafts, late=after.get("type") == "foreign key")
        if after.get("parent_index"):
            self._attach_index(identity)

    def _attach_index(self, identity: Identity) -> None:
        self.add("attach", identity, indexes.attach_index(self.world, identity))

    def _default_privileges(self, identity: Identity) -> None:
        if identity.schema and Identity("schema", "", identity.schema) not in self.world.target.facts:
            return  # with its schema
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
            self.add("owner", identity, [draft, *self._rights(identity)] if draft else [])

    def _rights(self, identity: Identity) -> list[Draft]:
        """What is granted of it and its columns, taken out of the acts that it stands in."""
        found: list[Draft] = []
        for part in (identity, *self.world.target.parts(identity, "column", "view_column")):
            for name in ("create", "alter"):
                if act := self.acts.get((name, part)):
                    found += [each for each in act.drafts if privileges.is_right(each)]
                    act.drafts = [each for each in act.drafts if not privileges.is_right(each)]
        return found


Rule = Callable[[World, Identity], list[Draft]]
_CREATE: dict[str, Rule] = {
    **dict.fromkeys(types.TYPES, types.create), "domain_constraint": domains.create_check, "sequence": sequences.create,
    "view": views.create, "materialized_view": views.create, "index": indexes.create_index,
    "trigger": parts.create_trigger, "rule": parts.create_rule, "policy": parts.create_policy,
    "event_trigger": parts.create_event_trigger, "function": routines.create, "procedure": routines.create,
    "aggregate": routines.create, "subscription": subscriptions.create,
    "extension_member": privileges.said,
}  # fmt: skip
_DROP: dict[str, Rule] = {
    **dict.fromkeys((*types.TYPES, "collation"), types.drop), "domain_constraint": domains.drop_check,
    "sequence": sequences.drop,
    "table": tables.drop, "foreign_table": tables.drop, "column": columns.drop, "view": views.drop,
    "materialized_view": views.drop, "constraint": indexes.drop_constraint, "index": indexes.drop_index,
    "trigger": parts.drop_trigger, "rule": parts.drop_part, "policy": parts.drop_part,
    "function": routines.drop, "procedure": routines.drop, "aggregate": routines.drop,
    "subscription": subscriptions.drop, "extension_member": privileges.unsaid,
}  # fmt: skip


def _rule(rules: dict[str, Rule], identity: Identity, otherwise: Rule) -> Rule:
    return rules.get(identity.kind, otherwise)
