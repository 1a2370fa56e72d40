"""What the server says of an import's target tables beyond their schema: sizes, rights, rows that are hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.model.imports.plan import ImportIssue, ImportPlan
from server.model.schema import Identity
from server.postgres.databases import Connection
from server.postgres.questions import ask


@dataclass(frozen=True)
class Facts:
    """What the server says of a target table beyond its schema."""

    oid: int
    rows: int
    bytes: int
    owned: bool
    may_insert: bool
    hidden_rows: bool


def facts_of(connection: Connection, identities: Sequence[Identity]) -> dict[Identity, Facts]:
    """The facts of some tables; one that is not there has none."""
    schemas, names = [i.schema for i in identities], [i.name for i in identities]
    return {
        Identity("table", row[0], row[1]): Facts(*row[2:]) for row in ask(connection, "import_targets", schemas, names)
    }


def missing_rights(connection: Connection, plan: ImportPlan) -> list[ImportIssue]:
    """Tables into which the role may not load, or where policies would hide rows from it."""
    facts = facts_of(connection, [table.identity for table in plan.tables])
    issues: list[ImportIssue] = []
    for table in plan.tables:
        known = facts.get(table.identity)
        if known and not known.may_insert:
            issues.append(ImportIssue(type="no_privilege", table=table.shown, current="the role may not INSERT"))
        if known and known.hidden_rows:
            issues.append(ImportIssue(type="row_security", table=table.shown, current="policies hide rows"))
    return issues
