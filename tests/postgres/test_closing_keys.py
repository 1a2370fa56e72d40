"""Every kind of key: followed both ways, and loaded into an empty copy of the schema."""

import psycopg
import pytest

from server.errors import Refused
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.segments import grow, loaded, reference, where


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


def test_a_reference_of_the_settings_onto_values_that_are_not_unique_means_all_rows_that_have_them(
    fresh_database: FreshDatabase,
) -> None:
    fresh_database.run("""
        CREATE TABLE prices (id int PRIMARY KEY, product text, currency text);
        CREATE TABLE orders (id int PRIMARY KEY, product text, price_id int REFERENCES prices);
        INSERT INTO prices VALUES (1, 'hat', 'EUR'), (2, 'hat', 'USD'), (3, 'cap', 'EUR');
        INSERT INTO orders VALUES (1, 'hat', 1), (2, 'hat', NULL), (3, 'cap', 3);
    """)
    products = [reference("orders(product)", "prices(product)")]
    for order in (1, 2):
        result = grow(fresh_database, where("orders", ("id", order)), references=products)
        assert result.counts() == {"orders": (1, 0), "prices": (0, 2)}
    result = grow(fresh_database, where("prices", ("id", 1)), references=products)
    assert result.counts() == {"prices": (1, 1), "orders": (2, 0)}


