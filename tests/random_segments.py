"""Random small databases, segments of them, and a plain closure over their rows: what a segment is to be, from the
words that describe it alone.

Tables are plain, partitioned, heirs of others or without any key, in two schemas; keys lead to and from tables and
partitions, onto primary keys, other unique columns and pairs, some of them MATCH FULL, deferrable or NOT VALID; virtual
references lead anywhere and may have a condition. Everything is drawn from one `Random`, so that hypothesis shrinks it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from server.settings import ReferenceSettings
from tests.segments import reference

Row = dict[str, Any]
UNDATED, BEFORE, WITHIN, AFTER, ASKED = range(5)
OTHER = "S 2"
PLACES = ("rel", "table")
"""What a row knows of itself beside its columns: the relation and the table that it lies in."""


@dataclass(eq=False)
class Relation:
    """A table or a partition: `suffix` tells the partitions of a table apart."""

    table: "Table"
    suffix: str = ""

    @property
    def key(self) -> str:
        return (self.table.name if self.table.schema == "public" else f"{OTHER}.{self.table.name}") + self.suffix

    @property
    def sql(self) -> str:
        return f'"{self.table.schema}"."{self.table.name}{self.suffix}"'

    @property
    def rows(self) -> list[Row]:
        return [row for row in self.table.rows if not self.suffix or row["rel"] is self]


@dataclass(eq=False)
class Key:
    name: str
    child: Relation
    parent: Relation
    columns: list[str]
    targets: list[str]
    type: str
    indexed: bool
    words: str
    virtual: bool
    when: str | None

    def refers(self, row: Row) -> bool:
        """Whether the row refers to anything over this key."""
        own = row["rel"] is self.child or (not self.child.suffix and row["table"] is self.child.table)
        meets = self.when is None or row["tag"] == "a" or (row["tag"] is None and "null" in self.when)
        return own and meets and all(row[column] is not None for column in self.columns)

    def parents(self, row: Row) -> list[Row]:
        wanted = [str(row[column]) for column in self.columns]
        return [other for other in self.parent.rows if [str(other[target]) for target in self.targets] == wanted]


@dataclass(eq=False)
class Table:
    name: str
    schema: str
    kind: str
    date: str | None
    heir_of: "Table | None" = None
    keys: list[Key] = field(default_factory=list[Key])
    rows: list[Row] = field(default_factory=list[Row])

    def __post_init__(self) -> None:
        self.whole = Relation(self)
        self.leaves: list[Relation] = [Relation(self, "_a"), Relation(self, "_b")] * (self.kind == "partitioned")

    @property
    def unique(self) -> list[set[str]]:
        return {"bare": [], "partitioned": [{"id", "part"}]}.get(self.kind, [{"id"}, {"u"}])


@dataclass
class Asked:
    """A segment, as it is asked for; `seeds`: the relation of each filter."""

    segment: dict[str, Any]
    seeds: list[Relation]
    since: int | None
    until: int | None
    excluded: list[str]


class Database:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.tables: list[Table] = []
        for number in range(random.randint(1, 5)):
            self.tables.append(self._table(number))
        self.keys: list[Key] = []
        for table in self.tables:
            for _ in range(random.choice([0, 1, 1, 2, 3])):
                self.keys.append(self._key(table))
                table.keys.append(self.keys[-1])
        for table in self.tables:
            table.rows += [self._row(table, place) for place in range(random.randint(0, 7))]
        for number, row in enumerate(self.rows):
            row["rid"] = number
            for key in row["table"].keys:
                row.update(zip(key.columns, self._reference(key), strict=True))

    @property
    def rows(self) -> list[Row]:
        return [row for table in self.tables for row in table.rows]

    def _table(self, number: int) -> Table:
        random = self.random
        kind = random.choice(["plain", "plain", "plain", "partitioned", "bare", "heir"])
        date, above = random.choice(["created_at", "created_at", "seen", None, None]), None
        candidates = [table for table in self.tables if table.kind in ("plain", "heir")]
        if kind == "heir" and candidates:
            above = random.choice(candidates)
            date = above.date
        kind = "plain" if kind == "heir" and not above else kind
        return Table(random.choice([f"t{number}", f"T {number}"]), random.choice(["public", OTHER]), kind, date, above)

    def _key(self, table: Table) -> Key:
        random, number = self.random, len(self.keys)
        other = random.choice(self.tables)
        virtual = other.kind == "bare" or random.random() < 0.2
        child = random.choice([table.whole, *table.leaves])
        parent, targets = other.whole, random.choice([["id"], ["u"], ["id", "u"]])
        if virtual:
            parent = random.choice([other.whole, *other.leaves])
            targets = random.choice([["id"], ["u"], ["grp"], ["id", "u"]])
        elif other.leaves:
            parent, targets = random.choice([(other.whole, ["id", "part"]), (other.leaves[0], ["u"])])
        words = " MATCH FULL" if len(targets) > 1 and random.random() < 0.4 else ""
        words += random.choice(["", "", " DEFERRABLE"])
        words += " NOT VALID" if not table.leaves and random.random() < 0.2 else ""
        return Key(
            f"fk{number}",
            child,
            parent,
            [f"k{number}_{target}" for target in targets],
            targets,
            random.choice(["int", "bigint", *(["text"] if virtual else [])]),
            random.random() < 0.5,
            words,
            virtual,
            random.choice([None, "tag = 'a'", "tag = 'a' or tag is null"]) if virtual else None,
        )

    def _row(self, table: Table, place: int) -> Row:
        random, above = self.random, table.heir_of
        row: Row = {"rid": 0, "id": place, "u": random.choice([None, 100 + place, 100 + place])}
        row |= {"grp": random.randint(0, 2), "part": random.randint(0, 2), "tag": random.choice(["a", "a", "b", None])}
        if table.date:
            row[table.date] = random.randint(1, 10) if table.date == "created_at" else random.choice([None, 3, 6])
        while above:
            row |= {column: random.choice([None, 1]) for key in above.keys for column in key.columns}
            above = above.heir_of
        rel = table.leaves[int(row["part"] > 0)] if table.leaves else table.whole
        return row | {"rel": rel, "table": table}

    def _reference(self, key: Key) -> list[Any]:
        random = self.random
        candidates = [row for row in key.parent.rows if all(row[target] is not None for target in key.targets)]
        chosen = random.choice([None, *candidates])
        values: list[Any] = [chosen[target] if chosen else None for target in key.targets]
        if "NOT VALID" in key.words and random.random() < 0.25:
            values = [random.choice([0, 55]) for _ in values]
        elif chosen and len(values) > 1 and "FULL" not in key.words and random.random() < 0.2:
            values[random.randrange(2)] = None
        return [str(value) if key.type == "text" and value is not None else value for value in values]

    def schema_sql(self) -> str:
        parts: list[str] = [f'CREATE SCHEMA "{OTHER}"']
        for table in self.tables:
            columns = (
                [] if table.heir_of else ["rid int", "id int", "u int", "grp int", "part int NOT NULL", "tag text"]
            )
            if table.date and not table.heir_of:
                columns.append(f"{table.date} timestamptz {'NOT NULL' if table.date == 'created_at' else ''}")
            columns += [f"{column} {key.type}" for key in table.keys for column in key.columns]
            columns += ["PRIMARY KEY (id)", "UNIQUE (u)", "UNIQUE (id, u)"] if table.kind in ("plain", "heir") else []
            columns += ["PRIMARY KEY (id, part)"] if table.leaves else []
            more = f" INHERITS ({table.heir_of.whole.sql})" if table.heir_of else ""
            more = " PARTITION BY LIST (part)" if table.leaves else more
            parts.append(f"CREATE TABLE {table.whole.sql} ({', '.join(columns)}){more}")
            for leaf, values in zip(table.leaves, ("FOR VALUES IN (0)", "DEFAULT"), strict=bool(table.leaves)):
                parts.append(f"CREATE TABLE {leaf.sql} PARTITION OF {table.whole.sql} (UNIQUE (u)) {values}")
            parts += [f"CREATE INDEX ON {k.child.sql} ({', '.join(k.columns)})" for k in table.keys if k.indexed]
        return ";".join(parts)

    def rows_sql(self) -> str:
        parts: list[str] = []
        for row in self.rows:
            names = [name for name in row if name not in PLACES]
            values = ", ".join(_literal(name, row[name]) for name in names)
            parts.append(f"INSERT INTO {row['table'].whole.sql} ({', '.join(names)}) VALUES ({values})")
        return ";".join(parts)

    def keys_sql(self) -> str:
        return ";".join(
            f"ALTER TABLE {key.child.sql} ADD CONSTRAINT {key.name} FOREIGN KEY ({', '.join(key.columns)}) "
            f"REFERENCES {key.parent.sql} ({', '.join(key.targets)}){key.words}"
            for key in self.keys
            if not key.virtual
        )

    def references(self) -> list[ReferenceSettings]:
        return [
            reference(f"{k.child.key}({', '.join(k.columns)})", f"{k.parent.key}({', '.join(k.targets)})", k.when)
            for k in self.keys
            if k.virtual
        ]

    def heirs(self, relation: Relation) -> list[Relation]:
        found = [relation]
        for current in found:
            found += [table.whole for table in self.tables if table.heir_of is current.table and not current.suffix]
        return found

    def ask(self) -> Asked:
        """A segment of it."""
        random = self.random
        seeds = [random.choice([t.whole, *t.leaves]) for t in random.choices(self.tables, k=random.choice([1, 1, 2]))]
        segment: dict[str, Any] = {
            "filters": [{"table": seed.key, "where": self._conditions(seed)} for seed in seeds],
            "follow": random.choice(["children", "children", "children", "none"]),
        }
        since, until = random.choice([(None, None), (3, None), (None, 7), (3, 6), (5, 9)])
        segment |= {"since": _moment(since)} if since else {}
        segment |= {"until": _moment(until)} if until else {}
        if since or until:
            dated = [table for table in self.tables if table.date and random.random() < 0.3]
            segment["date_columns"] = {table.whole.key: random.choice([table.date, None]) for table in dated}
        if random.random() < 0.3:
            segment["tables"] = [table.whole.key for table in random.sample(self.tables, 1 + len(self.tables) // 2)]
        filtered = {heir.table for seed in seeds for heir in self.heirs(seed)}
        excluded = [t.whole.key for t in self.tables if t not in filtered and random.random() < 0.1]
        return Asked(segment, seeds, since, until, excluded)

    def _conditions(self, seed: Relation) -> list[dict[str, Any]]:
        random = self.random
        own = [key for key in seed.table.keys if not key.virtual and key.child in (seed, seed.table.whole)]
        choices: list[dict[str, Any]] = [
            {"column": "id", "op": "<", "value": random.randint(0, 7)},
            {"column": "id", "op": "=", "value": random.randint(0, 5)},
            {"column": "tag", "op": "=", "value": "a"},
            {"column": "grp", "op": "in", "value": [0, 2]},
            {"column": "u", "op": "is_null", "value": None},
            *({"column": f"{key.name}.grp", "op": "=", "value": 1} for key in own),
        ]
        return random.sample(choices, random.choice([0, 1, 1, 2]))


def _moment(day: int) -> str:
    return f"2026-01-{day:02}"


def _literal(name: str, value: Any) -> str:
    if value is None:
        return "NULL"
    return f"'{_moment(value)} 12:00Z'" if name in ("created_at", "seen") else f"'{value}'"


def closure(database: Database, asked: Asked) -> tuple[set[int], set[int]]:
    """(matched, all) by `rid`: what a segment has to hold."""
    matched = _matched(database, asked)
    found, waiting = set(matched), [row for row in database.rows if row["rid"] in matched]
    while waiting:
        row = waiting.pop()
        above = [parent for key in row["table"].keys if key.refers(row) for parent in key.parents(row)]
        waiting += [parent for parent in above if parent["rid"] not in found]
        found |= {parent["rid"] for parent in above}
    return matched, found


def dangling(database: Database, found: set[int]) -> dict[tuple[str, str], int]:
    """Rows of a segment whose references lead nowhere, by the table above and where they come from."""
    counts: dict[tuple[str, str], int] = {}
    for row in database.rows:
        for key in row["table"].keys if row["rid"] in found else ():
            if key.refers(row) and not key.parents(row):
                place = key.parent.table.whole.key, f"{row['table'].whole.key} ({', '.join(key.columns)})"
                counts[place] = counts.get(place, 0) + 1
    return counts


def _matched(database: Database, asked: Asked) -> set[int]:
    """What filters match and what is followed down, less what the dates and `tables` leave out."""
    dates = _dates(database, asked)
    standing: dict[int, int] = {}
    for entry, seed in zip(asked.segment["filters"], asked.seeds, strict=True):
        exact = {test["column"] for test in entry["where"] if test["op"] in ("=", "in")}
        pinned = any(exact >= key for key in [*seed.table.unique, *([{"u"}] if seed.suffix else [])])
        for heir in database.heirs(seed):
            date = None if pinned else dates.get(heir.table)
            for row in heir.rows:
                if all(_meets(seed.table, row, test) for test in entry["where"]):
                    stands = _stands(row, date[0], asked) if date else ASKED
                    if not date or stands == WITHIN:
                        standing[row["rid"]] = max(standing.get(row["rid"], 0), stands)
    busy = asked.segment["follow"] == "children"
    while busy:
        busy = False
        for row in database.rows:
            new = _followed(row, dates, standing, asked)
            if new is not None and new > standing.get(row["rid"], -1):
                standing[row["rid"]], busy = new, True
    named, filtered = asked.segment.get("tables"), {heir.table for seed in asked.seeds for heir in database.heirs(seed)}
    written = {
        table
        for table in database.tables
        if (table.whole.key in named if named else table in filtered or table.whole.key not in asked.excluded)
        and (not named or table.whole.key not in asked.excluded)
    }
    kept = {rid for rid, stands in standing.items() if stands in (UNDATED, WITHIN, ASKED)}
    return {row["rid"] for row in database.rows if row["rid"] in kept and row["table"] in written}


def _followed(
    row: Row, dates: Mapping[Table, tuple[str, bool]], standing: Mapping[int, int], asked: Asked
) -> int | None:
    """How a row stands that refers to some that are there; None where it does not come in."""
    above = [
        standing[parent["rid"]]
        for key in row["table"].keys
        if key.refers(row)
        for parent in key.parents(row)
        if parent["rid"] in standing
    ]
    if not above or standing.get(row["rid"]) == ASKED:
        return None
    if date := dates.get(row["table"]):
        stands = _stands(row, date[0], asked)
        return None if date[1] and stands != WITHIN else stands
    return max(UNDATED if stands == ASKED else stands for stands in above)


def _dates(database: Database, asked: Asked) -> dict[Table, tuple[str, bool]]:
    """The date column of each table that has one, and whether the caller named it."""
    named: dict[str, str | None] = asked.segment.get("date_columns", {})
    found: dict[Table, tuple[str, bool]] = {}
    for table in database.tables if asked.since or asked.until else ():
        if column := named.get(table.whole.key, table.date if table.date == "created_at" else None):
            found[table] = column, table.whole.key in named
    return found


def _stands(row: Row, column: str, asked: Asked) -> int:
    day = row[column]
    if day is None:
        return UNDATED
    if asked.since and day < asked.since:
        return BEFORE
    return AFTER if asked.until and day >= asked.until else WITHIN


def _meets(table: Table, row: Row, test: Mapping[str, Any]) -> bool:
    name, _, last = test["column"].partition(".")
    if last:
        (key,) = (key for key in table.keys if key.name == name)
        there = all(row[column] is not None for column in key.columns)
        return there and any(parent[last] == test["value"] for parent in key.parents(row))
    value, tests = row[name], dict[str, Callable[[], bool]]()
    tests["<"] = lambda: value is not None and value < test["value"]
    tests["="] = lambda: value == test["value"]
    tests["in"] = lambda: value in test["value"]
    tests["is_null"] = lambda: value is None
    return tests[test["op"]]()
