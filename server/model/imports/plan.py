"""What an import is asked for, what it will do, and what stands in its way, as values."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.model.imports.table_rows import split_key
from server.model.schema import Identity
from server.model.tables import table_key

Mode = Literal["append", "skip", "upsert", "replace", "restore"]
Severity = Literal["error", "warning", "info"]


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
    default: str | None = None
    """What a row gets that has no value, as SQL."""
    json_null: bool = False
    """A null of the file's JSON is a value: the export says that the column has no NULL."""
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
    positional: bool = False
    """INSERTs without names of columns, whose every column goes where it stands."""
    drawing: bool = False
    """Rows may take defaults of columns that others have a value for."""

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

    def table(self, source: str) -> TablePlan | None:
        return next((table for table in self.tables if table.source == source), None)


def target_of(name: str, into_schema: str | None) -> Identity:
    """Where a table of the file goes."""
    schema, table = split_key(name)
    return Identity("table", into_schema or schema, table)
