"""Growing a segment to its closure: which rows come, on a real server, loaded into an empty copy."""

from typing import Any

import pytest

from server.errors import Refused
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.segments import TENANTS, grow, loaded, reference, where


def test_a_tenant_brings_what_belongs_to_it_and_what_that_refers_to(
    tenants: FreshDatabase, make_database: MakeDatabase
) -> None:
    result = grow(tenants, where("companies", ("slug", "acme")))
    assert result.counts() == {
        "kinds": (0, 3),
        "regions": (0, 1),
        "companies": (1, 0),
        "sites": (5, 0),
        "incidents": (50, 0),
        "notes": (100, 0),
    }
    loaded(result, make_database, TENANTS)


def test_a_row_that_is_only_required_is_never_followed_down(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("notes", ("incident_id", 7)))
    assert result.counts()["notes"] == (2, 0)
    assert result.counts()["incidents"] == (0, 1)


def test_two_tenants_share_no_row_of_their_own(tenants: FreshDatabase) -> None:
    first = grow(tenants, where("companies", ("slug", "acme")))
    second = grow(tenants, where("companies", ("slug", "umbrella")))
    for table in ("companies", "sites", "incidents"):
        assert not set(first.values(table)) & set(second.values(table))


def test_follow_none_takes_the_filtered_rows_and_what_they_need(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("sites", ("id", 3), follow="none"))
    assert result.counts() == {"regions": (0, 1), "companies": (0, 1), "sites": (1, 0)}


def test_dates_apply_to_each_dated_table_and_rows_before_them_are_only_a_way(
    tenants: FreshDatabase, make_database: MakeDatabase
) -> None:
    result = grow(tenants, where("companies", ("slug", "acme"), since="2026-03-01", until="2026-03-31T00:00:00Z"))
    wanted = tenants.rows(
        "SELECT i.id::text FROM incidents i JOIN sites s ON s.id = site_id WHERE company_id = 1"
        " AND occurred_at >= '2026-03-01 00:00Z' AND occurred_at < '2026-03-31 00:00Z' ORDER BY 1"
    )
    assert result.grown["incidents"].matched == len(wanted) > 5
    assert result.grown["notes"].matched == 2 * len(wanted)
    assert {row[0] for row in wanted} <= set(result.values("incidents"))
    loaded(result, make_database, TENANTS)


def test_dates_apply_to_a_filtered_table_unless_its_rows_are_named_by_a_unique_key(tenants: FreshDatabase) -> None:
    failing = grow(tenants, where("incidents", ("status", "failed"), since="2026-04-01"))
    assert failing.grown["incidents"].matched == 3
    emptied = grow(tenants, where("companies", ("slug", "like", "ac%"), since="2026-04-01"))
    assert emptied.counts() == {}
    assert "date_columns" in emptied.notes[0]
    told = grow(
        tenants, where("companies", ("slug", "like", "ac%"), since="2026-04-01", date_columns={"companies": None})
    )
    assert told.grown["companies"].matched == 1
    assert told.grown["incidents"].matched == 5


def test_named_tables_restrict_what_is_written_and_the_ways_between_are_only_required(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("companies", ("slug", "acme"), tables=["notes", "kinds"]))
    assert result.counts() == {
        "kinds": (0, 3),
        "regions": (0, 1),
        "companies": (0, 1),
        "sites": (0, 5),
        "incidents": (0, 50),
        "notes": (100, 0),
    }
    few = grow(tenants, where("companies", ("slug", "acme"), tables=["sites"]))
    assert set(few.counts()) == {"regions", "companies", "sites"}


def test_tables_that_the_settings_leave_out_are_not_followed(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("companies", ("slug", "acme")), excluded=["notes"])
    assert "notes" not in result.counts()
    assert result.counts()["incidents"] == (50, 0)


