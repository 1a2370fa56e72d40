"""Where files may be read and written: the project root, the export folder and the folders that the settings allow.

Refuses everything else: `..`, absolute paths elsewhere, and symbolic links that lead out.
"""

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from server.errors import Refused, did_you_mean
from server.files.disk import PART, disk_failures, part_of
from server.files.held_folder import held, remove
from server.processes import is_gone
from server.settings import Settings

_promising = threading.Lock()
_promised: set[Path] = set()
"""Names that calls of this process were given and may not have written yet: agents export side by side."""
_under_way: set[Path] = set()
"""What calls of this process are writing right now."""


@dataclass(frozen=True)
class Workspace:
    """The folders of one project. All are absolute and free of symbolic links."""

    root: Path
    exports: Path
    allowed: tuple[Path, ...]

    @classmethod
    def of(cls, root: Path, settings: Settings) -> "Workspace":
        """The folders that the settings name. Links in their names are followed, but for one in the project that takes
        the export folder out of it: a checkout brings links along, and none of them allows a folder.
        """
        root = root.resolve()
        named = named_folder(root, settings.exports.folder)
        exports = followed(named)
        allowed = [followed(named_folder(root, folder)) for folder in settings.files.allowed_folders]
        if not named.is_relative_to(root):
            allowed.append(exports)
        return cls(root, exports, (root, *allowed))

    def existing(self, path: str) -> Path:
        """A file or folder to read. Refused outside of the allowed folders, or where nothing is there."""
        found = self._inside(path)
        if not found.exists():
            raise Refused("file_not_found", f"There is no file {found}.", next=self._near(found))
        return found

    def has(self, path: str) -> bool:
        """Whether a file or folder that may be read is there."""
        try:
            return self._inside(path).exists()
        except Refused:
            return False

    def new(self, path: str) -> Path:
        """A file or folder to write. Refused outside of the allowed folders, where something is there already, or where
        nothing can be written: before any work is done for it.
        """
        wanted = self._inside(path)
        if os.path.lexists(wanted):
            raise Refused(
                "file_exists", f"{wanted} exists already; pgferry never overwrites a file.", next="Name another path."
            )
        refuse_unwritable(wanted)
        return wanted

    def ready(self, path: str | None) -> None:
        """Refused where `new` of that path, or `new_export` where there is none, would come to nothing."""
        if path is None:
            self._refuse_exports_elsewhere()
            refuse_unwritable(self.exports / ".gitignore")
        else:
            self.new(path)

    def new_export(self, name: str) -> Path:
        """A path in the export folder that nothing has yet: `name`, or with `-2`, `-3` … before its ending."""
        self.make_export_folder()
        stem, dot, ending = name.partition(".")
        number = 1
        with _promising:
            while (path := self.exports / (name if number == 1 else f"{stem}-{number}{dot}{ending}")) in _promised or (
                os.path.lexists(path)
            ):
                number += 1
            _promised.add(path)
        return path

    @contextmanager
    def passing(self, name: str) -> Generator[Path]:
        """A hidden path in the export folder for what only this call needs; removed, whatever it is, at the end."""
        path = self.new_export(f".{name}-{os.getpid()}")
        try:
            yield path
        finally:
            remove(path)

    def make_export_folder(self) -> None:
        """The export folder, closed to others, with a .gitignore of `*`."""
        self._refuse_exports_elsewhere()
        ignore = self.exports / ".gitignore"
        with disk_failures(ignore):
            self.exports.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.path.lexists(ignore):
                _write_whole(ignore, "*\n")

    def _inside(self, path: str) -> Path:
        if not path or "\0" in path:
            raise Refused(
                "bad_path", "The path is empty or has a NUL in it.", next="Name a file below the project root."
            )
        try:
            wanted = (self.root / Path(path).expanduser()).resolve()
            wanted.exists()
        except (OSError, RuntimeError, ValueError) as failure:  # too long, no such home, a loop of links
            why = failure.strerror if isinstance(failure, OSError) else "it leads nowhere"
            raise Refused("bad_path", f"The path cannot be used: {why}.", next="Name another.") from None
        self._refuse_outside(wanted, path)
        return wanted

    def _refuse_exports_elsewhere(self) -> None:
        self._refuse_outside(self.exports, f"{self.exports}, to which a symbolic link takes the export folder,")

    def _refuse_outside(self, wanted: Path, called: str) -> None:
        if not any(wanted.is_relative_to(folder) for folder in self.allowed):
            raise Refused(
                "path_outside",
                f"{called} lies outside of the folders that pgferry may touch.",
                next=f"Use a path below {self.root}, or allow the folder in pgferry.toml: [files] allowed_folders.",
            )

    def _near(self, path: Path) -> str:
        folder = path.parent
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return did_you_mean(path.name, names) if names else f"The folder {folder} is empty or missing."


