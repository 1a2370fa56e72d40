"""What an export refuses and how it fails: a clear word, nothing left behind, nothing told."""

import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, Refused
from server.files import outlet
from server.jobs.export_database import export_database
from server.model.exports import ExportRequest
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_exports import Export, comes_true, left_behind, raw_rows, running
from tests.fix_services import Project


@pytest.mark.parametrize("fmt", ["json", "csv"])
def test_a_full_disk_is_told_and_leaves_no_file(
    big: FreshDatabase, export: Export, project: Project, monkeypatch: pytest.MonkeyPatch, fmt: str
) -> None:
    write = outlet.os.write
    written = 0

    def full(descriptor: int, data: bytes) -> int:
        nonlocal written
        written += len(data)
        if written > 3_000_000:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(outlet.os, "write", full)
    monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", "2")
    with pytest.raises(FerryError) as failure:
        export(format=fmt)
    assert failure.value.code == "disk_full"
    assert left_behind(project) == []
    assert comes_true(lambda: running(big) == 0)


def test_a_table_that_never_reaches_the_disk_is_told_and_leaves_no_file(
    big: FreshDatabase,  # noqa: ARG001  what is exported
    export: Export,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outlet.os, "fsync", full)
    for fmt in ("csv", "json"):
        with pytest.raises(FerryError) as failure:
            export(format=fmt)
        assert failure.value.code == "disk_full"
        assert left_behind(project) == []


