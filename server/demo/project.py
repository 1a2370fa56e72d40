"""The demo's project: a git repository and a worktree, each with an `.env` that names its database, and settings."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from server.demo.databases import FEATURE, MAIN
from server.errors import Refused

_SETTINGS = """\
# What pgferry may do in this project. The databases themselves are found in the .env of each git worktree.

[databases.main]
access = "write"

[databases.feature-x]
access = "admin"

[exports]
exclude_tables = ["audit.debug_logs"]

# A reference that no foreign key declares: a segment follows it all the same.
[[references]]
from = "comments(entity_id)"
to = "incidents(id)"
when = "entity_type = 'incident'"
"""
_IGNORED = ".env\n.pgferry/\n"
_IDENTITY = ("-c", "user.name=pgferry demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Project:
    """The main checkout, and the worktree of the branch; without git on the machine there is only the first."""

    main: Path
    feature: Path | None


def make_project(folder: Path, main_url: str, feature_url: str) -> Project:
    """Makes `folder/project` and, with git, the worktree `folder/feature-x` beside it."""
    main = folder / "project"
    main.mkdir()
    git = shutil.which("git")
    if git is None:
        _write_secret(main / "pgferry.toml", _without_git(main_url, feature_url))
        return Project(main, None)
    (main / "pgferry.toml").write_text(_SETTINGS, encoding="utf-8")
    (main / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    feature = folder / FEATURE
    _git(git, main, "init", "-q", "--template=", "-b", MAIN)
    _git(git, main, "add", "-A")
    _git(git, main, *_IDENTITY, "commit", "-q", "-m", "Incident reporting")
    _git(git, main, "worktree", "add", "-q", "-b", FEATURE, str(feature))
    for checkout, url in ((main, main_url), (feature, feature_url)):
        _write_secret(checkout / ".env", f"DATABASE_URL={url}\n")
    return Project(main, feature)


def _git(git: str, directory: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = [git, "-C", str(directory), *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:]
        raise Refused("git_failed", f"git {arguments[0]} failed: {' '.join(said)}", next="Is git set up here?")


def _without_git(main_url: str, feature_url: str) -> str:
    settings = _SETTINGS.replace("found in the .env of each git worktree", "named here, as there is no git")
    for name, url in ((MAIN, main_url), (FEATURE, feature_url)):
        settings = settings.replace(f"[databases.{name}]\n", f'[databases.{name}]\nurl = "{url}"\n')
    return settings


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
