"""What a redacted export does to rows that are there: stand-ins never take the place of real secrets unasked."""

from pathlib import Path

import pytest

from server.calls import Call
from server.jobs.export_database import export_database
from server.jobs.import_data import import_data
from server.model.exports import ExportRequest
from server.model.imports.plan import ImportRequest
from server.model.imports.reports import ImportReport
from server.services import load_services
from tests.fix_databases import FreshDatabase

WAYS = ("exclude", "null", "hash", "blank")
USERS = """
CREATE TABLE users (id int PRIMARY KEY, name text, secret text);
INSERT INTO users VALUES (1, 'Ada', 'real one'), (2, 'Bob', 'real two');
"""
LATER = "UPDATE users SET name = 'Robert' WHERE id = 2; DELETE FROM users WHERE id = 1"


@pytest.fixture
def project(tmp_path: Path, fresh_database: FreshDatabase) -> Path:
    fresh_database.run(USERS)
    (tmp_path / "pgferry.toml").write_text(
        f'[databases.main]\nurl = "{fresh_database.url}"\naccess = "write"\n[redaction]\nkey = "of the tests"\n'
    )
    return tmp_path


def carried(project: Path, how: str, mode: str, later: str, database: FreshDatabase) -> ImportReport:
    """Exports the users with their secret redacted, changes the table, and imports them again."""
    settings = project / "pgferry.toml"
    settings.write_text(settings.read_text() + f'patterns = {{ "users.secret" = "{how}" }}\n')
    path = export_database(load_services({}, project), Call(), ExportRequest(database="main", content="data")).path
    database.run(later)
    request = ImportRequest.model_validate({"database": "main", "path": path, "mode": mode, "confirm": True})
    return import_data(load_services({}, project), Call(), request)


@pytest.mark.parametrize("how", WAYS)
def test_upsert_keeps_the_secrets_of_rows_that_are_there(
    project: Path, fresh_database: FreshDatabase, how: str
) -> None:
    report = carried(project, how, "upsert", LATER, fresh_database)
    ((_, name, new), kept) = fresh_database.rows("SELECT * FROM users ORDER BY id")
    assert kept == (2, "Bob", "real two")
    assert name == "Ada"
    assert new != "real one"
    assert (new is None) == (how in ("exclude", "null"))
    told = {issue.column: issue.current for issue in report.issues if issue.type == "redacted_column"}
    assert told == ({} if how == "exclude" else {"secret": "rows that are there keep theirs"})


@pytest.mark.parametrize("how", WAYS)
def test_append_gives_new_rows_what_the_file_has(project: Path, fresh_database: FreshDatabase, how: str) -> None:
    carried(project, how, "append", "DELETE FROM users", fresh_database)
    assert fresh_database.rows("SELECT id, name FROM users ORDER BY id") == [(1, "Ada"), (2, "Bob")]
    assert fresh_database.rows("SELECT FROM users WHERE secret LIKE 'real%'") == []


def test_replace_says_that_the_real_values_are_lost(project: Path, fresh_database: FreshDatabase) -> None:
    report = carried(project, "blank", "replace", "SELECT", fresh_database)
    told = [(issue.type, issue.column, issue.severity) for issue in report.issues]
    assert told == [("redacted_column", "secret", "warning")]
