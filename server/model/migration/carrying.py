"""What is not dropped by a statement of its own, because something else takes it along."""

from server.model.migration import types
from server.model.migration.world import World, parents_named
from server.model.schema import Dependency, Identity, texts

_IMPLIED = frozenset("aiPS")


class Carried:
    """`by`: what takes each along, found one after the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by: dict[Identity, Identity] = {}

    def take(self, identity: Identity) -> bool:
        """Whether something takes it along, which is kept then."""
        carrier = self._carrier(identity)
        if carrier is None or self.end(carrier) == identity:
            return False
        self.by[identity] = carrier
        return True

    def end(self, identity: Identity) -> Identity:
        """What it really goes with, at any remove; itself where nothing takes it along."""
        while identity in self.by:
            identity = self.by[identity]
        return identity

    def _carrier(self, identity: Identity) -> Identity | None:
        """What takes it along when it is dropped; None if it has to be dropped by itself."""
        world, gone = self.world, self.world.dropped
        table = world.table(identity, world.source) if identity.kind == "column" else None
        if table in gone:
            return table
        if (identity.kind == "sequence" and identity in world.target.facts) or self._in_the_way(identity):
            return None
        home = world.table(identity, world.source) if identity.kind in ("constraint", "index") else None
        if home in gone - world.moved and not self._waits_for_rows(home):
            return home  # not its parent's: that may go with a column which can only go after the table
        for d in sorted(world.source_needs.get(identity, ()), key=lambda d: d.part != "parent"):  # a parent's first
            if d.on in gone - world.moved and types.made_of(world.source_needs, d.on, identity):
                return d.on
            if d.on.kind == "column" and world.before(identity).get("type") == "exclusion":
                continue  # PostgreSQL does not let its predicate's column take it along
            carries = (
                d.kind in _IMPLIED and d.on in gone and not {d.on, holder_of(self.world, d.on) or d.on} & world.moved
            )
            if carries and not self._stays_behind(identity, d):
                return d.on
        return None

    def _waits_for_rows(self, table: Identity | None) -> bool:
        """Whether it is a partition that goes only after the rows of its parent were copied."""
        ups = parents_named(self.world.before(table)) if table else []
        return any(self.world.source.relation(*up) in self.world.moved for up in ups)

    def _stays_behind(self, identity: Identity, dependency: Dependency) -> bool:
        """Whether it does not go with its parent's: its table leaves the parent, or only the parent's own goes."""
        world, on = self.world, dependency.on
        if dependency.part != "parent" and dependency.kind not in "PS":
            return False
        table, up = world.table(identity, world.source), world.table(on, world.source)
        return (table is not None and up is not None and world.leaves(table, up)) or bool(world.heirs(on))

    def _in_the_way(self, identity: Identity) -> bool:
        """A foreign key between two tables that both go, each needing the other; one that partitions would take along,
        which leave.
        """
        world = self.world
        if identity.kind != "constraint" or world.before(identity).get("type") != "foreign key":
            return False
        other = texts(world.before(identity), "references")
        return (identity.schema, identity.name) != other or any(
            identity in world.keys_above(table) for table in world.detached
        )


def holder_of(world: World, identity: Identity, *, gone: bool = False) -> Identity | None:
    """What a part that has no acts of its own is made with; `gone`: what it goes with."""
    if identity.kind in ("column", "view_column"):
        target, source = world.table(identity), world.table(identity, world.source)
        return source or target if gone else target or source
    return Identity("composite", identity.schema, identity.name) if identity.kind == "attribute" else None
