"""What people decide: pgferry.toml in the project root, and the environment above it. Read anew for every call.

Nothing that pgferry itself saves is ever read as a setting.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from server.errors import Refused

FILE_NAME = "pgferry.toml"
Access = Literal["read", "write", "admin"]
ACCESS_ORDER: tuple[Access, ...] = ("read", "write", "admin")
How = Literal["exclude", "null", "hash", "blank", "keep"]


class Part(BaseModel):
    """A table of pgferry.toml: frozen, and a misspelt key is a failure, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Part):
    """`[databases.NAME]`: where it is (or only what may be done with a database found elsewhere)."""

    url: SecretStr | None = None
    service: str | None = None
    access: Access | None = None
    redaction: dict[str, How] = {}


class WorktreeSettings(Part):
    """`[worktrees]`: how the database of a git worktree is found."""

    enabled: bool = True
    env_files: tuple[str, ...] = (".env.local", ".env", ".env.development")
    url_variable: str = "DATABASE_URL"
    host_variable: str = "POSTGRES_HOST"
    port_variable: str = "POSTGRES_PORT"
    name_variable: str = "POSTGRES_DB"
    user_variable: str = "POSTGRES_USER"
    password_variable: str = "POSTGRES_PASSWORD"
    access: Access = "read"


class RedactionSettings(Part):
    """`[redaction]`: which columns are sensitive beyond the built-in policy, and what is done with them."""

    patterns: dict[str, How] = {}
    default: How = "exclude"
    key: SecretStr | None = None
    allow_none: bool = False


class ExportSettings(Part):
    """`[exports]`: where exports go and what they leave out."""

    folder: str = ".pgferry/exports"
    exclude_tables: tuple[str, ...] = ()
    workers: int | None = Field(default=None, ge=1, le=32)
    max_rows: int = Field(default=20_000_000, ge=1)


class FileSettings(Part):
    """`[files]`: folders beyond the project root in which files may be read and written."""

    allowed_folders: tuple[str, ...] = ()


class ReferenceSettings(Part):
    """`[[references]]`: a reference that the schema does not declare, as `comments(entity_id)` → `incidents(id)`."""

    from_: str = Field(alias="from")
    to: str
    when: str | None = None


class ImportSettings(Part):
    """`[imports]`: what an import may do."""

    allow_confirm_argument: bool = True
    extensions: tuple[str, ...] = (
        *("btree_gin", "btree_gist", "citext", "cube", "earthdistance", "fuzzystrmatch", "hstore", "intarray", "isn"),
        *("ltree", "pg_trgm", "pgcrypto", "plpgsql", "postgis", "seg", "tablefunc", "unaccent", "uuid-ossp", "vector"),
    )
    allow_statements: tuple[str, ...] = ()
    record: bool = True
    lock_timeout_seconds: float = Field(default=10, gt=0)


class QuerySettings(Part):
    """`[queries]`: bounds of query_database and explain_query."""

    timeout_seconds: float = Field(default=30, gt=0)
    allow_functions: tuple[str, ...] = ()
    """`schema.name` of functions that a person vouches for: they only read."""


class MigrationSettings(Part):
    """`[migrations]`: where migrations are kept."""

    folder: str = "migrations"
    lock_timeout_seconds: float = Field(default=5, gt=0)
    attempts: int = Field(default=4, ge=1, le=100)


