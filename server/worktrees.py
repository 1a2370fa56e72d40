"""The checkouts of the repository (`git worktree list`) and the address that each one's environment files name."""

import os
import subprocess
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from server.env_files import named_address
from server.model.address import Address
from server.settings import WorktreeSettings


@dataclass(frozen=True)
class Worktree:
    """One checkout. `problem` says why its files name no usable address; both None: they name none at all."""

    name: str
    path: Path
    branch: str | None
    address: Address | None = None
    env_file: str | None = None
    problem: str | None = None


def list_worktrees(directory: Path, settings: WorktreeSettings, places: Iterable[Path] = ()) -> list[Worktree]:
    """All checkouts of the repository that holds `directory`, the main one first; none outside of git.

    A bare repository has no main checkout: there every one is named after its folder. One that was moved without
    git's knowledge is missing in its list: of those, the ones that hold `directory` or one of `places` are found.
    """
    if not settings.enabled:
        return []
    found: list[Worktree] = []
    checkouts = _checkouts(directory)
    for path, branch, is_main in [*checkouts, *_moved(directory, places, [path for path, *_ in checkouts])]:
        taken = {worktree.name for worktree in found}
        name = "main" if is_main else unique_name(path.name, taken)
        found.append(_with_address(Worktree(name, path, branch), settings))
    return found


def worktree_of(directory: Path, worktrees: list[Worktree]) -> Worktree | None:
    """The checkout that `directory` lies in: the innermost, since one can lie inside another."""
    holding = [worktree for worktree in worktrees if directory.resolve().is_relative_to(worktree.path)]
    return max(holding, key=lambda worktree: len(worktree.path.parts), default=None)


def unique_name(name: str, taken: Container[str]) -> str:
    """The name, or with `-2`, `-3` … behind it where it is taken."""
    wanted, number = name, 2
    while wanted in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks: which repository they are of. Here the directory decides that."""


def _git(directory: Path, *arguments: str) -> str | None:
    """What git answers; None where it fails or is not there."""
    kept = {name: value for name, value in os.environ.items() if name not in HOOKS}
    command = ["git", "-C", str(directory), *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=5, stdin=subprocess.DEVNULL, check=False, env=kept
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.decode(errors="surrogateescape") if answer.returncode == 0 else None


def _checkouts(directory: Path) -> list[tuple[Path, str | None, bool]]:
    """Folder and branch of each checkout, and whether it is the main one, which git lists first.

    Where git does not answer (it is not installed, the folder is another user's) there is the checkout itself.
    """
    found: list[tuple[Path, str | None, bool]] = []
    listed = _listed(directory)
    if listed is None and (directory / ".git").exists():
        return [(directory.resolve(), None, (directory / ".git").is_dir())]
    for number, words in enumerate(listed or ()):
        if not words.get("worktree") or "bare" in words:
            continue
        path = Path(words["worktree"]).resolve()
        path = path if number else _main_checkout(path, directory)
        if _is_checkout(path, git_file=number > 0):
            found.append((path, words.get("branch", "").removeprefix("refs/heads/") or None, number == 0))
    return found


def _is_checkout(path: Path, *, git_file: bool) -> bool:
    """Whether it is still there. One that may not be entered counts: its environment files then tell the trouble."""
    try:
        return path.is_dir() and (not git_file or (path / ".git").exists())
    except PermissionError:
        return True


def _moved(directory: Path, places: Iterable[Path], listed: Container[Path]) -> list[tuple[Path, str | None, bool]]:
    """The checkouts of the same repository that hold the places, and that git does not list where they are."""
    holding = dict.fromkeys(top for place in (directory, *places) if (top := _top(place)) and top not in listed)
    own = _repository(directory) if holding else None
    return [(top, _branch(top), False) for top in holding if own and _repository(top) == own]


def _top(place: Path) -> Path | None:
    start = place.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def _repository(checkout: Path) -> str | None:
    return _git(checkout, "rev-parse", "--path-format=absolute", "--git-common-dir")


def _branch(checkout: Path) -> str | None:
    return (_git(checkout, "symbolic-ref", "--quiet", "--short", "HEAD") or "").strip("\n") or None


def _listed(directory: Path) -> list[dict[str, str]] | None:
    """The words of each entry of git's list. Before git 2.36 lines end with a newline."""
    for ending, options in (("\0", ("--porcelain", "-z")), ("\n", ("--porcelain",))):
        answer = _git(directory, "worktree", "list", *options)
        if answer is not None:
            return [_words(entry.strip(ending).split(ending)) for entry in answer.split(ending * 2)]
    return None


def _words(lines: list[str]) -> dict[str, str]:
    return {word: rest for word, _, rest in (line.partition(" ") for line in lines)}


def _main_checkout(listed: Path, directory: Path) -> Path:
    """The main checkout's folder: for a submodule, and where .git is kept apart, git lists its own folder instead."""
    if (listed / ".git").exists():
        return listed
    configured = _git(listed, "config", "core.worktree")
    if configured:
        return (listed / configured.strip("\n")).resolve()
    answer = _git(directory, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir", "--show-toplevel")
    own, common, top = answer.splitlines() if answer and answer.count("\n") == 3 else ("", "-", "")
    return Path(top) if own == common else listed


def _with_address(worktree: Worktree, settings: WorktreeSettings) -> Worktree:
    named = named_address(worktree.path, settings)
    if named is None:
        return worktree
    return replace(worktree, address=named.address, env_file=named.file, problem=named.problem)
