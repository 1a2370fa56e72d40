"""Argument types that several tools share, and the words that agents read about them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from server.model.imports.plan import Mode
from server.model.segments.filters import Rows


def _given(values: list[str] | None) -> list[str] | None:
    """An empty list says no more than none does: nobody asks for nothing, and "equal" of nothing would mislead."""
    return values or None


DatabaseName = Annotated[str, Field(description="Name from list_databases")]
Patterns = Annotated[
    list[str] | None, AfterValidator(_given), Field(description="`incidents`, `public.*`, `app.user_*`")
]
DataFormat = Literal["json", "jsonl", "csv", "sql"]
Compression = Literal["none", "gzip", "zstd"]
Cursor = Annotated[str | None, Field(description="next_cursor of the last answer")]
SchemaSide = Annotated[str, Field(description="Database name, or path of a .sql file, export or migrations folder")]
Kinds = Annotated[
    list[str] | None, AfterValidator(_given), Field(description="table, column, constraint, index, view, function, …")
]
ImportPath = Annotated[str, Field(description="Export file or folder, .sql, .csv, .json, .jsonl; also .gz, .zst")]
ImportMode = Annotated[
    Mode,
    Field(description="skip keeps existing keys; replace empties the tables first; restore creates missing schema"),
]
TableNames = Annotated[
    list[str] | None, AfterValidator(_given), Field(description="Only these; names the table of a single csv")
]
IntoSchema = Annotated[str | None, Field(description="Load into this schema instead")]
ColumnMap = Annotated[
    dict[str, dict[str, str]] | None, Field(description='{table: {file column: table column, "" to leave out}}')
]
Moment = Annotated[str | None, Field(description="ISO 8601")]
DateColumns = Annotated[dict[str, str | None] | None, Field(description="table → its date column, null for none")]
Limit = Annotated[Rows | dict[str, Rows] | None, Field(description="A sample by primary key")]
