"""Stand-ins of a redacted segment keep what hangs on a value: partitions, generated columns, keys and checks, types."""

from pathlib import Path

import pytest

from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import document, load_with_psql
from tests.fix_services import Project
from tests.redacting import segment, settle

HELD = """
CREATE TABLE wards (id int, secret text) PARTITION BY LIST (secret);
CREATE TABLE wards_a PARTITION OF wards FOR VALUES IN ('a', 'b');
CREATE TABLE visits (id int, secret date NOT NULL) PARTITION BY RANGE (secret);
CREATE TABLE visits_2020 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TYPE place AS (flat int, street text);
CREATE TABLE homes (id int, secret place) PARTITION BY RANGE (secret);
CREATE TABLE homes_a PARTITION OF homes FOR VALUES FROM ('(1,a)') TO ('(5,)');
CREATE TABLE doors (id int, secret place NOT NULL, PRIMARY KEY (secret)) PARTITION BY RANGE (secret);
CREATE TABLE doors_a PARTITION OF doors FOR VALUES FROM ('(0,)') TO (MAXVALUE);
CREATE TABLE floors (id int, secret place) PARTITION BY RANGE (((secret).flat));
CREATE TABLE floors_a PARTITION OF floors FOR VALUES FROM (3) TO (5);
CREATE DOMAIN low AS place CHECK ((VALUE).flat < 5);
CREATE TABLE rooms (id int, secret low UNIQUE, CHECK ((secret).flat > 1));
CREATE TABLE keys (id int, secret place) PARTITION BY LIST ((secret IS NULL));
CREATE TABLE keys_a PARTITION OF keys FOR VALUES IN (false);
CREATE TABLE bills (id int, secret text DEFAULT 'none') PARTITION BY LIST (id);
CREATE TABLE bills_1 PARTITION OF bills FOR VALUES IN (1) PARTITION BY LIST (secret);
CREATE TABLE bills_1a PARTITION OF bills_1 FOR VALUES IN ('a', 'b');
CREATE TABLE codes (id int PRIMARY KEY, secret text, number int GENERATED ALWAYS AS (secret::int) STORED);
CREATE TABLE names (
    id int PRIMARY KEY, secret text, shown text GENERATED ALWAYS AS (upper(secret)) STORED NOT NULL
);
"""
ROWS = """
INSERT INTO wards VALUES (1, 'a'), (2, 'b'); INSERT INTO visits VALUES (1, '2020-03-01');
INSERT INTO homes VALUES (1, '(1,a)'), (2, '(2,)'); INSERT INTO doors VALUES (1, '(1,a)'), (2, '(2,)');
INSERT INTO floors VALUES (1, '(3,a)'), (2, '(4,)'); INSERT INTO keys VALUES (1, '(3,a)');
INSERT INTO rooms VALUES (1, '(3,a)'), (2, '(4,b)');
INSERT INTO bills VALUES (1, 'a'), (1, 'b'); INSERT INTO codes VALUES (1, '42'), (2, NULL);
INSERT INTO names VALUES (1, 'ann');
"""


