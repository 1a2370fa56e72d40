"""Counts rows of JSON and their keys while they are proved to be JSON: uniform rows, which most are, at C speed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.errors import Refused

_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


@dataclass
class Tally:
    """Rows, and how many of them have each key in order of appearance; `keys` stays empty where they are `told`."""

    told: bool = False
    rows: int = 0
    keys: dict[str, int] = field(default_factory=dict[str, int])
    _uniform: msgspec.json.Decoder[list[Any]] | None = None

    def add(self, block: bytes) -> None:
        """Counts a block. msgspec.DecodeError: not JSON, or a row that is no object; Refused: not UTF-8."""
        _refuse_other_encodings(block)
        rows = b"[" + block + b"]"
        if self.told:
            self.rows += len(_ROWS.decode(rows))
        elif not self._add_uniform(rows):
            self._add_any(rows)

    def _add_uniform(self, rows: bytes) -> bool:
        """Quick: whether all rows have the keys that the rows before had."""
        if self._uniform is None:
            return False
        try:
            count = len(self._uniform.decode(rows))
        except msgspec.ValidationError:
            return False
        self._count(dict.fromkeys(self.keys, count), count)
        return True

    def _add_any(self, rows: bytes) -> None:
        found = _OBJECTS.decode(rows)
        seen: dict[str, int] = {}
        for row in found:
            for key in row:
                seen[key] = seen.get(key, 0) + 1
        self._count(seen, len(found))
        self._uniform = _exactly(self.keys) if set(self.keys.values()) == {self.rows} else None

    def _count(self, seen: dict[str, int], rows: int) -> None:
        for key, count in seen.items():
            self.keys[key] = self.keys.get(key, 0) + count
        self.rows += rows

    @property
    def optional(self) -> frozenset[str]:
        """Keys that some rows lack."""
        return frozenset(key for key, seen in self.keys.items() if seen < self.rows)


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
