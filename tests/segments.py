"""Grows segments in tests without writing files, and loads them into an empty copy of the schema."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from server.calls import Call
from server.model.address import parse_url
from server.model.segments.filters import Segment
from server.model.segments.plan import plan_segment
from server.postgres.databases import Connection, Database
from server.postgres.segments.closing import Closing, Dangling
from server.postgres.segments.growth import Grown
from server.postgres.segments.relation_map import read_relation_map
from server.postgres.transactions import reading_with_tables
from server.settings import ReferenceSettings
from tests.fix_databases import FreshDatabase, MakeDatabase

FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 ORDER BY conrelid, conname
"""


TENANTS = """
CREATE TABLE regions (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE companies (
    id int PRIMARY KEY, slug text UNIQUE, region_id int REFERENCES regions, created_at timestamptz NOT NULL
);
CREATE TABLE sites (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, name text);
CREATE TABLE kinds (id int PRIMARY KEY, name text);
CREATE TABLE incidents (
    id int PRIMARY KEY, site_id int NOT NULL REFERENCES sites, kind_id int NOT NULL REFERENCES kinds,
    follows int REFERENCES incidents, status text NOT NULL, occurred_at timestamptz NOT NULL
);
CREATE INDEX ON incidents (site_id);
CREATE TABLE notes (
    incident_id int NOT NULL REFERENCES incidents, number int, body text, PRIMARY KEY (incident_id, number)
);
INSERT INTO regions VALUES (1, 'north'), (2, 'south');
INSERT INTO companies VALUES (1, 'acme', 1, '2020-01-01'), (2, 'umbrella', 1, '2020-01-01');
INSERT INTO sites SELECT n, 1 + n % 2, 'site ' || n FROM generate_series(1, 10) AS n;
INSERT INTO kinds SELECT n, 'kind ' || n FROM generate_series(1, 5) AS n;
INSERT INTO incidents SELECT n, 1 + n % 10, 1 + n % 3, NULL, CASE n % 4 WHEN 0 THEN 'failed' ELSE 'ok' END,
    timestamptz '2026-01-01' + n * interval '1 day' FROM generate_series(1, 100) AS n;
UPDATE incidents SET follows = id - 10 WHERE id > 90;
INSERT INTO notes SELECT i.id, n, 'note' FROM incidents AS i, generate_series(1, 2) AS n;
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
    statements: int = 0
    """How many brought rows, or might have."""

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
        result.statements = closing.growth.generation + 1
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


def where(table: str, *conditions: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """A segment with one filter; a condition is (column, value) or (column, op, value)."""
    tests = [
        {"column": column, "op": rest[0] if len(rest) > 1 else "=", "value": rest[-1]} for column, *rest in conditions
    ]
    return {"filters": [{"table": table, "where": tests}], **more}


def schema_of(database: str) -> str:
    """The statements that make tables and indexes, without the rows."""
    return ";".join(s for s in database.split(";") if not s.lstrip().startswith(("INSERT", "UPDATE", "DELETE")))


def loaded(result: GrownSegment, make_database: MakeDatabase, ddl: str, *, in_order: bool = True) -> FreshDatabase:
    copy = make_database()
    copy.run(schema_of(ddl))
    load(result, copy, in_order=in_order)
    return copy
