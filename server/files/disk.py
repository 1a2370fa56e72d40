"""What the operating system says of a file that is being written, as a failure that names the file's final place."""

import os
import re
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

from server.errors import FerryError
from server.processes import this_host

PART = re.compile(r"\.(?P<name>.*)\.(?P<host>[0-9a-f]{8})-(?P<pid>\d+)\.part", re.DOTALL)
"""The name of what is being written: of which file, and whose it is."""
_LONGEST = 255
"""Bytes that file systems give to a name."""


def part_of(path: Path) -> Path:
    """The name beside `path` under which this process writes it."""
    ending = f".{this_host()}-{os.getpid()}.part"
    name = path.name
    if len(os.fsencode(name)) + 1 + len(ending) > _LONGEST:
        sign = f"{zlib.crc32(os.fsencode(name)):08x}"
        name = os.fsencode(name)[: _LONGEST - 2 - len(ending) - len(sign)].decode(errors="ignore") + f"-{sign}"
    return path.with_name(f".{name}{ending}")


def final(path: Path) -> Path:
    """Where what is being written at `path` will stand."""
    return Path(*(found["name"] if (found := PART.fullmatch(part)) else part for part in path.parts))


@contextmanager
def disk_failures(path: Path) -> Generator[None]:
    """FerryError("disk_full") or ("cannot_write") in place of an OSError of the block, which writes `path`."""
    try:
        yield
    except OSError as error:
        shown = final(path)
        if error.errno in (ENOSPC, EDQUOT, EFBIG):
            what = f"There is no room left for {shown.name} in {shown.parent}."
            following = "Free space there, or compress."
            raise FerryError("disk_full", what, state="No file was left.", next=following) from None
        what = f"{shown} cannot be written: {error.strerror}."
        raise FerryError("cannot_write", what, state="No file was left.", next="Name another path.") from None
