"""The one object that every job reads: settings, databases, files. Made anew for every call, so it is never stale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.discovery import Databases, find_databases
from server.errors import Refused
from server.files.workspace import Workspace
from server.model.redaction import Policy
from server.settings import Settings, find_project_root, load_settings
from server.worktrees import Worktree, list_worktrees, worktree_of


@dataclass(frozen=True)
class Services:
    """What a job may use. `here` is the directory that the client is in, which decides `current`."""

    settings: Settings
    databases: Databases
    workspace: Workspace
    worktrees: tuple[Worktree, ...]
    here: Path

    @property
    def current(self) -> str | None:
        """The name of the database of the checkout that the client is in; elsewhere `default`, or the only one where
        it is no checkout's.
        """
        names = self.databases.names()
        worktree = worktree_of(self.here, list(self.worktrees))
        if worktree:
            database = self.databases.of_worktree(worktree.path)
            if database:
                return database.name
            if any(self.databases.of_worktree(other.path) for other in self.worktrees):
                return None  # another checkout's database is never this one's
        if "default" in names:
            return "default"
        if len(names) == 1 and self.databases.get(names[0]).worktree is None:
            return names[0]
        return None

    @property
    def current_or_refused(self) -> str:
        """As `current`, for a call that names no database."""
        current = self.current
        if current is None:
            raise Refused(
                "no_current_database",
                "No database belongs to this directory.",
                next="Name one; pgferry list-databases shows them.",
            )
        return current

    def refuse_without_consent(
        self,
        what: str,
        *,
        confirm: bool,
        person_agreed: bool,
        code: str = "confirmation_needed",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Refused(code) where nobody agreed to `what`: neither a person nor, as far as the settings let an agent answer
        for one, who calls (`confirm`).
        """
        by_argument = self.settings.imports.allow_confirm_argument
        if person_agreed or (confirm and by_argument):
            return
        ask = "Ask the person; then call again with confirm = true."
        alone = "The settings want a person's own answer: a client that can ask, or the command line."
        raise Refused(code, what, next=ask if by_argument else alone, details=details)

    def redaction(self, database: str) -> Policy:
        """Which columns of a database are sensitive, and what is done with each."""
        configured = self.settings.databases.get(database)
        general = self.settings.redaction
        return Policy.of(general.patterns, configured.redaction if configured else {}, general.default)


def load_services(environ: Mapping[str, str], directory: Path, here: Path | None = None) -> Services:
    """Reads the settings and finds the databases; connects to nothing.

    `directory`: where the server was started. `here`: the checkout that the client is in now, where it tells.
    """
    root = find_project_root(environ, directory)
    settings = load_settings(root)
    place = here or _told_place(environ, directory)
    worktrees = list_worktrees(root, settings.worktrees, (place,))
    return Services(
        settings=settings,
        databases=find_databases(settings, environ, worktrees),
        workspace=Workspace.of(root, settings),
        worktrees=tuple(worktrees),
        here=place if here or worktree_of(place, worktrees) else root,
    )


def _told_place(environ: Mapping[str, str], directory: Path) -> Path:
    """Where the client is as far as the environment tells. A checkout can lie inside another, below its settings."""
    claude = environ.get("CLAUDE_PROJECT_DIR", "")
    return Path(claude) if claude and "${" not in claude else directory
