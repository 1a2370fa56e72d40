"""The demo's data are as wide as they claim, whole, and the same on every run and every version of the server."""

from server.demo.databases import fill_databases
from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import drop_database
from tests.fix_databases import FreshDatabase
from tests.fix_demo import DemoDatabases

TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2
"""


def counts(database: FreshDatabase) -> dict[str, int]:
    query = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {s}.{t}" for s, t in database.rows(TABLES))
    return dict(database.rows(query))


def content_hash(database: FreshDatabase) -> str:
    """Of all rows of all tables, whatever their order in the heap."""
    parts = [
        f"SELECT '{t}' AS name, md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS hash FROM {s}.{t} AS t"
        for s, t in database.rows(TABLES)
    ]
    return database.rows(
        f"SELECT md5(string_agg(name || hash, '' ORDER BY name)) FROM ({' UNION ALL '.join(parts)}) x"
    )[0][0]


def test_there_are_at_least_eighteen_tables_with_thousands_of_rows(demo_main: FreshDatabase) -> None:
    rows = counts(demo_main)
    assert len(rows) >= 18
    assert min(rows.values()) > 0
    assert 20_000 < sum(rows.values()) < 30_000


def test_every_kind_of_object_is_there(demo_main: FreshDatabase) -> None:
    kinds = {
        "enum, domain, composite and range types": "SELECT count(DISTINCT typtype) = 4 FROM pg_type WHERE typtype IN"
        " ('e', 'd', 'c', 'r') AND typnamespace = 'public'::regnamespace",
        "generated and identity columns": "SELECT bool_or(attgenerated = 's') AND bool_or(attidentity = 'a')"
        " AND bool_or(attidentity = 'd') FROM pg_attribute WHERE attrelid > 16383",
        "composite and self-referencing keys": "SELECT bool_or(cardinality(conkey) > 1)"
        " AND bool_or(confrelid = conrelid) FROM pg_constraint WHERE contype = 'f'",
        "circular keys": "SELECT EXISTS (SELECT FROM pg_constraint a JOIN pg_constraint b ON a.conrelid = b.confrelid"
        " AND b.conrelid = a.confrelid AND a.conrelid < b.conrelid WHERE a.contype = 'f' AND b.contype = 'f')",
        "an exclusion constraint": "SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'x')",
        "views of both kinds and a partitioned table": "SELECT count(DISTINCT relkind) = 3 FROM pg_class"
        " WHERE relkind IN ('v', 'm', 'p') AND relnamespace IN ('public'::regnamespace, 'audit'::regnamespace)",
        "a trigger": "SELECT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)",
        "policies": "SELECT count(*) = 2 FROM pg_policy",
        "partial and expression indexes": "SELECT bool_or(indpred IS NOT NULL) AND bool_or(indexprs IS NOT NULL)"
        " FROM pg_index WHERE indrelid > 16383",
    }
    missing = [kind for kind, query in kinds.items() if demo_main.rows(query) != [(True,)]]
    assert missing == []


def test_every_reference_and_check_holds(demo_main: FreshDatabase) -> None:
    """The rows are loaded with the checks off; here each key is dropped and added again, which validates it."""
    constraints = demo_main.rows(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('f', 'c') AND conrelid <> 0 AND conparentid = 0 AND coninhcount = 0"
    )
    assert len(constraints) > 50
    demo_main.run("; ".join(f"ALTER TABLE {t} DROP CONSTRAINT {n}, ADD CONSTRAINT {n} {d}" for t, n, d in constraints))


def test_sequences_stand_past_the_highest_value(demo_main: FreshDatabase) -> None:
    demo_main.run(
        "INSERT INTO incidents (company_id, site_id, incident_type_id, reporter_id, title, occurred_at)"
        " SELECT company_id, site_id, 1, id, 'New', '2026-06-30' FROM users WHERE id = 1"
    )
    assert demo_main.rows("SELECT id, reference FROM incidents ORDER BY id DESC LIMIT 1") == [(1501, "INC-000101501")]
    assert demo_main.rows("SELECT entity_id FROM audit.audit_log_rest ORDER BY occurred_at DESC LIMIT 1") == [(1501,)]


def test_the_rows_are_the_same_everywhere(demo_main: FreshDatabase) -> None:
    """One hash for the embedded server and for older ones: a change of the data has to change it here as well."""
    assert content_hash(demo_main) == "9908dd8319d325398e2057684abed5e6"


def test_the_branch_has_drifted_in_schema_and_rows(demo_databases: DemoDatabases) -> None:
    before, after = counts(demo_databases.main), counts(demo_databases.feature_x)
    assert set(after) - set(before) == {"incident_watchers"}
    assert before["notifications"] > after["notifications"]
    assert demo_databases.feature_x.rows("SELECT 'escalated'::incident_status::text") == [("escalated",)]


def test_rows_grow_with_the_scale(postgres: EmbeddedServer, demo_main: FreshDatabase) -> None:
    fill_databases(postgres, "of-the-tests", scale=3, main="three", feature="three-x")
    try:
        grown, single = counts(FreshDatabase("three", postgres.url("three"))), counts(demo_main)
        assert grown["incidents"] == 3 * single["incidents"]
        assert 2.9 * sum(single.values()) < sum(grown.values()) < 3.1 * sum(single.values())
    finally:
        drop_database(postgres, "three")
        drop_database(postgres, "three-x")
