"""What plan_migration, apply_migration and migration_status answer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.model.comparison.reports import SideReport

MigrationState = Literal["applied", "pending", "changed", "missing"]


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class PlannedStatement(_Report):
    """One statement. `lock` is the strongest it holds on a table that exists already, as measured."""

    sql: str
    object: str
    hazards: list[str] = []
    lock: str | None = None
    reason: str | None = None
    own_transaction: bool = False


class PossibleRename(_Report):
    from_: str = Field(alias="from")
    to: str
    kind: str
    reason: str


class MigrationPlan(_Report):
    """`verified`: run on a rebuilt copy of source, the result equals target by our comparison and by pg_dump."""

    verified: bool
    source: SideReport
    target: SideReport
    same_database: str | None = None
    statements: list[PlannedStatement]
    left_out: int = 0
    path: str | None = None
    fingerprint_before: str
    fingerprint_after: str
    differences_left: list[str] = []
    data_loss: list[str] = []
    possible_renames: list[PossibleRename] = []
    notes: list[str] = []
    next: str


class AppliedMigration(_Report):
    """`outcome`: applied, or rehearsed (run to the end and rolled back; nothing changed)."""

    database: str
    side: SideReport
    migration: str
    outcome: Literal["applied", "rehearsed"]
    statements: int
    own_transactions: int
    seconds: float
    fingerprint: str
    attempts: int = 1
    notes: list[str] = []
    next: str


class MigrationEntry(_Report):
    name: str
    state: MigrationState
    applied_at: str | None = None
    verified: str | None = None
    note: str | None = None


class DatabaseMigrations(_Report):
    """`fits`: the pending migration whose fingerprint_before is the database's now. `invalid_indexes`: what builds left
    that were killed.
    """

    database: str
    side: SideReport
    shared_with: list[str] = []
    fingerprint: str | None = None
    applied: int = 0
    migrations: list[MigrationEntry] = []
    fits: str | None = None
    invalid_indexes: list[str] = []
    problem: str | None = None


class MigrationStatus(_Report):
    folder: str
    databases: list[DatabaseMigrations]
    next: str
