"""A small database of two tenants, for tests of segments."""

import pytest

from tests.fix_databases import FreshDatabase
from tests.segments import TENANTS


@pytest.fixture
def tenants(fresh_database: FreshDatabase) -> FreshDatabase:
    """Two companies with five sites and fifty incidents each."""
    fresh_database.run(TENANTS)
    return fresh_database
