"""One import, from the first lock to the last check, inside one transaction that its caller commits or rolls back.

Reads as the order of events: take turns, read the schema, plan, make room, load, put back, set sequences, record.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from server.calls import Call
from server.errors import Cancelled, Refused
from server.model.amounts import several
from server.model.imports.differences import enum_issues, schema_differences
from server.model.imports.matching import Fits
from server.model.imports.plan import ImportIssue, ImportPlan, ImportRequest, target_of
from server.model.imports.planning import choose_tables, plan_import, with_order
from server.model.imports.reports import FileRejected
from server.model.imports.script_policy import ScriptPolicy
from server.model.imports.table_rows import RowSource
from server.model.imports.visible import Visible
from server.model.redaction import Policy
from server.model.schema import Identity, Schema, texts
from server.postgres.databases import Connection, Database
from server.postgres.encodings import in_an_encoding
from server.postgres.imports.emptying import Emptied, empty_tables, told_losses
from server.postgres.imports.imported import Imported
from server.postgres.imports.positions import hold_used, set_positions
from server.postgres.imports.records import committed_before, record
from server.postgres.imports.relaxing import (
    Relaxed,
    Sizes,
    choose,
    hazards_of,
    put_back_indexes,
    put_back_keys,
    stand_aside,
)
from server.postgres.imports.restoring import Restored, create_missing, declared_enums, finish, run_whole
from server.postgres.imports.target_facts import facts_of, missing_rights
from server.postgres.questions import ask
from server.postgres.rows_in.loading import Loader, Merged, with_first_line
from server.postgres.schemas.catalog import read_schema
from server.postgres.scripts.source import ScriptSource
from server.postgres.transactions import own_search_path
from server.postgres.turns import locked, wait_for_turn
from server.postgres.violations.complaints import of_rows, with_first
from server.postgres.violations.diagnosing import Findings, diagnose


@dataclass
class Import:
    """One import under way. `redaction`: which values a report may not show; `given`: the schema that a script makes,
    where it makes one and that was read."""

    call: Call
    database: Database
    connection: Connection
    source: RowSource
    request: ImportRequest
    keep_record: bool
    policy: ScriptPolicy
    redaction: Policy
    given: Schema | None = None
    done: Imported = field(default_factory=Imported)
    _arrived: dict[str, int] = field(default_factory=dict[str, int])
    """Rows read of each table, by its name in the file."""

    def run(self) -> Imported:
        """Everything up to, and without, COMMIT. ImportRejected lists every issue or violation."""
        wait_for_turn(self.call, self.connection)
        self._refuse_repetition()
        target = read_schema(self.connection)
        restored = None
        if self.request.mode == "restore":
            restored = self._restore(target)
            if restored is not None and restored.whole:
                return self._finish_restore(restored)
            target = read_schema(self.connection)
        elif isinstance(self.source, ScriptSource) and self.source.makes:
            left = several(self.source.makes, "statement")
            self.done.checks.append(
                f"left out: {left} of the script that make or drop something; mode restore runs them"
            )
        plan = self._plan(target)
        # 01.02.2025 is one day here and another there: it is refused, never guessed, unless a script says which it is
        written = self.source.settings if isinstance(self.source, ScriptSource) else {"datestyle": "ISO, YMD"}
        for name, value in written.items():
            self.connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
        try:
            with self.connection.transaction():
                self._load(plan, target)
        except psycopg.Error as error:
            self._explain(error, plan, target)
        if restored is not None:
            finish(self.call, self.connection, self.source, restored)
            self.done.hazards += restored.notes
            self.done.checks.append(
                f"{several(restored.statements, 'schema statement')} run, {restored.there_already} there already"
            )
        self._record()
        return self.done

    def _refuse_repetition(self) -> None:
        if self.request.mode != "append" or self.request.force or not self.keep_record:
            return
        when = committed_before(self.connection, self.source.sha256, self._where())
        if when:
            raise Refused(
                "already_imported",
                f"This very file was appended to {self.database.name} at {when}.",
                next="Use mode skip or upsert; force = true appends its rows a second time.",
            )

    def _where(self) -> str:
        """Into which tables: the same rows may belong into others too."""
        names = self.request.tables or [table.name for table in self.source.tables]
        return f"{self.request.into_schema or ''}:{','.join(sorted(names))}"

    def _plan(self, target: Schema) -> ImportPlan:
        if not self.source.tables and not self.source.manifest and self.request.mode != "restore":
            raise Refused(
                "no_rows",
                "The file holds no rows: no table of an export, no array of objects, no COPY or INSERT.",
                next='Rows of JSON are [{…}, …] or {"table": [{…}, …]}, or one a line in a file that ends in .jsonl; a'
                " script that only makes a schema runs with mode restore.",
            )
        tables = choose_tables(self.source.tables, self.request.tables)
        plan = plan_import(self.request, tables, self.source.manifest, target, self._fits)
        issues = [*plan.issues, *missing_rights(self.connection, plan)]
        if self.given is not None:
            issues += schema_differences(self.given, target, [table.identity for table in plan.tables])
        issues += enum_issues(plan.tables, self._labels(), target)
        self.done.issues = issues
        if any(issue.severity == "error" for issue in issues):
            raise FileRejected(issues, [])
        self.done.checks.append("schema: every column of the file has its place, every required column its value")
        return plan

    def _labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of enums as the file's schema declares them, by type; nothing where it brings none."""
        if self.given is not None:
            return {i.qualified: texts(self.given.facts[i], "labels") for i in self.given.of("enum")}
        return declared_enums(self.source.schema_sql, self.policy) if self.source.schema_sql else {}

    def _fits(self, given: str, wanted: str) -> Fits:
        answer = ask(self.connection, "import_type_pairs", [given], [wanted])[0][0]
        return "yes" if answer == "yes" else "no" if answer == "no" else "depends"

    def _load(self, plan: ImportPlan, target: Schema) -> None:
        """Everything that rows can make fail; on a savepoint of its own."""
        if self.source.format in ("json", "sql") and self.request.mode not in ("skip", "upsert"):
            plan = with_order(plan, [table.name for table in self.source.tables])
        relaxed = self._make_room(plan, target)
        emptied: dict[str, Emptied] = {}
        enums = frozenset(identity.qualified for identity in target.of("enum"))
        with own_search_path(self.connection):
            if self.request.mode == "replace":
                emptied = empty_tables(self.connection, plan.tables, target)
            hold_used(self.connection, plan.tables, target)
            merged = self._take_rows(plan, enums)
            put_back_indexes(self.connection, relaxed, target)
            put_back_keys(self.connection, relaxed, target)
        self.done.add_tables(plan.tables, merged, emptied, self._arrived)
        self._check_counts(plan)
        self._tell_losses(list(emptied.values()))
        given = () if self.request.tables or self.request.into_schema else self.source.sequences
        self.done.sequences_set = set_positions(self.connection, plan.tables, target, given)

    def _make_room(self, plan: ImportPlan, target: Schema) -> Relaxed:
        everything = target.of("table")
        facts = facts_of(self.connection, everything)
        owned = [identity for identity, known in facts.items() if known.owned]
        coming: Counter[Identity] = Counter()
        for table in plan.tables:
            for identity in target.upward(table.identity):
                coming[identity] += table.rows or 0
        sizes = {
            identity: Sizes(rows, there=facts[identity].rows if identity in facts else 0)
            for identity, rows in coming.items()
        }
        staged = self.request.mode in ("skip", "upsert")
        by_statement = not staged and self.source.format in ("json", "jsonl", "sql")
        relaxed = choose(self.request, plan.tables, target, owned, sizes, by_statement=by_statement)
        if relaxed.stuck:
            issues = [
                ImportIssue(
                    type="foreign_key_order", table=key.qualified, column=key.sub, current="not owned by the role"
                )
                for key in relaxed.stuck
            ]
            raise FileRejected(issues, [])
        self.done.hazards += hazards_of(relaxed)
        if relaxed.keys:
            self.done.checks.append(f"foreign keys: {len(relaxed.keys)} validated over all rows")
        stand_aside(self.connection, relaxed)
        return relaxed

    def _tell_losses(self, emptied: Sequence[Emptied]) -> None:
        said = told_losses(self.connection, emptied)
        if said and self.source.manifest and self.source.manifest.export_type == "segmented":
            said.append("data_loss: the file is a segment, only some rows of its tables; upsert keeps the others")
        self.done.hazards += said

    def _take_rows(self, plan: ImportPlan, enums: frozenset[str]) -> dict[str, Merged]:
        loader = Loader(self.connection, self.request, self._tell, enums)
        merged: dict[str, Merged] = {}
        at_once = self.source.format != "sql"
        for rows in self.source.read([table.source for table in plan.tables]):
            table = plan.table(rows.table)
            if table is None:
                continue
            loader.take(with_first_line(in_an_encoding(self.connection, rows), table), table)
            if at_once and self.request.mode not in ("skip", "upsert"):
                merged[table.source] = loader.merge(table)
        for table in plan.tables:
            if table.source not in merged:
                self.call.progress(self.source.position, self.source.total_bytes, f"{table.shown}: merging")
                merged[table.source] = loader.merge(table)
        self._arrived = {source: landing.rows for source, landing in loader.landings.items()}
        return merged

    def _tell(self, table: str, rows: int) -> None:
        self.call.progress(self.source.position, self.source.total_bytes, f"{table}: {rows:,} rows")

    def _check_counts(self, plan: ImportPlan) -> None:
        manifest = self.source.manifest
        arrived = {table.source: self._arrived.get(table.source, 0) for table in plan.tables}
        if manifest and self.request.tables is None:  # a table whose rows are missing altogether
            there = {table.name for table in self.source.tables}
            arrived |= {told.name: 0 for told in manifest.tables if told.name not in there}
        self.done.check_counts(manifest, arrived)

    def _explain(self, error: psycopg.Error, plan: ImportPlan, target: Schema) -> None:
        """Raises what the error means: for broken rows every violation there is."""
        if self.call.cancelled:
            raise Cancelled from None
        state = error.sqlstate or ""
        if state == "55P03":
            known = facts_of(self.connection, target.of("table"))
            raise locked(self.database, [facts.oid for facts in known.values()]) from None
        if not of_rows(state):
            raise error
        table = error.diag.table_name or (plan.tables[0].shown if len(plan.tables) == 1 else "?")
        found = Findings()
        unclear = suppress(psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
        with unclear, self.connection.transaction():
            found = self._diagnose(plan, target)
        issues = [*self.done.issues, *found.issues]
        raise FileRejected(issues, with_first(found.violations, table, error))

    def _diagnose(self, plan: ImportPlan, target: Schema) -> Findings:
        stand_ins = {(table.identity, c.name) for table in plan.tables for c in table.columns if c.redacted}
        visible = Visible(self.redaction, target, frozenset(stand_ins))
        with own_search_path(self.connection):
            return diagnose(self.call, self.connection, self.source, plan, target, visible)

    def _record(self) -> None:
        if self.request.rehearse or not self.keep_record:
            return
        rows = sum(table.rows_in_file for table in self.done.tables)
        if not record(self.connection, self.source.sha256, self._where(), self.request.mode, rows):
            self.done.hazards.append("no_record: the role may not write schema pgferry, so a second run is not noticed")

    def _restore(self, target: Schema) -> Restored | None:
        if self.request.into_schema or self.request.tables:
            raise Refused(
                "restore_takes_all",
                "restore loads the whole file where it belongs.",
                next="Leave tables and into_schema out.",
            )
        if isinstance(self.source, ScriptSource) and not self._there_already(target):
            return self._run_whole(self.source)
        if self.given is not None:
            differences = schema_differences(self.given, target, self.given.of("table"))
            if differences:
                raise FileRejected(differences, [])
        return create_missing(self.call, self.connection, self.source, self.policy)

    def _run_whole(self, source: ScriptSource) -> Restored:
        """The script as it stands; where its rows do not fit its own schema, every violation is told."""
        try:
            with self.connection.transaction():
                return run_whole(self.call, self.connection, source, run_triggers=self.request.run_triggers)
        except Refused as failure:
            if not of_rows(str(failure.details.get("sqlstate"))):
                raise
            found = Findings()
            with suppress(Refused, FileRejected, psycopg.Error):
                found = self._diagnose_whole(source)
            if not found.violations:
                raise
            raise FileRejected(found.issues, found.violations) from None

    def _diagnose_whole(self, source: ScriptSource) -> Findings:
        """The schema is made once more, without rows, and these are looked at beside it."""
        with self.connection.transaction(force_rollback=True):
            create_missing(self.call, self.connection, source, self.policy)
            target = read_schema(self.connection)
            plan = plan_import(self.request, source.tables, source.manifest, target, self._fits)
            return self._diagnose(plan, target)

    def _there_already(self, target: Schema) -> bool:
        """Whether any table that the script creates exists; one that creates none is for tables that do."""
        assert isinstance(self.source, ScriptSource)
        return not self.source.creates or any(target_of(name, None) in target.facts for name in self.source.creates)

    def _finish_restore(self, restored: Restored) -> Imported:
        target = read_schema(self.connection)
        touched = [table for table in target.of("table") if "partition_key" not in target.facts[table]]
        manifest = self.source.manifest
        none = {table.name: 0 for table in manifest.tables} if manifest else {}
        self.done.check_counts(manifest, {**none, **restored.rows})
        self.done.add_restored(restored, touched)
        self._record()
        return self.done
