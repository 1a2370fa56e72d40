"""The body of an export: rows in order over one or several connections, and what a script has around them."""

from server.errors import ONLY_READ, DatabaseFailed
from server.exporting.describing import named_sequences, room_for, with_schema
from server.exporting.dumps import Dumps
from server.exporting.plan import Plan
from server.exporting.source import Source, sessions
from server.exporting.tallying import Tallying
from server.files.csv_tables import CsvTables
from server.files.json_document import JsonDocument
from server.files.json_lines import JsonLines
from server.files.sql_script import SqlScript
from server.files.writing import Writer
from server.model.manifest import Manifest, ManifestSequence
from server.postgres.dumping import without_checking
from server.postgres.encodings import NotUtf8, columns_not_utf8, knows_no_encoding
from server.postgres.rows_out.gathering import Batch, gather
from server.postgres.rows_out.statements import set_position
from server.postgres.rows_out.tables import read_sequences
from server.postgres.transactions import reading

SETTINGS = """\
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET intervalstyle = 'postgres';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;

"""
"""What a script without a schema section sets before its rows; pg_dump's sections say the same."""


def write_rows(source: Source, plan: Plan, draft: Manifest, writer: Writer, tallying: Tallying, dumps: Dumps) -> None:
    """The body of the export, between the room for the manifest and the manifest."""

    def open_body() -> None:
        """Waits for the schema as late as it can: the first rows are read meanwhile."""
        if isinstance(writer, SqlScript):
            opening = dumps.get("pre-data") or dumps.get()
            writer.text(_in_its_encoding(source, opening if opening is not None else SETTINGS))
        elif isinstance(writer, JsonDocument):
            writer.open(room_for(with_schema(draft, dumps)))

    batches = [Batch(export.pieces, (export.table.schema, export.table.name)) for export in plan.tables]
    if batches and plan.content != "schema":
        tallying.before = open_body
        others = sessions(source, plan)
        try:
            gather(source.call, source.connection, others, batches, plan.shape, tallying, tallying.moved)
        except NotUtf8 as no:
            raise _not_utf8(source, plan, no.table) from None
    else:
        open_body()
    if isinstance(writer, SqlScript) and plan.content != "schema":
        sequences, _ = read_sequences(source.connection)
        for sequence in named_sequences(sequences, plan):
            writer.text(_position(sequence))
        writer.text("\n" + _in_its_encoding(source, _keys_mended(plan, dumps.get("post-data") or "")))
    elif isinstance(writer, (CsvTables, JsonLines)) and (dumped := dumps.get()) is not None:
        writer.add_file("schema.sql", dumped.encode())


def _in_its_encoding(source: Source, script: str) -> str:
    """Of a database that knows no encoding: its bytes are loaded as they are, into another that takes them."""
    if not knows_no_encoding(source.connection):
        return script
    return script.replace("SET client_encoding = 'UTF8';", "SET client_encoding = 'SQL_ASCII';", 1)


def _not_utf8(source: Source, plan: Plan, number: int) -> DatabaseFailed:
    table = plan.tables[number].table
    columns = [column.name for column in table.columns if column.category not in "NBDTI"]
    with reading(source.call, plan.database) as connection:
        found = columns_not_utf8(connection, (table.schema, table.name), columns)
    said = "sql_inserts" if plan.shape == "inserts" else plan.format
    where = f"{table.key} ({', '.join(found)})" if found else table.key
    return DatabaseFailed(
        "not_utf8",
        f"{plan.database.name}: {where} holds bytes that are no UTF-8, which {said} cannot carry.",
        state=ONLY_READ,
        next="Export with format = sql (COPY), which keeps them as they are; or leave them out with exclude_columns.",
    )


def _keys_mended(plan: Plan, post_data: str) -> str:
    """Without checking the foreign keys from written rows to tables whose rows are not written, where these may be
    missed.
    """
    if plan.closed:
        return post_data
    there = {(export.table.schema, export.table.name) for export in plan.tables}
    dangling = {
        reference.constraint: reference.partitioned
        for export in plan.tables
        for column in export.table.columns
        for reference in column.references
        if (reference.schema, reference.table) not in there
    }
    return without_checking(post_data, dangling) if dangling else post_data


def _position(sequence: ManifestSequence) -> str:
    return set_position(sequence.schema_name, sequence.name, sequence.last_value, is_called=sequence.is_called) + "\n"