@pytest.mark.parametrize("how", ["exclude", "null", "hash", "blank"])
def test_stand_ins_fit_the_partitions_and_the_generated_columns_that_hang_on_them(
    how: str, project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(HELD + ROWS)
    project.add("it", fresh_database)
    settle(project, f'[redaction.patterns]\n"*.secret" = "{how}"\n')
    held = {
        "wards": 2,
        "visits": 1,
        "homes": 2,
        "doors": 2,
        "floors": 2,
        "rooms": 2,
        "keys": 1,
        "bills": 2,
        "codes": 2,
        "names": 1,
    }
    report = segment(project, filters=[{"table": table} for table in held], format="sql")
    assert not [warning for warning in report.warnings if "on import" in warning]
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert {table: len(copy.rows(f"SELECT FROM {table}")) for table in held} == held
    for table in ("homes", "doors", "floors"):
        assert copy.rows(f"SELECT FROM {table} WHERE (secret).street IN ('a', 'b')") == []
    assert "42" not in str(copy.rows("SELECT secret, number FROM codes"))


RULED = """
CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}-[0-9]+$');
CREATE TABLE coded (id int PRIMARY KEY, secret code, kind text, CHECK ((secret IS NULL) = (kind IS NULL)));
INSERT INTO coded VALUES (1, 'AB-1', 'x'), (2, NULL, NULL);
CREATE TABLE pairs (id int PRIMARY KEY, secret text, kind text, CHECK ((secret IS NULL) = (kind IS NULL)));
CREATE TABLE flagged (
    id int PRIMARY KEY, secret int, known int GENERATED ALWAYS AS (num_nonnulls(secret)) STORED CHECK (known = 1)
);
CREATE TABLE slugs (id int PRIMARY KEY, secret text, slug text GENERATED ALWAYS AS (lower(secret)) STORED UNIQUE);
CREATE TABLE ones (id int PRIMARY KEY, grp int, secret date, UNIQUE NULLS NOT DISTINCT (grp, secret));
CREATE TABLE open (id int PRIMARY KEY, grp int, secret timestamptz);
CREATE UNIQUE INDEX ON open (grp) WHERE secret IS NULL;
CREATE TABLE starts (id int PRIMARY KEY, secret varchar(40) NOT NULL);
CREATE UNIQUE INDEX ON starts (left(secret, 30));
CREATE TABLE rooms (
    id int PRIMARY KEY, room int, secret date, EXCLUDE USING btree (room WITH =), EXCLUDE USING gist (
        int4range(room, room + 10) WITH &&, daterange(secret, secret + 1) WITH &&
    )
);
CREATE TABLE pins (id int PRIMARY KEY, secret point NOT NULL, same point GENERATED ALWAYS AS (secret) STORED);
INSERT INTO rooms VALUES (1, 1, '2020-01-01'), (2, 2, '2020-01-02'), (3, 30, NULL);
INSERT INTO pins VALUES (1, '(1,2)');
CREATE TABLE nets (id int PRIMARY KEY, secret inet CHECK (secret IS NOT NULL)); INSERT INTO nets VALUES (1, '10.0.0.1');
INSERT INTO pairs VALUES (1, 'a', 'x'), (2, NULL, NULL); INSERT INTO flagged VALUES (1, 4), (2, 5);
INSERT INTO slugs VALUES (1, 'Ann'), (2, 'Bob'), (3, NULL); INSERT INTO starts VALUES (1, 'one'), (2, 'two');
INSERT INTO ones VALUES (1, 1, '2020-01-01'), (2, 1, '2020-01-02'), (3, 1, NULL);
INSERT INTO open VALUES (1, 1, NULL), (2, 1, '2020-01-01'), (3, 1, '2020-01-02');
"""


@pytest.mark.parametrize("how", ["exclude", "null", "hash", "blank"])
def test_stand_ins_keep_the_rules_that_concern_more_than_one_value(
    how: str, project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(RULED)
    project.add("it", fresh_database)
    settle(project, f'[redaction.patterns]\n"*.secret" = "{how}"\n')
    held = {"coded": 2, "pairs": 2, "flagged": 2, "slugs": 3, "ones": 3, "open": 3, "starts": 2, "nets": 1}
    held |= {"rooms": 3, "pins": 1}
    report = segment(project, filters=[{"table": table} for table in held], format="sql")
    assert not [warning for warning in report.warnings if "may refuse" in warning]
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert {table: len(copy.rows(f"SELECT FROM {table}")) for table in held} == held
    for table in held:
        real, written = (dict(database.rows(f"SELECT id, secret FROM {table}")) for database in (fresh_database, copy))
        assert not [key for key in real if real[key] is not None and real[key] == written[key]]


TYPED = """
CREATE DOMAIN early AS date CHECK (VALUE IN ('2020-01-01', '2020-01-02'));
CREATE TABLE typed (
    id int PRIMARY KEY, spot point NOT NULL, area box, log pg_lsn NOT NULL, seen early UNIQUE, tag bit(8) UNIQUE,
    span int4range, many int4multirange, words text[], search tsvector UNIQUE, entry oid UNIQUE,
    cost money NOT NULL DEFAULT 7 UNIQUE,
    EXCLUDE USING gist (spot WITH ~=), EXCLUDE USING gist (area WITH &&), EXCLUDE USING gist (span WITH &&),
    UNIQUE (many), UNIQUE (words)
);
"""
TYPED_ROWS = """
INSERT INTO typed SELECT n, point(n, n), box(point(2 * n, 0), point(2 * n + 1, 1)), ('0/' || n)::pg_lsn,
    date '2019-12-31' + n - 100, n::bit(8), int4range(n, n + 1), int4multirange(int4range(n, n + 1)), ARRAY['w' || n],
    to_tsvector('simple', 'w' || n), n, 5 * n + 3
FROM generate_series(101, 102) AS n
"""


@pytest.mark.parametrize("how", ["exclude", "null", "hash", "blank"])
def test_stand_ins_of_every_type_are_of_that_type_and_differ_where_they_must(
    how: str, project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(TYPED + TYPED_ROWS)
    project.add("it", fresh_database)
    settle(project, f'[redaction.patterns]\n"typed.*" = "{how}"\n"typed.id" = "keep"\n')
    report = segment(project, filters=[{"table": "typed"}], format="sql")
    assert [warning for warning in report.warnings if " on import" in warning] == []
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    columns = ("spot", "area", "log", "tag", "span", "many", "words", "search", "entry", "cost")
    real, written = (database.rows(f"SELECT {'::text, '.join(columns)}::text FROM typed ORDER BY id")
                     for database in (fresh_database, copy))  # fmt: skip
    assert not [
        pair for rows in zip(real, written, strict=True) for pair in zip(*rows, strict=True) if len({*pair}) == 1
    ]


@pytest.mark.parametrize("how", ["exclude", "null", "hash", "blank"])
def test_stand_ins_keep_what_one_partition_alone_asks_for(
    how: str, project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    """And a table's rows are those of its own, not of its heirs."""
    fresh_database.run("""
        CREATE TABLE wards (id int, part int, secret date, secrets text, secretive int, given text)
            PARTITION BY LIST (part);
        CREATE TABLE wards_a (given text, secretive int, secrets text, secret date UNIQUE, part int, id int,
            CHECK (secret > '2000-01-01'), CHECK (secretive > 5), CHECK (id < secretive), EXCLUDE (secretive WITH =));
        CREATE UNIQUE INDEX ON wards_a (lower(secrets)) WHERE id > 0;
        ALTER TABLE wards_a ALTER given SET NOT NULL;
        ALTER TABLE wards ATTACH PARTITION wards_a FOR VALUES IN (1);
        CREATE TABLE wards_b PARTITION OF wards DEFAULT PARTITION BY LIST (id);
        CREATE TABLE wards_b2 PARTITION OF wards_b (UNIQUE (given)) DEFAULT;
        INSERT INTO wards SELECT n, n % 2, '2020-01-01'::date + n, 'S' || n, n + 5, 'G' || n
            FROM generate_series(1, 50) AS n;
        INSERT INTO wards VALUES (1, 2), (2, 2);
        CREATE TABLE doors (id int, secret date, secrets text);
        CREATE UNIQUE INDEX ON doors (secret); CREATE UNIQUE INDEX ON doors (lower(secrets));
        CREATE TABLE doors_heir () INHERITS (doors);
        INSERT INTO doors VALUES (1, '2020-01-01', 'a'); INSERT INTO doors_heir VALUES (1, '2020-01-01', 'a');
    """)
    project.add("it", fresh_database)
    settle(project, f'[redaction.patterns]\n"*.secret*" = "{how}"\n"wards.given" = "{how}"\n')
    report = segment(project, format="sql", filters=[{"table": table} for table in ("wards", "doors", "doors_heir")])
    assert report.warnings == []
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT count(*) FROM wards") == [(52,)]
    values = "secret >= '2020-01-01' AND secret < '2021-01-01' OR secrets ~ '^S' OR given ~ '^G'"
    assert copy.rows(f"SELECT count(*) FROM wards WHERE {values}") == [(0,)]


def test_a_stand_in_of_a_document_is_no_text(project: Project, fresh_database: FreshDatabase) -> None:
    fresh_database.run("CREATE TABLE t (id int, secret jsonb NOT NULL CHECK (secret IN ('{\"a\": 0}', '{\"a\": 1}')))")
    fresh_database.run("INSERT INTO t VALUES (1, '{\"a\": 1}')")
    project.add("it", fresh_database)
    settle(project, '[redaction.patterns]\n"*.secret" = "hash"\n')
    report = segment(project, filters=[{"table": "t"}])
    assert document(str(report.path))["data"]["t"] == [{"id": "1", "secret": {"a": "0"}}]


def test_what_no_stand_in_fits_is_told(project: Project, fresh_database: FreshDatabase) -> None:
    fresh_database.run("""
        CREATE TABLE t (id int, secret text, PRIMARY KEY (id, secret)) PARTITION BY LIST (secret);
        CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');
        CREATE TABLE u (id int PRIMARY KEY, secret bool, UNIQUE NULLS NOT DISTINCT (secret));
        CREATE FUNCTION start(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN left($1, 2);
        CREATE TABLE v (id int PRIMARY KEY, secret text NOT NULL);
        CREATE UNIQUE INDEX v_start ON v (start(secret)); CREATE UNIQUE INDEX v_lower ON v (lower(secret));
        INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (1, true), (2, false);
    """)
    project.add("it", fresh_database)
    settle(project, '[redaction.patterns]\n"*.secret" = "exclude"\n')
    report = segment(project, filters=[{"table": table} for table in "tuv"])
    assert sorted(warning.partition(":")[0] for warning in report.warnings if "redacted" in warning) == [
        "t.secret is redacted, and the check of the partitions refuses the value on import",
        "u.secret is redacted, and the check of the index u_secret_key refuses the value on import",
        "v.secret is redacted, and the check of the index v_start may refuse the value on import",
    ]


SHARED = """
CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE doors (room int, open bool NOT NULL, level level NOT NULL, PRIMARY KEY (room, open, level));
CREATE TABLE locks (room int, open bool NOT NULL, UNIQUE (room, open), UNIQUE (room) INCLUDE (open));
CREATE TABLE sides (room int, level level NOT NULL, UNIQUE (room, level));
INSERT INTO doors SELECT n, n % 2 = 0, 'high' FROM generate_series(1, 20) AS n;
INSERT INTO locks SELECT n, n % 2 = 0 FROM generate_series(1, 20) AS n;
INSERT INTO sides SELECT n / 2, CASE n % 2 WHEN 0 THEN 'low' ELSE 'high' END::level FROM generate_series(2, 21) AS n;
"""


def test_a_value_for_all_rows_in_a_key_over_several_columns_is_told_only_where_two_rows_become_alike(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(SHARED)
    project.add("it", fresh_database)
    settle(project, '[redaction]\n[redaction.patterns]\nopen = "blank"\nlevel = "blank"\n')
    report = segment(project, filters=[{"table": table} for table in ("doors", "locks")], format="sql")
    assert report.warnings == []
    load_with_psql(postgres, Path(str(report.path)), make_database())
    assert segment(project, filters=[{"table": "sides"}]).warnings == [
        "sides.level is unique, and redaction writes one value for all rows: rows of one key become alike; exclude it,"
        " null it where it may be NULL, or keep it."
    ]


LENGTHS = """
CREATE DOMAIN tag AS text CHECK (length(VALUE) BETWEEN 3 AND 20);
CREATE TABLE codes (
    id int PRIMARY KEY, eight text NOT NULL UNIQUE CHECK (char_length(eight) = 8), tag tag UNIQUE,
    few varchar(40) NOT NULL UNIQUE CHECK (length(few) < 33), one text NOT NULL UNIQUE CHECK (octet_length(one) <= 1)
);
INSERT INTO codes
SELECT n, lpad(n::text, 8, '0'), 'tag ' || n, 'few ' || n, chr(64 + n) FROM generate_series(1, 20) AS n;
"""


def test_a_unique_text_of_a_length_that_a_check_says_gets_a_stand_in_of_that_length(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(LENGTHS)
    project.add("it", fresh_database)
    settle(
        project, '[redaction]\n[redaction.patterns]\neight = "exclude"\ntag = "hash"\nfew = "blank"\none = "blank"\n'
    )
    report = segment(project, filters=[{"table": "codes"}], format="sql")
    assert {entry.column: entry.how for entry in report.redacted} == {
        "eight": "blank", "tag": "hash", "few": "hash", "one": "blank",
    }  # fmt: skip
    assert report.warnings == [
        f"codes.{name} has the number of its row, for the check codes_{name}_check refuses a hash."
        for name in ("eight", "one")
    ]
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows(
        "SELECT count(DISTINCT eight), count(DISTINCT tag), min(length(tag)), min(length(few)), count(DISTINCT one)"
        " FROM codes"
    ) == [(20, 20, 20, 32, 20)]
