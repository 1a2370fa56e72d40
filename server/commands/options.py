"""Arguments and options that several commands share, and the words that people read about them.

What may be given several times has the name of the tool's argument too: who knows the tools knows the commands.
"""

from typing import Annotated, Literal

import typer

Database = Annotated[str, typer.Argument(help="Name from list-databases.")]
AnyDatabase = Annotated[str | None, typer.Argument(help="Name from list-databases; by default the current.")]
DataSide = Annotated[str, typer.Argument(help="Name from list-databases, or the path of an export.")]
SchemaSide = Annotated[
    str, typer.Argument(help="A database's name, a connection URL, or a .sql file, export or folder.")
]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree to what is overwritten, deleted or changed.")]
Tables = Annotated[
    list[str] | None, typer.Option("--table", "--tables", "-t", help="A pattern: incidents, public.*, app.user_*.")
]
ExcludedTables = Annotated[
    list[str] | None, typer.Option("--exclude-table", "--exclude-tables", help="A pattern of tables to leave out.")
]
Cursor = Annotated[str | None, typer.Option(help="next_cursor of the last answer.")]
ExcludedColumns = Annotated[
    list[str] | None,
    typer.Option("--exclude-column", "--exclude-columns", help="`email`, `users.email`, `public.users.email`."),
]

Sql = Annotated[str, typer.Argument(help="One SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW.")]
Params = Annotated[list[str] | None, typer.Option("--param", "--params", help="The value of $1, then of $2 ….")]

DataFormat = Annotated[
    Literal["json", "jsonl", "csv", "sql"], typer.Option("--format", "-f", help="jsonl and csv write a folder.")
]
Compression = Annotated[Literal["none", "gzip", "zstd"], typer.Option("--compress", help="How files are compressed.")]
Redact = Annotated[Literal["policy", "none"], typer.Option(help="none only where the settings allow it.")]
NewPath = Annotated[str | None, typer.Option(help="A new file or folder below the project root.")]
EstimateOnly = Annotated[bool, typer.Option("--estimate-only", help="Rows and bytes; writes nothing.")]

Where = Annotated[
    list[str] | None, typer.Option("--where", "-w", help="companies.slug=acme; those of one table all hold.")
]
Since = Annotated[str | None, typer.Option(help="ISO 8601, included.")]
Until = Annotated[str | None, typer.Option(help="ISO 8601, not included.")]
Follow = Annotated[Literal["children", "none"], typer.Option(help="Whether rows below come along.")]
DateColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--date-column", "--date-columns", help="incidents=occurred_at; companies= applies no dates to companies."
    ),
]
Limit = Annotated[
    list[str] | None,
    typer.Option("--limit", "--limit-per-table", help="100 for every table, incidents=100 for one."),
]

File = Annotated[str, typer.Argument(help="An export, .sql, .csv, .json or .jsonl; also .gz and .zst.")]
Mode = Annotated[
    Literal["append", "skip", "upsert", "replace", "restore"],
    typer.Option(help="replace empties the tables first; restore creates what the schema lacks."),
]
OnlyTables = Annotated[list[str] | None, typer.Option("--table", "--tables", "-t", help="Only this table of the file.")]
Into = Annotated[str | None, typer.Option("--into-schema", help="Load into this schema instead.")]
Renamed = Annotated[
    list[str] | None, typer.Option("--column", "--columns", help="table.file_column=table_column; empty leaves out.")
]
