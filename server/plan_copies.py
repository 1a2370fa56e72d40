"""The copies of two schemas that a plan is proved on: rebuilt from dumps, run through, read and dumped again."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from server.calls import Call
from server.model.migration.judging import left_over, roles_of, without
from server.model.migration.renaming import Renaming, rename_steps
from server.model.migration.steps import Step
from server.model.schema import NotCovered, Schema
from server.model.versions import major_of
from server.postgres.databases import Database
from server.postgres.dumping import Dumper, dump_schema, find_dumper
from server.postgres.migrations.proving import Measured, add_user_mappings, as_role, load_dump, measure_plan, run_plan
from server.postgres.migrations.scratch import scratch, twin
from server.postgres.migrations.subscribing import add_subscriptions
from server.postgres.schemas.catalog import read_schema
from server.postgres.transactions import reading
from server.services import Services
from server.sides import Source

_RIGHTS = ("grants", "revoked", "sequence_rights")


@dataclass(frozen=True)
class Opened:
    """A side that can be read and dumped. `rights`: its grants and owners count. `place`: equal for one database."""

    source: Source
    database: Database
    schema: Schema
    rights: bool
    place: str = ""
    loaded_on: str | None = None


@dataclass(frozen=True)
class Ran:
    """A run on the copy, and what came of it. `odd` and `unseen`: how the copy differed from source before."""

    measured: tuple[Measured, ...]
    remade: tuple[str, ...]
    result: Schema
    dump: str
    odd: frozenset[str] = frozenset()
    unseen: frozenset[NotCovered] = frozenset()
    rebuilt_dump: str = ""


class Copies:
    """Made on the source's server, so that both schemas are spelled as it does. `notes`: what is odd about them."""

    def __init__(self, services: Services, call: Call, before: Opened, after: Opened) -> None:
        self.services, self.call = services, call
        self.before, self.after = before, after
        self.rights = before.rights and after.rights
        self.notes: list[str] = []
        newest = max(before.schema.server_version, after.schema.server_version)
        self.dumper: Dumper = find_dumper(services.settings.postgres.bin_directory, newest)

    def wanted(self) -> tuple[Schema, str]:
        """The target's facts and dump, both spelled by a server of source's major."""
        after = self.after
        majors = {major_of(each.schema.server_version) for each in (self.before, after)}
        dump = self.dump(after.database, after.schema)
        if len(majors) == 1:
            return self._with_rights(after.schema), dump
        self.notes.append("The servers' majors differ: the target was rebuilt on a server of the source's.")
        with self._copy(dump, after.schema) as copy:
            with reading(self.call, copy) as connection:
                schema = read_schema(connection, dependencies=True)
            return self._with_rights(_subscribed(schema, after.schema)), self.dump(copy, schema)

    def _with_rights(self, schema: Schema) -> Schema:
        return schema if self.rights else without(schema, _RIGHTS)

    def dump(self, database: Database, schema: Schema) -> str:
        return dump_schema(self.call, database, self.dumper, schema.server_version, rights=self.rights)

    @contextmanager
    def _copy(self, dump: str, schema: Schema) -> Generator[Database]:
        """A rebuilt database: on the source's server, else on the embedded one, where the roles are made too."""
        programs = self.services.settings.postgres.bin_directory
        with scratch(self.call, self.before.database, bin_directory=programs) as made:
            database = made.database
            if made.embedded:
                roles = roles_of(self.before.schema) | roles_of(self.after.schema)
                database = as_role(self.call, database, schema.role, roles, like=self.before.schema.server_version)
            load_dump(self.call, database, dump, schema)
            add_user_mappings(self.call, database, schema.of("user_mapping"))
            yield database

    def renamed(self, dump: str, renames: Sequence[Renaming]) -> Schema:
        """Source as it is once the confirmed renames are done."""
        before = self.before.schema
        if not renames:
            return self._with_rights(before)
        with self._copy(dump, before) as copy:
            run_plan(self.call, copy, rename_steps(before, self.after.schema, renames))
            with reading(self.call, copy) as connection:
                return self._with_rights(_subscribed(read_schema(connection, dependencies=True), before))

    def run(self, dump: str, steps: Sequence[Step]) -> Ran:
        with self._copy(dump, self.before.schema) as copy:
            add_subscriptions(self.call, copy, self.before.schema)
            with reading(self.call, copy) as connection:
                rebuilt = self._with_rights(read_schema(connection))
            odd = left_over(rebuilt, self._with_rights(self.before.schema))
            unseen = frozenset({*rebuilt.not_covered} ^ {*self.before.schema.not_covered})
            rebuilt_dump = ""
            if odd:
                rebuilt_dump = self.dump(copy, rebuilt)
                self.notes = [n for n in self.notes if not n.startswith("The copy")]
                self.notes.append(f"The copy that the plan was run on is not quite source: {', '.join(odd[:5])}.")
            with twin(self.call, copy) as other:
                add_subscriptions(self.call, other, self.before.schema)
                measured = measure_plan(self.call, other, steps)
            remade = run_plan(self.call, copy, steps)
            with reading(self.call, copy) as connection:
                result = self._with_rights(read_schema(connection, dependencies=True))
            return Ran(measured, remade, result, self.dump(copy, result), frozenset(odd), unseen, rebuilt_dump)


def _subscribed(schema: Schema, original: Schema) -> Schema:
    """A rebuilt schema with the subscriptions of the original, of which a copy has none."""
    found = {identity: original.facts[identity] for identity in original.of("subscription")}
    return replace(schema, facts={**schema.facts, **found}) if found else schema
