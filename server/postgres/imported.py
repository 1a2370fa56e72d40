"""What an import did, and whether that is what its manifest promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.model.import_plan import ImportIssue
from server.model.import_reports import FileRejected, ImportedTable
from server.model.manifest import Manifest
from server.model.schema import Identity


@dataclass
class Imported:
    """What an import did so far; the report is made of it."""

    tables: list[ImportedTable] = field(default_factory=list[ImportedTable])
    touched: list[Identity] = field(default_factory=list[Identity])
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    hazards: list[str] = field(default_factory=list[str])
    checks: list[str] = field(default_factory=list[str])
    sequences_set: int = 0


def raise_on_counts(manifest: Manifest, arrived: Mapping[str, int]) -> None:
    """FileRejected where other rows arrived than the manifest promises."""
    issues = [
        ImportIssue(type="row_count", table=name, current=f"{rows} rows", import_=f"manifest: {told.rows} rows")
        for name, rows in arrived.items()
        if (told := manifest.table(name)) and told.rows != rows
    ]
    if issues:
        raise FileRejected(issues, [])
