"""Plans the SQL that makes one schema equal to another, and proves it on a rebuilt copy before anyone sees it."""

import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from server.calls import Call
from server.errors import Refused
from server.files.migrations_folder import migrations_folder, next_path, save_migration
from server.model.difference import Scope, differences, fold
from server.model.migration.dumps import unlike
from server.model.migration.files import read_migration, write_migration
from server.model.migration.judging import left_over, reordered, roles_of, without
from server.model.migration.planning import plan
from server.model.migration.renaming import Renaming, rename_steps
from server.model.migration.steps import Step
from server.model.migration.words import spec
from server.model.migration_reports import MigrationPlan, PlannedStatement, PossibleRename
from server.model.renames import possible_renames
from server.model.schema import Identity, NotCovered, Schema
from server.postgres.catalog import read_schema
from server.postgres.databases import Database
from server.postgres.dumping import Dumper, dump_schema, find_dumper
from server.postgres.proving import Measured, add_user_mappings, as_role, load_dump, measure_plan, run_plan
from server.postgres.scratch import scratch, twin
from server.postgres.subscribing import add_subscriptions, unlike_connections
from server.postgres.transactions import reading
from server.services import Services
from server.sides import Source, find_source, opened_files

_ROUNDS = 2
_BUDGET = 14_000
_RIGHTS = ("grants", "revoked")
_UNPLANNED = {
    "operator without a function": "made only by another that names it as its commutator or negator; drop it there",
    "grants on a system object": "grant or revoke them by hand",
}
_PUBLIC = Identity("schema", "", "public")


@dataclass(frozen=True)
class _Opened:
    """A side that can be read and dumped. `rights`: its grants and owners count."""

    source: Source
    database: Database
    schema: Schema
    rights: bool


def plan_migration(
    services: Services,
    call: Call,
    *,
    source: str,
    target: str,
    save_as: str | None = None,
    allow_data_loss: bool = False,
    concurrent_indexes: bool = False,
    renames: Sequence[Renaming] = (),
    urls: bool = False,
) -> MigrationPlan:
    """The proved plan; saved as a file with `save_as`, if it is proved and loses no data (or that is allowed)."""
    first, second = find_source(services, source, urls=urls), find_source(services, target, urls=urls)
    with _opened(services, call, first, None) as before, _opened(services, call, second, before.database) as after:
        proving = _Proving(services, call, before, after)
        proof = proving.prove(renames, concurrent_indexes=concurrent_indexes)
    return _report(services, proof, save_as=save_as, allow_data_loss=allow_data_loss)


@contextmanager
def _opened(services: Services, call: Call, source: Source, beside: Database | None) -> Generator[_Opened]:
    with ExitStack() as stack:
        database, without_grants = source.database, False
        if database is None:
            database, _, without_grants = stack.enter_context(opened_files(services, call, source, beside=beside))
        with reading(call, database) as connection:
            schema = read_schema(connection, dependencies=True)
        yield _Opened(source, database, schema, not without_grants)


@dataclass(frozen=True)
class _Proof:
    """A plan with what its run on the copy showed."""

    before: _Opened
    after: _Opened
    measured: tuple[Measured, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]
    renames: tuple[PossibleRename, ...]

    @property
    def verified(self) -> bool:
        return not self.left

    @property
    def losing(self) -> list[str]:
        return [f"{spec(m.step.identity)}: {m.step.reason}" for m in self.measured if "data_loss" in m.hazards]


@dataclass(frozen=True)
class _Ran:
    """A run on the copy, and what came of it. `odd` and `unseen`: how the copy differed from source before."""

    measured: tuple[Measured, ...]
    remade: tuple[str, ...]
    result: Schema
    dump: str
    odd: frozenset[str] = frozenset()
    unseen: frozenset[NotCovered] = frozenset()
    rebuilt_dump: str = ""


