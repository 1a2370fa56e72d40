"""The demo's two databases: incident reporting for many companies, and the same as a branch has changed it."""

from importlib.resources import files

from server.postgres.embedded import EmbeddedServer
from server.postgres.populating import make_database, make_role, run_script

OWNER = "incident_app"
MAIN = "main"
FEATURE = "feature-x"


def fill_databases(
    server: EmbeddedServer, password: str, *, scale: int = 1, main: str = MAIN, feature: str = FEATURE
) -> None:
    """Makes both databases, owned by `OWNER`, who signs in with `password`; `scale` times about 25,000 rows in each.

    About a second, and a third more for each further 25,000 rows. The same rows on every machine and version.
    """
    make_role(server, OWNER, password)
    make_database(server, main, owner=OWNER)
    run_script(server, main, _script("schema"), role=OWNER)
    run_script(server, main, _script("data"), settings={"demo.scale": str(scale)})
    make_database(server, feature, owner=OWNER, template=main)
    run_script(server, feature, _script("drift"), role=OWNER)


def _script(name: str) -> bytes:
    return (files("server.demo") / f"{name}.sql").read_bytes()
