"""What an import will do, decided from the file's tables and the target's facts; and what stands in its way.

Rules only: knows no SQL and no file. PostgreSQL's own rules about types come in as a function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.errors import Refused, did_you_mean
from server.model.manifest import Manifest, ManifestTable
from server.model.schema import Attributes, Identity, Schema
from server.model.schema_keys import foreign_keys, unique_keys
from server.model.table_rows import FileTable, split_key
from server.model.tables import table_key

Mode = Literal["append", "skip", "upsert", "replace", "restore"]
Severity = Literal["error", "warning", "info"]
Fits = Literal["yes", "depends", "no"]
TypeFits = Callable[[str, str], Fits]
"""(type in the file, type in the table) → whether values convert."""


class ImportRequest(BaseModel):
    """What the caller asks for. `columns`: {table: {column in the file: column in the table, "" leaves it out}}."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    path: str
    mode: Mode = "append"
    tables: tuple[str, ...] | None = None
    into_schema: str | None = None
    columns: dict[str, dict[str, str]] = {}
    on_conflict_columns: tuple[str, ...] | None = None
    defer_indexes: Literal["auto", "never"] = "auto"
    run_triggers: bool = True
    confirm: bool = False
    force: bool = False
    rehearse: bool = False


class ImportIssue(BaseModel):
    """Something about the schema that does not fit, or that the caller should know. An error stops the import."""

    model_config = ConfigDict(frozen=True)

    type: str
    table: str
    column: str | None = None
    current: str | None = None
    import_: str | None = Field(default=None, serialization_alias="import")
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """A column that is loaded: its name in the file and in the table, and its type there."""

    file: str
    name: str
    type: str
    always: bool = False
    """GENERATED ALWAYS AS IDENTITY: the file's values are kept, and it is never updated."""
    redacted: bool = False
    """The file has stand-ins for its values: rows that are there already keep theirs."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What happens to one table. `key` is what decides a conflict; `left_out` are the file's columns not loaded."""

    source: str
    identity: Identity
    columns: tuple[ColumnPlan, ...]
    file_columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    rows: int | None = None
    """As counted or estimated."""
    partitioned: bool = False
    headless: bool = False

    @property
    def left_out(self) -> tuple[str, ...]:
        kept = {column.file for column in self.columns}
        return tuple(name for name in self.file_columns if name not in kept)

    @property
    def shown(self) -> str:
        return table_key(self.identity.schema, self.identity.name)


@dataclass(frozen=True)
class ImportPlan:
    """The tables in the order in which they load best, and every issue found."""

    mode: Mode
    tables: tuple[TablePlan, ...]
    issues: tuple[ImportIssue, ...] = ()
    relaxed: tuple[Identity, ...] = field(default=())

    @property
    def errors(self) -> list[ImportIssue]:
        return [issue for issue in self.issues if issue.severity == "error"]

    def table(self, source: str) -> TablePlan | None:
        return next((table for table in self.tables if table.source == source), None)


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
    """The plan with all its issues; nothing is decided from rows here."""
    issues: list[ImportIssue] = []
    plans: list[TablePlan] = []
    for table in tables:
        told = manifest.table(table.name) if manifest else None
        plan = _plan_table(request, table, told, target, fits, issues)
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


def target_of(name: str, into_schema: str | None) -> Identity:
    """Where a table of the file goes."""
    schema, table = split_key(name)
    return Identity("table", into_schema or schema, table)


def _plan_table(
    request: ImportRequest,
    table: FileTable,
    told: ManifestTable | None,
    target: Schema,
    fits: TypeFits,
    issues: list[ImportIssue],
) -> TablePlan | None:
    identity = target_of(table.name, request.into_schema)
    found = target.relation(identity.schema, identity.name)
    if found is None or found.kind != "table":
        known = [table_key(i.schema, i.name) for i in target.of("table")]
        current = f"a {found.kind.replace('_', ' ')}" if found else did_you_mean(table.name, known)
        issues.append(ImportIssue(type="not_a_table" if found else "missing_table", table=table.name, current=current))
        return None
    columns = {i.sub: target.facts[i] for i in target.parts(identity, "column")}
    headless = table.columns is not None and _headless(table.columns, columns, told)
    names = _writable(columns) if headless or table.columns is None else table.columns
    chosen = _columns(request, table, names, columns, told, fits, issues)
    _missing(table, {column.name for column in chosen}, columns, issues)
    key = _key(request, table, identity, target, {column.name for column in chosen}, issues)
    return TablePlan(
        source=table.name,
        identity=identity,
        columns=tuple(chosen),
        file_columns=tuple(names),
        key=key,
        rows=table.rows if table.rows is not None else table.estimate,
        partitioned="partition_key" in target.facts[identity],
        headless=headless,
    )


def _headless(names: Sequence[str], columns: Mapping[str, Attributes], told: ManifestTable | None) -> bool:
    """A csv whose first line holds no column name but as many fields as the table: it has no header."""
    return told is None and not any(name in columns for name in names) and len(names) == len(_writable(columns))


