"""Real databases for tests: one server for the session, an empty (or cloned) database for each test, in about 20 ms.

`PGFERRY_TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin` runs the tests on that server instead of the embedded one.
"""

import itertools
import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import psycopg
import pytest

from server.postgres import populating
from server.postgres.embedded import EmbeddedServer, embedded_server

_numbers = itertools.count(1)
MEMORY = Path("/dev/shm")
"""Where files cost a tenth of what they cost on a disk: a database is 300 of them."""
ENOUGH = 4 << 30


@dataclass(frozen=True)
class FreshDatabase:
    """A database of its own for one test."""

    name: str
    url: str

    def connect(self) -> AbstractContextManager["psycopg.Connection[tuple[Any, ...]]"]:
        """An autocommit connection, to use in a `with` block, which closes it."""
        return psycopg.connect(self.url, autocommit=True)

    def run(self, statements: str) -> None:
        """Runs any number of SQL statements."""
        with self.connect() as connection:
            connection.execute(statements.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of one query."""
        with self.connect() as connection:
            return connection.execute(query.encode()).fetchall()


class MakeDatabase(Protocol):
    """Makes one more database: empty, or a clone of another to which nobody is connected."""

    def __call__(self, template: FreshDatabase | None = None) -> FreshDatabase: ...


def memory() -> Path | None:
    """The folder that is in memory, where there is one with room."""
    return MEMORY if MEMORY.is_dir() and disk_usage(MEMORY).free > ENOUGH else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """The server of the whole session."""
    folder = os.environ.get("PGFERRY_TEST_POSTGRES_BIN")
    with embedded_server(inside=memory(), bin_directory=Path(folder) if folder else None) as server:
        yield server


@pytest.fixture
def make_database(postgres: EmbeddedServer) -> Generator[MakeDatabase]:
    """A factory of databases that are dropped after the test."""
    made: list[str] = []

    def make(template: FreshDatabase | None = None) -> FreshDatabase:
        name = f"t_{next(_numbers)}"
        populating.make_database(postgres, name, template=template.name if template else "template0")
        made.append(name)
        return FreshDatabase(name, postgres.url(name))

    yield make
    for name in made:
        populating.drop_database(postgres, name)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that root's unprivileged account can enter too: pytest's own are closed to it."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


@pytest.fixture
def fresh_database(make_database: MakeDatabase) -> FreshDatabase:
    """An empty database."""
    return make_database()
