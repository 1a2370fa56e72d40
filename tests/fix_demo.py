"""The demo's databases for tests: built once in a session, then cloned for each test that asks."""

import itertools
from dataclasses import dataclass

import pytest

from server.demo.databases import fill_databases
from server.postgres.embedded import EmbeddedServer
from tests.fix_databases import FreshDatabase, MakeDatabase

_numbers = itertools.count(1)


@dataclass(frozen=True)
class DemoDatabases:
    """`main`, and `feature_x`, whose schema and rows have drifted from it."""

    main: FreshDatabase
    feature_x: FreshDatabase


@pytest.fixture(scope="session")
def demo_templates(postgres: EmbeddedServer) -> DemoDatabases:
    """The originals: to be cloned, or only read, and with no connection left open."""
    main, feature = f"demo_main_{next(_numbers)}", f"demo_feature_{next(_numbers)}"
    fill_databases(postgres, "of-the-tests", main=main, feature=feature)
    return DemoDatabases(FreshDatabase(main, postgres.url(main)), FreshDatabase(feature, postgres.url(feature)))


@pytest.fixture
def demo_main(demo_templates: DemoDatabases, make_database: MakeDatabase) -> FreshDatabase:
    """A clone of the demo's main database, to do anything with."""
    return make_database(demo_templates.main)


@pytest.fixture
def demo_databases(demo_templates: DemoDatabases, make_database: MakeDatabase) -> DemoDatabases:
    """Clones of both."""
    return DemoDatabases(make_database(demo_templates.main), make_database(demo_templates.feature_x))
