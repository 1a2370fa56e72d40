"""The fates of objects while they are decided, and what it is to be made anew."""

from dataclasses import dataclass, field

from server.model.migration import domains, types
from server.model.migration.world import Draft, World
from server.model.schema import Identity

Drafts = list[Draft]


@dataclass
class Changes:
    """The fate of every object that has one. `anew`: dropped and created; `again`: their default is set again."""

    world: World
    added: set[Identity] = field(default_factory=set[Identity])
    removed: set[Identity] = field(default_factory=set[Identity])
    changed: dict[Identity, frozenset[str]] = field(default_factory=dict[Identity, frozenset[str]])
    anew: set[Identity] = field(default_factory=set[Identity])
    again: set[Identity] = field(default_factory=set[Identity])
    reattached: set[Identity] = field(default_factory=set[Identity])
    passed: set[Identity] = field(default_factory=set[Identity])
    altered: dict[Identity, Drafts] = field(default_factory=dict[Identity, Drafts])

    @property
    def moved(self) -> set[Identity]:
        return self.world.moved


def remake(changes: Changes, identity: Identity) -> None:
    world = changes.world
    if (types.is_moved(identity) and held(world, identity)) or identity.kind == "table":
        changes.moved.add(identity)
    changes.anew.add(identity)
    changes.altered.pop(identity, None)


def held(world: World, identity: Identity) -> bool:
    """Whether columns (also through other types) hold values of the type."""
    seen: set[Identity] = set()
    todo = [identity]
    while todo:
        here = todo.pop()
        for dependency in world.dependents(here):
            dependent = dependency.dependent
            if dependent.kind == "column" and not dependency.part:
                return True
            if dependent.kind == "attribute":
                dependent = Identity("composite", dependent.schema, dependent.name)
            if types.is_type(dependent) and dependent not in seen:
                seen.add(dependent)
                todo.append(dependent)
    return False


def constrained(changes: Changes, check: Identity) -> list[Identity]:
    """The domain of a new check, made anew with it where columns hold it within arrays or composites."""
    world, domain = changes.world, Identity("domain", check.schema, check.name)
    free = check.kind != "domain_constraint" or world.after(check).get("not_valid") or check not in world.target.facts
    if free or domain in changes.anew or not world.kept(domain) or not domains.rigid(world, domain):
        return []
    remake(changes, domain)
    return [domain]
