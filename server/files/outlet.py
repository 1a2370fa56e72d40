"""A file being written: closed to others, counted, hashed and compressed on the way, with room kept for its beginning.

The beginning of a document says what is in it, which is only known at its end. So room is kept there and filled in
last, also in compressed files: gzip's first member and zstd's first blocks hold it as it is, so its size stays.
"""

import hashlib
import os
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from server.files.disk import disk_failures
from server.model.manifest import Compression

ENDINGS: dict[Compression, str] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
_BLOCK = 1 << 17
_OPENING = 6
"""Bytes of a zstd frame's own header (magic number, descriptor, window), which stand before the beginning."""
_JOB = 1 << 20
"""Bytes that a thread compresses at a time; zstd by itself would take eight times that, and the memory for it."""
_THREADS = 4
"""More than these write faster than any server sends."""
_PIECE = 1 << 20
_EAGER = 8 << 20
"""Bytes after which the system is asked to begin with writing them to the disk, so that little is left for the end."""


class FileFacts(NamedTuple):
    """What was written: bytes on disk, and the sha256 of exactly those."""

    bytes: int
    sha256: str


def _cores() -> int:
    return min(os.cpu_count() or 1, _THREADS)


class _Packer(Protocol):
    """Compresses the body; `head` turns the beginning into bytes whose number depends on its length alone."""

    def head(self, text: bytes) -> bytes: ...

    def pack(self, data: Any) -> bytes: ...

    def finish(self) -> bytes: ...


class _Plain:
    def head(self, text: bytes) -> bytes:
        return text

    def pack(self, data: Any) -> Any:
        return data

    def finish(self) -> bytes:
        return b""


class _Gzip:
    """Members one after the other: the beginning stored, then pieces of the body, compressed over the cores."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_cores(), thread_name_prefix="gzip")
        self._waiting: deque[Future[bytes]] = deque()
        self._piece = bytearray()

    def head(self, text: bytes) -> bytes:
        return zlib.compress(text, 0, wbits=31) if text else b""

    def pack(self, data: Any) -> bytes:
        self._piece += data
        return self._compress() if len(self._piece) >= _JOB else b""

    def finish(self) -> bytes:
        rest = self._compress(0) if self._piece or not self._waiting else self._done(0)
        self._pool.shutdown()
        return rest

    def _compress(self, left: int = _THREADS) -> bytes:
        """Gives the piece to a thread, and what is done to the file, but for some pieces that may be under way."""
        self._waiting.append(self._pool.submit(zlib.compress, self._piece, 5, wbits=31))
        self._piece = bytearray()
        return self._done(left)

    def _done(self, left: int) -> bytes:
        done: list[bytes] = []
        while len(self._waiting) > left or (self._waiting and self._waiting[0].done()):
            done.append(self._waiting.popleft().result())
        return b"".join(done)


def _zstd_frame(threads: int) -> Any:
    """One more zstd frame to compress into. Its header and its size do not depend on the number of threads."""
    from zstandard import ZstdCompressionParameters, ZstdCompressor

    parameters = ZstdCompressionParameters(
        compression_level=3, threads=threads, job_size=_JOB, write_checksum=False, write_content_size=False
    )
    return ZstdCompressor(compression_params=parameters).compressobj()


class _Zstd:
    """One frame, so that every reader reads all of it: its first blocks hold the beginning as it is."""

    def __init__(self) -> None:
        self._body = _zstd_frame(_cores())
        self._opening = _OPENING

    def head(self, text: bytes) -> bytes:
        frame = _zstd_frame(0)
        opening = (frame.compress(b" ") + frame.flush())[:_OPENING]
        blocks = [text[start : start + _BLOCK] for start in range(0, len(text), _BLOCK)]
        return opening + b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)

    def pack(self, data: Any) -> bytes:
        return self._without_opening(self._body.compress(data))

    def finish(self) -> bytes:
        return self._without_opening(self._body.flush())

    def _without_opening(self, data: bytes) -> bytes:
        if self._opening and data:
            cut, self._opening = self._opening, 0
            return data[cut:]
        return data


def _packer(compression: Compression) -> _Packer:
    return {"none": _Plain, "gzip": _Gzip, "zstd": _Zstd}[compression]()


class Outlet:
    """Writes one file, mode 0600, that must not exist yet. `room`: bytes kept at its beginning for `close` to fill."""

    def __init__(self, path: Path, compression: Compression = "none", room: int = 0) -> None:
        self.path = path
        self.written = 0
        """Bytes given to `write`, before compression."""
        self._room = room
        self._packer = _packer(compression)
        with disk_failures(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._hash = hashlib.sha256()
        self._size = 0
        self._begun = 0
        self._put(self._packer.head(b" " * room))

    def write(self, data: Any) -> None:
        self.written += len(data)
        self._put(self._packer.pack(data))

    def _put(self, data: Any) -> None:
        if not data:
            return
        if not self._room:
            self._hash.update(data)
        self._size += len(data)
        with disk_failures(self.path), memoryview(data) as rest:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            if self._size - self._begun > _EAGER and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._descriptor, self._begun, self._size - self._begun, os.POSIX_FADV_DONTNEED)
                self._begun = self._size

    def close(self, beginning: bytes = b"", *, synced: bool = True) -> FileFacts:
        """Ends the file, which lies on the disk then (`synced`). `beginning` fills the room kept for it, padded with
        spaces before its last byte."""
        self._put(self._packer.finish())
        with disk_failures(self.path):
            if self._room:
                self._fill(beginning)
            if synced:
                os.fsync(self._descriptor)
        self.abandon()
        return FileFacts(self._size, self._hash.hexdigest())

    def abandon(self) -> None:
        """Closes the file as it is."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _fill(self, beginning: bytes) -> None:
        kept = len(self._packer.head(b" " * self._room))
        padded = beginning[:-1] + b" " * (self._room - len(beginning)) + beginning[-1:]
        head = self._packer.head(padded)
        if len(head) > kept:
            self._shift(kept, len(head))
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        _write_all(self._descriptor, head)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with open(self._descriptor, "rb", closefd=False, buffering=0) as file:
            self._hash = hashlib.file_digest(file, "sha256")

    def _shift(self, old: int, new: int) -> None:
        """Makes more room at the beginning, piece by piece from the end: rare, as the room is generous."""
        end = self._size
        while end > old:
            start = max(old, end - _PIECE)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            piece = os.read(self._descriptor, end - start)
            os.lseek(self._descriptor, start + new - old, os.SEEK_SET)
            _write_all(self._descriptor, piece)
            end = start
        self._size += new - old


def sync(path: Path) -> None:
    """Waits until a file that was closed lies on the disk."""
    with disk_failures(path):
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
