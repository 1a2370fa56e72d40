"""Writes the whole result of a query to one file as csv, jsonl or json, row by row."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from server.errors import Refused
from server.files.csv_tables import line_of
from server.files.disk import disk_failures

ResultFormat = Literal["csv", "jsonl", "json"]


class Written(NamedTuple):
    """What was written: rows, bytes, and the checksum of the file."""

    rows: int
    bytes: int
    sha256: str


def format_of(path: str, wanted: ResultFormat | None) -> ResultFormat:
    """The format asked for, else the one that the path ends in. Refused where neither says."""
    ending = Path(path).suffix.removeprefix(".").lower()
    if wanted:
        return wanted
    if ending == "csv":
        return "csv"
    if ending == "json":
        return "json"
    if ending in ("jsonl", "ndjson"):
        return "jsonl"
    raise Refused("unknown_format", f"{path} does not say its format.", next="End it in .csv, .jsonl or .json.")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[bytes | None]]) -> Written:
    """CSV as PostgreSQL writes it: NULL is empty, an empty string is quoted."""
    return _write(path, line_of(name.encode() for name in header), map(line_of, rows), b"", b"")


def write_json(path: Path, rows: Iterable[bytes], *, lines: bool) -> Written:
    """Rows that are JSON objects already: one to a line, or as one array with one to a line."""
    flat = (row.replace(b"\n", b" ") for row in rows)
    if lines:
        return _write(path, b"", (row + b"\n" for row in flat), b"", b"")
    return _write(path, b"[\n", flat, b",\n", b"\n]\n")


def _write(path: Path, head: bytes, rows: Iterable[bytes], between: bytes, tail: bytes) -> Written:
    digest, count, size = hashlib.sha256(), 0, 0
    with disk_failures(path), open(path, "xb", buffering=1 << 20, opener=_closed_to_others) as file:

        def put(part: bytes) -> None:
            nonlocal size
            file.write(part)
            digest.update(part)
            size += len(part)

        put(head)
        for row in rows:
            put(between + row if count and between else row)
            count += 1
        put(tail)
    return Written(count, size, digest.hexdigest())


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
