"""What an export overcomes by beginning anew: tables changed between its snapshot and its locks, which befalls a
comparison of rows too, and a server without room for more connections.
"""

from collections.abc import Callable
from typing import TypeVar

from server.calls import Call
from server.errors import FerryError

T = TypeVar("T")
ATTEMPTS = 3
_GONE = ("42P01", "42703")
"""A table or column that the snapshot's catalogs name and that is there no more."""


def steadied(call: Call, export: Callable[[bool], T]) -> T:
    """The export's result; its failure, where that comes every time. `export` is told whether to be modest: to read on
    one connection, beside one pg_dump at a time.
    """
    modest = False
    for _ in range(ATTEMPTS - 1):
        try:
            return export(modest)
        except FerryError as failure:
            if failure.code == "too_many_connections" and not modest:
                modest = True
                told = "the server has too few connections: reading anew on one"
            elif failure.code == "changed_meanwhile" or failure.sqlstate in _GONE:
                told = "a table was changed meanwhile: reading anew"
            else:
                raise
        call.progress(0, None, told)
    return export(modest)
