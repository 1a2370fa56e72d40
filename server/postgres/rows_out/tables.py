"""Reads what an export must know of the tables: columns, keys, where the rows lie; and takes the locks that keep it so.

Narrower than `schemas/catalog.py`: five set-wise questions, quick on databases with thousands of tables too.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from psycopg import sql
from psycopg.rows import TupleRow

from server.errors import ONLY_READ, DatabaseFailed
from server.model.manifest import ManifestSequence
from server.model.tables import Column, Piece, Reference, Table, table_key
from server.postgres.databases import Connection
from server.postgres.questions import answer, ask


def read_tables(connection: Connection) -> list[Table]:
    """Every table with rows of its own, by schema and name; unreadable ones too, with their columns marked so. Where
    their rows lie is for `placed` to say.

    DatabaseFailed("changed_meanwhile"): one was dropped since the snapshot was taken.
    """
    references = _references(connection)
    columns = _columns(connection, references)
    tables: list[Table] = []
    for oid, schema, name, partitioned, primary_key, row_security, reachable, lockable in ask(
        connection, "exported_tables"
    ):
        if lockable is None:
            raise changed_meanwhile([(table_key(schema, name),)], "dropped")
        own = columns[oid] if reachable else [_unreadable(column) for column in columns[oid]]
        tables.append(
            Table(
                schema,
                name,
                oid,
                partitioned,
                tuple(own),
                tuple(primary_key),
                row_security=row_security,
                lockable=lockable,
            )
        )
    return tables


def placed(connection: Connection, tables: Sequence[Table]) -> list[Table]:
    """Some tables with the pieces that hold their rows, how big they are, and whether policies hide rows of one."""
    pieces, elsewhere, through_root, hidden = _pieces(connection, [table.oid for table in tables])

    def with_pieces(table: Table) -> Table:
        held, oid = pieces[table.oid], table.oid
        whole = oid in through_root
        if whole:
            held = [
                Piece(oid, table.schema, table.name, False, sum(p.blocks for p in held), 0, sum(p.rows for p in held))
            ]
        return replace(
            table,
            pieces=tuple(held),
            bytes=8192 * sum(p.blocks for p in held) + sum(p.toast_bytes for p in held),
            row_security=table.row_security or (table.partitioned and oid in hidden and not whole),
            foreign_pieces=elsewhere[oid],
        )

    return [with_pieces(table) for table in tables]


def _references(connection: Connection) -> dict[tuple[int, str], list[Reference]]:
    found: dict[tuple[int, str], list[Reference]] = defaultdict(list)
    for oid, column, schema, table, target, key, partitioned in ask(connection, "exported_references"):
        found[oid, column].append(Reference(schema, table, target, tuple(key), partitioned))
    return found


def _columns(connection: Connection, references: dict[tuple[int, str], list[Reference]]) -> dict[int, list[Column]]:
    """By table. The question names its columns as the fields of `Column` that they are."""
    found: dict[int, list[Column]] = defaultdict(list)
    told = answer(connection, "exported_columns")
    for oid, *values in told.rows:
        facts: dict[str, Any] = dict(zip(told.names[1:], values, strict=True))
        for name in ("labels", "made_of"):
            facts[name] = tuple(facts[name] or ())
        facts["parents"] = tuple((schema, table) for schema, table in facts["parents"] or ())
        facts["references"] = tuple(references.get((oid, facts["name"]), ()))
        found[oid].append(Column(**facts))
    return found


def with_attributes(connection: Connection, tables: Sequence[Table]) -> dict[int, Table]:
    """Some tables with what their columns of composite types are made of, by oid."""
    found: dict[tuple[int, str], list[Column]] = defaultdict(list)
    types: dict[tuple[int, str], str] = {}

    def made(table: Table, column: Column) -> Column:
        place = table.oid, column.name
        return replace(column, attributes=tuple(found[place]), row_type=types[place]) if place in types else column

    if any(column.category == "C" for table in tables for column in table.columns):
        for oid, column, row_type, name, type_, base, category, length, labels in ask(
            connection, "exported_attributes", [table.oid for table in tables]
        ):
            types[oid, column] = row_type
            found[oid, column].append(Column(name, type_, base, category, length, labels=tuple(labels or ())))
    return {
        table.oid: replace(table, columns=tuple(made(table, column) for column in table.columns)) for table in tables
    }


def _unreadable(column: Column) -> Column:
    return replace(column, readable=False)


def _pieces(
    connection: Connection, roots: Sequence[int]
) -> tuple[dict[int, list[Piece]], dict[int, int], set[int], set[int]]:
    """The pieces by table; how many of each lie elsewhere; the tables with a piece that the role may only read through
    them; those with a piece whose policies hide rows."""
    pieces: dict[int, list[Piece]] = defaultdict(list)
    elsewhere: dict[int, int] = defaultdict(int)
    through_root: set[int] = set()
    hidden: set[int] = set()
    for root, oid, schema, name, foreign, heap, blocks, toast, rows, readable, row_security in ask(
        connection, "exported_pieces", roots
    ):
        if foreign:
            elsewhere[root] += 1
            continue
        pieces[root].append(Piece(oid, schema, name, heap, blocks, toast, rows))
        if oid != root and not readable:
            through_root.add(root)
        if row_security:
            hidden.add(root)
    return pieces, elsewhere, through_root, hidden


def lock_tables(connection: Connection, tables: Sequence[Table]) -> None:
    """ACCESS SHARE on all of them, until the transaction ends: nobody drops or alters one while it is read.

    DatabaseFailed("changed_meanwhile"): one was emptied or rewritten before that, so that the snapshot sees no rows.
    """
    lockable = [table for table in tables if table.lockable]
    for first in range(0, len(lockable), 500):
        names = [sql.Identifier(table.schema, table.name) for table in lockable[first : first + 500]]
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(names)))
    anew = ask(connection, "tables_made_anew", [piece.oid for table in tables for piece in table.pieces])
    if anew:
        raise changed_meanwhile(anew, "emptied or rewritten")


def changed_meanwhile(tables: Sequence[TupleRow], how: str) -> DatabaseFailed:
    """The failure of a reading whose snapshot is older than a change of its tables."""
    return DatabaseFailed(
        "changed_meanwhile",
        f"{', '.join(row[0] for row in tables[:5])}: {how} by another session since this began.",
        state=ONLY_READ,
        next="Call again when that session has ended.",
    )


def read_sequences(connection: Connection) -> tuple[list[ManifestSequence], list[str]]:
    """The positions of all sequences, and the names of those that the role may not read."""
    rows = ask(connection, "exported_sequences")
    readable = [row for row in rows if row[5]]
    hidden = [table_key(row[0], row[1]) for row in rows if not row[5]]
    positions: list[ManifestSequence] = []
    for first in range(0, len(readable), 200):
        positions += _positions(connection, readable[first : first + 200])
    return positions, hidden


def _positions(connection: Connection, rows: Sequence[TupleRow]) -> Iterator[ManifestSequence]:
    query = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}::int, last_value, is_called FROM {}").format(number, sql.Identifier(row[0], row[1]))
        for number, row in enumerate(rows)
    )
    for number, last_value, is_called in connection.execute(query):
        schema, name, owner_schema, owner_table, owner_column, _ = rows[int(number)]
        owner = None
        if owner_schema and owner_table and owner_column:
            owner = f"{table_key(owner_schema, owner_table)}.{owner_column}"
        yield ManifestSequence(schema_name=schema, name=name, last_value=last_value, is_called=is_called, owner=owner)


def settle(connection: Connection, *, by_place: bool) -> None:
    """For this transaction: big tables are read from their beginning, in one order, by one process.

    `by_place`: only ranges of blocks and whole tables are read, so no index is ever of use (without this, a range of a
    table that was never analysed may be planned as a scan of all of it); and the session reads its blocks by itself,
    as the system reads ahead of it anyway: the server's helpers since 18 cost more processor than they save time, with
    cold files too.
    """
    connection.execute("SET LOCAL synchronize_seqscans = off")
    connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    if by_place:
        connection.execute("SET LOCAL effective_io_concurrency = 0")
        for method in ("seqscan", "indexscan", "indexonlyscan", "bitmapscan"):
            connection.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(f"enable_{method}")))


def count_large_objects(connection: Connection) -> int:
    """How many large objects the database holds: they lie beside all tables."""
    row = connection.execute("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata").fetchone()
    return int(row[0]) if row else 0


def name_secretive_objects(connection: Connection) -> list[tuple[str, str]]:
    """The objects that no export holds, for their definitions may have a password: what each is, and its name."""
    return [(str(what), str(name)) for what, name in ask(connection, "secretive_objects")]


def is_distributed(connection: Connection) -> bool:
    """Whether Citus spreads tables over nodes: then sizes and places of rows say nothing, and no snapshot is shared."""
    row = connection.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus')").fetchone()
    return bool(row and row[0])
