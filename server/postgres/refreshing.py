"""Fills materialised views that were made without rows."""

from collections.abc import Collection
from typing import Final

import psycopg
import psycopg.abc
from psycopg import errors, sql

from server.postgres.databases import Connection
from server.postgres.questions import ask

Named = tuple[str, str]
"""Schema and name of a view."""
_REFRESH: Final = "REFRESH MATERIALIZED VIEW {}"


def unfilled_views(connection: Connection) -> list[Named]:
    """Those that hold no rows yet, in the order in which they were made."""
    return [(str(schema), str(name)) for schema, name in ask(connection, "unfilled_views")]


def fill_views(connection: Connection, *, but: Collection[Named] = ()) -> list[Named]:
    """Fills those that hold no rows yet, without `but`; the answer names those that cannot be filled."""
    views = [view for view in unfilled_views(connection) if view not in but]
    return [view for view in views if not filled(connection, sql.SQL(_REFRESH).format(sql.Identifier(*view)))]


def filled(connection: Connection, refresh: psycopg.abc.Query) -> bool:
    """Runs a REFRESH; False where the view's query fails on the rows that there are, or its indexes refuse what it
    gives: the transaction goes on. What is cancelled or lost, or finds no lock, fails as a whole.
    """
    try:
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            cursor.execute(refresh)
    except errors.ObjectNotInPrerequisiteState:  # it reads a view that was not filled
        return False
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return False
    return True
