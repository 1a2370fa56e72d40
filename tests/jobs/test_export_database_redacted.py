"""What is sensitive stays out of exports of every format, and what redaction may keep from importing is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.errors import Refused
from server.model.exports import ExportReport
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, document, load_with_psql
from tests.fix_services import Project

SECRETS = """
CREATE TABLE users (id int PRIMARY KEY, email text, password_hash text NOT NULL, api_key text UNIQUE NOT NULL,
    token text, pin_code char(4) NOT NULL DEFAULT '0000');
INSERT INTO users SELECT i, 'a' || i || '@example.com', 'hidden-hash-' || i, 'hidden-key-' || i, 'hidden-token', '1234'
FROM generate_series(1, 3) AS i;
"""


Copy = Callable[..., tuple[ExportReport, FreshDatabase]]


@pytest.fixture
def copied(
    project: Project,
    fresh_database: FreshDatabase,
    export: Export,
    make_database: MakeDatabase,
    postgres: EmbeddedServer,
) -> Copy:
    """Fills a database, exports it to a script and loads that into another: what the export said, and the copy."""

    def run(statements: str, **more: Any) -> tuple[ExportReport, FreshDatabase]:
        fresh_database.run(statements)
        project.add("it", fresh_database)
        report, copy = export(format="sql", **more), make_database()
        load_with_psql(postgres, Path(str(report.path)), copy)
        return report, copy

    return run


def hows(report: ExportReport) -> dict[tuple[str, str], str]:
    return {(entry.table, entry.column): entry.how for entry in report.redacted}


def test_sensitive_columns_stay_out_of_every_format(copied: Copy, export: Export) -> None:
    script, copy = copied(SECRETS)
    for report in (script, *(export(format=fmt) for fmt in ("json", "jsonl", "csv"))):
        assert {r.column: r.how for r in report.redacted} == {
            "password_hash": "blank",
            "api_key": "hash",
            "token": "exclude",
            "pin_code": "exclude",
        }
        path = Path(str(report.path))
        files = list(path.iterdir()) if path.is_dir() else [path]
        assert not any(b"hidden" in file.read_bytes() for file in files)
    rows = copy.rows("SELECT email, password_hash, length(api_key), token, pin_code FROM users ORDER BY id")
    assert rows[0] == ("a1@example.com", "xxxxxxxx", 64, None, "0000")


def test_hashes_are_keyed_and_the_same_in_every_table(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run(
        """CREATE TABLE a (mail text); CREATE TABLE b (mail varchar(30), u uuid, n bigint, m int);
        INSERT INTO a VALUES ('x@y'), (NULL); INSERT INTO b VALUES ('x@y', gen_random_uuid(), 7, 7)"""
    )
    project.add("it", fresh_database)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[redaction.patterns]\nmail = "hash"\n"b.?" = "hash"\n')
    first, second = (document(str(export().path))["data"] for _ in range(2))
    assert first["a"][0]["mail"][:30] == first["b"][0]["mail"]
    assert first["a"][1]["mail"] is None
    assert first["a"] != second["a"]
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[redaction]\nkey = "k"\n')
    third, fourth = (document(str(export().path))["data"] for _ in range(2))
    assert third == fourth


def test_no_redaction_is_refused_unless_the_settings_allow_it(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    project.add("it", fresh_database)
    with pytest.raises(Refused, match="allow_none"):
        export(redact="none")


def test_passwords_of_user_mappings_stay_out_of_a_script(copied: Copy) -> None:
    report, copy = copied(
        """CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h');
        CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'u', password 'planted\n;secret');
        CREATE FOREIGN TABLE remote (a int) SERVER far; CREATE TABLE near (a int)"""
    )
    script = Path(str(report.path)).read_text()
    assert "planted" not in script
    assert "secret" not in script
    assert copy.rows("SELECT count(*) FROM pg_foreign_table") == [(1,)]


def test_redaction_that_may_not_import_is_said_before(
    project: Project, export: Export, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(
        """CREATE DOMAIN pin AS text CONSTRAINT four_digits CHECK (VALUE ~ '^[0-9]{4}$');
        CREATE TABLE card (id int PRIMARY KEY, ssn numeric NOT NULL UNIQUE, api_key text NOT NULL UNIQUE,
            password pin NOT NULL, secret text NOT NULL CONSTRAINT long_enough CHECK (length(secret) > 8), token text,
            passwd text NOT NULL CONSTRAINT mirrored CHECK (passwd = reverse('neddih')));
        INSERT INTO card SELECT i, i, i, '1234', 'long enough', 't', 'hidden' FROM generate_series(1, 2) AS i"""
    )
    project.add("it", fresh_database)
    said = export().warnings
    assert [line.split(" on import")[0] for line in said] == [
        "card.passwd is redacted, and the check mirrored refuses the value"
    ]
    row = document(str(export(path="again.json").path))["data"]["card"][0]
    assert (row["password"], row["secret"]) == ("0000", "x@example.com")


def test_an_excluded_column_whose_check_refuses_its_default_gets_a_stand_in(copied: Copy) -> None:
    """Be it the default of the column or of its domain; one that the check takes leaves the column out."""
    report, copy = copied(
        """CREATE DOMAIN phrase AS text DEFAULT 'unset';
        CREATE TABLE users (id int PRIMARY KEY, password text NOT NULL DEFAULT '' CHECK (password <> ''),
            token phrase CHECK (length(token) > 8), secret text NOT NULL DEFAULT 'none' CHECK (secret <> ''));
        INSERT INTO users SELECT i, 'hidden', 'hidden ' || i || '00', 'hidden' FROM generate_series(1, 2) AS i"""
    )
    assert hows(report) == {
        ("users", "password"): "blank",
        ("users", "token"): "null",
        ("users", "secret"): "exclude",
    }
    assert report.warnings == []
    assert copy.rows("SELECT * FROM users ORDER BY id") == [(1, "xxxx", None, "none"), (2, "xxxx", None, "none")]


def test_unique_numbers_and_days_are_counted_from_where_their_checks_allow(copied: Copy) -> None:
    report, copy = copied(
        """CREATE TABLE badges (id int PRIMARY KEY, pin_code int NOT NULL UNIQUE CHECK (pin_code BETWEEN 1000 AND 9999),
            ssn numeric(12, 2) NOT NULL UNIQUE CHECK (ssn > 500),
            secret date NOT NULL UNIQUE CHECK (secret > '1999-12-31'));
        INSERT INTO badges SELECT i, 7000 + i, 700 + i, date '2007-01-01' + i FROM generate_series(1, 2) AS i""",
        exclude_columns=["badges.pin_code", "badges.ssn", "badges.secret"],
    )
    assert not [warning for warning in report.warnings if "on import" in warning]
    rows = copy.rows("SELECT pin_code, ssn::text, secret::text FROM badges ORDER BY id")
    assert rows == [(1001, "501.00", "2000-01-02"), (1002, "502.00", "2000-01-03")]


CARDS = """
CREATE TABLE people (ssn text PRIMARY KEY, badge numeric UNIQUE);
CREATE TABLE cards (id int PRIMARY KEY, owner_ssn text REFERENCES people, badge numeric REFERENCES people (badge),
    token int REFERENCES cards);
