"""How one table of a file meets the table that it goes into: which columns load, which key decides, what is in the way.

Rules only. PostgreSQL's own rules about types come in as a function.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from server.errors import did_you_mean
from server.model.amounts import several
from server.model.imports.plan import ColumnPlan, ImportIssue, ImportRequest, Severity, TablePlan, target_of
from server.model.imports.table_rows import FileTable
from server.model.inspection.phrases import clipped
from server.model.manifest import ManifestColumn, ManifestTable
from server.model.quoting import literal, path
from server.model.schema import Attributes, Identity, Schema
from server.model.schema_domains import domain_of
from server.model.schema_keys import unique_keys
from server.model.tables import table_key

Fits = Literal["yes", "depends", "no"]
TypeFits = Callable[[str, str], Fits]
"""(type in the file, type in the table) → whether values convert."""
_NAMED = 400
_JSON = ("json", "jsonb")
"""Characters of columns that one issue names."""


@dataclass
class TableMatch:
    """One table of the file against the target; `told`: what the file's manifest says of it."""

    request: ImportRequest
    table: FileTable
    told: ManifestTable | None
    target: Schema
    fits: TypeFits
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])

    def plan(self) -> TablePlan | None:
        """What happens to the table; None where there is none to load into. `issues` is complete afterwards."""
        identity = self._identity()
        if identity is None:
            return None
        columns = {i.sub: self.target.facts[i] for i in self.target.parts(identity, "column")}
        named = self.table.columns
        headless = named is not None and self._headless(named, columns)
        if headless and not self._fits_without_header(named or (), columns):
            return None
        if headless or named is None:
            names = tuple(columns) if self.table.positional else _writable(columns)
        else:
            names = named
        chosen = self._columns(names, columns)
        loaded = {column.name for column in chosen}
        self._find_missing(loaded, columns)
        self._find_sparse(chosen)
        return TablePlan(
            source=self.table.name,
            identity=identity,
            columns=tuple(chosen),
            file_columns=tuple(names),
            key=self._key(identity, loaded),
            rows=self.table.rows if self.table.rows is not None else self.table.estimate,
            partitioned="partition_key" in self.target.facts[identity],
            headless=headless,
            positional=self.table.positional and [column.name for column in chosen] == list(_writable(columns)),
            drawing=self.table.drawing,
        )

    def _identity(self) -> Identity | None:
        identity = target_of(self.table.name, self.request.into_schema)
        found = self.target.relation(identity.schema, identity.name)
        if found is not None and found.kind == "table":
            return identity
        if found is not None:
            self._tell("not_a_table", None, f"a {found.kind.replace('_', ' ')}")
        else:
            known = [table_key(i.schema, i.name) for i in self.target.of("table")]
            self._tell("missing_table", None, did_you_mean(self.table.name, known))
        return None

    def _headless(self, names: Sequence[str], columns: Mapping[str, Attributes]) -> bool:
        """A csv whose first line holds no column name, in any spelling, nor one that `columns` of the call names."""
        known = {_letters(name) for name in columns}
        mapping = self.request.columns.get(self.table.name, {})
        return self.table.headed and not any(_letters(name) in known or name in mapping for name in names)

    def _fits_without_header(self, fields: Sequence[str], columns: Mapping[str, Attributes]) -> bool:
        """As many fields as the table has columns are a row: told, because what is a name and what a value cannot be
        known. Told without what stands there: it may be values.
        """
        wanted = _writable(columns)
        if len(fields) == len(wanted):
            self._tell("no_header", None, "the first line is taken for a row: it names no column", None, "warning")
            return True
        found = f"the first line names none of {clipped(', '.join(wanted), _NAMED)}"
        self._tell("no_header", None, f"{found}; as a row it has {several(len(fields), 'value')} for {len(wanted)}")
        return False

    def _columns(self, names: Sequence[str], columns: Mapping[str, Attributes]) -> list[ColumnPlan]:
        mapping = self.request.columns.get(self.table.name, {})
        for wrong in sorted(set(mapping) - set(names)):
            self._tell("unknown_file_column", wrong, None, did_you_mean(wrong, names))
        self._find_doubled(names, mapping)
        told = {column.name: column for column in self.told.columns} if self.told else {}
        found = (self._column(name, mapping.get(name, name), columns, told.get(name)) for name in names)
        return [column for column in found if column is not None]

    def _find_doubled(self, names: Sequence[str], mapping: Mapping[str, str]) -> None:
        """Columns of the table into which several of the file's go."""
        into = [mapping.get(name, name) for name in names]
        for doubled in sorted({name for name in into if name and into.count(name) > 1}):
            self._tell("duplicate_column", doubled, f"{into.count(doubled)} columns of the file go there")

    def _column(
        self, name: str, column: str, columns: Mapping[str, Attributes], told: ManifestColumn | None
    ) -> ColumnPlan | None:
        """The file's column `name`, of which its manifest has `told`, into `column`: "" leaves it out."""
        given = told.type if told else None
        if not column:
            return None
        attributes = columns.get(column)
        if attributes is None:
            self._tell("missing_column", column, did_you_mean(column, columns), given)
            return None
        if "generated" in attributes:
            self._tell("generated_column", column, "computed again", severity="info")
            return None
        current = str(attributes["type"])
        fit = self.fits(given, current) if given and given != current else "yes"
        if fit != "yes":
            self._tell("type_mismatch", column, current, given, "error" if fit == "no" else "warning")
        always = attributes.get("identity") == "always"
        no_null = told is not None and not told.nullable and name not in self.table.optional
        json_null = no_null and given in _JSON and current in _JSON
        return ColumnPlan(name, column, current, always, default=_default_of(attributes), json_null=json_null)

    def _find_missing(self, loaded: set[str], columns: Mapping[str, Attributes]) -> None:
        """Columns that must have a value and get none; those that get one of the server's own are told at once."""
        left: dict[str, list[str]] = {}
        for name, attributes in columns.items():
            if name in loaded:
                continue
            domain = domain_of(str(attributes["type"]), self.target)
            has_value = any(name in attributes for name in ("default", "identity", "generated"))
            has_value = has_value or (domain is not None and domain.default is not None)
            if not has_value and (attributes.get("not_null") or (domain is not None and domain.not_null)):
                self._tell("missing_required_column", name, str(attributes["type"]))
            elif "generated" not in attributes:
                left.setdefault("its default" if has_value else "NULL", []).append(name)
        for gets, names in left.items():
            self._tell("column_not_in_file", clipped(", ".join(names), _NAMED), f"gets {gets}", severity="info")

    def _find_sparse(self, chosen: Sequence[ColumnPlan]) -> None:
        """Columns that some rows lack, where that is not the same as NULL."""
        for column in (column for column in chosen if column.file in self.table.optional):
            gets = "its default" if self.table.drawing else "NULL"
            if self.request.mode == "upsert" or (column.default and not self.table.drawing):
                self._tell("column_not_in_every_row", column.name, f"gets {gets} where a row lacks it", None, "warning")

    def _key(self, identity: Identity, loaded: set[str]) -> tuple[str, ...]:
        """What decides a conflict: the caller's columns where a unique key has them, else the primary key."""
        if self.request.mode not in ("upsert", "skip"):
            return ()
        keys = unique_keys(identity, self.target)
        if self.request.on_conflict_columns:
            return self._wanted_key(self.request.on_conflict_columns, [columns for columns, _ in keys])
        primary = next((columns for columns, primary in keys if primary), None)
        if primary is None:
            if self.request.mode == "upsert":
                self._tell("no_unique_key", None, "no primary key: name on_conflict_columns")
            return ()
        if self.request.mode == "upsert" and not set(primary) <= loaded:
            self._tell("key_not_in_file", ", ".join(primary), "primary key")
        return primary

    def _wanted_key(self, wanted: Sequence[str], keys: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        found = next((columns for columns in keys if set(columns) == set(wanted)), None)
        if found is None:
            known = "; ".join(", ".join(columns) for columns in keys) or "none"
            self._tell("no_unique_key", ", ".join(wanted), f"unique keys: {known}")
        return found or ()

    def _tell(
        self,
        type_: str,
        column: str | None,
        current: str | None,
        given: str | None = None,
        severity: Severity = "error",
    ) -> None:
        self.issues.append(
            ImportIssue(
                type=type_, table=self.table.name, column=column, current=current, import_=given, severity=severity
            )
        )


def _letters(name: str) -> str:
    """What is the same in `First Name`, `first_name` and `FIRSTNAME`."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _default_of(attributes: Attributes) -> str | None:
    sequence = attributes.get("identity_sequence")
    if isinstance(sequence, tuple):
        return f"pg_catalog.nextval({literal(path(str(sequence[0]), str(sequence[1])))}::pg_catalog.regclass)"
    return str(attributes["default"]) if "default" in attributes else None


def _writable(columns: Mapping[str, Attributes]) -> tuple[str, ...]:
    return tuple(name for name, attributes in columns.items() if "generated" not in attributes)
