"""Which functions a read-only query may call: what PostgreSQL brings by what pg_proc says, extensions by name, and what
people wrote by reading its body. Pure rules over the facts that queries/cage_functions.sql returns.
"""

from dataclasses import dataclass
from typing import Literal

from server.postgres.querying.query_rules import NotReadOnly

FIRST_USER_OID = 16384
"""Objects below it came with initdb."""

_SAFE_VOLATILE = frozenset({
    "array_sample", "array_shuffle", "bernoulli", "system", "clock_timestamp", "timeofday", "currval", "lastval",
    "gen_random_uuid", "uuidv4", "uuidv7", "random", "random_normal", "setseed", "amvalidate", "current_query",
    "pg_available_wal_summaries", "pg_blocking_pids", "pg_safe_snapshot_blocking_pids",
    "pg_collation_actual_version", "pg_database_collation_actual_version", "pg_control_checkpoint", "pg_control_init",
    "pg_control_recovery", "pg_control_system", "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn",
    "pg_current_wal_lsn", "pg_database_size", "pg_indexes_size", "pg_relation_size", "pg_table_size",
    "pg_tablespace_size", "pg_total_relation_size", "pg_get_aios", "pg_get_backend_memory_contexts",
    "pg_get_loaded_modules", "pg_get_multixact_members", "pg_get_sequence_data", "pg_get_shmem_allocations",
    "pg_get_shmem_allocations_numa", "pg_get_wait_events", "pg_get_wal_replay_pause_state",
    "pg_get_wal_resource_managers", "pg_get_wal_summarizer_state", "pg_is_in_recovery", "pg_is_wal_replay_paused",
    "pg_jit_available", "pg_last_committed_xact", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp", "pg_lock_status", "pg_notification_queue_usage", "pg_partition_ancestors",
    "pg_partition_tree", "pg_prepared_xact", "pg_replication_origin_progress", "pg_sequence_last_value",
    "pg_show_replication_origin_status", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_stat_get_backend_io",
    "pg_stat_get_backend_wal", "pg_stat_get_io", "pg_stat_get_recovery_prefetch", "pg_stat_have_stats",
    "pg_xact_commit_timestamp", "pg_xact_commit_timestamp_origin", "pg_xact_status", "txid_status", "timezone",
    "ts_rewrite", "ts_stat",
})  # fmt: skip
_SAFE_VOLATILE_PREFIXES = ("pg_stat_get_xact_",)
_REFUSED_STABLE = {
    "txid_current": "it takes a transaction id",
    "pg_current_xact_id": "it takes a transaction id",
}
_REASONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("pg_read_", "pg_ls_", "pg_stat_file", "pg_current_logfile", "pg_hba_file", "pg_ident_file"), "it reads files"),
    (("pg_show_all_file_settings",), "it reads the server's files"),
    (("lo_", "loread", "lowrite"), "it reaches large objects"),
    (("pg_terminate_backend", "pg_cancel_backend", "pg_log_backend"), "it reaches other sessions"),
    (("pg_notify", "pg_logical_emit"), "it sends a message to other sessions"),
    (("pg_advisory_", "pg_try_advisory_"), "it takes a lock that can outlive the call"),
    (("set_config",), "it changes settings"),
    (("nextval", "setval", "pg_nextoid"), "it moves a sequence"),
    (("dblink",), "it reaches other servers"),
    (("query_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml", "cursor_to_xml"), "it runs SQL unseen"),
)
_CONSTRUCTORS = frozenset({
    "range_constructor2", "range_constructor3", "multirange_constructor0", "multirange_constructor1",
    "multirange_constructor2",
})  # fmt: skip
"""The server's own code behind the functions that CREATE TYPE … AS RANGE brings along."""
_REACHING_EXTENSIONS = {
    "dblink": "reaches other servers", "postgres_fdw": "reaches other servers", "file_fdw": "reads files",
    "adminpack": "writes files", "http": "reaches other servers", "pg_net": "reaches other servers",
    "aws_s3": "reaches other servers", "aws_lambda": "reaches other servers", "pg_background": "starts sessions",
    "pg_cron": "schedules jobs", "pg_surgery": "changes rows", "pg_walinspect": "reads rows past their rights",
    "pageinspect": "reads rows past their rights", "pg_prewarm": "starts workers", "xml2": "runs SQL unseen",
    "citus": "reaches other servers", "lo": "reaches large objects", "oracle_fdw": "reaches other servers",
    "mysql_fdw": "reaches other servers", "tds_fdw": "reaches other servers", "plsh": "runs programs",
    "pglogical": "reaches other servers", "pg_dirtyread": "reads rows past their rights",
    "tcn": "sends messages to other sessions", "orafce": "reads files and sends messages",
}  # fmt: skip
_KNOWN_EXTENSIONS = frozenset({
    "plpgsql", "amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dict_int", "dict_xsyn",
    "earthdistance", "fuzzystrmatch", "hstore", "intagg", "intarray", "isn", "ltree", "pg_buffercache",
    "pg_freespacemap", "pg_stat_statements", "pg_trgm", "pg_visibility", "pgcrypto", "pgrowlocks", "pgstattuple",
    "seg", "sslinfo", "tablefunc", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "vector", "postgis",
    "postgis_topology", "postgis_sfcgal", "address_standardizer", "h3", "hll", "tdigest", "pg_uuidv7",
    "timescaledb_toolkit", "ip4r", "prefix", "semver", "pg_similarity", "rum", "pgroonga", "pg_hint_plan",
})  # fmt: skip
_CHANGING = ("_reset", "_evict", "truncate", "addgeometry", "dropgeometry", "dropoverlapping", "updategeometry",
             "populate_geometry", "addraster", "droprast", "addauth", "checkauth", "lockrow", "unlockrows",
             "enablelongtransactions", "disablelongtransactions", "pg_prewarm", "autoprewarm")  # fmt: skip
