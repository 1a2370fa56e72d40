"""The schema's SQL of an export, by pg_dump on the export's snapshot, beside the rows where it is not needed before."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from server.errors import DatabaseFailed, FerryError, Refused
from server.exporting.plan import Plan
from server.exporting.source import Source
from server.postgres.dumping import Dumper, Section, dump_schema, find_dumper
from server.postgres.transactions import export_snapshot


class Dumps:
    """The schema's SQL by pg_dump, running beside the rows where it is not needed before them."""

    def __init__(self, source: Source, plan: Plan, stack: ExitStack) -> None:
        self.warnings: list[str] = []
        self._source = source
        self._plan = plan
        self._needed = plan.content == "schema" or plan.format == "sql"
        self._parts: dict[Section | None, Future[str]] = {}
        if plan.content != "data":
            self._start(stack)

    def _start(self, stack: ExitStack) -> None:
        snapshot = export_snapshot(self._source.connection)
        in_parts = self._plan.format == "sql" and self._plan.content == "full"
        sections: tuple[Section | None, ...] = ("pre-data", "post-data") if in_parts else (None,)
        pool = stack.enter_context(ThreadPoolExecutor(1 if self._plan.modest else 2, thread_name_prefix="pg_dump"))
        dumper = pool.submit(self._find)  # each pg_dump is asked for its version: rows need not wait for that
        if self._needed:
            dumper.result()
        for section in sections:
            self._parts[section] = pool.submit(self._dump, dumper, snapshot, section)

    def _find(self) -> Dumper:
        connection = self._source.connection
        folder = self._source.services.settings.postgres.bin_directory
        return find_dumper(folder, connection.info.server_version, tls=connection.pgconn.ssl_in_use)

    def _dump(self, dumper: Future[Dumper], snapshot: str, section: Section | None) -> str:
        source, version = self._source, self._source.connection.info.server_version
        return dump_schema(
            source.call, self._plan.database, dumper.result(), version, snapshot=snapshot, section=section
        )

    def get(self, section: Section | None = None) -> str | None:
        """The SQL, waited for; None where there is none."""
        if section not in self._parts:
            return None
        try:
            return self._parts[section].result()
        except (DatabaseFailed, Refused) as failure:
            self._do_without(failure)
            del self._parts[section]
            return None

    def _do_without(self, failure: FerryError) -> None:
        """Rows are worth having without their schema, where the format does not stand on it."""
        if self._needed:
            raise failure
        self.warnings.append(f"The schema's SQL is missing, so restore cannot create tables: {failure.what}")
