"""Runs a plan on a scratch database as it would be run in earnest; measures what each statement locks and rewrites."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from server.calls import Call
from server.errors import Refused
from server.model.migration.rereading import read_alike
from server.model.migration.steps import Hazard, Step
from server.model.migration.words import spec
from server.model.quoting import literal
from server.model.schema import Identity, Schema
from server.model.versions import major_of
from server.postgres.databases import Connection, Database, connected, run_single
from server.postgres.dumping import cleaned
from server.postgres.failures import meaning
from server.postgres.questions import ask

_STRENGTH = (
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
_WORDS = {
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE", "ShareLock": "SHARE", "ExclusiveLock": "EXCLUSIVE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}  # fmt: skip
_TOLD = 3  # from SHARE UPDATE EXCLUSIVE on
_NAMED = 3  # relations of one lock

Files = dict[int, tuple[str, str, str, int]]
Column = tuple[str, str, str]


@dataclass(frozen=True)
class Measured:
    """A statement with what it was seen to do."""

    step: Step
    lock: str | None
    hazards: frozenset[Hazard]


def measure_plan(call: Call, scratch: Database, steps: Sequence[Step]) -> tuple[Measured, ...]:
    """Runs each step in a transaction of its own, so that the locks seen at its end are its alone.

    Within one transaction, what an earlier statement holds would hide what a later one takes, or pass for it.
    Refused("migration_fails"): one fails; names the object and the reason.
    """
    measured: list[Measured] = []
    with connected(call, scratch) as connection:
        settle(connection)
        meter = _Meter(connection)
        for number, step in enumerate(steps):
            call.progress(number, len(steps), "measuring")
            if "CONCURRENTLY" in step.sql:
                meter.look()
                run_step(connection, step)
                measured.append(meter.measured(step, _alone(), _files(connection, changed=False)))
            else:
                with connection.transaction():
                    run_step(connection, step)
                    lock = meter.locked(step)
                    touched = lock.strength > _TOLD  # else it has neither rewritten nor indexed what was there
                    files = _files(connection, changed=True) if touched else {}
                    measured.append(meter.measured(step, lock, files))
    return tuple(measured)


def run_plan(call: Call, scratch: Database, steps: Sequence[Step]) -> tuple[str, ...]:
    """Runs the steps in their transactions; the columns that are other ones than before though the name stayed.

    Refused("migration_fails"): one fails; names the object and the reason.
    """
    with connected(call, scratch) as connection:
        settle(connection)
        before = _columns(connection)
        within = False
        for number, step in enumerate(steps):
            call.progress(number, len(steps), "proving")
            if (step.phase == "main") != within:
                connection.execute(b"COMMIT" if within else b"BEGIN")
                within = not within
            run_step(connection, step)
        if within:
            connection.execute("COMMIT")
        return _remade(before, _columns(connection))


def settle(connection: Connection) -> None:
    """What every migration runs with: its own names are qualified; those in bodies of functions may not be."""
    connection.execute("SET search_path = public")
    connection.execute("SET check_function_bodies = off")


def run_step(connection: Connection, step: Step) -> None:
    """One statement, and no more than one."""

    def failed(what: str, _sqlstate: str) -> Refused:
        return Refused(
            "migration_fails",
            f"{spec(step.identity)} cannot be planned: {what}.",
            next="Change this object by a migration of your own, then plan again.",
            details={"statement": step.sql[:1000]},
        )

    with meaning(failed):
        run_single(connection, step.sql.encode())


@dataclass(frozen=True)
class _Lock:
    """The strongest that a statement takes: its place in _STRENGTH, and on which relations, its own first."""

    strength: int = 0
    relations: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = len(self.relations) - _NAMED
        rest = f" and {more} more" if more > 0 else ""
        return f"{_WORDS[_STRENGTH[self.strength]]} on {', '.join(self.relations[:_NAMED])}{rest}"


class _Meter:
    """Locks on, and files of, the relations that were there at the start."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._files = _files(connection, changed=False)
        self._known = dict(self._files)

    def look(self) -> None:
        """Takes in what was made without being measured."""
        self._files = _files(self._connection, changed=False)

    def measured(self, step: Step, lock: _Lock, files: Files) -> Measured:
        """What a step has done, by its lock and the files of relations that it may have changed."""
        hazards = set(step.hazards) | _blocked(lock.strength)
        for oid, (_, _, kind, file) in files.items():
            known = self._files.get(oid)
            if known is None:
                hazards |= {"index_build"} if kind == "i" and self._on_kept(step) else set()
            elif known[3] != file and file:
                hazards.add("index_build" if kind == "i" else "table_rewrite")
        self._files.update(files)
        return Measured(step, str(lock) if lock.relations else None, frozenset(hazards))

    def _on_kept(self, step: Step) -> bool:
        table = step.identity.name
        return step.identity.kind == "index" or any(
            found[:2] == (step.identity.schema, table) for found in self._known.values()
        )

    def locked(self, step: Step) -> _Lock:
        """What this transaction holds: on tables, and on an index only where no table is held as strongly."""
        held = [
            (_STRENGTH.index(mode), *self._known[oid][:3])
            for oid, mode in ask(self._connection, "held_locks")
            if oid in self._known and mode in _STRENGTH
        ]
        strength = max((each[0] for each in held), default=0)
        if strength < _TOLD:
            return _Lock()
        strongest = [each[1:] for each in held if each[0] == strength]
        tables = [each for each in strongest if each[2] != "i"] or strongest
        about = (step.identity.schema, step.identity.name)
        tables.sort(key=lambda each: (each[:2] != about, each))
        return _Lock(strength, tuple(f"{schema}.{name}" for schema, name, _ in tables))


