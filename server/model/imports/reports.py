"""What check_import and import_data answer."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from server.errors import ImportRejected
from server.model.amounts import several
from server.model.imports.plan import ImportIssue, Mode
from server.model.imports.violations import Violation
from server.model.reports import Report


class ImportedTable(Report):
    """What became of one table's rows. `skipped`: keys that were there already, or rows equal to what is there."""

    name: str
    rows_in_file: int
    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    deleted: int = 0


class ImportReport(Report):
    """The answer of import_data. Committed: everything is in the database. Rolled back: nothing is."""

    outcome: Literal["committed", "rolled_back"]
    mode: Mode
    tables: list[ImportedTable]
    sequences_set: int
    checks: list[str]
    issues: list[ImportIssue] = Field(default_factory=list[ImportIssue])
    hazards: list[str] = Field(default_factory=list[str])
    seconds: float
    next: str


class CheckReport(ImportReport):
    """The answer of check_import: `passes` tells whether the import would be committed; if not, all that is wrong."""

    passes: bool
    violations: list[Violation] = Field(default_factory=list[Violation])


def _way_out(wrong: Sequence[ImportIssue]) -> str:
    """What helps where tables are missing, or only names differ."""
    said = ""
    if any(issue.type == "missing_table" for issue in wrong):
        said += ", or make its tables first: export_database with content = schema, then mode restore"
    if any(issue.type == "no_header" for issue in wrong):
        said += ", or write the names of the columns above the rows; other names that stand there go into `columns`"
    found = next((issue for issue in wrong if issue.type == "missing_column"), None)
    if found is not None:
        example = f'{{"{found.table}": {{"{found.column}": "its column, or empty to leave it out"}}}}'
        said += f", or map names: columns = {example}"
    return said


class FileRejected(ImportRejected):
    """The file does not fit, with all that was found; `details` holds the same, without any value of a row."""

    def __init__(self, issues: Sequence[ImportIssue], violations: Sequence[Violation]) -> None:
        wrong = [issue for issue in issues if issue.severity == "error"]
        parts: list[str] = []
        if wrong:
            tables = len({issue.table for issue in wrong})
            parts.append(f"{several(len(wrong), 'schema problem')} in {several(tables, 'table')}")
        if violations:
            total = sum(violation.total for violation in violations)
            parts.append(f"{several(total, 'violation')} of {several(len(violations), 'rule')}")
        super().__init__(
            "rows_rejected" if violations else "schema_mismatch",
            f"The file does not fit: {' and '.join(parts)}.",
            next=f"Mend the file or the database{_way_out(wrong)}; check_import rehearses and lists what is left.",
            details={
                "issues": [issue.model_dump(by_alias=True, exclude_none=True) for issue in wrong],
                "violations": [
                    violation.model_dump(exclude_defaults=True, exclude={"values"}) for violation in violations
                ],
            },
        )
        self.issues = list(issues)
        self.violations = list(violations)
