"""What a filter may say, as PostgreSQL understands it; and what is refused."""

from typing import Any

import pytest

from server.errors import Refused
from tests.fix_databases import FreshDatabase
from tests.segments import grow, reference, where


def test_a_column_over_foreign_keys_narrows_a_filter(tenants: FreshDatabase) -> None:
    result = grow(tenants, where("incidents", ("site.company.slug", "umbrella"), ("status", "failed"), follow="none"))
    wanted = tenants.rows(
        "SELECT i.id::text FROM incidents i JOIN sites s ON s.id = site_id JOIN companies c ON c.id = company_id"
        " WHERE slug = 'umbrella' AND status = 'failed'"
    )
    ids = {row[0] for row in wanted}
    assert result.grown["incidents"].matched == len(ids) > 0
    assert ids <= set(result.values("incidents"))


def test_a_reference_that_partitions_alone_have_is_a_path_of_their_rows(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE sites (id int PRIMARY KEY, name text); CREATE TABLE old_sites (LIKE sites INCLUDING ALL);
        CREATE TABLE events (id int, day int, site_id int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE events_a PARTITION OF events FOR VALUES FROM (0) TO (10);
        CREATE TABLE events_b PARTITION OF events FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
        CREATE TABLE events_b1 PARTITION OF events_b FOR VALUES IN (11);
        CREATE TABLE events_c PARTITION OF events DEFAULT;
        ALTER TABLE events_a ADD FOREIGN KEY (site_id) REFERENCES sites;
        ALTER TABLE events_b ADD FOREIGN KEY (site_id) REFERENCES sites;
        INSERT INTO sites VALUES (1, 'here'), (2, 'there'); INSERT INTO old_sites VALUES (1, 'gone'), (3, 'here');
        INSERT INTO events VALUES (1, 1, 1), (2, 2, 2), (3, 11, 1), (4, 11, 2), (5, 30, 1), (6, 30, 3)
    """)
    here = ("site.name", "here")
    assert grow(fresh_database, where("events", here)).values("events") == ["1", "3"]
    assert grow(fresh_database, where("events_b1", here)).values("events") == ["3"]
    with pytest.raises(Refused, match="no reference site"):
        grow(fresh_database, where("events_c", here))
    fresh_database.run("ALTER TABLE events_c ADD FOREIGN KEY (site_id) REFERENCES old_sites")
    with pytest.raises(Refused, match="could be sites or old_sites"):
        grow(fresh_database, where("events", here))
    assert grow(fresh_database, where("events", ("sites.name", "here"))).values("events") == ["1", "3"]
    assert grow(fresh_database, where("events", ("old_sites.name", "here"))).values("events") == ["6"]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (("n", 3), [3]),
        (("n", "!=", 3), [1, 2]),
        (("n", "=", 3), [3]),
        (("n", "<", 3), [1, 2]),
        (("n", "<=", 2), [1, 2]),
        (("n", ">", 2), [3]),
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
        (("doc", "contains", '{"a": 1}'), [1]),
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
        (("id", "is_null", False), "bad_filter", "not_null"),
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


def test_a_value_that_the_type_of_an_extension_cannot_read_is_one_that_does_not_fit(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run("""
        CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE TABLE t (id int PRIMARY KEY, more hstore, place ltree)
    """)
    with pytest.raises(Refused, match=r"t\.more = does not fit the column's type, .*hstore"):
        grow(fresh_database, where("t", ("more", "{broken")))
    with pytest.raises(Refused, match=r"t\.place = does not fit the column's type, .*ltree"):
        grow(fresh_database, where("t", ("place", "a..b")))


def test_what_an_array_is_to_contain_is_an_element_or_a_list_of_some(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE t (id int PRIMARY KEY, sizes int[])")
    with pytest.raises(Refused, match=r"t\.sizes contains .* integer\[\].*an element of the array, or a list of some"):
        grow(fresh_database, where("t", ("sizes", "contains", "{2,3}")))


RANGES = """
CREATE EXTENSION hstore; CREATE TYPE words AS RANGE (subtype = text); CREATE DOMAIN span AS int4range;
CREATE TABLE t (n int PRIMARY KEY, whole int4range, days daterange, cost numrange, named words, bound span,
    more hstore);
INSERT INTO t VALUES
    (1, '[1,5)', '[2026-01-01,2026-02-01)', '[0.5,1.5]', '["a b","c)"]', '[1,5)', 'a=>1, "b c"=>NULL'),
    (2, '[3,9)', '[2026-02-01,)', '(1.5,2]', '[d,e)', '[3,9)', 'a=>2, d=>"x,y"'),
    (3, 'empty', NULL, NULL, NULL, NULL, '')
"""


@pytest.mark.parametrize(
    ("column", "value", "ids"),
    [
        ("whole", 4, [1, 2]),
        ("whole", "5", [2]),
        ("whole", "[3,5)", [1, 2]),
        ("whole", "[5,7]", [2]),
        ("whole", [1, 4], [1]),
        ("whole", "empty", [1, 2, 3]),
        ("bound", 4, [1, 2]),
        ("bound", "(,4)", []),
        ("days", "2026-01-31", [1]),
        ("days", ["2026-02-01", "2026-03-01"], [2]),
        ("days", "[2026-05-01,)", [2]),
        ("cost", 1.5, [1]),
        ("cost", "1.51", [2]),
        ("named", "a c", [1]),
        ("named", ["d", 'd"\\'], [2]),
        ("more", {"a": 1}, [1]),
        ("more", {"b c": None}, [1]),
        ("more", {"d": "x,y", "a": "2"}, [2]),
        ("more", "a=>2", [2]),
        ("more", dict[str, str](), [1, 2, 3]),
    ],
)
def test_ranges_and_hstores_contain_what_postgresql_says_they_do(
    fresh_database: FreshDatabase, column: str, value: Any, ids: list[int]
) -> None:
    fresh_database.run(RANGES)
    result = grow(fresh_database, where("t", (column, "contains", value)))
    assert [int(found) for found in result.values("t")] == ids


def test_multiranges_contain_values_and_ranges(fresh_database: FreshDatabase) -> None:
    with fresh_database.connect() as connection:
        if connection.info.server_version < 140000:
            pytest.skip("PostgreSQL 14 has them")
    fresh_database.run(
        "CREATE TABLE t (n int PRIMARY KEY, m int4multirange); INSERT INTO t VALUES (1, '{[1,3),[5,9)}')"
    )
    for value, ids in ((6, ["1"]), (4, []), ("[5,7)", ["1"]), ([1, 5], []), ("{[1,2),[8,9)}", ["1"])):
        assert grow(fresh_database, where("t", ("m", "contains", value))).values("t") == ids


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("whole", "x", r"bad_value.*int4range.*a range, as \[1,5\)"),
        ("whole", [9, 1], "bad_value.*int4range"),
        ("whole", [1, 2, 3], r"bad_filter.*a list of two"),
        ("whole", None, "bad_filter.*is_null"),
        ("more", {"a": {"b": 1}}, "bad_filter.*hstore"),
        ("more", "a", "bad_value.*hstore"),
    ],
)
def test_what_no_range_or_hstore_can_contain_is_refused(
    fresh_database: FreshDatabase, column: str, value: Any, words: str
) -> None:
    fresh_database.run(RANGES)
    with pytest.raises(Refused, match=words):
        grow(fresh_database, where("t", (column, "contains", value)))


def test_an_unknown_table_is_refused_with_the_nearest(tenants: FreshDatabase) -> None:
    with pytest.raises(Refused, match="incidents"):
        grow(tenants, where("incident"))
    with pytest.raises(Refused, match="companies"):
        grow(tenants, where("sites", tables=["company"]))


def test_a_filtered_view_is_refused(tenants: FreshDatabase) -> None:
    tenants.run("CREATE VIEW open AS SELECT * FROM incidents")
    with pytest.raises(Refused, match="a view"):
        grow(tenants, where("open"))


def test_a_path_names_a_reference_by_any_of_its_columns_and_is_told_what_tells_two_apart(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run(
        "CREATE TABLE tenants (id int PRIMARY KEY); CREATE TABLE areas (id int PRIMARY KEY);"
        "CREATE TABLE places (tenant_id int REFERENCES tenants, id int, name text, PRIMARY KEY (tenant_id, id),"
        " UNIQUE (id, tenant_id));"
        "CREATE TABLE visits (id int PRIMARY KEY, tenant_id int REFERENCES tenants, place_id int, near int, thing int,"
        " FOREIGN KEY (tenant_id, place_id) REFERENCES places, FOREIGN KEY (near, tenant_id) REFERENCES places (id,"
        " tenant_id) DEFERRABLE);"
        "INSERT INTO tenants VALUES (1), (2); INSERT INTO places VALUES (1, 1, 'hall'), (2, 1, 'yard');"
        "INSERT INTO visits VALUES (1, 1, 1, NULL), (2, 2, 1, NULL), (3, 2, 1, 1)"
    )
    assert grow(fresh_database, where("visits", ("place.name", "yard"), follow="none")).values("visits") == ["2", "3"]
    assert grow(fresh_database, where("visits", ("tenant.id", 1), follow="none")).values("visits") == ["1"]
    assert grow(fresh_database, where("visits", ("near.name", "yard"), follow="none")).values("visits") == ["3"]
    both = [reference("visits(thing)", "tenants(id)"), reference("visits(thing)", "areas(id)")]
    with pytest.raises(Refused, match=r"tenants or areas\.(?s:.*)name of the table"):
        grow(fresh_database, where("visits", ("thing.id", 1)), references=both)
    assert grow(fresh_database, where("visits", ("areas.id", 1)), references=both).counts() == {}


def test_an_empty_list_of_tables_restricts_nothing(tenants: FreshDatabase) -> None:
    assert grow(tenants, where("sites", tables=[])).counts() == grow(tenants, where("sites")).counts()


def test_dates_that_narrow_no_filtered_table_are_not_passed_over(tenants: FreshDatabase) -> None:
    told = grow(tenants, where("kinds", follow="none", since="2026-01-01"))
    assert told.counts() == {"kinds": (5, 0)}
    assert "kinds" in told.notes[0]
    assert "date_columns" in told.notes[0]
    meant = where("kinds", follow="none", since="2026-01-01", date_columns={"kinds": None})
    assert grow(tenants, meant).notes == []
    assert grow(tenants, where("incidents", ("site.company.slug", "acme"), since="2026-01-01")).notes == []


def test_dates_that_may_be_null_are_told_wherever_rows_are_written(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE shops (id int PRIMARY KEY, created_at date);
        CREATE TABLE orders (id int PRIMARY KEY, shop int REFERENCES shops, created_at date);
        CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders, "Date" date);
        INSERT INTO shops VALUES (1);
        INSERT INTO orders VALUES (1, 1, '2026-01-01'), (2, 1, '2026-03-01'), (3, 1, NULL);
        INSERT INTO lines SELECT id, id FROM orders
    """)
    (told,) = grow(fresh_database, where("shops", ("id", 1), since="2026-02-01")).notes
    assert told == (
        "Dates do not apply by orders.created_at, lines.Date: it may be NULL. To leave out rows outside of since and "
        'until, and those without one: date_columns = {"orders": "created_at", "lines": "Date"}.'
    )
    named: dict[str, str | None] = {"orders": "created_at", "lines": None}
    narrowed = grow(fresh_database, where("shops", ("id", 1), since="2026-02-01", date_columns=named))
    assert (narrowed.notes, narrowed.values("orders"), narrowed.values("lines")) == ([], ["2"], ["2"])
    (also,) = grow(fresh_database, where("shops", follow="none", since="2026-02-01")).notes
    assert '{"shops": "created_at"}' in also


def test_names_in_double_quotes_are_taken_as_they_are(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE "Sites" (id int PRIMARY KEY, "Odd Name" text, "a.b" text, "q""q" text);
        CREATE TABLE "odd.table" (id int PRIMARY KEY, "Site.Id" int REFERENCES "Sites", a int, "a.b" int);
        INSERT INTO "Sites" VALUES (1, 'x', 'y', 'z'), (2, 'o', 'o', 'o');
        INSERT INTO "odd.table" VALUES (1, 1, 1, 2), (2, 2, 2, 1);
    """)
    for table in ('"odd.table"', "odd.table", 'public."odd.table"', "public.odd.table"):
        for column in (
            '"Site.Id"."Odd Name"',
            '"Site.Id".Odd Name',
            "Sites.Odd Name",
            '"odd.table"."Site.Id"."Odd Name"',
        ):
            assert grow(fresh_database, where(table, (column, "x"), follow="none")).values('"odd.table"') == ["1"]
    for column, value in (('"a.b"', "y"), ("a.b", "y"), ('"q""q"', "z"), ('q"q', "z"), ('Sites."a.b"', "y")):
        assert grow(fresh_database, where('"Sites"', (column, value))).values("Sites") == ["1"]
    with pytest.raises(Refused, match=r"a is integer, which refers to nothing"):
        grow(fresh_database, where("odd.table", ('"a"."b"', 1)))
    with pytest.raises(Refused, match=r"unknown_column.*no column \"Odd Name\. Did you mean Odd Name"):
        grow(fresh_database, where("Sites", ('"Odd Name', 1)))


def test_columns_of_composite_types_compare_as_rows(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE SCHEMA other; CREATE TYPE other.address AS (street text, number int, tags text[]);
        CREATE DOMAIN home AS other.address CHECK ((VALUE).number > 0); CREATE TYPE odd AS (doc json);
        CREATE TABLE t (id int PRIMARY KEY, a other.address, h home, o odd);
        INSERT INTO t VALUES (1, ROW('Main, St "1"', 5, '{a,b}'), ROW('x', 1, NULL)), (2, ROW('', NULL, NULL), NULL);
    """)
    first = ['Main, St "1"', 5, ["a", "b"]]
    for condition in (
        ("a", first),
        ("a", '("Main, St ""1""",5,"{a,b}")'),
        ("a", "in", [first, "(x,1,)"]),
        ("a", "!=", ["", None, None]),
        ("a", "not_in", [["", None, None]]),
        ("a", ">", '("",,)'),
        ("h", ["x", 1, None]),
    ):
        assert grow(fresh_database, where("t", condition)).values("t") == ["1"], condition
    for condition, code in (
        (("a", "(1"), "bad_value"),
        (("a", ["x", "y", None]), "bad_value"),
        (("o", "({})"), "bad_filter"),
        (("a", {"street": "x"}), "bad_filter"),
        (("a.street", "x"), "unknown_column"),
    ):
        with pytest.raises(Refused) as refused:
            grow(fresh_database, where("t", condition))
        assert refused.value.code == code


def test_a_list_of_values_may_be_long(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE t (id int PRIMARY KEY, code text, spot box, tags text[]);
        INSERT INTO t SELECT n, n || ',"x\\', box(point(0, 0), point(n, 1)), ARRAY[n] FROM generate_series(1, 9) n;
        CREATE TABLE u (id int PRIMARY KEY, t_id int REFERENCES t); INSERT INTO u SELECT id, id FROM t
    """)
    few, many = ["1", "2", "3"], list(range(4, 70_000))
    assert grow(fresh_database, where("t", ("id", "not_in", many), follow="none")).values("t") == few
    assert grow(fresh_database, where("t", ("id", "in", [*few, *range(10, 70_000)]), follow="none")).values("t") == few
    assert grow(fresh_database, where("u", ("t.id", "not_in", many))).values("u") == few
    for condition in (
        ("code", "in", ['1,"x\\', '2,"x\\', '3,"x\\', "NULL"]),
        ("spot", "in", ["(0,0),(1,1)", "(0,0),(2,1)", "(0,0),(3,1)"]),
        ("tags", "in", [["1"], ["2"], "{3}"]),
        ("tags", "not_in", [[str(number)] for number in range(4, 10)]),
    ):
        assert grow(fresh_database, where("t", condition, follow="none")).values("t") == few, condition
