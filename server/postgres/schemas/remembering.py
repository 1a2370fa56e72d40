"""Remembers the outlines of the databases that were read last, each for as long as nothing can have changed in it.

Catalogs are seen through snapshots, and a snapshot is made of the numbers of transactions: of those that had ended, and
of those in progress (its text is `xmin:xmax:those in progress`, PostgreSQL's functions on transaction ids). Whatever
commits afterwards, in any database of the server, changes that text for good. So two transactions with one snapshot see
one schema, and the next page of a big one, or a comparison after an inspection, need not read it again.
"""

from threading import Lock
from typing import NamedTuple

from server.model.schema import Schema
from server.postgres.databases import Connection
from server.postgres.questions import ask

MOST = 4
"""Outlines that are kept, one of each database and role: 2,000 tables' take some MB."""


class State(NamedTuple):
    """What a transaction sees: equal states are one and the same schema."""

    place: tuple[str, ...]
    snapshot: str


_lock = Lock()
_outlines: dict[tuple[str, ...], tuple[str, Schema]] = {}


def seen_state(connection: Connection) -> State | None:
    """What the connection's transaction sees; None where no other transaction is sure to see the same."""
    rows = ask(connection, "seen_state")
    if not rows:
        return None
    place, snapshot = rows[0]
    return State((connection.info.host, str(connection.info.port), *place), snapshot)


def recall(state: State) -> Schema | None:
    """The outline that was read in that state."""
    with _lock:
        snapshot, outline = _outlines.get(state.place, ("", None))
    return outline if snapshot == state.snapshot else None


def remember(state: State, outline: Schema) -> None:
    """Keeps the outline in place of an earlier one of that database; of the others those that were read last."""
    with _lock:
        _outlines.pop(state.place, None)
        while len(_outlines) >= MOST:
            _outlines.pop(next(iter(_outlines)))
        _outlines[state.place] = (state.snapshot, outline)
