"""The schema's fingerprint, which every manifest tells, read beside all else that an export does."""

from concurrent.futures import Future, ThreadPoolExecutor

from server.calls import Call
from server.errors import FerryError
from server.postgres.databases import Connection, Database
from server.postgres.schemas.outlines import fingerprint_unless_locked
from server.postgres.transactions import export_snapshot, joining


class FingerprintBeside:
    """The fingerprint on a transaction's snapshot: on a connection of its own, which joins it, if there is one to be
    had. The block waits at its end for what has begun.
    """

    def __init__(self, call: Call, database: Database) -> None:
        self._call, self._database = call, database
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fingerprint")
        self._beside: Future[str] | None = None

    def __enter__(self) -> "FingerprintBeside":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def begin(self, connection: Connection) -> None:
        """From here on it is being read, as `connection` sees the schema."""
        snapshot = export_snapshot(connection)

        def beside() -> str:
            with joining(self._call, self._database, snapshot, row_security=False) as other:
                return fingerprint_unless_locked(other)

        self._beside = self._pool.submit(beside)

    def read(self, connection: Connection) -> str:
        """16 hexadecimal digits, or '' where another session has locked a table, of which this export may need none;
        over `connection` itself where it was not begun, or could not be read beside.
        """
        if self._beside is not None:
            try:
                return self._beside.result()
            except FerryError:
                self._call.check()
        return fingerprint_unless_locked(connection)
