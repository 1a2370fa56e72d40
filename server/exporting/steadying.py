"""An export whose tables are changed between its snapshot and its locks is read anew, with a snapshot of later."""

from collections.abc import Callable
from typing import TypeVar

from server.calls import Call
from server.errors import FerryError

T = TypeVar("T")
ATTEMPTS = 3
_GONE = ("SQLSTATE 42P01", "SQLSTATE 42703")
"""A table or column that the snapshot's catalogs name and that is there no more."""


def steadied(call: Call, export: Callable[[], T]) -> T:
    """The export's result; its failure, where tables change under it every time."""
    for _ in range(ATTEMPTS - 1):
        try:
            return export()
        except FerryError as failure:
            if failure.code != "changed_meanwhile" and not any(sign in failure.what for sign in _GONE):
                raise
        call.progress(0, None, "a table was changed meanwhile: reading anew")
    return export()
