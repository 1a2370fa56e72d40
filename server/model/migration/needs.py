"""What each act needs, as edges: what it depends on is there before it, what depended on it is gone before it goes."""

from collections.abc import Iterable

from server.model.migration.acts import Drawing
from server.model.migration.carrying import holder_of
from server.model.migration.graph import Act, Key
from server.model.migration.taken import name_spaces
from server.model.migration.world import parents_named, parents_of
from server.model.schema import RELATIONS, Identity, rows, text, texts


class Needs:
    """Links the acts of a drawing."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.changes = drawing.changes
        self.world = drawing.world
        self.acts = drawing.acts

    def link(self) -> None:
        for key, act in self.acts.items():
            self._sequence_of_acts(key, act)
        for dependencies in self.world.target_needs.values():
            for d in dependencies:
                if d.dependent.kind == "column" and d.on.kind == "table" and not d.part:
                    self._whole(d.on, d.dependent)
                if not (d.dependent.kind == "sequence" and d.on.kind == "column"):
                    self._link(self._ready(d.on, d.dependent), self._starts(d.dependent, d.part))
                else:
                    self._link(self._ready(d.on, d.dependent), [("own", d.dependent)])
        for on, dependencies in self.world.source_dependents.items():
            for d in dependencies:
                self._release(d.dependent, d.part, on)
        for identity, carrier in self.drawing.carried.by.items():
            self._link([("drop", carrier)], [("drop", identity)])
        for first, second in self.drawing.fills:
            self._link([first], [second])
        self._names()
        self._partitions()
        self._finished()
        self._checks()
        self._declared()
        self._nulls()
        self._parked()
        self._stored()
        self._leaving()
        self._persistence()
        self._leaning()

    def _whole(self, table: Identity, column: Identity) -> None:
        """A column of whole rows of another table comes when nothing rewrites that any more."""
        world = self.world
        if column in world.created and world.table(column) != table and world.kept(table):
            parts = world.target.parts(table, "column")
            self._link([(act, p) for p in parts for act in ("create", "alter")], self._starts(column, ""))

    def _sequence_of_acts(self, key: Key, act: Act) -> None:
        """release, drop or aside, shell, create, alter, default, attach, own, finish of one object, in this order."""
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

    def _dropped_with(self, identity: Identity) -> Identity:
        """What it really goes with: itself, or whatever carries it along."""
        if ("drop", identity) not in self.acts and (holder := holder_of(self.world, identity, gone=True)):
            return holder
        return self.drawing.carried.end(identity)

    def _ready(self, identity: Identity, asker: Identity) -> list[Key]:
        """The acts after which it is as the target has it, or as far as those need it that it is made of itself."""
        if ("shell", identity) in self.acts and self.drawing.makes(asker, identity):
            return [("shell", identity)]
        found: list[Key] = [key for act in ("create", "alter") if (key := (act, identity)) in self.acts]
        if (
            not found
            and (holder := holder_of(self.world, identity))
            and holder != asker
            and holder_of(self.world, asker) != holder
        ):
            found = self._held_by(identity, holder)
        if (
            identity.kind == "table"
            and asker.kind not in ("column", "table", "foreign_table")
            and not self._shared(identity, asker)
        ):
            found.append(("copy", identity))
        return found

    def _shared(self, table: Identity, part: Identity) -> bool:
        """Whether partitions must have it too before they are attached, and so before rows are copied."""
        partitioned = self.world.after(table).get("partition_key")
        foreign = self.world.after(part).get("type") == "foreign key"
        return bool(partitioned) and part.kind in ("constraint", "index") and not foreign

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
        if not found and (holder := holder_of(self.world, identity)) and identity not in self.drawing.deferred:
            found = self._held_by(identity, holder)
        return found

    def _held_by(self, part: Identity, holder: Identity) -> list[Key]:
        """The acts of a holder that bring a part without acts of its own; columns of tables have those."""
        made: list[Key] = [("create", holder)]
        return [*made, ("alter", holder)] if part.kind in ("view_column", "attribute") else made

    def _release(self, dependent: Identity, part: str, on: Identity) -> None:
        """What ends a dependency comes before what it depended on goes or changes."""
        holder = holder_of(self.world, on, gone=True)
        gone: list[Key] = [("drop", holder if holder and ("drop", on) not in self.acts else on)]
        gone += [("drop", self._dropped_with(on))]
        if on.kind == "attribute" and holder:
            gone.append(("alter", holder))
        if dependent in self.world.dropped or (holder_of(self.world, dependent) or dependent) in self.world.dropped:
            if on.kind == "sequence" and part == "default" and on in self.drawing.carried.by:
                return
            ends: list[Key] = [("drop", self._dropped_with(dependent))]
            last = {
                dependent,
                holder_of(self.world, dependent),
            } & self.changes.moved  # these go at the end
            stays = on in self.changes.moved and dependent.kind in ("column", "table", "foreign_table")
            table = self.world.table(dependent, self.world.source)
            if last and part == "parent" and table and ("release", table) in self.acts:
                ends = [("release", table)]
            if not last and not stays:
                gone += [("alter", on), ("aside", on)] if on.kind == "table" else [("alter", on)]
        elif part == "default" or (dependent in self.world.parked and not part):
            ends = [("release", dependent)]
        elif part == "parent" or (dependent.kind == "sequence" and on.kind == "column"):
            ends = [("release", dependent)]
            gone += [("aside", on)]
        else:
            ends = [("alter", dependent), ("release", dependent)]
            if dependent.kind == "attribute" and (composite := holder_of(self.world, dependent)):
                ends.append(("alter", composite))
        if dependent.kind == "table" and on.kind == "composite":
            self._link([("release", dependent)], [("alter", on)])
        self._link(ends, gone)

    def _names(self) -> None:
        """Nothing is made before another thing of its name is gone."""
        taken: dict[tuple[str, str, str], list[Key]] = {}
        for act, identity in self.acts:
            if act in ("drop", "aside") and not (act == "drop" and identity in self.changes.moved):
                for space in name_spaces(identity, self.world.source):
                    taken.setdefault(space, []).append((act, identity))
        for act, identity in self.acts:
            if act in ("shell", "create", "default"):
                for space in name_spaces(identity, self.world.target):
                    self._link(taken.get(space, ()), [(act, identity)])

    def _partitions(self) -> None:
        """A partition is attached with its keys, indexes and checks there; foreign keys wait for all of that."""
        world = self.world
        attached = [key for key in self.acts if key[0] == "attach"]
        for key in attached:
            if key[1].kind in ("table", "foreign_table"):
                self._attached(key)
                continue
            for up in self._above(key[1]):
                joins = world.after(up).get("parent_index") and not self._joins_late(up)
                if joins and (table := world.table(up)):
                    self._link([key], [("attach", table)])  # to which one that is not complete is none
        for (act, identity), each in self.acts.items():
            if act == "create" and world.after(identity).get("type") == "foreign key":
                each.after.update(attached)
            if act == "drop" and identity.kind == "table":
                up = texts(world.before(identity), "partition_of")
                if up and (parent := world.source.relation(up[0], up[1])) in self.changes.moved and parent:
                    self._link([("copy", parent)], [(act, identity)])

    def _attached(self, key: Key) -> None:
        """What comes before a table is attached to its parents, and what after."""
        world, table = self.world, key[1]
        for part in world.target.parts(table, "constraint", "index"):
            foreign = world.after(part).get("type") == "foreign key"
            if self._joins_late(part):
                self._link([key], [("create", up) for up in self._above(part)])
            elif not foreign and (part.kind == "constraint" or world.after(part).get("parent_index")):
                self._link([("create", part)], [key])
            if world.after(part).get("parent_index"):
                self._link([key], [("attach", part)])
            elif part.kind == "index":
                self._link([key], [("create", part)])
        for part in world.target.parts(table, "column"):
            self._link([("create", part), ("alter", part)], [key])
            self._link([("alter", twin) for twin in parents_of(world.target, part)], [key])
        up = texts(world.after(table), "partition_of")
        if up and (parent := world.target.relation(up[0], up[1])):
            self._link([key], [("copy", parent)])
            hollow = [i for i in world.target.parts(parent, "index") if world.after(i).get("invalid")]
            self._link([key], [("create", index) for index in hollow])  # complete until a partition is there
            for part in world.target.parts(parent, "column"):
                self._link([("create", part), ("alter", part)], [key])
            self._link(self._columns_gone(parent), [key])

    def _finished(self) -> None:
        """What is said of a relation last, when its columns, keys and indexes are as they are to be."""
        for act, identity in list(self.acts):
            if act == "finish" and identity.kind in ("table", "materialized_view"):
                for part in self.world.target.parts(identity, "column", "constraint", "index"):
                    self._link([("create", part), ("alter", part)], [(act, identity)])
                self._link(self._columns_gone(identity), [(act, identity)])

    def _columns_gone(self, relation: Identity) -> list[Key]:
        """The drops of its columns; none where it is made anew beside the old one, which keeps them to the end."""
        stays = relation not in self.changes.moved
        return [("drop", part) for part in self.world.source.parts(relation, "column")] if stays else []

    def _joins_late(self, part: Identity) -> bool:
        """Whether ATTACH PARTITION, to which an index that is not complete is none, would make it another one."""
        return bool(self.world.after(part).get("invalid")) and any(
            ("create", up) in self.acts for up in self._above(part)
        )

    def _above(self, index: Identity) -> list[Identity]:
        """The parent's index (or key) of a partition's."""
        return [d.on for d in self.world.needs(index) if d.part == "parent"]

    def _checks(self) -> None:
        """A valid check of a child that its parent has as NOT VALID is there first: it could not be added after."""
        for act, check in list(self.acts):
            if act == "create" and check.kind == "constraint" and not self.world.after(check).get("not_valid"):
                ups = [up for up in parents_of(self.world.target, check) if self.world.after(up).get("not_valid")]
                self._link([(act, check)], [("create", up) for up in ups])

    def _declared(self) -> None:
        """What a child declares by itself, beside its parent's, goes after that and comes before it; a new child comes
        when its parents' columns are of the types on which these agree.
        """
        world = self.world
        for act, part in list(self.acts):
            if act == "alter" and part.kind == "column":
                self._link([(act, part)], [("create", up) for up in parents_of(world.target, part)])
            schema = {"drop": world.source, "create": world.target}.get(act)
            if schema is None or part.kind not in ("column", "constraint") or schema.facts[part].get("inherited"):
                continue
            table = world.table(part, schema)
            for up in parents_of(schema, part):
                if act == "create":
                    self._link([(act, part)], [(act, up)])
                elif table and not world.leaves(table, up):
                    self._link([(act, up)], [(act, part)])
        for act, table in list(self.acts):
            if act == "create" and table.kind in ("table", "foreign_table"):
                parents = (world.target.relation(*up) for up in rows(world.after(table), "inherits"))
                for column in (c for up in parents if up for c in world.target.parts(up, "column")):
                    self._link([("alter", column)], [(act, table)])

    def _nulls(self) -> None:
        """A child's NOT NULL gets its name while it is its own: before it comes to a parent, after it left that."""
        world = self.world
        for act, column in list(self.acts):
            if act != "alter" or column.kind != "column":
                continue
            for up in parents_of(world.source, column):
                was, wanted = world.before(up).get("not_null"), world.after(up).get("not_null")
                if was and not wanted:
                    self._link([(act, up)], [(act, column)])
                elif wanted and not was:
                    self._link([(act, column)], [(act, up)])

    def _parked(self) -> None:
        """Columns of whole rows stand aside before what they are rows of changes, and come back after."""
        source, target = self.world.source, self.world.target
        for column, whole in self.world.parked.items():
            now = [Identity(kind, whole.schema, whole.name) for kind in (*RELATIONS, "composite")]
            columns = ("column", "view_column")
            parts = {whole, *now, *source.parts(whole, *columns), *(p for n in now for p in target.parts(n, *columns))}
            acts = [(act, part) for part in parts - {column} for act in _RESHAPING]
            self._link([("release", column)], acts)
            self._link(acts, [("alter", column)])

    def _stored(self) -> None:
        """A materialised view that stores rows of a table is gone while that is written anew."""
        world = self.world
        for view, table in ((view, table) for view, tables in world.rows_stored.items() for table in tables):
            parts = {table, *world.source.parts(table, "column"), *world.target.parts(table, "column")}
            acts = [(act, part) for part in parts for act in _RESHAPING]
            self._link([("drop", view)], acts)
            self._link(acts, [("create", view)])

    def _leaving(self) -> None:
        """A table leaves its parents before anything happens to them that would reach it."""
        world = self.world
        for act, table in list(self.acts):
            if act != "release" or table.kind not in ("table", "foreign_table"):
                continue
            keys = {key for key in world.keys_above(table) if ("drop", key) in self.acts}
            self._link([("drop", key) for key in keys], [(act, table)])
            for part in world.source.parts(table, "column", "constraint", "index", "trigger"):
                self._link([(act, table)], [("drop", part)])
            for parent in parents_named(world.before(table)):
                up = world.source.relation(*parent)
                if up is None or not world.leaves(table, up):
                    mates = world.source.parts(up, "column", "constraint") if up else []
                    self._link([(act, table)], [("drop", part) for part in mates])  # else the other parent's stays
                    continue
                self._link([(act, table)], [("aside", up)])
                for part in {*world.source.parts(up), *world.target.parts(up)} - keys:
                    self._link([(act, table)], [(each, part) for each in ("release", "drop", "create", "alter")])

    def _persistence(self) -> None:
        """A logged table may not refer to an unlogged one; the sequences that a table owns become what it becomes."""
        world = self.world
        for key in world.source.of("constraint"):
            table, other = world.table(key, world.source), texts(world.before(key), "references")
            referenced = world.source.relation(*other) if len(other) == 2 else None
            if table in (None, referenced) or referenced is None or not world.kept(key):
                continue
            pair: list[Key] = [("alter", referenced), ("alter", table)]
            if world.after(table).get("unlogged"):
                pair.reverse()
            self._link(pair[:1], pair[1:])
        for sequence in world.target.of("sequence"):
            owner = texts(world.after(sequence), "owned_by")
            if owner and (table := world.target.relation(owner[0], owner[1])):
                self._link([("alter", table)], [("own", sequence), ("alter", sequence)])

    def _leaning(self) -> None:
        """A foreign key leans on the first unique index that fits: those that go are gone before it comes."""
        world = self.world
        going: dict[tuple[str, str], list[Key]] = {}
        for act, part in self.acts:
            if act == "drop" and part.kind == "index" and world.before(part).get("unique"):
                going.setdefault((part.schema, text(world.before(part), "table")), []).append((act, part))
        for key in [key for key in self.acts if going and key[0] == "create" and key[1].kind == "constraint"]:
            up = texts(world.after(key[1]), "references")
            self._link(going.get((up[0], up[1]), ()) if up else (), [key])


_RESHAPING = ("drop", "aside", "create", "alter", "copy")
_BEFORE: dict[str, tuple[str, ...]] = {
    "drop": ("release",),
    "aside": ("release",),
    "shell": ("drop", "aside"),
    "create": ("drop", "aside", "shell"),
    "alter": ("release",),
    "default": ("release", "create", "alter"),
    "attach": ("release", "create", "alter", "copy"),
    "own": ("release", "create", "alter"),
    "copy": ("create",),
    "finish": ("release", "create", "alter", "attach", "copy"),
    "owner": ("create", "alter", "attach", "own", "finish", "copy"),
}
