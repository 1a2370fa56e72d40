"""compare_data: every planted difference is found, equal rows are equal, samples tell what differs and no secret."""

import random
from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, Refused
from server.jobs.compare_data import compare_data
from server.jobs.export_database import export_database
from server.model.comparison.rows import DataComparison, TableDifference
from server.model.exports import ExportRequest
from server.services import load_services
from tests.fix_databases import FreshDatabase, MakeDatabase

ROWS = 12_000
KEYS = {
    "two integers": ("id bigint, part bigint, PRIMARY KEY (id, part)", "n, n << 32"),
    "integer": ("id bigint PRIMARY KEY", "n"),
    "sparse": ("id bigint PRIMARY KEY", "n * 7919 - 100000000"),
    "small": ("id smallint PRIMARY KEY", "(n - 6000)::smallint"),
    "text": ("id text PRIMARY KEY", "'key ' || n || ' \"''\\'"),
    "uuid": ("id uuid PRIMARY KEY", "md5(n::text)::uuid"),
    "date": ("id date PRIMARY KEY", "date '1990-01-01' + n"),
    "two columns": ("id text, day date, PRIMARY KEY (id, day)", "'k' || n % 100, date '1990-01-01' + n"),
}


@pytest.fixture
def source(make_database: MakeDatabase) -> FreshDatabase:
    return make_database()


@pytest.fixture
def target(make_database: MakeDatabase) -> FreshDatabase:
    return make_database()


def compare(source: FreshDatabase, target: FreshDatabase, folder: Path, toml: str = "", **rest: Any) -> DataComparison:
    (folder / "pgferry.toml").write_text(
        f'{toml}\n[databases.a]\nurl = "{source.url}"\n[databases.b]\nurl = "{target.url}"\n'
    )
    return compare_data(load_services({}, folder), Call(), source="a", target="b", **rest)


def only(report: DataComparison) -> TableDifference:
    (table,) = report.tables
    return table


def numbers(table: TableDifference) -> tuple[int, int, int, int]:
    return table.added, table.removed, table.changed, table.same


