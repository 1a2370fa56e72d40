"""Dumps as pg_dump of every supported major writes them restore to what psql makes of them."""

import gzip
from pathlib import Path

import pytest

from server.errors import Refused
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase
from tests.fix_imports import Importing

DUMPS = Path(__file__).parent / "dumps"
MAJORS = ["12", "13", "14", "15", "16", "17", "18"]
ROWS = {
    "app.Odd;name": 2,
    "app.older": 1,
    "app.people": 3,
    "app.teams": 3,
    "app.events_2020": 1,
    "app.events_rest": 1,
}


@pytest.mark.parametrize("major", MAJORS)
def test_every_way_of_dumping_restores(
    tmp_path: Path, make_database: MakeDatabase, postgres: EmbeddedServer, major: str
) -> None:
    by_psql = importing_into(make_database(), tmp_path, postgres)
    by_psql.program("psql", "-q", stdin=gzip.decompress((DUMPS / f"{major}-plain.sql.gz").read_bytes()).decode())
    for way in ("plain", "inserts", "column-inserts", "clean"):
        importing = importing_into(make_database(), tmp_path, postgres)
        name = f"{major}-{way}.sql.gz"
        report = importing.run(importing.write(name, (DUMPS / name).read_bytes()), "restore")
        assert {table.name: table.inserted for table in report.tables} == ROWS, name
        assert importing.hash == by_psql.hash, name


@pytest.mark.parametrize("major", MAJORS)
def test_a_dump_that_makes_its_database_is_refused_with_all_that_is_in_the_way(
    tmp_path: Path, fresh_database: FreshDatabase, postgres: EmbeddedServer, major: str
) -> None:
    importing = importing_into(fresh_database, tmp_path, postgres)
    before = importing.hash
    name = f"{major}-create.sql.gz"
    told = r"script_refused.*DROP DATABASE.*CREATE DATABASE.*connect.*without --create"
    with pytest.raises(Refused, match=told) as caught:
        importing.run(importing.write(name, (DUMPS / name).read_bytes()), "restore")
    assert {refused["reason"] for refused in caught.value.details["refused"]} == {"database_command", "meta_command"}
    assert importing.hash == before


def importing_into(database: FreshDatabase, folder: Path, server: EmbeddedServer) -> Importing:
    importing = Importing(folder, database, server.bin_directory)
    importing.configure()
    return importing
