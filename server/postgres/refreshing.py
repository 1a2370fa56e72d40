"""Fills materialised views that were made without rows."""

from collections.abc import Callable, Collection, Sequence

from psycopg import errors, sql

from server.postgres.databases import Connection
from server.postgres.questions import ask

Named = tuple[str, str]
"""Schema and name of a view."""


def unfilled_views(connection: Connection) -> list[Named]:
    """Those that hold no rows yet, in the order in which they were made."""
    return [(str(schema), str(name)) for schema, name in ask(connection, "unfilled_views")]


def fill_views(
    connection: Connection, *, but: Collection[Named] = (), before_each: Callable[[Named], None] | None = None
) -> Sequence[Named]:
    """Fills those that hold no rows yet, without `but`; the answer names those that fail: their queries cannot run
    here. What is cancelled, or takes longer than the server allows, fails as a whole.
    """
    failed: list[Named] = []
    for view in unfilled_views(connection):
        if view in but:
            continue
        if before_each is not None:
            before_each(view)
        try:
            with connection.transaction():
                connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(*view)))
        except (errors.QueryCanceled, errors.OperationalError):
            raise
        except errors.Error:
            failed.append(view)
    return failed
