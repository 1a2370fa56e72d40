"""What a SQL script may bring along beside plain schema and rows: a value that settings fill."""

from collections.abc import Set

from pydantic import BaseModel, ConfigDict

# Extensions that PostgreSQL marks trusted or that only add types and functions of their own.
COMMON_EXTENSIONS = frozenset({
    "plpgsql", "btree_gin", "btree_gist", "citext", "cube", "dict_int", "earthdistance", "fuzzystrmatch", "hstore",
    "intarray", "isn", "ltree", "pg_trgm", "pgcrypto", "seg", "tablefunc", "tcn", "tsm_system_rows",
    "tsm_system_time", "unaccent", "uuid-ossp", "vector", "bloom",
})  # fmt: skip


class ScriptPolicy(BaseModel):
    """`also_allow` holds refusal codes that the settings lift: `do_block`, `foreign_data`, `event_trigger` …"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extensions: Set[str] = COMMON_EXTENSIONS
    languages: Set[str] = frozenset({"sql", "plpgsql"})
    also_allow: Set[str] = frozenset()
    migrating: bool = False
    """The script is one of a chain of migrations, run in a database of its own for the schema that they lead to: drops
    count, with CASCADE too, indexes may be built concurrently, and what only frames transactions or changes rows is
    passed over."""
