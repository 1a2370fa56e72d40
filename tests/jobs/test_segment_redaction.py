"""Redaction of segments: hashes join, blanks keep what a schema needs, keys are never redacted apart, and it loads."""

import hmac
from pathlib import Path
from typing import Any

import pytest

from server.calls import Call
from server.jobs.export_segment import export_segment
from server.model.segment_reports import SegmentReport, SegmentRequest
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import document, load_with_psql
from tests.fix_services import Project

PEOPLE = """
CREATE TABLE people (
    id int PRIMARY KEY, email text NOT NULL UNIQUE, badge bigint NOT NULL UNIQUE, pin int UNIQUE, nick varchar(8),
    motto text, password text NOT NULL, seen timestamptz NOT NULL, tags text[] NOT NULL
);
CREATE TABLE logins (
    id int PRIMARY KEY, person int NOT NULL REFERENCES people, email text REFERENCES people (email),
    badge int REFERENCES people (badge), contact text
);
INSERT INTO people SELECT n, 'p' || n || '@x.test', CASE WHEN n > 2990 THEN n * 10000000000 ELSE n END,
    CASE n % 2 WHEN 0 THEN n WHEN 1 THEN -n END, 'nick', repeat('m', n % 40), 'secret-' || n, now(), '{a,b}'
    FROM generate_series(1, 3000) AS n;
INSERT INTO logins SELECT n, n, 'p' || n || '@x.test', n, 'p' || n || '@x.test' FROM generate_series(1, 2000) AS n;
"""
RULES = """
[redaction]
key = "k"
[redaction.patterns]
"*.email" = "hash"
"logins.contact" = "hash"
"logins.person" = "hash"
"people.badge" = "hash"
"people.pin" = "hash"
"people.nick" = "blank"
"people.motto" = "blank"
"people.seen" = "blank"
"people.tags" = "blank"
"""


@pytest.fixture
def people(project: Project, fresh_database: FreshDatabase) -> FreshDatabase:
    fresh_database.run(PEOPLE)
    project.add("it", fresh_database)
    return fresh_database


def segment(project: Project, **arguments: Any) -> SegmentReport:
    filters = [{"table": "people", "where": [{"column": "id", "op": ">", "value": 0}]}]
    asked = {"database": "it", "filters": filters, **arguments}
    return export_segment(project.services, Call(), SegmentRequest.model_validate(asked))


def settle(project: Project, rules: str) -> None:
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write(rules)


@pytest.mark.usefixtures("people")
def test_a_hash_is_hmac_sha_256_under_the_key_of_the_settings_in_every_table(project: Project) -> None:
    settle(project, RULES)
    data = document(str(segment(project).path))["data"]
    wanted = hmac.new(b"k", b"p7@x.test", "sha256").hexdigest()
    assert next(row["email"] for row in data["people"] if row["id"] == "7") == wanted
    assert [(row["email"], row["contact"]) for row in data["logins"] if row["id"] == "7"] == [(wanted, wanted)]


@pytest.mark.usefixtures("people")
def test_without_a_key_each_export_has_one_of_its_own_and_joins_within_itself(project: Project) -> None:
    settle(project, RULES.replace('key = "k"\n', ""))
    first, second = (document(str(segment(project).path))["data"] for _ in range(2))
    assert {row["email"] for row in first["people"]} > {row["contact"] for row in first["logins"]}
    assert not {row["email"] for row in first["people"]} & {row["email"] for row in second["people"]}


@pytest.mark.usefixtures("people")
def test_a_redacted_segment_loads_with_every_constraint_on(
    project: Project, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    settle(project, RULES)
    report = segment(project, format="sql")
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT count(*), count(DISTINCT pin), min(id), max(id) FROM people") == [(3000, 3000, 1, 3000)]
    joined = copy.rows(
        "SELECT count(*) FROM logins l JOIN people p ON p.id = person WHERE p.email = l.email AND p.badge = l.badge"
    )
    assert joined == [(2000,)]
    how = {f"{redacted.table}.{redacted.column}": redacted.how for redacted in report.redacted}
    assert how == {
        "people.email": "hash", "people.badge": "hash", "people.pin": "hash", "people.nick": "blank",
        "people.motto": "blank", "people.password": "blank", "people.seen": "blank", "people.tags": "blank",
        "logins.email": "hash", "logins.badge": "hash", "logins.contact": "hash",
    }  # fmt: skip


@pytest.mark.usefixtures("people")
def test_a_blank_keeps_the_type_and_the_length_class(project: Project) -> None:
    settle(project, RULES)
    rows = {int(row["id"]): row for row in document(str(segment(project).path))["data"]["people"]}
    assert {row["nick"] for row in rows.values()} == {"xxxx"}
    assert [rows[n]["motto"] for n in (40, 1, 2, 7, 39)] == ["", "x", "xx", "xxxx", "x" * 32]
    assert rows[1]["seen"].startswith("1970-01-01")
    assert rows[1]["tags"] == []


@pytest.mark.usefixtures("people")
def test_a_foreign_key_column_is_not_redacted_apart_from_its_target(project: Project) -> None:
    report = segment(project, exclude_columns=["logins.person", "logins.badge"])
    assert {redacted.table for redacted in report.redacted} == {"people"}
    row = document(str(report.path))["data"]["logins"][0]
    assert (row["person"], row["badge"]) == (row["id"], row["id"])


CHECKED = """
CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%');
CREATE FUNCTION fine(text) RETURNS bool LANGUAGE sql IMMUTABLE RETURN true;
CREATE TABLE people (id int PRIMARY KEY, email address NOT NULL, nick varchar(8) CHECK (length(nick) > 2),
    motto text NOT NULL CONSTRAINT own CHECK (fine(motto)),
    pin text NOT NULL CONSTRAINT digits CHECK (pin ~ '^[0-9]+$'), code text NOT NULL CHECK (code ~ '^[0-9a-f]+$'),
    born date CHECK (born < '1960-01-01'), level text NOT NULL CHECK (level IN ('low', 'high')),
    iban char(12) CHECK (length(iban) = 12 AND iban ~ '^[A-Z]'),
    odd text CONSTRAINT reversed CHECK (odd = reverse('derobag')), grade int NOT NULL CHECK (grade BETWEEN 3 AND 9),
    serial text NOT NULL UNIQUE CONSTRAINT series CHECK (serial LIKE 'S%'));
INSERT INTO people SELECT n, n || '@b', 'adam', 'veni', '1234', 'c0de', '1959-01-01', 'low', 'NO9386011117', 'gabored',
    4, 'S' || n FROM generate_series(1, 50) AS n;
"""
HASHED = ("email", "code", "motto")
BLANKED = ("nick", "pin", "born", "level", "iban", "odd", "grade", "serial")


def test_where_a_check_or_a_domain_refuses_a_stand_in_another_is_found_or_it_is_told(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(CHECKED)
    project.add("it", fresh_database)
    how = dict.fromkeys(HASHED, "hash") | dict.fromkeys(BLANKED, "blank")
    settle(project, "[redaction.patterns]\n" + "".join(f'"people.{name}" = "{how}"\n' for name, how in how.items()))
    report = segment(project, format="sql")
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "people.email has one value in all rows, for the check address_check refuses a hash.",
        "people.motto is redacted, and the check own may refuse the value on import",
        "people.odd is NULL in all rows, for the check reversed refuses a blank.",
        "people.serial is redacted, and the check series refuses the value on import",
    ]
    done = {redacted.column: redacted.how for redacted in report.redacted}
    assert (done["email"], done["code"], done["odd"]) == ("blank", "hash", "null")
    fresh_database.run("ALTER TABLE people DROP CONSTRAINT series")
    report = segment(project, format="sql", path="again.sql")
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT DISTINCT email, nick, pin, level, trim(iban), odd, grade, born::text FROM people") == [
        ("x@example.com", "xxxx", "0", "low", "XXXXXXXXXXXX", None, 3, "-infinity")
    ]


