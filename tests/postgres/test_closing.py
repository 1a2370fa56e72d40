"""Growing a segment to its closure: every kind of key, on a real server, loaded into an empty copy each time."""

from typing import Any

import pytest

from server.errors import Refused
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.segments import GrownSegment, grow, load, reference

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


def where(table: str, *conditions: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """A segment with one filter; a condition is (column, value) or (column, op, value)."""
    tests = [
        {"column": column, "op": rest[0] if len(rest) > 1 else "=", "value": rest[-1]} for column, *rest in conditions
    ]
    return {"filters": [{"table": table, "where": tests}], **more}


@pytest.fixture
def tenants(fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(TENANTS)
    return fresh_database


def schema_of(database: str) -> str:
    """The statements that make tables and indexes, without the rows."""
    return ";".join(s for s in database.split(";") if not s.lstrip().startswith(("INSERT", "UPDATE", "DELETE")))


def loaded(result: GrownSegment, make_database: MakeDatabase, ddl: str, *, in_order: bool = True) -> FreshDatabase:
    copy = make_database()
    copy.run(schema_of(ddl))
    load(result, copy, in_order=in_order)
    return copy


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


def test_a_column_over_foreign_keys_narrows_a_filter(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("incidents", ("site.company.slug", "umbrella"), ("status", "failed"), follow="none"))
    wanted = tenants.rows(
        "SELECT i.id::text FROM incidents i JOIN sites s ON s.id = site_id JOIN companies c ON c.id = company_id"
        " WHERE slug = 'umbrella' AND status = 'failed'"
    )
    ids = {row[0] for row in wanted}
    assert result.grown["incidents"].matched == len(ids) > 0
    assert ids <= set(result.values("incidents"))


def test_a_whole_chain_of_self_references_comes_along(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE parts (id int PRIMARY KEY, parent int REFERENCES parts);"
        "INSERT INTO parts SELECT n, nullif(n - 1, 0) FROM generate_series(1, 300) AS n"
    )
    up = grow(fresh_database, where("parts", ("id", 200), follow="none"))
    assert up.counts() == {"parts": (1, 199)}
    both = grow(fresh_database, where("parts", ("id", 200)))
    assert both.counts() == {"parts": (101, 199)}


def test_composite_keys_onto_unique_constraints_with_nulls_and_two_keys_between_the_same_tables(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE people (id int PRIMARY KEY, country text, number int, UNIQUE (country, number));
    CREATE TABLE deals (
        id int PRIMARY KEY, buyer_country text, buyer_number int, seller_country text, seller_number int,
        FOREIGN KEY (buyer_country, buyer_number) REFERENCES people (country, number) MATCH FULL,
        FOREIGN KEY (seller_country, seller_number) REFERENCES people (country, number)
    );
    INSERT INTO people VALUES (1, 'de', 1), (2, 'de', 2), (3, 'fr', 1), (4, 'fr', NULL);
    INSERT INTO deals VALUES (1, 'de', 1, 'fr', 1), (2, NULL, NULL, 'de', NULL), (3, 'de', 2, NULL, NULL);
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("deals", ("id", "<=", 2)))
    assert result.counts() == {"people": (0, 2), "deals": (2, 0)}
    loaded(result, make_database, ddl)
    assert grow(fresh_database, where("people", ("id", 1))).counts() == {"people": (1, 1), "deals": (1, 0)}


def test_a_cycle_between_two_tables_ends_and_loads(fresh_database: FreshDatabase, make_database: MakeDatabase) -> None:
    ddl = """
    CREATE TABLE teams (id int PRIMARY KEY, lead int);
    CREATE TABLE users (id int PRIMARY KEY, team int NOT NULL REFERENCES teams);
    ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES users DEFERRABLE;
    INSERT INTO teams SELECT n, NULL FROM generate_series(1, 20) AS n;
    INSERT INTO users SELECT n, 1 + n % 20 FROM generate_series(1, 40) AS n;
    UPDATE teams SET lead = id + 2;
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("teams", ("id", 5), follow="none"))
    assert result.counts()["teams"] == (1, 19)
    loaded(result, make_database, ddl, in_order=False)


def test_partitioned_tables_on_either_side_count_as_one_table(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE events (id int, day int, source int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (10);
    CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
    CREATE TABLE events_b1 PARTITION OF events_b FOR VALUES IN (11);
    CREATE TABLE events_b2 PARTITION OF events_b DEFAULT;
    CREATE TABLE sources (id int PRIMARY KEY);
    CREATE TABLE details (id int PRIMARY KEY, event int, day int, FOREIGN KEY (event, day) REFERENCES events);
    ALTER TABLE events ADD FOREIGN KEY (source) REFERENCES sources;
    CREATE TABLE only_a (id int PRIMARY KEY, event int, day int);
    ALTER TABLE only_a ADD FOREIGN KEY (event, day) REFERENCES events_a (id, day);
    INSERT INTO sources VALUES (1), (2), (3);
    INSERT INTO events SELECT n, n % 20, 1 + n % 3 FROM generate_series(1, 200) AS n;
    INSERT INTO details SELECT id, id, day FROM events;
    INSERT INTO only_a SELECT id, id, day FROM events WHERE day < 10;
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("sources", ("id", 2)))
    events = fresh_database.rows("SELECT count(*) FROM events WHERE source = 2")[0][0]
    early = fresh_database.rows("SELECT count(*) FROM events_a WHERE source = 2")[0][0]
    assert result.counts() == {
        "sources": (1, 0), "events": (events, 0), "details": (events, 0), "only_a": (early, 0),
    }  # fmt: skip
    loaded(result, make_database, ddl)
    partition = grow(fresh_database, where("events_b1", follow="none"))
    assert partition.counts()["events"][0] == fresh_database.rows("SELECT count(*) FROM events_b1")[0][0]
    below = grow(fresh_database, where("events", ("id", "in", [3, 4]), follow="children"))
    assert below.counts()["details"] == (2, 0)


def test_a_key_onto_one_partition_does_not_take_rows_of_another(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE items (id int, kind int) PARTITION BY LIST (kind);"
        "CREATE TABLE items_1 PARTITION OF items FOR VALUES IN (1); CREATE TABLE items_2 PARTITION OF items DEFAULT;"
        "ALTER TABLE items_1 ADD PRIMARY KEY (id);"
        "CREATE TABLE uses (id int PRIMARY KEY, item int REFERENCES items_1);"
        "INSERT INTO items VALUES (1, 1), (1, 2), (2, 1); INSERT INTO uses VALUES (1, 1), (2, 2)"
    )
    assert grow(fresh_database, where("items", ("kind", 2))).counts() == {"items": (1, 0)}
    assert grow(fresh_database, where("uses", ("id", 1))).values("items", 1) == ["1"]


def test_inheritance_keeps_each_tables_own_rows_and_keys(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE owners (id int PRIMARY KEY);
    CREATE TABLE things (id int PRIMARY KEY, owner int REFERENCES owners);
    CREATE TABLE cars (wheels int, PRIMARY KEY (id)) INHERITS (things);
    ALTER TABLE cars ADD FOREIGN KEY (owner) REFERENCES owners;
    INSERT INTO owners VALUES (1), (2);
    INSERT INTO things VALUES (1, 1), (2, 2);
    INSERT INTO cars VALUES (3, 1, 4), (4, 2, 4);
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("things", ("owner", 1)))
    assert result.counts() == {"owners": (0, 1), "things": (1, 0), "cars": (1, 0)}
    loaded(result, make_database, ddl)


def test_references_across_schemas_and_names_that_need_quotes(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE SCHEMA "Odd %s";
    CREATE TABLE "Odd %s"."a ""odd"" table" ("the id" int PRIMARY KEY, "100%" text);
    CREATE TABLE child (id int PRIMARY KEY, "Parent" int REFERENCES "Odd %s"."a ""odd"" table");
    INSERT INTO "Odd %s"."a ""odd"" table" VALUES (1, '%s'), (2, '$1');
    INSERT INTO child VALUES (1, 1), (2, 2), (3, 2);
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("child", ("Parent.100%", "$1")))
    assert result.values("child") == ["2", "3"]
    loaded(result, make_database, ddl)


def test_dangling_references_of_a_key_that_is_not_valid_are_kept_and_reported(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TABLE parents (id int PRIMARY KEY, next int);
    CREATE TABLE children (id int PRIMARY KEY, parent int);
    INSERT INTO parents VALUES (1, 9), (2, 1);
    INSERT INTO children VALUES (1, 1), (2, 7), (3, 7), (4, 2);
    ALTER TABLE children ADD CONSTRAINT late FOREIGN KEY (parent) REFERENCES parents NOT VALID;
    ALTER TABLE parents ADD FOREIGN KEY (next) REFERENCES parents NOT VALID;
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("children"))
    assert result.counts() == {"parents": (0, 2), "children": (4, 0)}
    assert {(d.reference, d.rows) for d in result.dangling} == {("children (parent)", 2), ("parents (next)", 1)}
    loaded(result, make_database, ddl, in_order=False)


def test_tables_without_any_key_are_followed_with_their_duplicates(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE logins (user_id int REFERENCES users, at int);"
        "INSERT INTO users VALUES (1), (2); INSERT INTO logins VALUES (1, 5), (1, 5), (2, 5), (NULL, 1)"
    )
    assert grow(fresh_database, where("users", ("id", 1))).counts() == {"users": (1, 0), "logins": (2, 0)}


COMMENTS = """
CREATE TABLE incidents (id bigint PRIMARY KEY, title text);
CREATE TABLE sites (id uuid PRIMARY KEY);
CREATE TABLE comments (id int PRIMARY KEY, entity_type text, entity_id text, body text);
INSERT INTO incidents VALUES (1, 'one'), (2, 'two');
INSERT INTO sites VALUES ('00000000-0000-0000-0000-000000000001');
INSERT INTO comments VALUES (1, 'incident', '1'), (2, 'site', '00000000-0000-0000-0000-000000000001'),
    (3, 'incident', '2'), (4, 'incident', '99'), (5, 'note', 'x'), (6, NULL, '1'), (7, 'site', '1');
"""


def test_a_polymorphic_reference_of_the_settings_is_followed_both_ways(fresh_database: FreshDatabase) -> None:
    fresh_database.run(COMMENTS)
    references = [
        reference("comments(entity_id)", "incidents(id)", "entity_type = 'incident'"),
        reference("comments(entity_id)", "sites(id)", "entity_type = 'site'"),
        reference("nowhere(id)", "sites(id)"),
    ]
    down = grow(fresh_database, where("incidents", ("id", 1)), references=references)
    assert (down.values("comments"), down.values("incidents")) == (["1"], ["1"])
    up = grow(fresh_database, where("comments"), references=references)
    assert up.counts() == {"incidents": (0, 2), "sites": (0, 1), "comments": (7, 0)}
    assert sorted((d.table, d.rows) for d in up.dangling) == [("incidents", 1), ("sites", 1)]


def test_types_of_extensions_compare_as_they_do_in_the_schema_of_the_extension(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE EXTENSION citext; CREATE TABLE users (email citext PRIMARY KEY);"
        "CREATE TABLE logins (id int, email citext REFERENCES users);"
        "INSERT INTO users VALUES ('A@x'), ('b@x'); INSERT INTO logins VALUES (1, 'a@X'), (2, 'b@x')"
    )
    assert grow(fresh_database, where("logins", ("email", "A@X"))).counts() == {"users": (0, 1), "logins": (1, 0)}
    assert grow(fresh_database, where("users", ("email", "like", "a%"))).counts()["logins"] == (1, 0)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (("n", 3), [3]),
        (("n", "!=", 3), [1, 2]),
        (("n", ">=", "2"), [2, 3]),
        (("n", "between", [1, 2]), [1, 2]),
        (("n", "in", [1, 3, 99]), [1, 3]),
        (("n", "not_in", [1, 3]), [2]),
        (("name", "like", "a%"), [1]),
        (("name", "ilike", "B%"), [2]),
        (("maybe", "is_null", None), [1]),
        (("maybe", "not_null", None), [2, 3]),
        (("flag", True), [2]),
        (("tags", "contains", "x"), [1, 2]),
        (("tags", "contains", ["x", 'y "q"']), [2]),
        (("doc", "contains", {"a": 1}), [1]),
        (("kind", "in", ["small"]), [1, 3]),
        (("size", ">", 1.5), [3]),
        (("day", "<", "2026-01-02"), [1]),
        (("code", "abcdef"), []),
        (("tags", ["x"]), [1]),
        (("amount", ">=", 20), [2, 3]),
    ],
)
def test_every_op_compares_as_postgresql_does(
    fresh_database: FreshDatabase, condition: tuple[Any, ...], ids: list[int]
) -> None:
    fresh_database.run(
        "CREATE TYPE kind AS ENUM ('small', 'big'); CREATE DOMAIN amount AS numeric(8,2) CHECK (VALUE > 0);"
        "CREATE TABLE t (n int PRIMARY KEY, name text, maybe int, flag bool, tags text[], doc jsonb, kind kind,"
        " size float8, day date, code varchar(3), amount amount);"
        "INSERT INTO t VALUES"
        """ (1, 'abc', NULL, false, '{x}', '{"a": 1, "b": 2}', 'small', 1, '2026-01-01', 'abc', 10),"""
        """ (2, 'bcd', 1, true, '{x,"y \\"q\\""}', '[]', 'big', 1.5, '2026-01-02', NULL, 20),"""
        " (3, 'cde', 2, NULL, NULL, NULL, 'small', 2, '2026-01-03', NULL, 30)"
    )
    assert [int(value) for value in grow(fresh_database, where("t", condition)).values("t")] == ids


@pytest.mark.parametrize(
    ("condition", "code", "words"),
    [
        (("id", "x'; DROP TABLE companies; --"), "bad_value", "integer"),
        (("created_at", ">", "yesterday-ish"), "bad_value", "timestamp with time zone"),
        (("id", "like", "1%"), "bad_filter", "integer"),
        (("id", "contains", 1), "bad_filter", "integer"),
        (("id", "between", [1]), "bad_filter", "two values"),
        (("id", "in", list[int]()), "bad_filter", "list"),
        (("id", None), "bad_filter", "is_null"),
        (("id", [1]), "bad_filter", "one value"),
        (("slgu", "acme"), "unknown_column", "slug"),
        (("reigon.name", "north"), "unknown_column", "region"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_naming_the_column_and_its_type(
    tenants: FreshDatabase, condition: tuple[Any, ...], code: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        grow(tenants, where("companies", condition))
    assert refused.value.code == code
    assert words in str(refused.value)
    assert "yesterday" not in str(refused.value)
    assert "DROP" not in str(refused.value)


def test_an_unknown_table_is_refused_with_the_nearest(tenants: FreshDatabase) -> None:
    with pytest.raises(Refused, match="incidents"):
        grow(tenants, where("incident"))
    with pytest.raises(Refused, match="companies"):
        grow(tenants, where("sites", tables=["company"]))


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


def test_a_segment_beyond_max_rows_is_stopped_with_the_path_that_made_it_grow(tenants: FreshDatabase) -> None:
    with pytest.raises(Refused) as refused:
        grow(tenants, where("companies"), max_rows=150)
    assert refused.value.code == "segment_too_large"
    assert "companies → sites → incidents" in str(refused.value)


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


def test_without_an_index_each_table_is_read_once_in_each_direction(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE companies (id int PRIMARY KEY);"
        "CREATE TABLE sites (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);"
        "CREATE TABLE people (id int PRIMARY KEY, company int NOT NULL REFERENCES companies);"
        "CREATE TABLE visits (id int PRIMARY KEY, site int REFERENCES sites, host int REFERENCES people,"
        " guest int REFERENCES people);"
        "INSERT INTO companies SELECT n FROM generate_series(1, 10) AS n;"
        "INSERT INTO sites SELECT n, 1 + n % 10 FROM generate_series(1, 1000) AS n;"
        "INSERT INTO people SELECT n, 1 + n % 10 FROM generate_series(1, 1000) AS n;"
        "INSERT INTO visits SELECT n, 1 + n % 1000, 1 + n % 999, 1 + n % 998 FROM generate_series(1, 20000) AS n;"
        "ANALYZE"
    )
    result = grow(fresh_database, where("companies", ("id", 3)))
    assert result.counts()["visits"][0] > 2000
    assert result.scans["visits"] == 1
    assert result.scans["sites"] <= 2
    assert result.scans["people"] <= 2


def test_only_temporary_tables_can_be_written_while_a_segment_grows(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("companies"))
    assert result.counts()["companies"] == (2, 0)
    assert tenants.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'pgferry%'") == [(0,)]


def test_a_role_that_may_not_create_temporary_tables_is_told_so(tenants: FreshDatabase) -> None:
    tenants.run(
        f"CREATE ROLE seg_reader LOGIN; REVOKE TEMPORARY ON DATABASE {tenants.name} FROM PUBLIC;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO seg_reader"
    )
    try:
        as_reader = FreshDatabase(tenants.name, f"postgresql://seg_reader@{tenants.url.split('@')[1]}")
        with pytest.raises(Refused) as refused:
            grow(as_reader, where("companies"))
        assert refused.value.code in ("no_temporary_tables", "wrong_password")
    finally:
        tenants.run("DROP OWNED BY seg_reader; DROP ROLE seg_reader")


def test_a_filtered_view_is_refused(tenants: FreshDatabase) -> None:
    tenants.run("CREATE VIEW open AS SELECT * FROM incidents")
    with pytest.raises(Refused, match="a view"):
        grow(tenants, where("open"))
