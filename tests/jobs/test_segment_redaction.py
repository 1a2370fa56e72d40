"""Redaction of segments: hashes join, blanks keep what a schema needs, keys are never redacted apart, and it loads."""

import hmac
from itertools import count
from pathlib import Path

import pytest

from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, document, load_with_psql
from tests.fix_services import Project
from tests.redacting import segment, settle

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
    said = "Not redacted, although meant to be: logins.person, logins.badge; foreign keys do as what they refer to"
    assert [warning[: len(said)] for warning in report.warnings] == [said]


def test_references_hold_whose_collation_takes_texts_for_equal(
    project: Project, fresh_database: FreshDatabase, make_database: MakeDatabase, postgres: EmbeddedServer
) -> None:
    if fresh_database.rows("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'") == []:
        pytest.skip("this server has no ICU")
    fresh_database.run("""
        CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE people (id int, email text COLLATE any_case PRIMARY KEY, nick text COLLATE any_case UNIQUE);
        CREATE TABLE logins (id int PRIMARY KEY, email text COLLATE any_case REFERENCES people);
        INSERT INTO people VALUES (1, 'Ann@x', 'Ann'); INSERT INTO logins VALUES (1, 'ANN@x'), (2, 'ann@x')
    """)
    project.add("it", fresh_database)
    settle(project, '[redaction.patterns]\n"people.email" = "hash"\n"people.nick" = "hash"\n')
    report = segment(project, format="sql")
    assert [(redacted.column, redacted.how) for redacted in report.redacted] == [("nick", "hash")]
    assert "people.email" in report.warnings[0]
    copy = make_database()
    load_with_psql(postgres, Path(str(report.path)), copy)
    assert copy.rows("SELECT count(*) FROM logins JOIN people USING (email)") == [(2,)]


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


@pytest.mark.parametrize("fall_together", [True, False])
def test_short_hashes_fall_together_under_the_very_key_that_an_export_is_written_with(
    fall_together: bool, project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    def are_alike(key: str) -> bool:
        first, second = (hmac.digest(key.encode(), code, "sha256")[0] for code in (b"aa", b"bb"))
        return first == second

    fresh_database.run("CREATE TABLE flags (code char(2) PRIMARY KEY); INSERT INTO flags VALUES ('aa'), ('bb')")
    project.add("it", fresh_database)
    key = next(key for key in map(str, count()) if are_alike(key) is fall_together)
    settle(project, f'[redaction]\nkey = "{key}"\n[redaction.patterns]\ncode = "hash"\n')
    for report in (segment(project, filters=[{"table": "flags"}]), export(format="csv")):
        assert ["a hash of 2 characters" in said for said in report.warnings] == [True] * fall_together
