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
    return export_segment(
        project.services, Call(), SegmentRequest.model_validate({"database": "it", "filters": filters, **arguments})
    )


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


def test_stand_ins_that_a_check_or_a_domain_refuses_are_found_out_before(
    project: Project, fresh_database: FreshDatabase
) -> None:
    fresh_database.run(
        "CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%');"
        "CREATE FUNCTION fine(text) RETURNS bool LANGUAGE sql IMMUTABLE RETURN true;"
        "CREATE TABLE people (id int PRIMARY KEY, email address NOT NULL, nick varchar(8) CHECK (length(nick) > 2),"
        " motto text NOT NULL CONSTRAINT own CHECK (fine(motto)), pin text NOT NULL CONSTRAINT digits"
        " CHECK (pin ~ '^[0-9]+$'), code text NOT NULL CHECK (code ~ '^[0-9a-f]+$'),"
        " born date CHECK (born < '2000-01-01'));"
        "INSERT INTO people VALUES (1, 'a@b', 'adam', 'veni', '1234', 'c0de', '1999-01-01')"
    )
    project.add("it", fresh_database)
    hashed = dict.fromkeys(("email", "code", "motto"), "hash") | dict.fromkeys(("nick", "pin", "born"), "blank")
    settle(project, "[redaction.patterns]\n" + "".join(f'"people.{name}" = "{how}"\n' for name, how in hashed.items()))
    told = [warning.split(" on import")[0] for warning in segment(project).warnings]
    assert told == [
        "people.email is redacted, and the check address_check refuses the value",
        "people.motto is redacted, and the check own may refuse the value",
        "people.pin is redacted, and the check digits refuses the value",
    ]
