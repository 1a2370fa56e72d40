"""Makes a database of a worktree's own: a copy of another with all rows, its schema alone, or with a segment in it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from server.calls import Call
from server.discovery import Databases
from server.errors import FerryError, ImportRejected
from server.exporting.segments import grown_segment
from server.exporting.writing import write_export
from server.import_runs import run_import
from server.model.address import Address
from server.model.amounts import several
from server.model.cloning import Clone, How, check_name
from server.model.imports.plan import ImportRequest
from server.model.segments.filters import Segment
from server.model.segments.reports import SegmentRequest
from server.model.tables import table_key
from server.postgres.cloning import beside, drop, give_name, make_clone, refuse_taken, size_of, url_of
from server.postgres.databases import Database, connected
from server.postgres.migrations.scratch import scratch_name, sweep
from server.postgres.refreshing import fill_views
from server.schema_copying import copy_schema
from server.services import Services


@dataclass
class _Filled:
    """What a clone that is no whole copy got. `rows` None: none were asked for."""

    rows: dict[str, int] | None = None
    redacted: Sequence[str] = ()
    notes: list[str] = field(default_factory=list[str])


def clone_database(
    services: Services,
    call: Call,
    *,
    source: str,
    name: str,
    how: How = "template",
    segment: Segment | None = None,
    exclude_columns: Sequence[str] | None = None,
) -> Clone:
    """All or nothing: what fails or is cancelled leaves no database. `segment` and what it excludes beyond the policy
    go with `how = "segment"` alone.

    Refused: access is not admin, the name is taken or bad. DatabaseFailed: sessions stand in the way of a copy.
    """
    origin = services.databases.get(source)
    origin.require_admin()
    check_name(name)
    started = time.monotonic()

    def fill(clone: Database) -> _Filled:
        return _Filled() if how == "template" else _fill(services, call, origin, clone, segment, exclude_columns)

    size, filled = _make(call, origin, name, fill, template=how == "template")
    url = url_of(origin, name)
    return Clone(
        database=name,
        source=source,
        how=how,
        url=url,
        env_line=f"{services.settings.worktrees.url_variable}={url}",
        size_bytes=size,
        rows=filled.rows,
        redacted=list(filled.redacted),
        notes=filled.notes,
        seconds=round(time.monotonic() - started, 2),
        next=f"Put env_line into the worktree's .env with the password of {source}; drop_database removes {name}.",
    )


def _make(
    call: Call, origin: Database, name: str, fill: Callable[[Database], _Filled], *, template: bool
) -> tuple[int, _Filled]:
    """Makes the database, which has its name once it is `fill`ed; its size in bytes and what it got."""
    call.progress(0, None, f"making {name}")
    with beside(call, origin) as connection:
        sweep(connection, origin)
        refuse_taken(connection, name)
        made = scratch_name()  # until it is done: what a killed process leaves is swept like any scratch database
        make_clone(connection, origin, made, template=template)
        try:
            filled = fill(replace(origin, name=name, address=replace(_address(origin), dbname=made), shared_with=()))
            size = size_of(connection, made)
            give_name(connection, made, name)
        except BaseException as failure:
            with beside(Call(), origin) as again:
                drop(again, made)
            if isinstance(failure, FerryError):
                failure.state = "No database was made."
            if isinstance(failure, ImportRejected):
                failure.next = "Often a CHECK does not allow what redaction leaves: a person can set another mask."
            raise
    return size, filled


def _address(database: Database) -> Address:
    assert database.address is not None  # it was reached
    return database.address


def _fill(
    services: Services,
    call: Call,
    origin: Database,
    clone: Database,
    segment: Segment | None,
    exclude_columns: Sequence[str] | None,
) -> _Filled:
    """The schema, with the segment's rows before its indexes and constraints; then what is computed from rows."""
    filled = _Filled()

    def load_rows() -> None:
        if segment is not None:
            request = SegmentRequest(
                database=origin.name, format="csv", exclude_columns=exclude_columns, **segment.model_dump()
            )
            _load_segment(services, call, clone, request, filled)

    call.progress(0, None, f"copying the schema of {origin.name}")
    denied = copy_schema(services, call, origin, clone, rights=True, load_rows=load_rows)
    if denied:
        unset = several(denied, "owner or grant", "owners and grants")
        filled.notes.append(f"Not as in {origin.name}: {unset}, which the role may not set.")
    with connected(call, clone) as connection:
        empty = fill_views(connection)
    filled.notes += [f"The materialised view {table_key(*view)} could not be filled." for view in empty]
    return filled


def _load_segment(services: Services, call: Call, clone: Database, wanted: SegmentRequest, filled: _Filled) -> None:
    """Brings the segment into the clone by way of a file, as an export and an import of it would."""
    with services.workspace.passing("clone") as path:
        request = wanted.model_copy(update={"path": str(path)})
        with grown_segment(services, call, request) as grown:
            written = write_export(services, call, grown.connection, grown.plan, grown.fingerprint)
        if written.total_rows:
            imports = services.settings.imports.model_copy(update={"record": False})
            settings = services.settings.model_copy(update={"imports": imports})
            alone = replace(services, settings=settings, databases=Databases([clone]))
            run_import(alone, call, ImportRequest(database=clone.name, path=str(path)))
    filled.rows = {table.name: table.rows for table in written.tables}
    filled.redacted = [f"{column.table}.{column.column}" for column in written.redacted]
    filled.notes += written.warnings
