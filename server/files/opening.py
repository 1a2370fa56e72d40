"""Opens files to read: plain, gzip or zstd, told apart by their first bytes; counts what is read for progress."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import zstandard

from server.errors import Refused

CHUNK = 1 << 20
_PACKED = 4096
"""Bytes that are unpacked at once: a few that say "128 KiB of zeros" become 128 MiB at most."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd")


class Readable(Protocol):
    """Whatever bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


class OpenFile:
    """The unpacked bytes of a file; `position` is how many bytes of the file itself were read."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self.path = path
        self._raw = raw
        magic = raw.read(4)
        raw.seek(0)
        self._inner = _unpacked(raw, magic)
        self.packed = self._inner is not raw
        self.position = 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        try:
            piece = self._inner.read(size)
            self.position = self._raw.tell()
            return piece
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError):
            raise Refused(
                "truncated_file",
                f"{self.path.name}: the compressed data end too early or are damaged, near byte {self.position}.",
                next="Fetch or export the file again.",
            ) from None


def _unpacked(raw: BinaryIO, magic: bytes) -> Readable:
    if magic.startswith(GZIP):
        return cast("Readable", gzip.GzipFile(fileobj=raw))
    if magic.startswith(ZSTD):
        return _Zstd(raw)
    return raw


class _Zstd:
    """One frame after the other; EOFError where the file ends inside of one, which zstandard's own reader lets pass."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = bytearray()

    def read(self, size: int, /) -> bytes:
        while len(self._ready) < size:
            packed = (self._frame.unused_data if self._frame.eof else b"") or self._raw.read(_PACKED)
            if not packed:
                if not self._frame.eof:
                    raise EOFError
                break
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready += self._frame.decompress(packed)
        piece = bytes(self._ready[:size])
        del self._ready[:size]
        return piece


@contextmanager
def opened(path: Path) -> Generator[OpenFile]:
    """The file, unpacked where it is compressed, closed at the end."""
    try:
        raw = path.open("rb")
    except OSError as failure:
        raise Refused("unreadable_file", f"{path} cannot be read: {failure.strerror}.", next="Check it.") from None
    with raw:
        yield OpenFile(path, raw)


def sha256_of(path: Path, heartbeat: Callable[[int], None] = lambda _: None) -> str:
    """The checksum of the file as it lies on disk; `heartbeat` hears of every MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            heartbeat(len(piece))
    return digest.hexdigest()


def unpacked_path(path: Path) -> Path:
    """`users.csv` of `users.csv.gz`: without the ending that says how it is packed."""
    return path.with_suffix("") if path.suffix.lower() in _PACKED_ENDINGS else path


def plain_ending(path: Path) -> str:
    """What says of which kind a file is: `.csv` of `users.csv.gz`."""
    return unpacked_path(path).suffix.lower()
