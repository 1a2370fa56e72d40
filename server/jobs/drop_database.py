"""Drops a database that pgferry made, and no other."""

from server.calls import Call
from server.errors import Refused, did_you_mean
from server.model.cloning import Dropped
from server.postgres.cloning import beside, drop_clone, find_clones
from server.postgres.databases import Database
from server.postgres.migrations.scratch import sweep
from server.services import Services


def drop_database(
    services: Services, call: Call, *, name: str, confirm: bool = False, person_agreed: bool = False
) -> Dropped:
    """`person_agreed`: somebody was asked and said yes. Refused: no consent, no such clone, access is not admin."""
    clones: set[str] = set()
    for database in _servers(services):
        with beside(call, database) as connection:
            sweep(connection, database)
            found = find_clones(connection)
            if name in found:
                services.refuse_without_consent(
                    f"Dropping {name} deletes all its rows.",
                    confirm=confirm,
                    person_agreed=person_agreed,
                    code="not_confirmed",
                )
                drop_clone(connection, name)
                assert database.address is not None
                server = f"{database.address.host or 'localhost'}:{database.address.port or '5432'}"
                return Dropped(database=name, server=server, size_bytes=found[name])
            clones |= found.keys()
    raise Refused(
        "not_ours",
        f"pgferry made no database {name}, and drops no other. {did_you_mean(name, clones)}",
        next="clone_database makes databases that can be dropped again.",
    )


def _servers(services: Services) -> list[Database]:
    """One database with access = admin for each server. Refused where there is none."""
    admins = [database for database in services.databases.all() if database.access == "admin" and database.address]
    if not admins:
        raise Refused("not_admin", "No database is configured with access = admin.", next="Only a person can grant it.")
    places = {(d.address.place[:2], d.address.user, d.address.options): d for d in admins if d.address}
    return list(places.values())
