"""Copies the schema of one database into another, empty one: as a whole, or around the loading of rows."""

import io
from collections.abc import Callable

from server.calls import Call
from server.model.imports.script_policy import ScriptPolicy
from server.postgres.cloning import extensions_and_languages
from server.postgres.databases import Database, connected
from server.postgres.dumping import Section, dump_schema, find_dumper
from server.postgres.migrations.scratch import load_script
from server.postgres.transactions import reading
from server.services import Services

_OURS = frozenset({"foreign_data", "event_trigger", "extension_not_allowed", "security_label"})
"""What a schema of ours may hold beyond what a stranger's script may."""
_BEFORE: Section = "pre-data"
_AFTER: Section = "post-data"


def copy_schema(
    services: Services,
    call: Call,
    origin: Database,
    target: Database,
    *,
    rights: bool = False,
    load_rows: Callable[[], None] | None = None,
) -> int:
    """Makes in `target` what `origin` has, without rows; with `rights` owners and grants too, as far as allowed.

    `load_rows` runs when the tables are there and indexes, constraints and triggers are not yet. The answer is how many
    owners and grants our role may not set. Refused: a statement of the schema fails there.
    """
    with reading(call, origin) as connection:
        version = connection.info.server_version
        extensions, languages = extensions_and_languages(connection)
    dumper = find_dumper(services.settings.postgres.bin_directory, version)
    policy = ScriptPolicy(extensions=frozenset(extensions), languages=frozenset(languages), also_allow=_OURS)
    sections = [dump_schema(call, origin, dumper, version, section=part, rights=rights) for part in (_BEFORE, _AFTER)]
    denied = 0
    for number, script in enumerate(sections):
        if number == 1 and load_rows is not None:
            load_rows()
        with connected(call, target) as connection:
            loaded = load_script(
                connection, io.BytesIO(script.encode()), policy, call=call, grants=rights, as_allowed=True
            )
        denied += loaded.passed_over["grant"] + loaded.passed_over["owner"] if rights else 0
    return denied
