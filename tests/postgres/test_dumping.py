"""Which pg_dump is taken: the server's own major first, and none is run to no purpose."""

import os
from pathlib import Path

import pytest

from server.postgres.binaries import embedded_binaries
from server.postgres.dumping import Dumper, find_dumper

EMBEDDED = 180006


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pg_dump on PATH that is newer than any server here, and leaves a file where it is asked for its version."""
    program = tmp_path / "pg_dump"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\necho 'pg_dump (PostgreSQL) 99.1'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return program


def test_the_pg_dump_of_the_servers_own_major_is_taken_and_no_other_asked(newer: Path) -> None:
    binaries = embedded_binaries()
    assert binaries is not None
    assert find_dumper(None, EMBEDDED) == Dumper(binaries / "pg_dump", 18)
    assert not (newer.parent / "asked").exists()


def test_a_newer_pg_dump_is_taken_where_none_is_of_the_servers_own_major(newer: Path) -> None:
    assert find_dumper(None, 190001) == Dumper(newer, 99)


def test_an_encrypted_server_is_dumped_by_a_newer_pg_dump_rather_than_the_embedded_without_tls(newer: Path) -> None:
    assert find_dumper(None, EMBEDDED, tls=True) == Dumper(newer, 99)
