"""Which rows no partition takes: asked of a staged table by the conditions of all partitions together."""

from typing import NamedTuple

from psycopg import sql

from server.postgres.databases import Connection
from server.postgres.questions import ask
from server.postgres.relations import written


class PartitionRule(NamedTuple):
    """What holds of a row that some partition takes. `columns`: those that it is about; none where they are unknown."""

    columns: tuple[str, ...]
    takes: sql.Composed


def partition_rule(connection: Connection, oid: int) -> PartitionRule | None:
    """The rule of a partitioned table, or of a partition; None where every row finds its place."""
    found = ask(connection, "import_partitions", oid)
    conditions = [condition for condition, _ in found]
    if not conditions or None in conditions:
        return None
    takes = sql.SQL(" OR ").join(sql.SQL("({})").format(written(condition)) for condition in conditions)
    return PartitionRule(tuple(found[0][1] or ()), sql.SQL("({})").format(takes))