CREATE TABLE notes (id int PRIMARY KEY, about varchar(20), kind text);
INSERT INTO people VALUES ('hidden-1', 17); INSERT INTO cards VALUES (1, 'hidden-1', 17, 1);
INSERT INTO notes VALUES (1, 'hidden-1', 'person');
"""
ABOUT = """
[[references]]
from = "notes(about)"
to = "people(ssn)"
when = "kind = 'person'"
"""


def test_a_table_alone_is_redacted_as_it_is_beside_what_it_refers_to(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run(CARDS)
    project.add("it", fresh_database)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write(ABOUT)
    for tables, masked in ((["cards"], {("cards", "owner_ssn")}), (["notes"], {("notes", "about")})):
        report = export(tables=tables)
        assert hows(report) == dict.fromkeys(masked, "hash")
        assert "hidden" not in Path(str(report.path)).read_text()


def test_what_is_computed_from_a_sensitive_column_stays_out_of_every_format(copied: Copy, export: Export) -> None:
    script, copy = copied(
        """CREATE TABLE users (id int PRIMARY KEY, password text NOT NULL,
            low text GENERATED ALWAYS AS (lower(password)) STORED,
            twice int GENERATED ALWAYS AS (id * 2) STORED);
        INSERT INTO users VALUES (1, 'hidden')"""
    )
    for report in (script, *(export(format=fmt) for fmt in ("json", "jsonl", "csv"))):
        assert hows(report) == {("users", "password"): "blank", ("users", "low"): "exclude"}
    row = document(str(export(path="again.json").path))["data"]["users"][0]
    assert sorted(row) == ["id", "password", "twice"]
    assert copy.rows("SELECT low, twice FROM users") == [("xxxx", 2)]


def test_rows_of_a_table_that_inherits_are_redacted_as_those_of_its_parent(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run("""
        CREATE TABLE people (id int PRIMARY KEY, email text); CREATE TABLE bosses (car text) INHERITS (people);
        CREATE TABLE owners (email text) INHERITS (bosses); INSERT INTO owners VALUES (1, 'hidden', 'c')
    """)
    project.add("it", fresh_database)
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write('[redaction.patterns]\n"people.email" = "hash"\n')
    report = export()
    assert {table for table, _ in hows(report)} == {"people", "bosses", "owners"}
    assert "hidden" not in Path(str(report.path)).read_text()


def test_what_keys_keep_from_being_redacted_is_told(
    project: Project, fresh_database: FreshDatabase, export: Export
) -> None:
    fresh_database.run(CARDS)
    project.add("it", fresh_database)
    said = export(exclude_columns=["people.badge", "cards.token"]).warnings
    assert said == [
        "Not redacted, although meant to be: people.badge; no hash fits every column that refers to them.",
        "Not redacted, although meant to be: cards.token; foreign keys do as what they refer to: redact that.",
    ]


def test_a_row_that_refers_to_two_tables_finds_both(copied: Copy) -> None:
    report, copy = copied(
        """CREATE TABLE parties (id int PRIMARY KEY); CREATE TABLE people (id int PRIMARY KEY, name text);
        CREATE TABLE staff (id int PRIMARY KEY REFERENCES parties REFERENCES people);
        INSERT INTO parties VALUES (1), (2); INSERT INTO people VALUES (1, 'x'), (2, 'y');
        INSERT INTO staff VALUES (2)""",
        exclude_columns=["parties.id"],
    )
    assert hows(report) == dict.fromkeys([("parties", "id"), ("people", "id"), ("staff", "id")], "hash")
    assert copy.rows("SELECT name FROM staff JOIN people USING (id) JOIN parties USING (id)") == [("y",)]


def test_a_key_to_a_partition_is_one_to_its_table(copied: Copy) -> None:
    report, copy = copied("""
        CREATE TABLE people (id int, part int, secret text) PARTITION BY LIST (part);
        CREATE TABLE people_a PARTITION OF people (UNIQUE (secret)) FOR VALUES IN (1);
        CREATE TABLE visits (id int, who text REFERENCES people_a (secret)) PARTITION BY LIST (id);
        CREATE TABLE visits_a PARTITION OF visits DEFAULT;
        INSERT INTO people VALUES (1, 1, 'x'); INSERT INTO visits VALUES (1, 'x');
    """)
    assert report.warnings == []
    assert hows(report) == {("people", "secret"): "hash", ("visits", "who"): "hash"}
    assert copy.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated AND conparentid = 0") == [
        (1,)
    ]
    assert copy.rows("SELECT count(*) FROM visits JOIN people ON who = secret") == [(1,)]


def test_a_key_of_one_partition_is_one_of_its_table(copied: Copy) -> None:
    statements = """
        CREATE TABLE rooms (id int PRIMARY KEY);
        CREATE TABLE people (secret text UNIQUE);
        CREATE TABLE beds (id int, who text, room int) PARTITION BY LIST (id);
        CREATE TABLE beds_a (room int REFERENCES rooms, who text REFERENCES people (secret), id int);
        ALTER TABLE beds ATTACH PARTITION beds_a DEFAULT;
        INSERT INTO people VALUES ('x'); INSERT INTO rooms VALUES (4); INSERT INTO beds VALUES (1, 'x', 4);
    """
    report, copy = copied(statements, exclude_tables=["rooms"])
    assert report.warnings == ["beds refers to public.rooms, which this export has no rows of."]
    assert [table.name for table in report.tables] == ["people", "beds"]
    assert hows(report) == {("people", "secret"): "hash", ("beds", "who"): "hash"}
    assert copy.rows("SELECT convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY conname") == [
        (False,),
        (True,),
    ]
    assert copy.rows("SELECT count(*) FROM beds JOIN people ON who = secret") == [(1,)]