"""Parts of names of functions that change something, in extensions that are harmless otherwise."""

Verdict = Literal["fine", "read the body"]


@dataclass(frozen=True)
class FunctionFacts:
    """One row of queries/cage_functions.sql."""

    oid: int
    schema: str
    name: str
    volatility: str
    language: str
    source: str
    extension: str | None
    search_path: list[str] | None
    body: str | None
    defaults: str | None
    components: list[int]
    settings: list[str]

    @property
    def shown(self) -> str:
        return self.name if self.schema == "pg_catalog" else f"{self.schema}.{self.name}"


def judge_function(facts: FunctionFacts, allowed: frozenset[str]) -> Verdict:
    """Whether a function may be called; raises NotReadOnly with the reason.

    `allowed`: names (`schema.name`) that a person vouches for in the settings.
    """
    if f"{facts.schema}.{facts.name}" in allowed:
        return "fine"
    if facts.extension is not None:
        return _of_extension(facts)
    if facts.oid < FIRST_USER_OID:
        return _built_in(facts)
    if facts.components:
        return "fine"  # an aggregate: its parts are judged in its place
    if facts.language == "internal" and facts.source in _CONSTRUCTORS:
        return "fine"
    if facts.language in ("sql", "plpgsql"):
        return "read the body"
    raise NotReadOnly(
        f"{facts.shown}() is refused: it is written in {facts.language}, which cannot be read"
        " (a person may vouch for it: allow_functions under [queries] in pgferry.toml)"
    )


def _built_in(facts: FunctionFacts) -> Verdict:
    reason = _REFUSED_STABLE.get(facts.name) or (_reason(facts.name) if facts.name not in _SAFE_VOLATILE else None)
    if reason:
        raise NotReadOnly(f"{facts.shown}() is refused: {reason}")
    if facts.volatility == "v" and not facts.components and not _is_safe(facts.name):
        raise NotReadOnly(f"{facts.shown}() is refused: it may change the server or its session")
    if facts.language in ("internal", "c"):
        return "fine"
    if facts.language in ("sql", "plpgsql"):
        return "read the body"  # somebody may have replaced it
    raise NotReadOnly(f"{facts.shown}() is refused: it was replaced, and cannot be read")


def _is_safe(name: str) -> bool:
    return name in _SAFE_VOLATILE or name.startswith(_SAFE_VOLATILE_PREFIXES)


def _of_extension(facts: FunctionFacts) -> Verdict:
    extension = facts.extension or ""
    if extension in _REACHING_EXTENSIONS:
        raise NotReadOnly(f"{facts.shown}() is refused: the extension {extension} {_REACHING_EXTENSIONS[extension]}")
    lowered = facts.name.lower()
    if any(part in lowered for part in _CHANGING):
        raise NotReadOnly(f"{facts.shown}() is refused: it changes what the extension {extension} keeps")
    if extension in _KNOWN_EXTENSIONS or facts.components:
        return "fine"
    if facts.language in ("sql", "plpgsql"):
        return "read the body"
    if facts.volatility == "v":
        raise NotReadOnly(
            f"{facts.shown}() is refused: it is volatile, and the extension {extension} is not known to be harmless"
            " (a person may vouch for it: allow_functions under [queries] in pgferry.toml)"
        )
    return "fine"


def _reason(name: str) -> str | None:
    return next((reason for prefixes, reason in _REASONS if name.startswith(prefixes)), None)