def named_folder(root: Path, folder: str) -> Path:
    """Where a folder of the settings is: below the root, or where `~`, `..` or a path of its own lead."""
    return Path(os.path.normpath(root / os.path.expanduser(folder)))


def followed(path: Path) -> Path:
    """The path without links. Those that lead in a circle are left to whoever writes there."""
    return Path(os.path.realpath(path))


def refuse_unwritable(path: Path) -> None:
    """Tries whether `path` can be made. Refused: a file stands in its way. FerryError: the folder takes no new ones."""
    standing = next(folder for folder in path.parents if os.path.lexists(folder))
    if not standing.is_dir():
        raise Refused("bad_path", f"{standing} is a file, no folder.", next="Name a path below a folder.")
    with disk_failures(path), TemporaryFile(dir=standing):
        pass


def _write_whole(path: Path, text: str) -> None:
    """Writes a small file, or leaves none: an empty .gitignore would let exports into the repository."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return  # another process was the first
    except OSError:
        path.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Removes what processes of this machine that were killed left half written: it holds rows, and is of no use."""
    for entry in folder.iterdir():
        match = PART.fullmatch(entry.name)
        if match and is_gone(match["host"], int(match["pid"])):
            with suppress(OSError):  # another process sweeps too, or it is another user's
                remove(entry)


@contextmanager
def written_beside(path: Path, another: Callable[[], Path] | None = None) -> Generator[Path]:
    """A temporary path beside `path`, renamed to it when the block succeeds; removed, whatever it is, when it does not.

    The rename never overwrites: a file that appeared meanwhile is kept, and what was written gets `another` name in the
    same folder; where none is offered it is refused, as is at once a second call of this process for the same path.
    """
    part = part_of(path)
    with _alone_at(path):
        with disk_failures(path):
            _refuse_diverted(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent)
        with held(path.parent) as folder:
            try:
                yield part
                while not folder.rename(part, path):
                    if another is None:
                        what = f"{path} appeared while it was being written."
                        raise Refused("file_exists", what, next="Name another path.")
                    path = another()
            finally:
                folder.remove(part)


def _refuse_diverted(folder: Path) -> None:
    """Where a file may go was decided by a path without links. Refused: one has come into it since."""
    if folder.resolve() != folder:
        what = f"{folder} leads elsewhere by now: a symbolic link has come into it."
        raise Refused("path_outside", what, next="Name a path without links.")


@contextmanager
def _alone_at(path: Path) -> Generator[None]:
    """Refused while another call of this process writes the same path."""
    with _promising:
        if path in _under_way:
            what = f"Another call is writing {path} right now."
            raise Refused("file_exists", what, next="Wait for it, or name another path.")
        _under_way.add(path)
    try:
        yield
    finally:
        _under_way.discard(path)


def remove_unfinished() -> None:
    """Removes what this process is writing right now: for its end, when no call may go on."""
    for path in tuple(_under_way):
        with suppress(OSError):
            remove(part_of(path))
