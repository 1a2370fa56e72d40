"""Rows that break a rule: what is told of them, and what of their values may be seen."""

from pydantic import BaseModel, ConfigDict

EXAMPLES = 20
"""Row numbers told for each broken rule; `total` is exact."""


class Violation(BaseModel):
    """All rows of one table that break one rule.

    `kind`: bad_value, not_null, check, partition, unique, foreign_key, exclusion, index (no room for an entry as long),
    malformed or raised. `rows`: their numbers in the file, from 1, of that table's rows (headers not counted); none
    where the rows stand in the database already.
    `values`: what these rows have in `columns`, a list for each; empty where redaction hides any of them.
    """

    model_config = ConfigDict(frozen=True)

    table: str
    kind: str
    total: int
    rows: list[int] = []
    columns: list[str] = []
    values: list[list[str | None]] = []
    constraint: str | None = None
    what: str = ""
