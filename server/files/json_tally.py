"""Counts rows of JSON and their keys while they are proved to be JSON: uniform rows, which most are, at C speed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.errors import Refused
from server.model.names import quoted

_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ENCODER = msgspec.json.Encoder()
_PROVED = 4 << 20
"""Bytes after which the rows of a file that tells its columns are only counted: pgferry writes no key twice."""


@dataclass
class Tally:
    """Rows, and how many of them have each key in order of appearance; `keys` stays empty where they are `told`."""

    table: str
    told: bool = False
    rows: int = 0
    keys: dict[str, int] = field(default_factory=dict[str, int])
    _bytes: int = 0
    _uniform: msgspec.json.Decoder[list[Any]] | None = None
    _again: bytearray = field(default_factory=bytearray)

    def add(self, block: bytes) -> None:
        """Counts a block. msgspec.DecodeError: not JSON, or a row is no object; Refused: not UTF-8, or a key twice."""
        _refuse_other_encodings(block)
        rows = b"[" + block + b"]"
        self._bytes += len(block)
        if self.told and self._bytes > _PROVED:
            self.rows += len(_ROWS.decode(rows))
            return
        alike = self._alike(rows)
        objects = _OBJECTS.decode(rows) if alike is None else alike
        self._refuse_keys_twice(rows, objects)
        if self.told:
            self.rows += len(objects)
        elif alike is None:
            self._count(objects)
        else:
            self._add(dict.fromkeys(self.keys, len(alike)), len(alike))

    def _alike(self, rows: bytes) -> list[Any] | None:
        """Quick: the rows if all have the keys that the rows before had."""
        if self._uniform is None:
            return None
        try:
            return self._uniform.decode(rows)
        except msgspec.ValidationError:
            return None

    def _refuse_keys_twice(self, rows: bytes, objects: list[Any]) -> None:
        """Decoded, a row keeps one value of each key: written again it has as many colons as before, or lost some."""
        _ENCODER.encode_into(objects, self._again)
        if rows.count(b":") == self._again.count(b":"):
            return
        for number, row in enumerate(_ROWS.decode(rows), start=self.rows + 1):
            if (key := _key_twice(bytes(row))) is not None:
                raise Refused(
                    "key_twice",
                    f"{self.table}: row {number} has the key {quoted(key)} more than once; which value counts?",
                    next="Leave one of them in each row, or give the others names of their own.",
                )

    def _count(self, objects: list[dict[str, msgspec.Raw]]) -> None:
        seen: dict[str, int] = {}
        for row in objects:
            for key in row:
                seen[key] = seen.get(key, 0) + 1
        self._add(seen, len(objects))
        self._uniform = _exactly(self.keys) if set(self.keys.values()) == {self.rows} else None

    def _add(self, seen: dict[str, int], rows: int) -> None:
        for key, count in seen.items():
            self.keys[key] = self.keys.get(key, 0) + count
        self.rows += rows

    @property
    def optional(self) -> frozenset[str]:
        """Keys that some rows lack."""
        return frozenset(key for key, seen in self.keys.items() if seen < self.rows)


def _key_twice(row: bytes) -> str | None:
    """A key that stands in the object itself more than once; what is in its values is not looked at."""
    members: list[tuple[str, Any]] = json.loads(row, object_pairs_hook=list, parse_int=str, parse_float=str)
    keys = [key for key, _ in members]
    return next((key for key in keys if keys.count(key) > 1), None)


def _exactly(keys: Iterable[str]) -> msgspec.json.Decoder[list[Any]]:
    """Reads rows that have these keys and no others."""
    fields = [(f"f{n}", msgspec.Raw, msgspec.field(name=key)) for n, key in enumerate(keys)]
    row = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(list[row])


def _refuse_other_encodings(block: bytes) -> None:
    try:
        block.decode()
    except UnicodeDecodeError:
        raise Refused("wrong_encoding", "The file is not valid UTF-8.", next="Convert it to UTF-8.") from None
