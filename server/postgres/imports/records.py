"""Which imports were committed: a small table in schema pgferry, written in the import's own transaction."""

import psycopg

from server.postgres.databases import Connection
from server.postgres.questions import ask

_MAKE = """
CREATE SCHEMA IF NOT EXISTS pgferry;
CREATE TABLE IF NOT EXISTS pgferry.imports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    imported_at timestamptz NOT NULL DEFAULT now(),
    file_sha256 text NOT NULL,
    target text NOT NULL,
    mode text NOT NULL,
    rows bigint NOT NULL,
    transaction_id text NOT NULL
)
"""


def committed_before(connection: Connection, sha256: str, target: str) -> str | None:
    """When the same file was appended to the same tables, as text; None where it was not."""
    if not ask(connection, "import_records_exist")[0][0]:
        return None
    row = connection.execute(
        "SELECT imported_at::text FROM pgferry.imports WHERE file_sha256 = %s AND target = %s AND mode = 'append'"
        " ORDER BY id DESC LIMIT 1",
        [sha256, target],
    ).fetchone()
    return str(row[0]) if row else None


def record(connection: Connection, sha256: str, target: str, mode: str, rows: int) -> bool:
    """Notes the import; False where the role may not (then a second run is not recognised)."""
    try:
        with connection.transaction():
            if not ask(connection, "import_records_exist")[0][0]:
                connection.execute(_MAKE)
            connection.execute(
                "INSERT INTO pgferry.imports (file_sha256, target, mode, rows, transaction_id)"
                " VALUES (%s, %s, %s, %s, pg_catalog.txid_current()::text)",
                [sha256, target, mode, rows],
            )
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
