"""What PostgreSQL itself said of the first row that it refused, beside the violations that were found."""

from collections.abc import Sequence

import psycopg

from server.model.imports.violations import Violation
from server.postgres.failures import describe
from server.postgres.rows_in.staging import malformed


def of_rows(state: str) -> bool:
    """Whether a SQLSTATE is one that rows bring about: values, rules, triggers, an entry too long for its index."""
    return state[:2] in ("22", "23", "P0") or state in ("21000", "44000", "54000")


def with_first(found: Sequence[Violation], table: str, error: psycopg.Error) -> list[Violation]:
    """The violations, and what PostgreSQL itself said, where none of them is that: a trigger's exception."""
    return [*found] if any(_is_it(violation, error) for violation in found) else [*found, as_violation(table, error)]


def _is_it(violation: Violation, error: psycopg.Error) -> bool:
    state, name = error.sqlstate or "", error.diag.constraint_name
    if state.startswith("22") or error.diag.datatype_name:
        return violation.kind in ("bad_value", "malformed")
    if state == "23514" and not name:
        return violation.kind == "partition"
    if state == "21000":  # ON CONFLICT's own, of a key twice, has no context; what a trigger's queries return has one
        return violation.kind == "unique" and not error.diag.context
    if state == "54000":
        return violation.kind == "index"
    return violation.constraint == name if name else violation.kind == "not_null" and state == "23502"


def as_violation(table: str, error: psycopg.Error) -> Violation:
    """What PostgreSQL itself said: a malformed line, or what no rule of ours is about."""
    found = malformed(table, error)
    return found or Violation(
        table=error.diag.table_name or table,
        kind="raised",
        total=1,
        constraint=error.diag.constraint_name,
        columns=[error.diag.column_name] if error.diag.column_name else [],
        what=f"{describe(error)} (SQLSTATE {error.sqlstate})",
    )