def test_several_connections_write_the_same_rows_in_the_same_order(
    big: FreshDatabase, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    big.run("CREATE TABLE other AS SELECT * FROM big LIMIT 20000; CREATE TABLE empty (a int)")
    texts: list[list[tuple[str, str]]] = []
    for workers in (1, 4):
        monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", str(workers))
        texts.append(list(raw_rows(str(export().path))))
    assert texts[0] == texts[1]
    assert [row[1].split(",")[0] for row in texts[0] if row[0] == "big"] == [f'{{"i":{i}' for i in range(1, 60001)]
    folders: list[Path] = []
    for workers in (1, 4):
        monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", str(workers))
        folders.append(Path(str(export(format="csv").path)))
    assert (folders[0] / "big.csv").read_bytes() == (folders[1] / "big.csv").read_bytes()


def test_all_connections_see_one_snapshot(big: FreshDatabase, export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    big.run("CREATE TABLE zz AS SELECT 1 AS a")
    changed = threading.Event()

    def change(rows: float, total: float | None, message: str) -> None:  # noqa: ARG001
        if rows > 0 and not changed.is_set():
            changed.set()
            big.run("DELETE FROM big WHERE i > 30000; INSERT INTO zz VALUES (2)")

    monkeypatch.setenv("PGFERRY_EXPORTS__WORKERS", "3")
    report = export(call=Call(change))
    assert changed.is_set()
    assert {table.name: table.rows for table in report.tables} == {"big": 60000, "zz": 1}


def test_progress_rises_to_its_total_and_says_where_it_is(big: FreshDatabase, export: Export) -> None:
    said: list[tuple[float, float | None, str]] = []
    export(call=Call(lambda done, total, message: said.append((done, total, message))))
    done = [entry[0] for entry in said]
    assert done == sorted(done)
    assert done[-1] == 60000 == said[-1][1]
    assert said[-1][2] == "big 60 k of 60 k rows"
    assert big.name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"database": "ti"}, "unknown_database"),
        ({"tables": ["bih"]}, "unknown_table"),
        ({"exclude_tables": ["bih"]}, "unknown_table"),
        ({"tables": ["a.b.c"]}, "bad_pattern"),
        ({"tables": [""]}, "bad_pattern"),
        ({"exclude_columns": ["nothing"]}, "unknown_column"),
        ({"path": "../out.json"}, "path_outside"),
        ({"path": "/etc/out.json"}, "path_outside"),
        ({"path": ""}, "bad_path"),
        ({"path": "link/out.json"}, "path_outside"),
        ({"path": "pgferry.toml"}, "file_exists"),
        ({"redact": "none"}, "redaction_required"),
        ({"sql_inserts": True}, "bad_arguments"),
        ({"tables": ["big"], "exclude_tables": ["b*"]}, "nothing_left"),
    ],
)
def test_bad_input_is_refused(
    big: FreshDatabase,
    project: Project,
    arguments: dict[str, object],
    code: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:

    (project.root / "link").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(Refused) as refused:
        export_database(project.services, Call(), ExportRequest.model_validate({"database": "it", **arguments}))
    assert refused.value.code == code
    assert refused.value.next
    assert left_behind(project) == []
    assert big.name


def test_what_a_role_may_not_read_is_named_before_anything_is_written(
    big: FreshDatabase, project: Project, export: Export
) -> None:
    role = f"reader_{big.name}"
    big.run(
        f"""CREATE ROLE {role} LOGIN PASSWORD 'planted-password'; CREATE SCHEMA shut; CREATE TABLE shut.away (a int);
        CREATE TABLE open (a int, b int); CREATE TABLE halves (a int, b int); CREATE TABLE policed (a int);
        GRANT SELECT ON open, policed TO {role}; GRANT SELECT (a) ON halves TO {role};
        ALTER TABLE policed ENABLE ROW LEVEL SECURITY"""
    )
    try:
        url = big.url.split("//")[0] + f"//{role}:planted-password@" + big.url.split("@")[1]
        with (project.root / "pgferry.toml").open("a") as settings:
            settings.write(f'[databases.small]\nurl = "{url}"\n')
        from server.jobs.export_database import export_database
        from server.model.exports import ExportRequest

        def refused(**arguments: object) -> Refused:
            request = ExportRequest.model_validate({"database": "small", **arguments})
            with pytest.raises(Refused) as failure:
                export_database(project.services, Call(), request)
            assert "planted" not in str(failure.value)
            return failure.value

        assert "may not read big, halves (b), shut.away." in refused().what
        assert refused(tables=["policed"]).code == "row_security"
        request = ExportRequest(database="small", tables=["halves", "open"], exclude_columns=["halves.b"])
        assert export_database(project.services, Call(), request).total_rows == 0
    finally:
        big.run(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert export(tables=["policed"]).total_rows == 0


def test_a_wrong_password_is_refused_without_telling_it(big: FreshDatabase, project: Project) -> None:

    url = big.url.split("//")[0] + "//postgres:planted-password@" + big.url.split("@")[1]
    with (project.root / "pgferry.toml").open("a") as settings:
        settings.write(f'[databases.wrong]\nurl = "{url}"\n[databases.away]\nurl = "postgresql://u@127.0.0.1:1/x"\n')
    with pytest.raises(Refused) as refused:
        export_database(project.services, Call(), ExportRequest(database="wrong"))
    assert refused.value.code == "wrong_password"
    assert "planted" not in str(refused.value)
    with pytest.raises(DatabaseFailed) as failed:
        export_database(project.services, Call(), ExportRequest(database="away"))
    assert failed.value.code == "unreachable"


@pytest.mark.parametrize("path", [None, ".pgferry/mine.json"])
def test_a_place_that_takes_no_file_is_told_before_any_work(export: Export, project: Project, path: str | None) -> None:
    """Here before the database is asked, which nothing answers for."""
    project.add("it", FreshDatabase("none", "postgresql://nobody@127.0.0.1:1/none"))
    (project.root / ".pgferry").touch()
    with pytest.raises(Refused, match="is a file, no folder") as refused:
        export(path=path)
    assert refused.value.code == "bad_path"


@pytest.mark.parametrize("where", ["url", "environment", "role"])
def test_limits_of_a_session_that_others_set_do_not_end_an_export(
    export: Export, project: Project, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nor pg_dump, which works beside it."""
    database, limits = make_database(), "-c statement_timeout=1 -c idle_in_transaction_session_timeout=1"
    database.run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    if where == "environment":
        monkeypatch.setenv("PGOPTIONS", limits)
    elif where == "url":
        database = replace(database, url=f"{database.url}?options={quote(limits)}")
    else:
        database.run(f"ALTER DATABASE {database.name} SET idle_in_transaction_session_timeout = 1")
        database.run(f"ALTER DATABASE {database.name} SET statement_timeout = 200")
    project.add("it", database)
    assert export(format="sql").total_rows == 1
