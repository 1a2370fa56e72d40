"""The transaction whose snapshot an export is read from, and more connections on the same snapshot."""

from functools import partial
from typing import NamedTuple

from server.calls import Call
from server.errors import FerryError
from server.exporting.plan import Plan
from server.postgres.databases import Connection
from server.postgres.gathering import Session, Work
from server.postgres.masks import set_hash_key
from server.postgres.outlines import fingerprint_unless_locked
from server.postgres.tables import settle
from server.postgres.transactions import export_snapshot, joining
from server.services import Services


class Fingerprint:
    """The schema's fingerprint, read once: beside the rows by another connection, or in the end by the first. '' where
    another session has locked one of its tables, of which this export may need none.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._value: str | None = None

    def read(self, connection: Connection) -> str:
        if self._value is None:
            self._value = self._plan.fingerprint() if self._plan.fingerprint else fingerprint_unless_locked(connection)
        return self._value


class Source(NamedTuple):
    """The transaction whose snapshot everything is read from. `key` hashes sensitive columns."""

    services: Services
    call: Call
    connection: Connection
    key: bytes
    fingerprint: Fingerprint


def prepare(source: Source, plan: Plan, connection: Connection) -> None:
    """Settings that a connection needs before it reads rows."""
    settle(connection, by_place=plan.export_type == "full")
    if any(redaction.how == "hash" for redaction in plan.redactions):
        set_hash_key(connection, source.key)


def sessions(source: Source, plan: Plan) -> list[Session]:
    """More connections on the same snapshot. One that cannot be opened is done without: the others do its work."""
    if not plan.sessions:
        return []
    snapshot = export_snapshot(source.connection)

    def session(work: Work, *, first: bool = False) -> None:
        working = False
        try:
            with joining(source.call, plan.database, snapshot, row_security=False) as connection:
                prepare(source, plan, connection)
                if first:
                    source.fingerprint.read(connection)
                working = True
                work(connection)
        except FerryError:
            source.call.check()
            if working:
                raise

    others = min(plan.sessions, sum(len(export.pieces) for export in plan.tables)) - 1
    return [partial(session, first=True), *[session] * others]
