"""What the jobs answer: frozen models whose JSON is the contract with agents."""

from pydantic import BaseModel, ConfigDict, Field


class Report(BaseModel):
    """An answer of a job; immutable, and its keys are the contract."""

    model_config = ConfigDict(frozen=True)


class DatabaseRow(Report):
    """One database of list_databases. `status` is `ok`, `unreachable`, `refused` or `misconfigured`."""

    name: str
    source: str
    worktree: str | None
    branch: str | None
    access: str
    status: str
    server_version: str | None = None
    size_bytes: int | None = None
    tables: int | None = None
    shared_with: list[str] = []
    problem: str | None = None


class DatabaseList(Report):
    """The answer of list_databases. `current`: the database of the worktree that the client is in."""

    databases: list[DatabaseRow]
    project_root: str
    current: str | None
    notes: list[str] = Field(default=[], description="Risks that a person should know.")