def _writable(columns: Mapping[str, Attributes]) -> tuple[str, ...]:
    return tuple(name for name, attributes in columns.items() if "generated" not in attributes)


def _columns(
    request: ImportRequest,
    table: FileTable,
    names: Sequence[str],
    columns: Mapping[str, Attributes],
    told: ManifestTable | None,
    fits: TypeFits,
    issues: list[ImportIssue],
) -> list[ColumnPlan]:
    mapping = request.columns.get(table.name, {})
    for wrong in sorted(set(mapping) - set(names)):
        issues.append(_issue("unknown_file_column", table, wrong, None, did_you_mean(wrong, names)))
    types = {column.name: column.type for column in told.columns} if told else {}
    chosen: list[ColumnPlan] = []
    for name in names:
        column = mapping.get(name, name)
        if not column:
            continue
        attributes = columns.get(column)
        if attributes is None:
            issues.append(_issue("missing_column", table, column, did_you_mean(column, columns), types.get(name)))
            continue
        if "generated" in attributes:
            issues.append(_issue("generated_column", table, column, "computed again", None, "info"))
            continue
        current = str(attributes["type"])
        given = types.get(name)
        if given and given != current:
            fit = fits(given, current)
            if fit != "yes":
                severity: Severity = "error" if fit == "no" else "warning"
                issues.append(_issue("type_mismatch", table, column, current, given, severity))
        chosen.append(ColumnPlan(name, column, current, attributes.get("identity") == "always"))
    return chosen


def _missing(table: FileTable, loaded: set[str], columns: Mapping[str, Attributes], issues: list[ImportIssue]) -> None:
    """Columns that must have a value and get none."""
    for name, attributes in columns.items():
        has_value = "default" in attributes or "identity" in attributes or "generated" in attributes
        if name not in loaded:
            if attributes.get("not_null") and not has_value:
                issues.append(_issue("missing_required_column", table, name, str(attributes["type"]), None))
            elif "generated" not in attributes:
                gets = "its default" if has_value else "NULL"
                issues.append(_issue("column_not_in_file", table, name, f"gets {gets}", None, "info"))


def _key(
    request: ImportRequest,
    table: FileTable,
    identity: Identity,
    target: Schema,
    loaded: set[str],
    issues: list[ImportIssue],
) -> tuple[str, ...]:
    """What decides a conflict: the caller's columns where a unique key has them, else the primary key."""
    if request.mode not in ("upsert", "skip"):
        return ()
    keys = unique_keys(identity, target)
    if request.on_conflict_columns:
        wanted = set(request.on_conflict_columns)
        found = next((columns for columns, _ in keys if set(columns) == wanted), None)
        if found is None:
            shown = ", ".join(request.on_conflict_columns)
            known = "; ".join(", ".join(columns) for columns, _ in keys) or "none"
            issues.append(_issue("no_unique_key", table, shown, f"unique keys: {known}", None))
        return found or ()
    primary = next((columns for columns, primary in keys if primary), None)
    if primary is None:
        if request.mode == "upsert":
            issues.append(_issue("no_unique_key", table, None, "no primary key: name on_conflict_columns", None))
        return ()
    if request.mode == "upsert" and not set(primary) <= loaded:
        issues.append(_issue("key_not_in_file", table, ", ".join(primary), "primary key", None))
    return primary


def _row_counts(tables: Sequence[FileTable], manifest: Manifest | None) -> Iterable[ImportIssue]:
    for table in tables:
        told = manifest.table(table.name) if manifest else None
        if told and table.rows is not None and told.rows != table.rows:
            yield ImportIssue(
                type="row_count", table=table.name, current=f"{table.rows} rows", import_=f"manifest: {told.rows} rows"
            )


def _issue(
    type_: str,
    table: FileTable,
    column: str | None,
    current: str | None,
    given: str | None,
    severity: Severity = "error",
) -> ImportIssue:
    return ImportIssue(type=type_, table=table.name, column=column, current=current, import_=given, severity=severity)


def load_order(plans: Sequence[TablePlan], target: Schema) -> list[TablePlan]:
    """Referenced tables first; the members of a cycle as they come."""
    waiting = {plan.identity: plan for plan in plans}
    needs: dict[Identity, set[Identity]] = {identity: set() for identity in waiting}
    for constraint, parent in foreign_keys(target):
        child = Identity("table", constraint.schema, constraint.name)
        if child in waiting and parent in waiting and child != parent:
            needs[child].add(parent)
    ordered: list[TablePlan] = []
    while waiting:
        ready = [i for i in waiting if not needs[i] & waiting.keys()]
        if not ready:
            ready = [min(waiting, key=lambda i: len(needs[i] & waiting.keys()))]
        for identity in ready:
            ordered.append(waiting.pop(identity))
    return ordered


def with_order(plan: ImportPlan, names: Sequence[str]) -> ImportPlan:
    """The same plan with its tables in the order in which the file has them."""
    place = {name: number for number, name in enumerate(names)}
    ordered = sorted(plan.tables, key=lambda table: place.get(table.source, len(place)))
    return replace(plan, tables=tuple(ordered))
