"""What an import did, told as it happens, and whether that is what its manifest promises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.model.amounts import several
from server.model.imports.plan import ImportIssue, TablePlan
from server.model.imports.reports import FileRejected, ImportedTable
from server.model.manifest import Manifest
from server.model.schema import Identity
from server.postgres.imports.emptying import Emptied
from server.postgres.imports.restoring import Restored
from server.postgres.rows_in.loading import Merged


@dataclass
class Imported:
    """What an import did so far; the report is made of it."""

    tables: list[ImportedTable] = field(default_factory=list[ImportedTable])
    touched: list[Identity] = field(default_factory=list[Identity])
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    hazards: list[str] = field(default_factory=list[str])
    checks: list[str] = field(default_factory=list[str])
    sequences_set: int = 0

    def add_tables(
        self,
        tables: Iterable[TablePlan],
        merged: Mapping[str, Merged],
        emptied: Mapping[str, Emptied],
        arrived: Mapping[str, int],
    ) -> None:
        """What became of the rows of some tables, each by the table's name in the file; `arrived`: rows read of it."""
        for table in tables:
            became = merged.get(table.source, Merged())
            self.touched.append(table.identity)
            self.tables.append(
                ImportedTable(
                    name=table.shown,
                    rows_in_file=arrived.get(table.source, 0),
                    inserted=became.inserted,
                    updated=became.updated,
                    skipped=became.skipped,
                    deleted=emptied[table.source].rows if table.source in emptied else 0,
                )
            )

    def add_restored(self, restored: Restored, touched: Iterable[Identity]) -> None:
        """What a whole script did."""
        self.touched += touched
        self.tables += [
            ImportedTable(name=name, rows_in_file=rows, inserted=rows) for name, rows in restored.rows.items()
        ]
        self.sequences_set = restored.sequences
        self.hazards += restored.notes
        self.checks.append(
            f"{several(restored.statements, 'schema statement')} run, keys and constraints made over all rows"
        )

    def check_counts(self, manifest: Manifest | None, arrived: Mapping[str, int]) -> None:
        """FileRejected where other rows arrived than the manifest promises."""
        if manifest is None:
            return
        issues = [
            ImportIssue(
                type="row_count",
                table=name,
                current=several(rows, "row"),
                import_=f"manifest: {several(told.rows, 'row')}",
            )
            for name, rows in arrived.items()
            if (told := manifest.table(name)) and told.rows != rows
        ]
        if issues:
            raise FileRejected(issues, [])
        self.checks.append("row counts: as the manifest says")
