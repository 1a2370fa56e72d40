"""The checkouts of the repository (`git worktree list`) and the address that each one's environment files name."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from server.model.address import Address, parse_parts, parse_url
from server.settings import UnsetVariable, WorktreeSettings, expand


@dataclass(frozen=True)
class Worktree:
    """One checkout. `problem` says why its files name no usable address; both None: they name none at all."""

    name: str
    path: Path
    branch: str | None
    address: Address | None = None
    env_file: str | None = None
    problem: str | None = None


def list_worktrees(directory: Path, settings: WorktreeSettings) -> list[Worktree]:
    """All checkouts of the repository that holds `directory`, the main one first; none outside of git."""
    if not settings.enabled:
        return []
    found: list[Worktree] = []
    for number, (path, branch) in enumerate(_checkouts(directory)):
        name = "main" if number == 0 else _unique(path.name, {worktree.name for worktree in found})
        found.append(_with_address(Worktree(name, path, branch), settings))
    return found


def worktree_of(directory: Path, worktrees: list[Worktree]) -> Worktree | None:
    """The checkout that `directory` lies in: the innermost, since one can lie inside another."""
    holding = [worktree for worktree in worktrees if directory.resolve().is_relative_to(worktree.path)]
    return max(holding, key=lambda worktree: len(worktree.path.parts), default=None)


def _checkouts(directory: Path) -> list[tuple[Path, str | None]]:
    command = ["git", "-C", str(directory), "worktree", "list", "--porcelain", "-z"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=5, stdin=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if answer.returncode != 0:
        return []
    entries = answer.stdout.decode(errors="surrogateescape").split("\0\0")
    return [checkout for entry in entries if (checkout := _checkout(entry))]


def _checkout(entry: str) -> tuple[Path, str | None] | None:
    """One entry of the porcelain listing; None for a bare repository and for a folder that is gone."""
    words: dict[str, str] = {}
    for line in entry.strip("\0").split("\0"):
        word, _, rest = line.partition(" ")
        words[word] = rest
    path = Path(words.get("worktree", "")).resolve()
    if not words.get("worktree") or "bare" in words or not path.is_dir():
        return None
    return path, words.get("branch", "").removeprefix("refs/heads/") or None


def _unique(name: str, taken: set[str]) -> str:
    wanted, number = name, 2
    while wanted in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


def _with_address(worktree: Worktree, settings: WorktreeSettings) -> Worktree:
    """The first environment file that names an address decides; later ones are not read."""
    for file in settings.env_files:
        path = worktree.path / file
        if not path.is_file():
            continue
        values = dotenv_values(path)
        address, problem = _address(values, settings)
        if address or problem:
            problem = f"{file}: {problem}" if problem else None
            return Worktree(worktree.name, worktree.path, worktree.branch, address, file, problem)
    return worktree


def _address(values: Mapping[str, str | None], settings: WorktreeSettings) -> tuple[Address | None, str | None]:
    url = values.get(settings.url_variable)
    if url:
        try:
            return parse_url(expand(url)), None
        except UnsetVariable as unset:
            return None, f"{settings.url_variable} uses ${{{unset}}}, which is not set"
        except ValueError as wrong:
            return None, f"{settings.url_variable} cannot be used: {wrong}"
    names = {
        settings.host_variable: "host",
        settings.port_variable: "port",
        settings.name_variable: "dbname",
        settings.user_variable: "user",
        settings.password_variable: "password",
    }
    address = parse_parts(values, names)
    if address and not (address.dbname or address.port):
        return None, None
    return address, None
