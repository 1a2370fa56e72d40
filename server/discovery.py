"""Which databases there are: pgferry.toml, then the environment, then the git worktrees, merged under unique names."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from server.errors import Refused, did_you_mean
from server.model.address import PARTS, Address, parse_url
from server.postgres.databases import Database
from server.settings import Access, DatabaseSettings, Settings, UnsetVariable, as_secret, expand, lesser
from server.worktrees import Worktree, unique_name


class Databases:
    """The databases of a project by name, in the order in which they were found."""

    def __init__(self, databases: list[Database]) -> None:
        self._by_name = {database.name: database for database in databases}

    def all(self) -> list[Database]:
        return list(self._by_name.values())

    def names(self) -> list[str]:
        return list(self._by_name)

    def get(self, name: str) -> Database:
        """The database of that name; Refused names the nearest."""
        found = self._by_name.get(name)
        if found is None:
            raise Refused(
                "unknown_database",
                f"There is no database named {name}. {self.meant_by(name)}",
                next="list_databases shows all of them and where each was found.",
            )
        return found

    def of_branch(self, branch: str) -> list[str]:
        """The names of the databases of the checkouts of a branch."""
        return [database.name for database in self._by_name.values() if database.branch == branch]

    def meant_by(self, name: str) -> str:
        """Which databases an unknown name may mean, as a sentence: of a branch called so, else of names like it."""
        of_branch = self.of_branch(name)
        if of_branch:
            return f"The database of the branch {name} is {' or '.join(of_branch)}."
        return did_you_mean(name, self._by_name)

    def of_worktree(self, path: Path) -> Database | None:
        """The database of the checkout at `path`."""
        return next((database for database in self._by_name.values() if database.worktree == path), None)


def find_databases(settings: Settings, environ: Mapping[str, str], worktrees: list[Worktree]) -> Databases:
    """Every database there is. One with a broken configuration is listed too, with its problem."""
    found: dict[str, Database] = {}
    for name, configured in settings.databases.items():
        if configured.url or configured.service:
            found[name] = _configured(name, configured, environ)
    default = _from_environment(environ)
    if default and default.name not in found:
        found[default.name] = default
    for worktree in worktrees:
        _add_worktree(found, worktree, settings)
    _add_leftovers(found, settings)
    return Databases(_with_shares([_with_access(database, settings) for database in found.values()]))


def _configured(name: str, configured: DatabaseSettings, environ: Mapping[str, str]) -> Database:
    source = "pgferry.toml"
    access = configured.access or "read"
    if configured.url and configured.service:
        return Database(name, source, access, None, problem="pgferry.toml gives both url and service: which is meant?")
    try:
        if configured.url:
            address = parse_url(expand(as_secret(configured.url), environ))
        else:
            address = Address(options=(("service", expand(configured.service or "", environ)),))
    except UnsetVariable as unset:
        return Database(name, source, access, None, problem=f"it {unset}")
    except ValueError as wrong:
        return Database(name, source, access, None, problem=f"its url cannot be used: {wrong}")
    return Database(name, source, access, address)


def _from_environment(environ: Mapping[str, str]) -> Database | None:
    """DATABASE_URL, else the PG* variables of libpq."""
    try:
        url = expand(environ.get("DATABASE_URL", ""), environ)
    except UnsetVariable as unset:
        problem = f"DATABASE_URL {unset}"
        return Database("default", "environment", "read", None, problem=problem)
    if url.strip():
        try:
            return Database("default", "environment", "read", _completed(parse_url(url), environ))
        except ValueError as wrong:
            return Database("default", "environment", "read", None, problem=f"DATABASE_URL cannot be used: {wrong}")
    if environ.get("PGSERVICE"):
        return Database("default", "environment", "read", Address(options=(("service", environ["PGSERVICE"]),)))
    address = _completed(Address(), environ)
    return Database("default", "environment", "read", address) if address.host or address.dbname else None


def _completed(address: Address, environ: Mapping[str, str]) -> Address:
    """What the URL leaves open is of the PG* variables beside it, as for every program of libpq."""
    if address.service:
        return address
    missing = {part: environ[name] for name, part in PARTS.items() if environ.get(name) and not getattr(address, part)}
    numeric = environ.get("PGHOSTADDR")
    if numeric and not address.host:
        missing = {"host": numeric, **missing, "options": (*address.options, ("hostaddr", numeric))}
    return replace(address, **missing)


def _add_worktree(found: dict[str, Database], worktree: Worktree, settings: Settings) -> None:
    """The database of a checkout. A configured one of the same name and place becomes the checkout's own.

    Where the name is taken by another place, both are listed, the checkout's as `NAME-worktree`: answering from the
    wrong database is the worst failure there is.
    """
    if worktree.address is None and worktree.problem is None:
        return
    source = f"worktree ({worktree.env_file})"
    mine = Database(
        worktree.name,
        source,
        settings.worktrees.access,
        worktree.address,
        worktree=worktree.path,
        branch=worktree.branch,
        problem=worktree.problem,
    )
    taken = found.get(worktree.name)
    if taken and taken.address and mine.address and taken.address.place == mine.address.place:
        found[worktree.name] = replace(taken, worktree=worktree.path, branch=worktree.branch)
    elif taken:
        name = unique_name(f"{worktree.name}-worktree", {*found, *settings.databases})
        found[name] = replace(mine, name=name)
    else:
        found[worktree.name] = mine


def _add_leftovers(found: dict[str, Database], settings: Settings) -> None:
    """A `[databases.NAME]` that has no place of its own and whose name nothing was found under."""
    for name in settings.databases:
        if name not in found:
            problem = "pgferry.toml gives neither url nor service, and no worktree or environment variable has it"
            found[name] = Database(name, "pgferry.toml", "read", None, problem=problem)


def _with_access(database: Database, settings: Settings) -> Database:
    """What the settings grant by name, capped by PGFERRY_MAX_ACCESS."""
    configured = settings.databases.get(database.name)
    granted: Access = (configured.access if configured else None) or database.access
    return replace(
        database,
        access=lesser(granted, settings.max_access),
        connect_timeout=settings.postgres.connect_timeout_seconds,
        lock_timeout=settings.postgres.lock_timeout_seconds,
    )


def _with_shares(databases: list[Database]) -> list[Database]:
    places: dict[object, list[str]] = {}
    for database in databases:
        if database.address:
            places.setdefault(database.address.place, []).append(database.name)
    return [
        replace(database, shared_with=tuple(name for name in places[database.address.place] if name != database.name))
        if database.address
        else database
        for database in databases
    ]
