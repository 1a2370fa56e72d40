"""Services of a project folder whose pgferry.toml names the given databases."""

from pathlib import Path

import pytest

from server.services import Services, load_services
from tests.fix_databases import FreshDatabase, MakeDatabase

MANY_TABLES = """
do $$ begin for i in 1..300 loop
  execute format('create table entity_%s (id bigint generated always as identity primary key, name text not null,
    email varchar(200), created_at timestamptz not null default now(), updated_at timestamptz, amount numeric(12,2),
    active boolean not null default true, notes text, parent_id bigint %s, tags text[], data jsonb, status text,
    a1 int, a2 int, a3 int)', i, case when i > 1 then 'references entity_' || (i / 2) else '' end);
end loop; end $$
"""


class Project:
    """A folder with settings; databases are added by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "pgferry.toml").touch()

    def add(self, name: str, database: FreshDatabase, access: str = "read") -> None:
        with (self.root / "pgferry.toml").open("a") as settings:
            settings.write(f'[databases.{name}]\nurl = "{database.url}"\naccess = "{access}"\n')

    @property
    def services(self) -> Services:
        return load_services({}, self.root)


class TwoDatabases(Project):
    """A project with two empty databases: main, which may be written, and feature."""

    def __init__(self, root: Path, make_database: MakeDatabase) -> None:
        super().__init__(root)
        self.main, self.feature = make_database(), make_database()
        self.add("main", self.main, "write")
        self.add("feature", self.feature)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
