"""What clone_database and drop_database answer, and which names a clone may have."""

import re
from typing import Literal

from pydantic import Field

from server.errors import Refused
from server.model.reports import Report

How = Literal["template", "schema"]
MARK = "pgferry clone of "
"""How the comment on a database begins that pgferry made: only those may be dropped."""
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,62}")


class Clone(Report):
    """The answer of clone_database. `url` and `env_line` are without the password."""

    database: str
    source: str
    how: How
    url: str
    env_line: str = Field(description="For the worktree's .env; add the password")
    size_bytes: int
    seconds: float
    next: str


class Dropped(Report):
    """The answer of drop_database."""

    database: str
    server: str
    size_bytes: int


def check_name(name: str) -> None:
    """Refused: a name that needs quotes in one place or another."""
    if not _NAME.fullmatch(name):
        raise Refused(
            "bad_name",
            f"{name!r} is no name for a database.",
            next="Use small letters, digits, _ and -, at most 63, such as app_feature_x.",
        )