def _alone() -> _Lock:
    """Of CREATE INDEX CONCURRENTLY, which no transaction may hold, as PostgreSQL's manual has it."""
    return _Lock(_TOLD, ("its table",))


def _blocked(strength: int) -> set[Hazard]:
    if strength == len(_STRENGTH) - 1:
        return {"blocks_reads", "blocks_writes"}
    return {"blocks_writes"} if strength > _TOLD else set()


def _files(connection: Connection, *, changed: bool) -> Files:
    found = ask(connection, "relation_files", changed)
    return {oid: (schema, name, kind, file) for oid, schema, name, kind, file in found}


def _columns(connection: Connection) -> dict[Column, tuple[int, int]]:
    return {(s, t, c): (oid, number) for s, t, c, oid, number in ask(connection, "column_numbers")}


def _remade(before: dict[Column, tuple[int, int]], after: dict[Column, tuple[int, int]]) -> tuple[str, ...]:
    found = [column for column, what in before.items() if after.get(column, what) != what]
    return tuple(".".join(column) for column in found)


def as_role(call: Call, scratch: Database, role: str, roles: Collection[str], *, like: int) -> Database:
    """The scratch database of an embedded server, whose roles are made as the schema names them, reached as `role`.

    Refused("no_scratch_database"): the server is of another major than `like` (a version like 150018), whose statements
    it would spell and judge otherwise.
    """
    with connected(call, scratch) as connection:
        major, wanted = major_of(connection.info.server_version), major_of(like)
        if major != wanted:
            raise Refused(
                "no_scratch_database",
                f"The role may not create databases, and the embedded server is PostgreSQL {major}, not {wanted}.",
                next=f"Grant the role CREATEDB, or set [postgres] bin_directory to PostgreSQL {wanted}'s programs.",
            )
        address = scratch.address
        assert address is not None
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}
        for name in sorted({*roles, role} - known - {""}):
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        if role in known or not role:
            return scratch
        words = sql.SQL("ALTER ROLE {} SUPERUSER LOGIN PASSWORD {}")
        connection.execute(words.format(sql.Identifier(role), sql.Literal(address.password)))
    return replace(scratch, address=replace(address, user=role))


def add_user_mappings(call: Call, scratch: Database, mappings: Iterable[Identity]) -> None:
    """Those that a dump leaves out, without their options, which may hold passwords."""
    wanted = list(mappings)
    if wanted:
        with connected(call, scratch) as connection:
            for identity in wanted:
                connection.execute(f"CREATE {spec(identity)}".encode())


_EXTENSION = re.compile(r'^(CREATE EXTENSION IF NOT EXISTS ("(?:[^"]|"")+"|\w+)[^;\n]*);$', re.MULTILINE)


def load_dump(call: Call, scratch: Database, dump: str, schema: Schema) -> None:
    """Rebuilds a schema from what pg_dump wrote of a database of the caller's own: it is run as it stands, but for the
    versions of extensions, which a dump does not tell: where the server has them, they are the schema's.
    """
    script = re.sub(r"^\\(un)?restrict .*$", "", dump, flags=re.MULTILINE)
    with connected(call, scratch) as connection:
        script = read_alike(script)
        script = cleaned(script, connection.info.server_version)  # which may be older than the dump's own server
        script = _EXTENSION.sub(_versioned(connection, schema), script)
        if Identity("schema", "", "public") not in schema.facts:
            connection.execute("DROP SCHEMA IF EXISTS public")
        with meaning(_not_rebuildable):
            connection.execute(script.encode())


def _versioned(connection: Connection, schema: Schema) -> Callable[[re.Match[str]], str]:
    """Spells a CREATE EXTENSION with the version that the schema has of it."""
    known = {(str(name), str(version)) for name, version in ask(connection, "extension_versions")}

    def versioned(found: re.Match[str]) -> str:
        name = found[2].strip('"').replace('""', '"')
        version = schema.facts.get(Identity("extension", "", name), {}).get("version")
        return f"{found[1]} VERSION {literal(str(version))};" if (name, str(version)) in known else found[0]

    return versioned


def _not_rebuildable(what: str, sqlstate: str) -> Refused:
    newer = (
        "A newer pg_dump wrote what this server does not read: install its own, or set [postgres] bin_directory to it."
    )
    role = "The role must be able to create everything that the schema holds."
    return Refused(
        "not_rebuildable",
        f"The source cannot be rebuilt in a scratch database: {what}.",
        next=newer if sqlstate == "42601" else role,
    )