@pytest.mark.parametrize("kind", KEYS)
def test_each_of_a_hundred_planted_differences_is_found(
    kind: str, source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    declared, value = KEYS[kind]
    for database in (source, target):
        database.run(
            f"CREATE TABLE t ({declared}, n int UNIQUE, note text, cost numeric);"
            f"INSERT INTO t SELECT {value}, n, 'note ' || n, n * 1.5 FROM generate_series(1, {ROWS}) AS n; ANALYZE t"
        )
    chosen = random.Random(7).sample(range(1, ROWS + 1), 100)
    gone, new, other = chosen[:30], chosen[30:60], chosen[60:]
    target.run(f"DELETE FROM t WHERE n = ANY ('{set(gone)}')")
    source.run(f"DELETE FROM t WHERE n = ANY ('{set(new)}')")
    target.run(f"UPDATE t SET cost = cost + 1 WHERE n = ANY ('{set(other)}')")
    report = compare(source, target, tmp_path)
    assert not report.equal
    table = only(report)
    assert numbers(table) == (30, 30, 40, ROWS - 30 - 30 - 40)
    assert table.key == {"two columns": ["id", "day"], "two integers": ["id", "part"]}.get(kind, ["id"])
    changed = [sample for sample in table.samples if sample["kind"] == "changed"]
    assert len(changed) == 5
    assert len(table.samples) == 15
    for sample in changed:
        ((column, (before, after)),) = sample["columns"].items()
        assert column == "cost"
        assert float(after) == float(before) + 1


def test_every_row_may_differ_and_the_progress_only_grows(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database, value in ((source, "n"), (target, "-n")):
        database.run(
            "CREATE TABLE t (id text PRIMARY KEY, v int); CREATE TABLE u (id bigint PRIMARY KEY, v int);"
            f"INSERT INTO t SELECT n, {value} FROM generate_series(1, 25000) AS n;"
            f"INSERT INTO u SELECT n, {value} FROM generate_series(1, 25000) AS n; ANALYZE"
        )
    told: list[tuple[float, float | None, str]] = []
    (tmp_path / "pgferry.toml").write_text(
        f'[databases.a]\nurl = "{source.url}"\n[databases.b]\nurl = "{target.url}"\n'
    )
    call = Call(lambda done, total, what: told.append((done, total, what)))
    report = compare_data(load_services({}, tmp_path), call, source="a", target="b")
    assert [numbers(table) for table in report.tables] == [(0, 0, 25_000, 0)] * 2
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {50_000}
    assert any(what == "u: 20000 of 25000 rows" for _, _, what in told)


def test_equal_tables_are_equal_whatever_the_order_of_rows_and_columns(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    source.run("CREATE TABLE t (a int, b text, c date); INSERT INTO t VALUES (1, 'x', '2026-01-01'), (2, NULL, NULL)")
    target.run("CREATE TABLE t (c date, gone int, a int, b text); ALTER TABLE t DROP COLUMN gone")
    target.run("INSERT INTO t VALUES (NULL, 2, NULL), ('2026-01-01', 1, 'x')")
    report = compare(source, target, tmp_path)
    assert report.equal
    assert numbers(only(report)) == (0, 0, 0, 2)


def test_rows_without_a_key_are_matched_as_a_whole_and_counted(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database, values in ((source, "(1), (1), (1), (2), (NULL)"), (target, "(1), (3), (NULL), (NULL)")):
        database.run(f"CREATE TABLE t (n int); INSERT INTO t VALUES {values}")
    table = only(compare(source, target, tmp_path))
    assert numbers(table) == (2, 3, 0, 2)
    assert any("no common primary key" in note for note in table.notes)
    assert {"kind": "removed", "key": {}, "row": {"n": "2"}} in table.samples


def test_a_key_can_be_given(source: FreshDatabase, target: FreshDatabase, tmp_path: Path) -> None:
    for database, value in ((source, 10), (target, 11)):
        database.run(f"CREATE TABLE t (a int, b int, v int); INSERT INTO t VALUES (1, 1, 5), (1, 2, {value})")
    table = only(compare(source, target, tmp_path, key={"t": ["a", "b"]}))
    assert numbers(table) == (0, 0, 1, 1)
    assert table.samples == [{"kind": "changed", "key": {"a": "1", "b": "2"}, "columns": {"v": ["10", "11"]}}]
    doubled = only(compare(source, target, tmp_path, key={"t": ["a"]}))
    assert any("not unique" in note for note in doubled.notes)
    with_missing = compare(source, target, tmp_path, key={"t": ["nope"]})
    assert "nope" in with_missing.not_compared["t"]


def test_columns_can_be_left_out(source: FreshDatabase, target: FreshDatabase, tmp_path: Path) -> None:
    for database, value in ((source, 10), (target, 11)):
        database.run(f"CREATE TABLE t (id int PRIMARY KEY, v int, seen int); INSERT INTO t VALUES (1, 1, {value})")
        database.run("CREATE TABLE other (id int PRIMARY KEY, seen int)")
    assert not compare(source, target, tmp_path).equal
    for pattern in ("seen", "t.seen", "public.t.seen", "public.*.seen"):
        assert compare(source, target, tmp_path, exclude_columns=[pattern]).equal, pattern
    assert not compare(source, target, tmp_path, exclude_columns=["other.seen"]).equal


def test_other_types_with_equal_values_are_equal_where_told_to(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    source.run("CREATE TABLE t (id int PRIMARY KEY, n numeric(9,2), at timestamp, j json, s varchar(9), f int)")
    target.run("CREATE TABLE t (id bigint PRIMARY KEY, n int, at timestamptz, j jsonb, s text, f text)")
    for database in (source, target):
        database.run("SET timezone = 'UTC'; INSERT INTO t VALUES (1, 5.00, '2026-01-01', '{\"b\":  1}', 'x', '7')")
    refused = compare(source, target, tmp_path)
    assert "types differ: id (integer, bigint)" in refused.not_compared["t"]
    assert compare(source, target, tmp_path, equal_types=True).equal
    target.run("UPDATE t SET n = 6")
    table = only(compare(source, target, tmp_path, equal_types=True))
    assert table.samples == [{"kind": "changed", "key": {"id": "1"}, "columns": {"n": ["5", "6"]}}]


def test_samples_show_no_sensitive_value(source: FreshDatabase, target: FreshDatabase, tmp_path: Path) -> None:
    for database, value in ((source, "SECRET-1"), (target, "SECRET-2")):
        database.run(
            f"CREATE TABLE u (id int PRIMARY KEY, password text, e text); INSERT INTO u VALUES (1, '{value}', 'E')"
        )
    target.run("INSERT INTO u VALUES (2, 'SECRET-3', 'HIDDEN')")
    table = only(compare(source, target, tmp_path, '[redaction]\npatterns = { "u.e" = "null" }'))
    assert numbers(table) == (1, 0, 1, 0)
    assert "SECRET" not in table.model_dump_json()
    assert "HIDDEN" not in table.model_dump_json()
    assert table.samples[1]["columns"] == {"password": "redacted"}


def test_samples_show_no_value_of_what_refers_to_a_sensitive_one(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database, value in ((source, "SECRET-1"), (target, "SECRET-2")):
        database.run(
            f"""CREATE TABLE people (ssn text PRIMARY KEY, low text GENERATED ALWAYS AS (lower(ssn)) STORED);
            INSERT INTO people VALUES ('{value}');
            CREATE TABLE cards (owner text UNIQUE REFERENCES people, n int PRIMARY KEY);
            INSERT INTO cards VALUES ('{value}', 1);
            CREATE TABLE notes (id int PRIMARY KEY, about text); INSERT INTO notes VALUES (1, '{value}')"""
        )
    target.run("ALTER TABLE notes ADD FOREIGN KEY (about) REFERENCES cards (owner)")
    report = compare(source, target, tmp_path)
    assert [table.table for table in report.tables if table.samples] == ["cards", "notes", "people"]
    assert "SECRET" not in report.model_dump_json().upper()


def test_tables_of_one_side_are_named_and_partitions_are_compared_with_their_table(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database in (source, target):
        database.run(
            "CREATE TABLE p (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT;"
            "INSERT INTO p SELECT n, n FROM generate_series(0, 20) AS n; CREATE SCHEMA s; CREATE TABLE s.t (id int)"
        )
    source.run("CREATE TABLE mine (); UPDATE p SET v = 0 WHERE id = 15")
    target.run("CREATE TABLE theirs ()")
    report = compare(source, target, tmp_path)
    assert report.not_compared == {"mine": "only in the source", "theirs": "only in the target"}
    assert numbers(only(compare(source, target, tmp_path, tables=["p"]))) == (0, 0, 1, 20)
    assert [(table.table, table.same) for table in report.tables] == [("p", 20), ("s.t", 0)]
    assert not report.equal


def test_the_same_database_an_unknown_table_and_hidden_rows_are_refused(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="one and the same"):
        compare(source, source, tmp_path)
    source.run("CREATE TABLE people ()")
    with pytest.raises(Refused, match="people"):
        compare(source, target, tmp_path, tables=["poeple"])


def test_rows_that_a_policy_hides_are_a_failure_and_no_silence(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database in (source, target):
        database.run(
            "DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN PASSWORD 'x';" if database is source else "SELECT 1"
        )
        database.run(
            "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO limited"
        )
    limited = [
        FreshDatabase(database.name, database.url.replace("//postgres:", "//limited:").replace(
            database.url.split(":")[2].split("@")[0], "x"
        ))
        for database in (source, target)
    ]  # fmt: skip
    with pytest.raises(FerryError, match="row-level security"):
        compare(limited[0], limited[1], tmp_path)
    for database in (source, target):
        database.run("DROP TABLE t")
    source.run("DROP ROLE limited")


@pytest.mark.parametrize("content", ["full", "data"])
@pytest.mark.parametrize("format_", ["json", "csv", "sql"])
def test_an_export_can_be_a_side(
    content: str, format_: str, source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    source.run(
        "CREATE TABLE people (id int PRIMARY KEY, name text, password text, cost numeric);"
        "INSERT INTO people SELECT n, 'p' || n, 's', n * 1.10 FROM generate_series(1, 100) AS n;"
        "CREATE TABLE left_out ()"
    )
    (tmp_path / "pgferry.toml").write_text(
        f'[databases.a]\nurl = "{source.url}"\n[databases.b]\nurl = "{target.url}"\n'
    )
    request = ExportRequest.model_validate(
        {"database": "a", "content": content, "format": format_, "tables": ["people"]}
    )
    path = export_database(load_services({}, tmp_path), Call(), request).path
    assert path
    source.run("UPDATE people SET cost = 0, password = 'x' WHERE id = 7; DELETE FROM people WHERE id = 8")
    report = compare_data(load_services({}, tmp_path), Call(), source=path, target="a")
    table = only(report)
    assert numbers(table) == (0, 1, 1, 98)
    assert table.samples[1]["columns"] == {"cost": ["7.70", "0"]}
    assert report.not_compared == {}


def test_of_very_many_equal_tables_only_the_numbers_of_rows_are_told(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database in (source, target):
        database.run("".join(f"CREATE TABLE t_{n:03} (id int PRIMARY KEY);" for n in range(60)))
    target.run("INSERT INTO t_059 VALUES (1)")
    report = compare(source, target, tmp_path)
    assert [numbers(table) for table in report.tables if table.differs] == [(1, 0, 0, 0)]
    assert len(report.tables) == 41
    assert len(report.same) == 19
    assert report.tables[0].table == "t_059"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [({"key": {"bokos": ["id"]}}, "unknown_table"), ({"exclude_columns": ["books.titel"]}, "unknown_column")],
)
def test_what_is_named_in_vain_is_refused_with_the_nearest_name(
    wishes: dict[str, Any], code: str, source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for side in (source, target):
        side.run("CREATE TABLE books (id int, title text)")
    with pytest.raises(Refused, match="books") as caught:
        compare(source, target, tmp_path, **wishes)
    assert caught.value.code == code


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_failure_names_the_side_that_it_is_of(
    side: str, source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    for database in (source, target):
        database.run("CREATE TABLE t (id int PRIMARY KEY)")
    failing = source if side == "a" else target
    with failing.connect() as holder, holder.transaction():
        holder.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseFailed, match=rf"locked\] {side}: waited .* for public.t, held by session"):
            compare(source, target, tmp_path, "[postgres]\nlock_timeout_seconds = 0.2")


TWO_TABLES = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT n, n FROM generate_series(1, 9) AS n;
"""


def compare_while(
    change: str, sides: tuple[FreshDatabase, FreshDatabase], folder: Path, *, times: int
) -> DataComparison:
    """Compares while the target is changed at the first word of its first table, the first few `times`."""
    source, target = sides
    (folder / "pgferry.toml").write_text(f'[databases.a]\nurl = "{source.url}"\n[databases.b]\nurl = "{target.url}"')
    left = [change] * times

    def hear(_done: float, _total: float | None, message: str) -> None:
        if message == "a: comparing checksums" and left:
            target.run(left.pop())

    return compare_data(load_services({}, folder), Call(hear), source="a", target="b")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("TRUNCATE t", (0, 9, 0, 0)),
        ("ALTER TABLE t ALTER n TYPE int USING n + 1", (0, 0, 9, 0)),
        ("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", (0, 8, 0, 1)),
    ],
)
def test_a_table_that_was_changed_before_it_was_read_is_compared_as_it_is_then(
    change: str,
    expected: tuple[int, int, int, int],
    source: FreshDatabase,
    target: FreshDatabase,
    tmp_path: Path,
) -> None:
    """On the snapshot of before it would have no rows, without a word."""
    source.run(TWO_TABLES)
    target.run(TWO_TABLES)
    report = compare_while(change, (source, target), tmp_path, times=1)
    assert {found.table: numbers(found) for found in report.tables}["t"] == expected


def test_a_table_that_is_changed_again_and_again_is_told_as_that(
    source: FreshDatabase, target: FreshDatabase, tmp_path: Path
) -> None:
    source.run(TWO_TABLES)
    target.run(TWO_TABLES)
    with pytest.raises(DatabaseFailed, match=r"public\.t: emptied or rewritten") as failed:
        compare_while("TRUNCATE t", (source, target), tmp_path, times=3)
    assert failed.value.code == "changed_meanwhile"
