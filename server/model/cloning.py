"""What clone_database and drop_database are asked and answer, and which names a clone may have."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from server.errors import Refused
from server.model.reports import Report
from server.model.segments.filters import Segment

How = Literal["template", "schema", "segment"]
MARK = "pgferry clone of "
"""How the comment on a database begins that pgferry made: only those may be dropped."""
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,62}")


class Clone(Report):
    """The answer of clone_database. `url` and `env_line` are without the password; `rows` and `redacted` of a segment.

    `notes`: what the clone has not, and why.
    """

    database: str
    source: str
    how: How
    url: str
    env_line: str = Field(description="For the worktree's .env; add the password")
    size_bytes: int
    rows: dict[str, int] | None = Field(default=None, description="By table, of a segment")
    redacted: list[str] = Field(default=[])
    notes: list[str] = Field(default=[])
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


def segment_of(
    how: How, filters: Sequence[Any] | None, choices: Mapping[str, Any], exclude_columns: Sequence[str] | None = None
) -> Segment | None:
    """Which rows a clone gets; `choices`: the other arguments of a segment. Refused: they do not go with `how`, nor
    does `exclude_columns`.
    """
    given = {name: value for name, value in choices.items() if value is not None}
    if how == "segment" and filters:
        return Segment(filters=list(filters), **given)
    given |= {"exclude_columns": exclude_columns} if exclude_columns else {}
    if how == "segment":
        raise Refused(
            "bad_arguments",
            'how = "segment" needs filters.',
            next='Say which rows: filters = [{"table": "companies", "where": [{"column": "slug", "value": "acme"}]}].',
        )
    if filters or given:
        wrong = ", ".join([*(["filters"] if filters else []), *given])
        raise Refused("bad_arguments", f'{wrong}: only with how = "segment".', next='Pass how = "segment".')
    return None
