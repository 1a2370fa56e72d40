"""Makes a database of a worktree's own: a copy of another with all rows, or its schema alone."""

import io
import time
from dataclasses import replace

from server.calls import Call
from server.model.cloning import Clone, How, check_name
from server.model.script_policy import ScriptPolicy
from server.postgres.cloning import beside, drop, extensions_and_languages, make_clone, size_of, url_of
from server.postgres.databases import Database, connected
from server.postgres.dumping import dump_schema, find_dumper
from server.postgres.scratch import load_script
from server.postgres.transactions import reading
from server.services import Services

_OWN = frozenset({"foreign_data", "event_trigger", "extension_not_allowed", "security_label"})
"""What a schema of ours may hold beyond what a stranger's script may."""


def clone_database(services: Services, call: Call, *, source: str, name: str, how: How = "template") -> Clone:
    """Refused: access is not admin, the name is taken or bad. DatabaseFailed: sessions stand in the way of a copy."""
    origin = services.databases.get(source)
    origin.require_admin()
    check_name(name)
    started = time.monotonic()
    call.progress(0, None, f"making {name}")
    with beside(call, origin) as connection:
        make_clone(connection, origin, name, template=how == "template")
        try:
            if how == "schema":
                _load_schema(services, call, origin, name)
            size = size_of(connection, name)
        except BaseException:
            with beside(Call(), origin) as again:
                drop(again, name)
            raise
    url = url_of(origin, name)
    variable = services.settings.worktrees.url_variable
    rows = "Fill it: export_segment from the source, then import_data into the clone. " if how == "schema" else ""
    return Clone(
        database=name,
        source=source,
        how=how,
        url=url,
        env_line=f"{variable}={url}",
        size_bytes=size,
        seconds=round(time.monotonic() - started, 2),
        next=f"{rows}Put env_line into the worktree's .env with the password of {source}; drop_database removes it.",
    )


def _load_schema(services: Services, call: Call, origin: Database, name: str) -> None:
    with reading(call, origin) as connection:
        version = connection.info.server_version
        extensions, languages = extensions_and_languages(connection)
    dumper = find_dumper(services.settings.postgres.bin_directory, version)
    script = dump_schema(call, origin, dumper, version)
    policy = ScriptPolicy(extensions=frozenset(extensions), languages=frozenset(languages), also_allow=_OWN)
    assert origin.address is not None
    with connected(call, replace(origin, address=replace(origin.address, dbname=name))) as connection:
        load_script(connection, io.BytesIO(script.encode()), policy, call=call)
