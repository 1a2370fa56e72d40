"""The plan of an import: every table of the file against the target's facts, in the order in which they load best.

Nothing is decided from rows here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from server.errors import Refused, did_you_mean
from server.model.amounts import several
from server.model.imports.loaded import Loaded
from server.model.imports.matching import TableMatch, TypeFits
from server.model.imports.plan import ImportIssue, ImportPlan, ImportRequest, Mode, TablePlan
from server.model.imports.table_rows import FileTable
from server.model.manifest import Manifest
from server.model.ordering import needed_first
from server.model.schema import Identity, Schema
from server.model.schema_keys import foreign_keys


def choose_tables(tables: Sequence[FileTable], wanted: Sequence[str] | None) -> list[FileTable]:
    """The file's tables that the caller names, all where none are named; Refused for one that the file lacks."""
    if wanted is None:
        return list(tables)
    names = {table.name: table for table in tables}
    chosen: list[FileTable] = []
    for name in wanted:
        found = names.get(name) or names.get(name.removeprefix("public."))
        if found is None:
            raise Refused(
                "unknown_table", f"The file has no table {name}. {did_you_mean(name, names)}", next="Name one of those."
            )
        chosen.append(found)
    return chosen


def plan_import(
    request: ImportRequest, tables: Sequence[FileTable], manifest: Manifest | None, target: Schema, fits: TypeFits
) -> ImportPlan:
    """The plan with all its issues."""
    names = [table.name for table in tables]
    issues = [
        ImportIssue(type="unknown_file_table", table=name, import_=did_you_mean(name, names))
        for name in sorted(request.columns.keys() - set(names))
    ]
    plans: list[TablePlan] = []
    for table in tables:
        match = TableMatch(request, table, manifest.table(table.name) if manifest else None, target, fits)
        plan = match.plan()
        issues += match.issues
        if plan:
            plans.append(_with_redactions(plan, request.mode, manifest, issues))
    issues += _row_counts(tables, manifest)
    return ImportPlan(request.mode, tuple(load_order(plans, target)), tuple(issues))


def _with_redactions(plan: TablePlan, mode: Mode, manifest: Manifest | None, issues: list[ImportIssue]) -> TablePlan:
    """Marks the columns whose real values the file does not hold."""
    redactions = manifest.redactions if manifest else []
    how = {redaction.column: redaction.how for redaction in redactions if redaction.table == plan.source}
    columns = tuple(replace(column, redacted=column.file in how) for column in plan.columns)
    keeps = {"upsert": "rows that are there keep theirs", "replace": "the real values are lost"}
    if mode in keeps:
        issues += [
            ImportIssue(
                type="redacted_column",
                table=plan.source,
                column=column.name,
                current=keeps[mode],
                import_=how[column.file],
                severity="info" if mode == "upsert" else "warning",
            )
            for column in columns
            if column.redacted
        ]
    return replace(plan, columns=columns)


def _row_counts(tables: Sequence[FileTable], manifest: Manifest | None) -> Iterable[ImportIssue]:
    for table in tables:
        told = manifest.table(table.name) if manifest else None
        if told and table.rows is not None and told.rows != table.rows:
            yield ImportIssue(
                type="row_count",
                table=table.name,
                current=several(table.rows, "row"),
                import_=f"manifest: {several(told.rows, 'row')}",
            )


def load_order(plans: Sequence[TablePlan], target: Schema) -> list[TablePlan]:
    """Referenced tables first; the members of a cycle as they come."""
    by_identity = {plan.identity: plan for plan in plans}
    loaded = Loaded(by_identity, target)
    needs: dict[Identity, set[Identity]] = {identity: set() for identity in by_identity}
    for constraint, parent in foreign_keys(target):
        child = Identity("table", constraint.schema, constraint.name)
        if target.whole(child) != target.whole(parent):
            for identity in loaded.bringing(child):
                needs[identity].update(loaded.bringing(parent))
    return [by_identity[identity] for identity in needed_first(needs)]


def with_order(plan: ImportPlan, names: Sequence[str]) -> ImportPlan:
    """The same plan with its tables in the order in which the file has them."""
    place = {name: number for number, name in enumerate(names)}
    ordered = sorted(plan.tables, key=lambda table: place.get(table.source, len(place)))
    return replace(plan, tables=tuple(ordered))
