"""Servers that want TLS, and servers that have none."""

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from server.errors import Refused
from server.postgres.binaries import embedded_binaries
from server.postgres.embedded import EmbeddedServer, embedded_server
from tests.fix_databases import FreshDatabase
from tests.fix_exports import Export
from tests.fix_services import Project

RULES = "hostssl all all 127.0.0.1/32 scram-sha-256\n"


def with_tls() -> Path | None:
    """The programs of a PostgreSQL that was built with TLS; the embedded one is not."""
    configured = os.environ.get("PGFERRY_TEST_POSTGRES_BIN")
    folders = [Path(configured)] if configured else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in folders:
        said = subprocess.run([folder / "pg_config", "--configure"], capture_output=True, text=True, check=False).stdout
        if "--with-openssl" in said or "--with-ssl" in said:
            return folder
    return None


@pytest.fixture(scope="module")
def encrypted() -> Generator[EmbeddedServer]:
    """A server that takes connections with TLS only."""
    with embedded_server(bin_directory=with_tls()) as server:
        data = server.home / "data"
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            make_certificate(data)
            connection.execute("CREATE TABLE t AS SELECT i, E'line\\n' || i AS text FROM generate_series(1, 3000) AS i")
            connection.execute("ALTER SYSTEM SET ssl = on")
            (data / "pg_hba.conf").write_text(RULES)
            connection.execute("SELECT pg_reload_conf()")
        yield server


def make_certificate(data: Path) -> None:
    names = ["-keyout", str(data / "server.key"), "-out", str(data / "server.crt"), "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names], check=True, capture_output=True
    )
    owner = data.stat()
    for name in ("server.key", "server.crt"):
        os.chown(data / name, owner.st_uid, owner.st_gid)
        (data / name).chmod(0o600)


def test_a_server_without_tls_is_refused_where_tls_is_required(
    project: Project, export: Export, fresh_database: FreshDatabase
) -> None:
    settings = f'[databases.it]\nurl = "{fresh_database.url}?sslmode=require"\n'
    (project.root / "pgferry.toml").write_text(settings)
    with pytest.raises(Refused) as refused:
        export()
    assert refused.value.code == "tls_refused"
    assert "sslmode" in str(refused.value)


@pytest.mark.skipif(with_tls() is None or shutil.which("openssl") is None, reason="no PostgreSQL built with TLS here")
class TestOnlyTls:
    """What can be done with a server that takes nothing else."""

    @pytest.fixture
    def it(self, project: Project, encrypted: EmbeddedServer) -> Project:
        (project.root / "pgferry.toml").write_text(f'[databases.it]\nurl = "{encrypted.url("postgres")}"\n')
        return project

    @pytest.mark.parametrize("fmt", ["csv", "json"])
    def test_rows_come_whole(self, it: Project, export: Export, fmt: str) -> None:
        report = export(format=fmt, content="data")
        assert report.total_rows == 3000
        text = Path(str(report.path)) if fmt == "json" else it.root / str(report.path) / "t.csv"
        assert text.read_text().count("line") == 3000

    def test_a_pg_dump_without_tls_says_what_to_install(
        self, it: Project, export: Export, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "")
        with pytest.raises(Refused) as failed:
            export(format="sql")
        assert failed.value.code == "pg_dump_without_tls"
        assert "Install your system's PostgreSQL client (postgresql-client)" in str(failed.value)
        assert [path.name for path in it.root.rglob("*.sql*")] == []

    def test_one_with_tls_is_preferred(self, it: Project, export: Export, encrypted: EmbeddedServer) -> None:
        with (it.root / "pgferry.toml").open("a") as settings:
            settings.write(f'[postgres]\nbin_directory = "{encrypted.bin_directory}"\n')
        assert "CREATE TABLE public.t" in Path(str(export(format="sql").path)).read_text()
        assert embedded_binaries() is not None

    def test_a_connection_without_tls_is_refused_by_the_server(self, it: Project, export: Export) -> None:
        text = (it.root / "pgferry.toml").read_text()
        (it.root / "pgferry.toml").write_text(text.replace('/postgres"', '/postgres?sslmode=disable"'))
        with pytest.raises(Refused) as refused:
            export()
        assert refused.value.code == "access_denied"