def test_keys_that_are_arrays_are_followed_both_ways(fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE paths (path int[] PRIMARY KEY); INSERT INTO paths VALUES ('{1}'), ('{1,2}'), ('{3}');
        CREATE TABLE leaves (id int PRIMARY KEY, path int[] REFERENCES paths); CREATE INDEX ON leaves (path);
        INSERT INTO leaves VALUES (1, '{1,2}'), (2, '{1,2}'), (3, '{3}'), (4, NULL);
    """)
    assert grow(fresh_database, where("leaves", ("id", 1))).counts() == {"leaves": (1, 0), "paths": (0, 1)}
    below = grow(fresh_database, where("paths", ("path", [1, 2])))
    assert below.counts() == {"paths": (1, 0), "leaves": (2, 0)}


def test_types_of_extensions_compare_as_they_do_in_the_schema_of_the_extension(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE EXTENSION citext; CREATE TABLE users (email citext PRIMARY KEY);"
        "CREATE TABLE logins (id int, email citext REFERENCES users);"
        "INSERT INTO users VALUES ('A@x'), ('b@x'); INSERT INTO logins VALUES (1, 'a@X'), (2, 'b@x')"
    )
    assert grow(fresh_database, where("logins", ("email", "A@X"))).counts() == {"users": (0, 1), "logins": (1, 0)}
    assert grow(fresh_database, where("users", ("email", "like", "a%"))).counts()["logins"] == (1, 0)


TEMPORAL = """
CREATE TABLE prices (id int4range, valid daterange, cents int, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
CREATE TABLE orders (
    number int PRIMARY KEY, item int4range, valid daterange, FOREIGN KEY (item, PERIOD valid) REFERENCES prices
);
INSERT INTO prices VALUES ('[1,2)', '[2026-01-01,2026-02-01)', 10), ('[1,2)', '[2026-02-01,2026-03-01)', 20),
    ('[1,2)', '[2026-03-01,2026-04-01)', 30), ('[2,3)', '[2026-01-01,2027-01-01)', 40);
INSERT INTO orders VALUES (1, '[1,2)', '[2026-01-15,2026-02-15)'), (2, '[1,2)', '[2026-03-05,2026-03-06)'),
    (3, '[2,3)', '[2026-05-01,2026-06-01)'), (4, NULL, '[2026-05-01,2026-06-01)'), (5, '[1,2)', NULL);
"""


def knows_periods(database: FreshDatabase) -> bool:
    """Makes the tables of TEMPORAL; servers before 18 cannot read them."""
    with database.connect() as connection:
        if connection.info.server_version >= 180000:
            connection.execute(TEMPORAL.encode())
            return True
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute(TEMPORAL.encode())
    return False


def test_a_key_over_periods_brings_every_row_that_covers_one(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    if not knows_periods(fresh_database):
        return
    up = grow(fresh_database, where("orders", ("number", "in", [1, 4, 5])))
    assert up.values("prices", 2) == ["10", "20"]
    loaded(up, make_database, TEMPORAL)
    down = grow(fresh_database, where("prices", ("cents", 10)))
    assert (down.values("orders"), down.counts()["prices"]) == (["1"], (1, 1))
    assert not down.dangling
    loaded(down, make_database, TEMPORAL)


def test_a_period_that_is_covered_in_part_alone_is_told(fresh_database: FreshDatabase) -> None:
    if not knows_periods(fresh_database):
        return
    fresh_database.run(
        "ALTER TABLE orders DROP CONSTRAINT orders_item_valid_fkey;"
        "DELETE FROM prices WHERE cents = 20; ALTER TABLE orders ADD FOREIGN KEY (item, PERIOD valid)"
        " REFERENCES prices NOT ENFORCED"
    )
    result = grow(fresh_database, where("orders"))
    assert [(found.reference, found.rows) for found in result.dangling] == [("orders (item, valid)", 1)]


def test_a_condition_of_the_settings_whose_value_does_not_fit_is_refused(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE items (id int PRIMARY KEY, kind int, owner int)")
    with pytest.raises(Refused, match="does not fit") as refused:
        grow(fresh_database, where("items"), references=[reference("items(owner)", "items(id)", "kind = 'item'")])
    assert refused.value.code == "bad_settings"


def test_a_reference_of_the_settings_whose_columns_cannot_be_compared_is_refused(fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE items (id int PRIMARY KEY, doc json, spot point)")
    for name in ("doc", "spot"):
        with pytest.raises(Refused, match=rf"items\({name}\).*cannot be compared") as refused:
            grow(fresh_database, where("items"), references=[reference(f"items({name})", f"items({name})")])
        assert refused.value.code == "bad_settings"


def test_dangling_references_that_no_trigger_stopped_are_reported_too(fresh_database: FreshDatabase) -> None:
    fresh_database.run(
        "CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES"
        " parents, other int REFERENCES parents); INSERT INTO parents VALUES (1), (2);"
        "SET session_replication_role = replica; INSERT INTO children VALUES (1, 1, 1), (2, 7, 2), (3, 7, 8)"
    )
    result = grow(fresh_database, where("children"))
    assert result.counts() == {"parents": (0, 2), "children": (3, 0)}
    assert [(d.reference, d.rows) for d in result.dangling] == [("children (other)", 1), ("children (parent)", 2)]


def test_a_key_of_a_composite_type_with_a_null_inside_is_followed_like_any_other(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    ddl = """
    CREATE TYPE place AS (street text, flat int);
    CREATE TABLE homes (at place PRIMARY KEY, next place REFERENCES homes);
    CREATE TABLE people (id int PRIMARY KEY, at place REFERENCES homes);
    INSERT INTO homes VALUES ('(a,)', NULL), ('(b,1)', '(a,)'), ('(,)', NULL), ('(c,3)', NULL);
    INSERT INTO people VALUES (1, '(b,1)'), (2, '(,)'), (3, NULL), (4, '(c,3)');
    """
    fresh_database.run(ddl)
    result = grow(fresh_database, where("people", ("id", "<", 4)))
    assert result.counts() == {"people": (3, 0), "homes": (0, 3)}
    assert loaded(result, make_database, ddl).rows("SELECT count(*) FROM people JOIN homes USING (at)") == [(2,)]
    down = grow(fresh_database, {"filters": [{"table": "homes"}]})
    assert down.counts() == {"people": (3, 0), "homes": (4, 0)}


def test_a_partition_that_refers_to_itself_brings_no_row_of_another(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    """Rows of two partitions may have one place (ctid)."""
    ddl = """
    CREATE TABLE logs (id int, part int, before int) PARTITION BY LIST (part);
    CREATE TABLE logs_a PARTITION OF logs (UNIQUE (id)) FOR VALUES IN (1);
    CREATE TABLE logs_b PARTITION OF logs DEFAULT;
    ALTER TABLE logs_a ADD FOREIGN KEY (before) REFERENCES logs_a (id);
    INSERT INTO logs SELECT n, 1, nullif(n - 1, 0) FROM generate_series(1, 6) AS n;
    INSERT INTO logs SELECT n + 100, 2, NULL FROM generate_series(1, 6) AS n;
    """
    fresh_database.run(ddl)
    up = grow(fresh_database, where("logs", ("id", 3)))
    assert up.values("logs") == ["1", "2", "3", "4", "5", "6"]
    assert up.counts() == {"logs": (4, 2)}
    loaded(up, make_database, ddl)


COLLATED = """
CREATE TABLE codes (code text COLLATE "C" PRIMARY KEY, above text COLLATE "POSIX" REFERENCES codes, name text);
CREATE TABLE plain (id int PRIMARY KEY, code text COLLATE "POSIX" REFERENCES codes, again text REFERENCES codes);
CREATE TABLE pairs (
    id int PRIMARY KEY, n int, code varchar(9) COLLATE "POSIX", also text COLLATE "POSIX", UNIQUE (n, code)
);
CREATE TABLE below (n int, code text COLLATE "C", FOREIGN KEY (n, code) REFERENCES pairs (n, code));
CREATE INDEX ON plain (code); CREATE INDEX ON codes (above);
INSERT INTO codes VALUES ('top', NULL, 'x'), ('mid', 'top', 'y'), ('low', 'mid', 'z'), ('other', NULL, 'o');
INSERT INTO plain VALUES (1, 'mid', NULL), (2, 'other', 'top'), (3, NULL, 'low');
INSERT INTO pairs VALUES (1, 1, 'a', '1'), (2, 1, 'b', 'low'), (3, 2, 'b', NULL);
INSERT INTO below VALUES (1, 'b'), (2, 'b'), (NULL, 'b');
"""


def test_keys_whose_ends_have_different_collations_are_followed_both_ways(
    fresh_database: FreshDatabase, make_database: MakeDatabase
) -> None:
    fresh_database.run(COLLATED)
    declared = [reference("pairs(also)", "codes(code)"), reference("pairs(also)", "plain(id)")]
    down = grow(fresh_database, where("codes", ("code", "mid")))
    assert down.counts() == {"codes": (2, 1), "plain": (2, 0)}
    assert (down.values("codes"), down.values("plain")) == (["low", "mid", "top"], ["1", "3"])
    up = grow(fresh_database, where("plain", ("id", "in", [1, 2])), references=declared)
    assert up.counts() == {"codes": (0, 3), "plain": (2, 0), "pairs": (1, 0)}
    everything = grow(fresh_database, where("pairs", ("id", "<", 3)), references=declared)
    assert everything.counts() == {"pairs": (2, 0), "below": (1, 0), "codes": (0, 3), "plain": (0, 1)}
    for segment in (down, up, everything):
        loaded(segment, make_database, COLLATED)
    assert grow(fresh_database, where("plain", ("code.above.name", "x"))).values("plain") == ["1"]
    assert grow(fresh_database, where("below", ("code.also", "low"))).values("below", 1) == ["b"]