def test_a_limit_takes_the_first_rows_by_key_and_stays_closed(
    tenants: FreshDatabase, make_database: MakeDatabase
) -> None:
    result = grow(tenants, where("companies", limit_per_table={"incidents": 3, "notes": 4}))
    assert result.grown["incidents"].matched == 3
    assert sorted(map(int, result.values("incidents"))) == [1, 2, 3]
    assert result.grown["notes"].matched == 4
    loaded(result, make_database, TENANTS)
    assert grow(tenants, where("sites", limit_per_table=2)).values("sites") == ["1", "2"]


def test_a_sample_is_by_primary_key_whichever_key_was_made_first(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE slugs (id int UNIQUE); ALTER TABLE slugs ADD slug text, ADD PRIMARY KEY (slug);
        CREATE TABLE loose (id int, number int UNIQUE);
        INSERT INTO slugs SELECT n, chr(106 - n) FROM generate_series(1, 9) AS n;
        INSERT INTO loose SELECT n, nullif(10 - n, 2) FROM generate_series(1, 9) AS n;
    """)
    assert grow(fresh_database, where("slugs", limit_per_table=2)).values("slugs") == ["8", "9"]
    assert grow(fresh_database, where("loose", limit_per_table=2)).values("loose") == ["7", "9"]


def test_a_sample_over_several_filters_takes_the_first_rows_by_key_of_all_that_they_match(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run("""
        CREATE TABLE whole (id int, part int, kind int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
        CREATE TABLE part_1 PARTITION OF whole FOR VALUES IN (1);
        CREATE TABLE part_0 PARTITION OF whole DEFAULT;
        INSERT INTO whole SELECT n, n % 3, n % 2 FROM generate_series(20, 1, -1) AS n
    """)
    odd, even = where("whole", ("kind", 1))["filters"], where("whole", ("kind", 0))["filters"]
    part, late = where("part_1", ("kind", 1))["filters"], where("whole", ("id", ">", 12))["filters"]

    def sample(filters: list[Any]) -> list[str]:
        return grow(fresh_database, {"filters": filters, "limit_per_table": 4}).values("whole")

    assert sorted(sample(odd + even)) == sorted(sample(even + odd)) == ["1", "2", "3", "4"]
    assert sorted(sample(late + part), key=int) == ["1", "7", "13", "14"]
    assert sorted(sample(where("whole", ("id", 20), ("part", 2))["filters"] + odd), key=int) == ["1", "3", "5", "20"]


def test_a_sample_is_of_rows_that_are_written_not_of_those_that_are_only_a_way(tenants: FreshDatabase) -> None:
    acme, late = ("slug", "acme"), {"since": "2026-03-01"}
    sample = grow(tenants, where("companies", acme, limit_per_table={"incidents": 3}, **late))
    assert sorted(map(int, sample.values("incidents"))) == [59, 61, 63]
    assert (sample.grown["incidents"].matched, sample.grown["notes"].matched) == (3, 6)
    named = grow(tenants, where("companies", acme, limit_per_table=3, tables=["notes"], **late))
    assert named.grown["notes"].matched == 3
    assert named.grown["incidents"].matched == 0


def test_a_row_that_a_filter_asks_for_stays_whatever_it_refers_to(tenants: FreshDatabase) -> None:
    both = where("companies", ("slug", "acme"), since="2026-03-01")
    both["filters"] += where("notes", ("incident_id", "<", 20), ("number", ">", 1))["filters"]
    assert grow(tenants, both).counts()["notes"] == (19 + 2 * 21, 0)


def test_in_a_cycle_without_dates_a_row_is_as_late_as_the_latest_that_leads_to_it_however_far_that_is(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run(CIRCLE)
    result = grow(fresh_database, where("roots", ("id", 1), since="2026-01-03", until="2026-01-06"))
    assert result.values("u") == ["0", "1", "11", "12", "13"]  # 0, before the dates, is only required
    assert result.values("v") == ["11", "12", "13", "7", "8"]  # not 5 and 6, which a row after the dates leads to
    assert (result.grown["u"].matched, result.grown["v"].matched) == (4, 5)


def test_a_row_that_turns_out_to_be_later_counts_once_towards_max_rows(fresh_database: FreshDatabase) -> None:
    fresh_database.run(CIRCLE)
    everything = 23
    grow(fresh_database, where("roots", ("id", 1), since="2026-01-03", until="2026-01-06"), max_rows=everything)


CIRCLE = """
CREATE TABLE roots (id int PRIMARY KEY);
CREATE TABLE days (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
CREATE TABLE u (id int PRIMARY KEY, day int REFERENCES days, v int);
CREATE TABLE v (id int PRIMARY KEY, near int REFERENCES u, far int REFERENCES u);
INSERT INTO roots VALUES (1);
INSERT INTO days VALUES (1, 1, '2026-01-01'), (4, 1, '2026-01-04'), (9, 1, '2026-01-09');
INSERT INTO u VALUES (0, 1, NULL), (1, 4, NULL), (11, 4, NULL), (12, NULL, 11), (13, NULL, 12),
    (21, 9, NULL), (22, NULL, 21), (23, NULL, 22), (5, NULL, 5);
INSERT INTO v VALUES (11, 11), (12, 12), (13, 13), (21, 21), (22, 22), (23, 23), (6, 5);
INSERT INTO v VALUES (5, 1, 23), (7, 0, 13), (8, 0, 1);
ALTER TABLE u ADD FOREIGN KEY (v) REFERENCES v;
"""


def test_a_row_below_tables_whose_dates_are_named_is_as_late_as_they_are(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE roots (id int PRIMARY KEY);
        CREATE TABLE named (id int PRIMARY KEY, root int REFERENCES roots, day date NOT NULL);
        CREATE TABLE between (id int PRIMARY KEY, named int REFERENCES named);
        CREATE TABLE early (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
        CREATE TABLE last (id int PRIMARY KEY, between int REFERENCES between, early int REFERENCES early);
        INSERT INTO roots VALUES (1);
        INSERT INTO named VALUES (1, 1, '2026-01-05');
        INSERT INTO between VALUES (1, 1);
        INSERT INTO early VALUES (1, 1, '2026-01-01');
        INSERT INTO last VALUES (1, 1, 1), (2, NULL, 1);
    """)
    result = grow(fresh_database, where("roots", ("id", 1), since="2026-01-04", date_columns={"named": "day"}))
    assert result.counts() == {"roots": (1, 0), "named": (1, 0), "between": (1, 0), "early": (0, 1), "last": (1, 0)}


def test_a_row_that_refers_to_several_by_one_reference_is_as_late_as_the_latest_of_them(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run("""
        CREATE TABLE roots (id int PRIMARY KEY);
        CREATE TABLE days (id int PRIMARY KEY, root int REFERENCES roots, kind int, created_at date NOT NULL);
        CREATE TABLE notes (id int PRIMARY KEY, kind int);
        INSERT INTO roots VALUES (1);
        INSERT INTO days VALUES (1, 1, 1, '2026-01-05'), (2, 1, 1, '2026-01-09'), (3, 1, 2, '2026-01-05');
        INSERT INTO notes VALUES (1, 1), (2, 2);
    """)
    segment = where("roots", ("id", 1), since="2026-01-04", until="2026-01-07")
    result = grow(fresh_database, segment, references=[reference("notes(kind)", "days(kind)")])
    assert result.values("notes") == ["2"]


def test_the_order_of_filters_does_not_change_what_is_asked_for_by_name(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE roots (id int PRIMARY KEY);
        CREATE TABLE named (id int PRIMARY KEY, created_at date NOT NULL);
        CREATE TABLE early (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
        CREATE TABLE notes (id int PRIMARY KEY, named int REFERENCES named, early int REFERENCES early);
        INSERT INTO roots VALUES (1);
        INSERT INTO named VALUES (1, '2026-01-05');
        INSERT INTO early VALUES (1, 1, '2026-01-01');
        INSERT INTO notes VALUES (1, 1, NULL), (2, 1, 1);
    """)
    filters = [*where("named")["filters"], *where("named", ("id", 1))["filters"], *where("roots")["filters"]]
    either = [grow(fresh_database, {"filters": some, "since": "2026-01-04"}) for some in (filters, filters[::-1])]
    assert [result.values("notes") for result in either] == [["1"], ["1"]]


def test_a_segment_beyond_max_rows_is_stopped_with_the_path_that_made_it_grow(tenants: FreshDatabase) -> None:
    with pytest.raises(Refused) as refused:
        grow(tenants, where("companies"), max_rows=150)
    assert refused.value.code == "segment_too_large"
    assert "companies → sites → incidents" in str(refused.value)


def test_the_path_of_what_grew_by_references_leads_through_a_table_that_refers_to_itself(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run("""
        CREATE TABLE links (id int PRIMARY KEY, next int REFERENCES links);
        CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE visits (id int PRIMARY KEY, person int REFERENCES people, link int REFERENCES links);
        INSERT INTO links SELECT n, nullif(n - 1, 0) FROM generate_series(1, 300) AS n;
        INSERT INTO people VALUES (1); INSERT INTO visits VALUES (1, 1, 300);
    """)
    with pytest.raises(Refused, match=r"people → visits → links brought [0-9]+ rows by references"):
        grow(fresh_database, where("people"), max_rows=100)


def test_the_path_of_what_grew_in_a_circle_names_its_tables(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE odd (id int PRIMARY KEY, before int);
        CREATE TABLE even (id int PRIMARY KEY, before int REFERENCES odd);
        ALTER TABLE odd ADD FOREIGN KEY (before) REFERENCES even;
        INSERT INTO odd SELECT n, NULL FROM generate_series(1, 99, 2) AS n;
        INSERT INTO even SELECT n, n - 1 FROM generate_series(2, 100, 2) AS n;
        UPDATE odd SET before = id - 1 WHERE id > 1;
    """)
    with pytest.raises(Refused, match=r"(odd → even|even → odd) brought [0-9]+ rows"):
        grow(fresh_database, where("odd", ("id", 1)), max_rows=20)


def test_everything_is_of_one_snapshot_while_another_session_writes(
    tenants: FreshDatabase, make_database: MakeDatabase
) -> None:
    def write() -> None:
        tenants.run("DELETE FROM notes WHERE incident_id < 50")
        tenants.run("UPDATE incidents SET site_id = 1, status = 'moved'")
        tenants.run("INSERT INTO sites SELECT n, 1, 'new' FROM generate_series(11, 500) AS n")
        tenants.run("UPDATE companies SET slug = 'x' || slug")
        tenants.run("VACUUM notes, incidents, companies")

    result = grow(tenants, where("companies", ("slug", "acme")), meanwhile=write)
    assert result.counts()["incidents"] == (50, 0)
    assert result.counts()["sites"] == (5, 0)
    assert result.counts()["notes"] == (100, 0)
    loaded(result, make_database, TENANTS)


def test_only_temporary_tables_can_be_written_while_a_segment_grows(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("companies"))
    assert result.counts()["companies"] == (2, 0)
    assert tenants.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'pgferry%'") == [(0,)]


def test_an_event_trigger_that_notes_what_is_made_finds_its_own_tables(tenants: FreshDatabase) -> None:
    tenants.run("""
        CREATE TABLE made (tag text);
        CREATE FUNCTION log() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO made VALUES (tg_tag); END';
        CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION log()
    """)
    assert grow(tenants, where("companies")).counts()["companies"] == (2, 0)
    assert tenants.rows("SELECT * FROM made") == []


PARTED = """
CREATE TABLE roots (id int PRIMARY KEY);
CREATE TABLE days (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
CREATE TABLE more_days (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
CREATE TABLE x (id int, part int, day int REFERENCES days, other int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE x_a PARTITION OF x FOR VALUES IN (1);
ALTER TABLE x_a ADD FOREIGN KEY (other) REFERENCES more_days;
CREATE INDEX ON x (day); CREATE INDEX ON x_a (other);
INSERT INTO roots VALUES (1);
INSERT INTO days VALUES (1, 1, '2026-01-05');
INSERT INTO more_days VALUES (1, 1, '2026-01-05'), (9, 1, '2026-01-09');
INSERT INTO x VALUES (1, 1, 1, 9), (2, 1, NULL, 1), (3, 1, 1, NULL), (4, 1, 1, NULL);
"""
ROUND = """
CREATE TABLE roots (id int PRIMARY KEY);
CREATE TABLE days (id int PRIMARY KEY, root int REFERENCES roots, created_at date NOT NULL);
CREATE TABLE u (id int PRIMARY KEY, day int REFERENCES days, v int);
CREATE TABLE v (id int PRIMARY KEY, u int REFERENCES u);
ALTER TABLE u ADD FOREIGN KEY (v) REFERENCES v;
CREATE TABLE ends (id int PRIMARY KEY, u int REFERENCES u);
INSERT INTO roots VALUES (1);
INSERT INTO days VALUES (1, 1, '2026-01-01'), (5, 1, '2026-01-05'), (9, 1, '2026-01-09');
INSERT INTO u VALUES (1, 5, NULL), (2, 5, NULL), (3, 5, NULL), (9, 9, NULL);
INSERT INTO v VALUES (9, 9);
UPDATE u SET v = 9 WHERE id = 1;
INSERT INTO ends SELECT id, id FROM u;
"""


@pytest.mark.parametrize("indexes", ["", "CREATE INDEX ON u (day); CREATE INDEX ON u (v); CREATE INDEX ON v (u)"])
def test_a_row_that_a_later_parent_puts_outside_of_the_dates_gives_its_place_in_a_sample_to_the_next(
    fresh_database: FreshDatabase, indexes: str
) -> None:
    fresh_database.run(ROUND + indexes)
    asked = where("roots", ("id", 1), since="2026-01-04", until="2026-01-07", limit_per_table={"u": 2})
    result = grow(fresh_database, asked)
    assert (result.values("u"), result.grown["u"].matched) == (["2", "3"], 2)
    assert result.values("ends") == ["2", "3"]


def test_a_sample_of_a_partitioned_table_knows_the_keys_of_its_partitions(fresh_database: FreshDatabase) -> None:
    fresh_database.run(PARTED)
    asked = where("roots", ("id", 1), since="2026-01-04", until="2026-01-07", limit_per_table={"x": 2})
    assert grow(fresh_database, asked).values("x") == ["2", "3"]


def test_a_row_that_a_later_parent_puts_within_the_dates_is_counted(fresh_database: FreshDatabase) -> None:
    fresh_database.run(ROUND + "INSERT INTO u VALUES (0, 1, NULL); INSERT INTO v VALUES (2, 2), (3, 3)")
    fresh_database.run("UPDATE u SET v = 3 WHERE id = 0")
    asked = where("roots", ("id", 1), since="2026-01-04", until="2026-01-07", limit_per_table={"u": 3})
    result = grow(fresh_database, asked)
    assert (result.values("u"), result.grown["u"].matched) == (["0", "2", "3"], 3)


def test_dates_that_leave_nothing_of_a_filter_are_told_whatever_the_order_of_filters(tenants: FreshDatabase) -> None:
    none, some = (where("incidents", ("status", status), since="2026-04-10")["filters"] for status in ("ok", "failed"))
    tenants.run("UPDATE incidents SET status = 'failed' WHERE occurred_at >= '2026-04-10'")
    for filters in ([*none, *some], [*some, *none]):
        result = grow(tenants, {"filters": filters, "since": "2026-04-10"})
        assert result.grown["incidents"].matched == 2
        assert [note for note in result.notes if "within the dates" in note]
