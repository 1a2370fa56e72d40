"""The transaction whose snapshot an export is read from, and more connections on the same snapshot."""

from typing import NamedTuple

from server.calls import Call
from server.errors import FerryError
from server.exporting.fingerprints import FingerprintBeside
from server.exporting.plan import Plan
from server.postgres.databases import Connection
from server.postgres.redaction.masks import set_hash_key
from server.postgres.rows_out.gathering import Session, Work
from server.postgres.rows_out.tables import settle
from server.postgres.transactions import export_snapshot, joining
from server.services import Services


class Source(NamedTuple):
    """The transaction whose snapshot everything is read from."""

    services: Services
    call: Call
    connection: Connection
    fingerprint: FingerprintBeside


def prepare(plan: Plan, connection: Connection) -> None:
    """Settings that a connection needs before it reads rows."""
    settle(connection, by_place=plan.export_type == "full")
    if any(redaction.how == "hash" for redaction in plan.redactions):
        set_hash_key(connection, plan.key)


def sessions(source: Source, plan: Plan) -> list[Session]:
    """More connections on the same snapshot. One that cannot be opened is done without: the others do its work."""
    if not plan.sessions:
        return []
    snapshot = export_snapshot(source.connection)

    def session(work: Work) -> None:
        working = False
        try:
            with joining(source.call, plan.database, snapshot, row_security=False) as connection:
                prepare(plan, connection)
                working = True
                work(connection)
        except FerryError:
            source.call.check()
            if working:
                raise

    pieces = sum(len(export.pieces) for export in plan.tables)
    return [session] * min(plan.sessions, pieces - 1)