class PostgresSettings(Part):
    """`[postgres]`: programs of a PostgreSQL installation, how connections are made, and how patiently they read."""

    bin_directory: Path | None = None
    connect_timeout_seconds: float = Field(default=10, gt=0)
    lock_timeout_seconds: float = Field(default=20, gt=0)
    """How long what only reads (an export, a comparison) waits for a table that another session holds."""

    @field_validator("bin_directory", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """`~` is the home folder, and an empty text names none."""
        return os.path.expanduser(value) or None if isinstance(value, str) else value


class Settings(BaseSettings):
    """All settings. Environment variables (`PGFERRY_EXPORTS__FOLDER=…`) outrank pgferry.toml."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="PGFERRY_", env_nested_delimiter="__", env_ignore_empty=True
    )

    databases: dict[str, DatabaseSettings] = {}
    worktrees: WorktreeSettings = WorktreeSettings()
    redaction: RedactionSettings = RedactionSettings()
    exports: ExportSettings = ExportSettings()
    files: FileSettings = FileSettings()
    references: tuple[ReferenceSettings, ...] = ()
    imports: ImportSettings = ImportSettings()
    queries: QuerySettings = QuerySettings()
    migrations: MigrationSettings = MigrationSettings()
    postgres: PostgresSettings = PostgresSettings()
    max_access: Access = "admin"

    @field_validator("max_access", mode="before")
    @classmethod
    def _expanded(cls, value: object) -> object:
        return expand(value) or "admin" if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(  # the names are those of pydantic-settings
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file: what an agent can edit never outranks what started the server."""
        return (env_settings, init_settings)


def load_settings(project_root: Path) -> Settings:
    """The settings of a project; refuses a folder that is none, and a file that does not parse or has unknown keys."""
    if not project_root.is_dir():
        raise Refused(
            "bad_settings",
            f"The project root {project_root} is no folder.",
            next="Correct PGFERRY_PROJECT_ROOT (or CLAUDE_PROJECT_DIR) in the environment of the server.",
        )
    path = project_root / FILE_NAME
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise Refused("bad_settings", f"{path} is not valid TOML: {failure}.", next="Correct the file.") from None
    except OSError as failure:
        raise Refused(
            "bad_settings", f"{path} cannot be read: {failure.strerror}.", next="Let the server read the file."
        ) from None
    if "max_access" in values:
        raise Refused(
            "bad_settings",
            f"max_access stands in {path}, where it would be no guard: it caps what this file grants.",
            next="Set PGFERRY_MAX_ACCESS in the environment of the server instead.",
        )
    try:
        return Settings(**values)
    except SettingsError as failure:
        raise Refused(
            "bad_settings", f"A PGFERRY_ variable is not valid JSON: {failure}.", next="Correct it, or set its parts."
        ) from None
    except ValidationError as failure:
        raise Refused(
            "bad_settings",
            f"{path} or a PGFERRY_ variable does not fit: {'; '.join(_lines(failure))}.",
            next="Correct it; README.md lists the settings.",
        ) from None


_WORDS = {
    "extra_forbidden": "There is no such setting",
    "model_type": "Input should be a table",
    "dict_type": "Input should be a table",
    "tuple_type": "Input should be a list",
    "list_type": "Input should be a list",
}
"""What pydantic says of its own types, in those of TOML."""


def _lines(failure: ValidationError) -> list[str]:
    """Each error as `databases.main.acces: …`, without the input (it may be a secret)."""
    return [
        f"{'.'.join(str(part) for part in error['loc']) or 'settings'}: "
        + _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
        for error in failure.errors(include_input=False, include_url=False, include_context=False)
    ]


class UnsetVariable(ValueError):
    """A `${VAR}` without default whose variable is not set; the text says which: `uses ${VAR}, which is not set`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"uses ${{{name}}}, which is not set")


VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}")


def expand(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """`${VAR}`, `${VAR:-default}` and `${VAR-default}` replaced; an empty variable counts as unset.

    Raises UnsetVariable.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        found = environ.get(name)
        if not found or "${" in found:  # a client that does not expand hands on what stands in its own configuration
            found = default
        if found is None:
            raise UnsetVariable(name)
        return found

    return VARIABLE.sub(value, text)


def lesser(first: Access, second: Access) -> Access:
    """The smaller of two accesses."""
    return first if ACCESS_ORDER.index(first) <= ACCESS_ORDER.index(second) else second


def find_project_root(environ: Mapping[str, str], directory: Path) -> Path:
    """PGFERRY_PROJECT_ROOT, else the nearest folder with pgferry.toml or .git above where the client is."""
    named = environ.get("PGFERRY_PROJECT_ROOT")
    if named and "${" not in named:
        return Path(named).resolve()
    claude = environ.get("CLAUDE_PROJECT_DIR")
    start = Path(claude if claude and "${" not in claude else directory).resolve()
    for marker in (FILE_NAME, ".git"):
        for folder in (start, *start.parents):
            if (folder / marker).exists():
                return folder
    return start


def grants_admin(environ: Mapping[str, str], directory: Path) -> bool:
    """Whether the settings of the project let any database be cloned or dropped; broken settings grant nothing."""
    try:
        settings = load_settings(find_project_root(environ, directory))
    except Refused:
        return False
    return settings.max_access == "admin" and any(
        database.access == "admin" for database in settings.databases.values()
    )


def as_secret(value: Any) -> str:
    """The text of a SecretStr; the one place where a secret is opened."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
