"""A folder that something is being written in, held open: moved away or swapped for a link, it stays the same folder.

Where the system has no descriptors of folders (Windows), paths are all there is.
"""

import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from server.errors import FerryError
from server.files.disk import disk_failures

_CAN_BE_HELD = os.rename in os.supports_dir_fd


class HeldFolder:
    """Renames and removes what lies in the folder itself, whatever has the folder's name by then."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self._path = path
        self._descriptor = descriptor

    def rename(self, old: Path, new: Path) -> bool:
        """Gives an entry its other name; False where something has that name, which stays.

        FerryError: "cannot_write": the folder is no more where `new` would be; as the disk says it (`disk_failures`).
        """
        if self._descriptor is not None and not self._stands():
            what = f"{self._path} was moved or replaced while {new.name} was being written."
            raise FerryError("cannot_write", what, state="No file was left.", next="Call again.")
        with disk_failures(new):
            return self._linked(self._within(old), self._within(new))

    def _linked(self, old: Path, new: Path) -> bool:
        """A second name cannot be one that is taken, and a rename takes it; but folders, and some disks, have no other
        way.
        """
        place = self._descriptor
        try:
            os.link(old, new, src_dir_fd=place, dst_dir_fd=place)
        except FileExistsError:
            return False
        except OSError:
            if _is_there(new, place):
                return False
            os.rename(old, new, src_dir_fd=place, dst_dir_fd=place)
        else:
            os.unlink(old, dir_fd=place)
        return True

    def remove(self, entry: Path) -> None:
        """Removes an entry, if it is there."""
        remove(self._within(entry), self._descriptor)

    def _within(self, entry: Path) -> Path:
        return entry if self._descriptor is None else Path(entry.name)

    def _stands(self) -> bool:
        """Whether its path still means it."""
        assert self._descriptor is not None
        try:
            return self._path.resolve() == self._path and os.path.samestat(
                os.fstat(self._descriptor), self._path.stat()
            )
        except OSError:
            return False


@contextmanager
def held(path: Path) -> Generator[HeldFolder]:
    """The folder at `path`, which is no link, for as long as the block runs."""
    if not _CAN_BE_HELD:
        yield HeldFolder(path, None)
        return
    with disk_failures(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield HeldFolder(path, descriptor)
    finally:
        os.close(descriptor)


def _is_there(path: Path, folder: int | None) -> bool:
    try:
        os.stat(path, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def remove(path: Path, folder: int | None = None) -> None:
    """Removes a file or a folder with all that is in it, if it is there. `folder`: the open one it is an entry of."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(path, dir_fd=folder)
        else:
            os.unlink(path, dir_fd=folder)
