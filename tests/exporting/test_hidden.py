"""A role that may read some columns of tables: what is missing is named, with what helps."""

from collections.abc import Iterator

import pytest

from server.calls import Call
from server.errors import Refused
from server.jobs.export_database import export_database
from server.jobs.export_segment import export_segment
from server.model.exports import ExportReport, ExportRequest
from server.model.segments.reports import SegmentRequest
from tests.fix_databases import FreshDatabase
from tests.fix_exports import document
from tests.fix_services import Project

TABLES = """
CREATE TABLE teams (id int PRIMARY KEY, name text);
CREATE TABLE users (
    id int PRIMARY KEY, team_id int REFERENCES teams, email text, wage int NOT NULL, name text NOT NULL, "Odd.Name" text
);
CREATE TABLE keys (id int PRIMARY KEY, user_id int REFERENCES users, code text NOT NULL UNIQUE);
INSERT INTO teams VALUES (1, 't');
INSERT INTO users VALUES (1, 1, 'a@example.test', 500, 'Ann', 'x');
INSERT INTO keys VALUES (1, 1, 'k');
"""
FREE = '["users.wage", "users.name", "users.\\"Odd.Name\\""]'
ROLE = "reads_some"


@pytest.fixture
def project_of_some(project: Project, fresh_database: FreshDatabase) -> Iterator[Project]:
    """A project in which a role with rights on some columns reads the database `it`."""
    fresh_database.run(
        f"{TABLES}; CREATE ROLE {ROLE} LOGIN PASSWORD 'x'; GRANT SELECT ON teams TO {ROLE};"
        f"GRANT SELECT (id, team_id, email) ON users TO {ROLE}; GRANT SELECT (id) ON keys TO {ROLE}"
    )
    project.add("it", FreshDatabase(fresh_database.name, f"postgresql://{ROLE}:x@{fresh_database.url.split('@')[1]}"))
    yield project
    fresh_database.run(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def whole(project: Project, **arguments: object) -> ExportReport:
    return export_database(
        project.services, Call(), ExportRequest.model_validate({"database": "it", "content": "data", **arguments})
    )


def test_columns_that_a_role_may_not_read_are_named_with_those_that_can_be_left_out(project_of_some: Project) -> None:
    with pytest.raises(Refused) as refused:
        whole(project_of_some)
    assert refused.value.code == "permission_denied"
    assert 'users (wage, name, "Odd.Name"), keys (user_id, code)' in refused.value.what
    assert refused.value.next == (
        f"Leave columns out with exclude_columns = {FREE}; of the others: grant SELECT on them, "
        "or leave the tables out with exclude_tables."
    )
    with pytest.raises(Refused) as refused:
        whole(project_of_some, tables=["keys"])
    assert str(refused.value.next).startswith("Grant SELECT on them")


def test_what_can_be_left_out_is_left_out_and_what_must_have_a_value_gets_one_unread(project_of_some: Project) -> None:
    report = whole(
        project_of_some, tables=["teams", "users"], exclude_columns=["wage", "users.name", 'users."Odd.Name"']
    )
    assert {redacted.column: redacted.how for redacted in report.redacted} == {
        "wage": "blank",
        "name": "blank",
        "Odd.Name": "exclude",
    }
    (row,) = document(str(report.path))["data"]["users"]
    assert row == {"id": "1", "team_id": "1", "email": "a@example.test", "wage": "0", "name": "x"}


def test_a_segment_says_that_it_needs_whole_tables(project_of_some: Project) -> None:
    filters = [{"table": "teams", "where": [{"column": "id", "value": 1}]}]
    request = {"database": "it", "filters": filters, "exclude_columns": ["wage", "name", "Odd*"]}
    with pytest.raises(Refused) as refused:
        export_segment(project_of_some.services, Call(), SegmentRequest.model_validate(request))
    assert refused.value.code == "permission_denied"
    assert 'users (wage, name, "Odd.Name")' in refused.value.what
    assert "exclude_columns" in str(refused.value.next)
    alone = SegmentRequest.model_validate({**request, "tables": ["teams"], "exclude_columns": None})
    assert export_segment(project_of_some.services, Call(), alone).total_rows == 1
