"""Grows segments in tests without writing files, and loads them into an empty copy of the schema."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from server.calls import Call
from server.model.address import parse_url
from server.model.segment import Segment
from server.model.segment_plan import plan_segment
from server.postgres.closing import Closing, Dangling, Grown
from server.postgres.databases import Connection, Database
from server.postgres.relation_map import read_relation_map
from server.postgres.transactions import reading_with_tables
from server.settings import ReferenceSettings
from tests.fix_databases import FreshDatabase

FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 ORDER BY conrelid, conname
"""


@dataclass
class GrownSegment:
    """What came of it, by table in load order. `data` is COPY's text."""

    grown: dict[str, Grown]
    data: dict[str, list[bytes]]
    columns: dict[str, sql.Composed]
    dangling: list[Dangling]
    notes: list[str] = field(default_factory=list[str])
    scans: dict[str, int] = field(default_factory=dict[str, int])
    """Sequential scans of each table while the segment grew."""

    def counts(self) -> dict[str, tuple[int, int]]:
        """(matched, required) of every table that has rows."""
        return {key: (grown.matched, grown.required) for key, grown in self.grown.items() if grown.rows}

    def values(self, table: str, column: int = 0) -> list[str]:
        """One column of a table's rows, sorted."""
        return sorted(line.decode().split("\t")[column].rstrip("\n") for line in self.data.get(table, []))


def reference(start: str, end: str, when: str | None = None) -> ReferenceSettings:
    return ReferenceSettings.model_validate({"from": start, "to": end, "when": when})


def grow(
    database: FreshDatabase,
    segment: Mapping[str, Any],
    *,
    references: Sequence[ReferenceSettings] = (),
    max_rows: int = 1_000_000,
    excluded: Sequence[str] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> GrownSegment:
    """The segment of a database; `meanwhile` runs once the snapshot is taken."""

    def make(connection: Connection) -> Closing:
        relations = read_relation_map(connection, references)
        plan = plan_segment(relations, Segment.model_validate(segment), excluded)
        closing = Closing(Call(), connection, plan, max_rows)
        closing.create()
        return closing

    known = Database(database.name, "test", "read", parse_url(database.url))
    with reading_with_tables(Call(), known, make) as (connection, closing):
        meanwhile()
        closing.grow()
        result = GrownSegment({}, {}, {}, closing.dangling, closing.notes)
        scans = connection.execute("SELECT relname, seq_scan FROM pg_stat_xact_user_tables").fetchall()
        result.scans = {name: number or 0 for name, number in scans}
        for node in closing.plan.order:
            _read(connection, closing, node, result)
        return result


def _read(connection: Connection, closing: Closing, node: int, result: GrownSegment) -> None:
    key = closing.relations.key(node)
    relation = closing.relations.relations[node]
    plain = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [relation.oid],
    ).fetchall()
    names = [sql.Identifier(name) for (name,) in plain]
    listed = sql.SQL(", ").join(sql.SQL("t.{}").format(name) for name in names)
    result.grown[key] = closing.grown[node]
    result.columns[key] = sql.SQL("{} ({})").format(
        sql.Identifier(relation.schema, relation.name), sql.SQL(", ").join(names)
    )
    lines: list[bytes] = []
    for origin, order in closing.origins(node):
        with connection.cursor().copy(sql.SQL("COPY (SELECT {} {} {}) TO STDOUT").format(listed, origin, order)) as out:
            lines += [bytes(line) for line in out]
    assert len(lines) == closing.grown[node].rows, key
    result.data[key] = lines


def load(result: GrownSegment, copy: FreshDatabase, *, in_order: bool) -> None:
    """Into an empty copy with all constraints on. Not `in_order`: foreign keys are dropped first and validated last."""
    with copy.connect() as connection, connection.transaction():
        keys = [] if in_order else connection.execute(FOREIGN_KEYS).fetchall()
        for table, name, _ in keys:
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
        for key, lines in result.data.items():
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(result.columns[key])) as into:
                for line in lines:
                    into.write(line)
        for table, name, definition in keys:
            connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'.encode())
