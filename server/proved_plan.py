"""Plans the SQL that makes one schema equal to another, and proves it on a rebuilt copy before anyone sees it."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from server.calls import Call
from server.model.amounts import several
from server.model.comparison.difference import Scope, differences, fold
from server.model.comparison.renames import possible_renames
from server.model.migration.dumps import unlike
from server.model.migration.judging import left_over, reordered
from server.model.migration.planning import plan
from server.model.migration.renaming import Renaming, rename_steps
from server.model.migration.reports import PossibleRename
from server.model.migration.steps import Step
from server.model.migration.words import spec
from server.model.schema import Schema
from server.plan_copies import Copies, Opened, Ran
from server.postgres.databases import Database
from server.postgres.migrations.proving import Measured
from server.postgres.schemas.catalog import read_schema
from server.postgres.schemas.secretive import connections, mapping_options, unlike_secrets
from server.postgres.transactions import reading
from server.services import Services
from server.sides import Source, opened_files, place_of

_ROUNDS = 2
_UNPLANNED = {
    "operator without a function": "made only by another that names it as its commutator or negator; drop it there",
    "grants on a system object": "grant or revoke them by hand",
}


@dataclass(frozen=True)
class Proof:
    """A plan with what its run on the copy showed."""

    before: Opened
    after: Opened
    measured: tuple[Measured, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]
    renames: tuple[PossibleRename, ...]

    @property
    def verified(self) -> bool:
        return not self.left

    @property
    def one_database(self) -> bool:
        return self.before.place == self.after.place

    @property
    def losing(self) -> list[str]:
        return [f"{spec(m.step.identity)}: {m.step.reason}" for m in self.measured if "data_loss" in m.hazards]


@contextmanager
def opened_side(services: Services, call: Call, source: Source, beside: Database | None) -> Generator[Opened]:
    """The side while the block runs; files are loaded on the server of `beside`."""
    with ExitStack() as stack:
        database, loaded_on, without_grants = source.database, None, False
        if database is None:
            database, loaded_on, without_grants = stack.enter_context(
                opened_files(services, call, source, beside=beside)
            )
        with reading(call, database) as connection:
            schema = read_schema(connection, dependencies=True)
            place = place_of(connection, database)
        yield Opened(source, database, schema, not without_grants, place, loaded_on)


class Proving:
    """Plans, runs the plan on a copy of source, and looks what is left, until nothing is."""

    def __init__(self, services: Services, call: Call, before: Opened, after: Opened) -> None:
        self.call, self.before, self.after = call, before, after
        self.copies = Copies(services, call, before, after)
        self.notes: list[str] = []

    def prove(self, renames: Sequence[Renaming], *, concurrent_indexes: bool) -> Proof:
        wanted, wanted_dump = self.copies.wanted()
        source_dump = self.copies.dump(self.before.database, self.before.schema)
        source = self.copies.renamed(source_dump, renames)
        steps = [*rename_steps(self.before.schema, wanted, renames)]
        planned = plan(source, wanted, concurrent_indexes=concurrent_indexes)
        steps += planned.steps
        ran = self.copies.run(source_dump, steps) if steps else Ran((), (), source, source_dump)
        for _ in range(_ROUNDS):
            more = plan(ran.result, wanted).steps if self._left(ran, wanted) else ()
            if not more or any("data_loss" in step.hazards for step in more):
                break
            longer = _with(steps, more)
            again = self.copies.run(source_dump, longer)
            if self._left(again, wanted) == self._left(ran, wanted):
                break  # which they did not change
            steps, ran = longer, again
        left = self._left(ran, wanted)
        left += [f"{entry} (by pg_dump)" for entry in self._unlike(ran, source_dump, wanted_dump)] if not left else []
        left += [f"{spec(each.identity)}: {each.reason}" for each in planned.not_planned if left]
        left += [f"COLUMN {column}: made anew" for column in ran.remade if not _is_moved(column, steps)]
        left += [*self._uncovered(ran), *self._connections(steps), *self._mappings(steps)]
        self._tell(ran, wanted)
        return Proof(
            self.before,
            self.after,
            ran.measured,
            tuple(left),
            (*self.copies.notes, *self.notes),
            self._possible(renames),
        )

    def _tell(self, ran: Ran, wanted: Schema) -> None:
        """What the judges leave aside, and what runs by itself."""
        if not self.copies.rights:
            self.notes.append("Grants and owners were not judged: files name roles that the server does not have.")
        if moved := reordered(ran.result, wanted):
            self.notes.append(
                f"The order of columns, which counts as no difference, stays another in: {', '.join(moved[:10])}."
            )
        if apart := sum(measured.step.phase != "main" for measured in ran.measured):
            self.notes.append(
                f"{several(apart, 'statement')} outside of the transaction (own_transaction): what succeeded stays."
            )

    def _left(self, ran: Ran, wanted: Schema) -> list[str]:
        """What differs from the target, but for what the copy lacked from the start."""
        return [each for each in left_over(ran.result, wanted) if each not in ran.odd]

    def _unlike(self, ran: Ran, source_dump: str, wanted_dump: str) -> list[str]:
        odd = unlike(ran.rebuilt_dump, source_dump) if ran.rebuilt_dump else []
        return [entry for entry in unlike(ran.dump, wanted_dump) if entry not in odd]

    def _uncovered(self, ran: Ran) -> list[str]:
        """What is not modelled, and is not there as in the target; what a copy does not show counts as it is."""
        before, after = set(self.before.schema.not_covered), set(self.after.schema.not_covered)
        left = (set(ran.result.not_covered) ^ after) - ran.unseen | ((before ^ after) & ran.unseen)
        return [f"{kind} {name}: {_UNPLANNED.get(kind, 'not modelled')}" for kind, name in sorted(left)]

    def _connections(self, steps: Sequence[Step]) -> list[str]:
        """Subscriptions whose connections differ; where that is not known, those that are altered without knowing."""
        if not self.before.schema.of("subscription") or not self.after.schema.of("subscription"):
            return []
        other, unknown = unlike_secrets(self.call, self.before.database, self.after.database, connections)
        altered = {step.identity.name for step in steps if step.identity.kind == "subscription"}
        if unknown:
            self.notes.append(f"Connections of subscriptions, which the role may not read: {', '.join(unknown)}.")
        left = [(name, "another connection, which is not shown: set it by hand") for name in other]
        left += [
            (name, "altered, but whether its connection differs is not known") for name in unknown if name in altered
        ]
        return [f"SUBSCRIPTION {name}: {why}" for name, why in left]

    def _mappings(self, steps: Sequence[Step]) -> list[str]:
        """User mappings whose options, which no plan has, are not the target's in the end."""
        before, after = (set(side.schema.of("user_mapping")) for side in (self.before, self.after))
        if not after:
            return []
        made = {step.identity for step in steps if step.sql.startswith("CREATE USER MAPPING")}
        bare = {each for each in made & after if not self.after.schema.facts[each].get("option_names")}
        left = dict.fromkeys(made & after - bare, "options, which are never read")
        if stay := before & after - made:
            other, unknown = unlike_secrets(self.call, self.before.database, self.after.database, mapping_options)
            left |= {each: "other options, which are not shown" for each in other if each in stay}
            if hidden := [spec(each) for each in unknown if each in stay]:
                self.notes.append(f"Options that the role may not read: {', '.join(hidden)}.")
        return [f"{spec(each)}: {why}: set them by hand" for each, why in sorted(left.items())]

    def _possible(self, confirmed: Sequence[Renaming]) -> tuple[PossibleRename, ...]:
        before, after = self.before.schema, self.after.schema
        found = possible_renames(before, after, fold(before, after, differences(before, after, Scope())))
        known = {rename.before for rename in confirmed}
        return tuple(
            PossibleRename.model_validate(
                {"from": str(each.before), "to": str(each.after), "kind": each.before.kind, "reason": each.reason}
            )
            for each in found
            if str(each.before) not in known
        )


def _with(steps: list[Step], more: Sequence[Step]) -> list[Step]:
    """The steps with others after them, each in its phase."""
    every = [*steps, *more]
    return [step for phase in ("before", "main", "after") for step in every if step.phase == phase]


def _is_moved(column: str, steps: Sequence[Step]) -> bool:
    return any(
        "__before_migration" in step.sql and column.startswith(f"{step.identity.schema}.{step.identity.name}.")
        for step in steps
    )