UNIQUE = """
CREATE TABLE parts (id int PRIMARY KEY, born date NOT NULL UNIQUE, seen timestamptz NOT NULL UNIQUE,
    price numeric(9,2) NOT NULL UNIQUE, address inet NOT NULL UNIQUE, card macaddr NOT NULL UNIQUE,
    code varchar(5) NOT NULL UNIQUE, rate float8 UNIQUE, at time NOT NULL UNIQUE, lasts interval UNIQUE);
INSERT INTO parts SELECT n, date '1900-01-01' + n, timestamptz '2020-01-01' + n * interval '1 minute', n / 4.0,
    inet '10.0.0.0' + n, lpad(to_hex(n + 65536), 12, '0')::macaddr,
    to_hex(n), n / 8.0, time '00:00' + n * interval '1 ms',
    n * interval '1 h' FROM generate_series(1, {rows}) AS n;
ANALYZE parts
"""


@pytest.mark.parametrize("rows", [300, 50_000])
def test_blanks_under_a_unique_constraint_differ_in_each_row(
    rows: int, project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    """Of the table itself, and of rows that are kept beside their keys, as those of big tables are."""
    fresh_database.run(UNIQUE.replace("{rows}", str(rows)))
    project.add("it", fresh_database)
    settle(project, "[redaction.patterns]\n" + "".join(f'"parts.{name}" = "blank"\n' for name in NUMBERED))
    filters = [{"table": "parts", "where": [{"column": "id", "op": "<=", "value": 300}]}]
    report = segment(project, filters=filters, format="sql")
    assert report.warnings == []
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT count(*) FROM parts") == [(300,)]
    real = fresh_database.rows("SELECT * FROM parts WHERE id = 7")[0]
    blank = copy.rows("SELECT * FROM parts WHERE id = 7")[0]
    assert [value for value, stand_in in zip(real, blank, strict=True) if value == stand_in] == [7]


NUMBERED = ("born", "seen", "price", "address", "card", "code", "rate", "at", "lasts")


def test_short_hashes_of_a_unique_column_that_fall_together_are_told(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    fresh_database.run(
        "CREATE TABLE flags (code char(2) PRIMARY KEY, on_it bool NOT NULL UNIQUE);"
        "CREATE TABLE rooms (id int PRIMARY KEY, code char(4) NOT NULL UNIQUE, flag char(2) REFERENCES flags);"
        "INSERT INTO flags VALUES ('aa', true), ('bb', false);"
        "INSERT INTO rooms SELECT n, lpad(n::text, 4, '0'), 'aa' FROM generate_series(1, 3000) AS n"
    )
    project.add("it", fresh_database)
    settle(project, '[redaction]\nkey = "k"\n[redaction.patterns]\ncode = "hash"\non_it = "blank"\n')
    filters = [{"table": "rooms"}]
    assert segment(project, filters=filters).warnings == [
        "flags.on_it is unique, and redaction writes one value for all rows: they import only if there is one row at"
        " most; exclude it, null it where it may be NULL, or keep it.",
        "rooms.code is unique, and a hash of 4 characters has too little room in it: two values become alike; set blank"
        " for it, exclude it, null it where it may be NULL, or keep it.",
    ]
    settle(project, '"rooms.code" = "blank"\n"flags.on_it" = "keep"\n')
    report = segment(project, filters=filters, format="sql")
    assert report.warnings == []
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT count(*), count(DISTINCT code) FROM rooms") == [(3000, 3000)]


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
