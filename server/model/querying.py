"""What query_database and explain_query answer."""

from typing import Any

from pydantic import Field

from server.model.reports import Report


class QueryColumn(Report):
    """A column of a result."""

    name: str
    type: str


class SavedResult(Report):
    """The file that holds the whole result."""

    path: str
    format: str
    bytes: int
    sha256: str


class QueryResult(Report):
    """The answer of query_database.

    `rows`: integers beyond 2^53, numeric, and whatever JSON has no value for, come as strings: exact, never by a float.
    `total`: how many rows there are in all, null where the server could not count them quickly.
    """

    columns: list[QueryColumn]
    rows: list[list[Any]]
    returned: int
    truncated: bool
    total: int | None
    redacted: list[str] = Field(default=[], description="Columns from sensitive ones: every value is shown as null")
    saved: SavedResult | None = None
    next: str | None = Field(default=None, description="What was cut, and how to get the rest")


class CostlyNode(Report):
    """A node of the plan that takes a good part of the whole. `own`: milliseconds, or cost where nothing was run."""

    node: str
    own: float
    share: float


class QueryPlan(Report):
    """The answer of explain_query. `plan`: one indented line per node: rows estimated→actual *loops, its own time."""

    plan: list[str]
    costly: list[CostlyNode]
    findings: list[str]
    planning_ms: float | None = None
    execution_ms: float | None = None
    buffers: dict[str, int] | None = Field(default=None, description="Blocks of 8 kB")
    settings: dict[str, str] = Field(default={}, description="Planner settings that are not the default")