class _Proving:
    """Plans, runs the plan on a copy of source, and looks what is left, until nothing is."""

    def __init__(self, services: Services, call: Call, before: _Opened, after: _Opened) -> None:
        self.services, self.call = services, call
        self.before, self.after = before, after
        self.rights = before.rights and after.rights
        self.notes: list[str] = []
        newest = max(before.schema.server_version, after.schema.server_version)
        self.dumper: Dumper = find_dumper(services.settings.postgres.bin_directory, newest)

    def prove(self, renames: Sequence[Renaming], *, concurrent_indexes: bool) -> _Proof:
        wanted, wanted_dump = self._wanted()
        source_dump = self._dump(self.before.database, self.before.schema)
        source = self._renamed(source_dump, renames)
        steps = [*rename_steps(self.before.schema, wanted, renames)]
        planned = plan(source, wanted, concurrent_indexes=concurrent_indexes)
        steps += planned.steps
        ran = self._run(source_dump, steps) if steps else _Ran((), (), source, source_dump)
        for _ in range(_ROUNDS):
            more = plan(ran.result, wanted).steps if self._left(ran, wanted) else ()
            if not more or any("data_loss" in step.hazards for step in more):
                break
            longer = _with(steps, more)
            again = self._run(source_dump, longer)
            if self._left(again, wanted) == self._left(ran, wanted):
                break  # which they did not change
            steps, ran = longer, again
        left = self._left(ran, wanted)
        left += [f"{entry} (by pg_dump)" for entry in self._unlike(ran, source_dump, wanted_dump)] if not left else []
        left += [f"{spec(each.identity)}: {each.reason}" for each in planned.not_planned if left]
        left += [f"COLUMN {column}: made anew" for column in ran.remade if not _is_moved(column, steps)]
        left += [*self._uncovered(ran), *self._connections(steps)]
        self._tell(ran, wanted)
        return _Proof(self.before, self.after, ran.measured, tuple(left), tuple(self.notes), self._possible(renames))

    def _tell(self, ran: _Ran, wanted: Schema) -> None:
        """What the judges leave aside, and what runs by itself."""
        if not self.rights:
            self.notes.append("Grants and owners were not judged: files name roles that the server does not have.")
        if moved := reordered(ran.result, wanted):
            self.notes.append(
                f"The order of columns, which counts as no difference, stays another in: {', '.join(moved[:10])}."
            )
        if apart := sum(measured.step.phase != "main" for measured in ran.measured):
            self.notes.append(
                f"{apart} statements run outside of the transaction (own_transaction): what succeeded stays."
            )

    def _left(self, ran: _Ran, wanted: Schema) -> list[str]:
        """What differs from the target, but for what the copy lacked from the start."""
        return [each for each in left_over(ran.result, wanted) if each not in ran.odd]

    def _unlike(self, ran: _Ran, source_dump: str, wanted_dump: str) -> list[str]:
        odd = unlike(ran.rebuilt_dump, source_dump) if ran.rebuilt_dump else []
        return [entry for entry in unlike(ran.dump, wanted_dump) if entry not in odd]

    def _wanted(self) -> tuple[Schema, str]:
        """The target's facts and dump, both spelled by a server of source's major."""
        after = self.after
        majors = {each.schema.server_version // 10000 for each in (self.before, after)}
        dump = self._dump(after.database, after.schema)
        if len(majors) == 1:
            return self._with_rights(after.schema), dump
        self.notes.append("The servers' majors differ: the target was rebuilt on a server of the source's.")
        with self._copy(dump, after.schema) as copy:
            with reading(self.call, copy) as connection:
                schema = read_schema(connection, dependencies=True)
            return self._with_rights(_subscribed(schema, after.schema)), self._dump(copy, schema)

    def _with_rights(self, schema: Schema) -> Schema:
        return schema if self.rights else without(schema, _RIGHTS)

    def _dump(self, database: Database, schema: Schema) -> str:
        return dump_schema(self.call, database, self.dumper, schema.server_version, rights=self.rights)

    @contextmanager
    def _copy(self, dump: str, schema: Schema) -> Generator[Database]:
        """A rebuilt database: on the source's server, else on the embedded one, where the roles are made too."""
        folder = self.services.settings.postgres.bin_directory
        with scratch(self.call, self.before.database, bin_directory=Path(folder) if folder else None) as made:
            database = made.database
            if made.embedded:
                roles = roles_of(self.before.schema) | roles_of(self.after.schema)
                database = as_role(self.call, database, schema.role, roles, like=self.before.schema.server_version)
            load_dump(self.call, database, dump, without_public=_PUBLIC not in schema.facts)
            add_user_mappings(self.call, database, schema.of("user_mapping"))
            yield database

    def _renamed(self, dump: str, renames: Sequence[Renaming]) -> Schema:
        """Source as it is once the confirmed renames are done."""
        before = self.before.schema
        if not renames:
            return self._with_rights(before)
        with self._copy(dump, before) as copy:
            run_plan(self.call, copy, rename_steps(before, self.after.schema, renames))
            with reading(self.call, copy) as connection:
                return self._with_rights(_subscribed(read_schema(connection, dependencies=True), before))

    def _run(self, dump: str, steps: Sequence[Step]) -> _Ran:
        with self._copy(dump, self.before.schema) as copy:
            add_subscriptions(self.call, copy, self.before.schema)
            with reading(self.call, copy) as connection:
                rebuilt = self._with_rights(read_schema(connection))
            odd = left_over(rebuilt, self._with_rights(self.before.schema))
            unseen = frozenset({*rebuilt.not_covered} ^ {*self.before.schema.not_covered})
            rebuilt_dump = ""
            if odd:
                rebuilt_dump = self._dump(copy, rebuilt)
                self.notes = [n for n in self.notes if not n.startswith("The copy")]
                self.notes.append(f"The copy that the plan was run on is not quite source: {', '.join(odd[:5])}.")
            with twin(self.call, copy) as other:
                add_subscriptions(self.call, other, self.before.schema)
                measured = measure_plan(self.call, other, steps)
            remade = run_plan(self.call, copy, steps)
            with reading(self.call, copy) as connection:
                result = self._with_rights(read_schema(connection, dependencies=True))
            return _Ran(measured, remade, result, self._dump(copy, result), frozenset(odd), unseen, rebuilt_dump)

    def _uncovered(self, ran: _Ran) -> list[str]:
        """What is not modelled, and is not there as in the target; what a copy does not show counts as it is."""
        before, after = set(self.before.schema.not_covered), set(self.after.schema.not_covered)
        left = (set(ran.result.not_covered) ^ after) - ran.unseen | ((before ^ after) & ran.unseen)
        return [f"{kind} {name}: {_UNPLANNED.get(kind, 'not modelled')}" for kind, name in sorted(left)]

    def _connections(self, steps: Sequence[Step]) -> list[str]:
        """Subscriptions whose connections differ; where that is not known, those that are altered without knowing."""
        if not self.before.schema.of("subscription") or not self.after.schema.of("subscription"):
            return []
        other, unknown = unlike_connections(self.call, self.before.database, self.after.database)
        altered = {step.identity.name for step in steps if step.identity.kind == "subscription"}
        if unknown:
            self.notes.append(f"Connections of subscriptions, which the role may not read: {', '.join(unknown)}.")
        left = [(name, "another connection, which is not shown: set it by hand") for name in other]
        left += [
            (name, "altered, but whether its connection differs is not known") for name in unknown if name in altered
        ]
        return [f"SUBSCRIPTION {name}: {why}" for name, why in left]

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


def _subscribed(schema: Schema, original: Schema) -> Schema:
    """A rebuilt schema with the subscriptions of the original, of which a copy has none."""
    found = {identity: original.facts[identity] for identity in original.of("subscription")}
    return replace(schema, facts={**schema.facts, **found}) if found else schema


def _with(steps: list[Step], more: Sequence[Step]) -> list[Step]:
    """The steps with others after them, each in its phase."""
    every = [*steps, *more]
    return [step for phase in ("before", "main", "after") for step in every if step.phase == phase]


def _is_moved(column: str, steps: Sequence[Step]) -> bool:
    return any(
        "__before_migration" in step.sql and column.startswith(f"{step.identity.schema}.{step.identity.name}.")
        for step in steps
    )


# The report ---------------------------------------------------------------------------------------------------------


def _report(services: Services, proof: _Proof, *, save_as: str | None, allow_data_loss: bool) -> MigrationPlan:
    path, notes = None, list(proof.notes)
    losing = proof.losing
    if save_as is not None:
        if proof.measured and proof.verified and (allow_data_loss or not losing):
            path = _save(services, proof, save_as)
        else:
            notes.append(f"Not saved: {_why_not(proof, losing)}.")
    statements, left_out = _statements(proof.measured)
    return MigrationPlan(
        verified=proof.verified,
        statements=statements,
        left_out=left_out,
        path=path,
        fingerprint_before=proof.before.schema.fingerprint,
        fingerprint_after=proof.after.schema.fingerprint,
        differences_left=list(proof.left)[:50],
        data_loss=[] if allow_data_loss else losing,
        possible_renames=list(proof.renames),
        notes=notes,
        next=_next(proof, path, losing, allow_data_loss=allow_data_loss),
    )


def _why_not(proof: _Proof, losing: list[str]) -> str:
    if not proof.measured:
        return "there is nothing to do"
    return "differences are left" if not proof.verified else f"{len(losing)} statements lose data"


def _statements(measured: Sequence[Measured]) -> tuple[list[PlannedStatement], int]:
    told: list[PlannedStatement] = []
    size = 0
    for each in measured:
        statement = PlannedStatement(
            sql=each.step.sql,
            object=spec(each.step.identity),
            hazards=sorted(each.hazards),
            lock=each.lock,
            reason=each.step.reason or None,
            own_transaction=each.step.phase != "main",
        )
        size += len(statement.model_dump_json())
        if size > _BUDGET and told:
            break
        told.append(statement)
    return told, len(measured) - len(told)


def _save(services: Services, proof: _Proof, save_as: str) -> str:
    folder = migrations_folder(services.workspace, services.settings.migrations.folder)
    path = next_path(folder, save_as)
    steps = [Step(m.step.sql, m.step.identity, m.step.reason, m.hazards, m.step.phase) for m in proof.measured]
    losing = [str(number) for number, step in enumerate(steps, 1) if "data_loss" in step.hazards]
    text = write_migration(
        steps,
        {
            "name": path.stem,
            "source": proof.before.source.asked,
            "target": proof.after.source.asked,
            "fingerprint_before": proof.before.schema.fingerprint,
            "fingerprint_after": proof.after.schema.fingerprint,
            "verified": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} by facts and pg_dump",
            "data_loss": f"statements {', '.join(losing)}, allowed" if losing else "none",
        },
    )
    again = read_migration(path.stem, text)
    if (
        again is None
        or not again.intact
        or [s.sql for s in again.steps] != [re.sub(r"[;\s]+$", "", s.sql) for s in steps]
    ):
        raise Refused("unsaveable", "A statement holds a line that would be read as a mark of the file.")
    save_migration(path, text)
    return str(path.relative_to(services.workspace.root))


def _next(proof: _Proof, path: str | None, losing: list[str], *, allow_data_loss: bool) -> str:
    database = proof.before.source.asked
    if not proof.measured and proof.verified:
        order = any(note.startswith("The order of columns") for note in proof.notes)
        return f"Nothing to do: the schemas are equal{', but for the order of columns' if order else ''}."
    if not proof.verified:
        return "Not equal to target yet: change what differences_left names by hand, then plan again."
    if losing and not allow_data_loss:
        return "It loses data (data_loss): ask a person, then call again with allow_data_loss and save_as; or renames."
    if path is None:
        return "Call again with save_as to keep it as a file for apply_migration."
    return f"apply_migration(database={database!r}, path={path!r})."
