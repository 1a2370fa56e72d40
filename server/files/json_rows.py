"""Splits JSON into rows without parsing them: a document of any shape and size in flat memory, or one row a line.

Rows keep their exact bytes, so no number is ever touched. Blocks of one row per line are proved valid at once.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from server.errors import Refused
from server.files.opening import Readable

BLOCK = 1 << 20
LONGEST_ROW = 256 << 20
_PLAIN = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.|(?!))*+"|(?!))*+', re.DOTALL)
_SPACE = re.compile(rb"[\s,]*+")
_STRING = re.compile(rb'"((?:[^"\\]++|\\.|(?!))*+)"\s*+:\s*+', re.DOTALL)
_SCALAR = re.compile(rb'(?:"(?:[^"\\]++|\\.|(?!))*+"|[^\s,\]}"]++)', re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NO_OBJECT = "a row that is no JSON object"
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class Malformed(Exception):
    """Not JSON, at `offset` of the unpacked bytes."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what, offset)
        self.what = what
        self.offset = offset


class JsonReader:
    """Walks one document. `tables()` yields each array of rows with its name; it must be read before the next."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._base = 0
        self._ended = False
        self.metadata: bytes | None = None
        self.block_at = 0
        """Where the last block of rows began."""

    def tables(self) -> Iterator[tuple[str | None, Iterator[bytes]]]:
        """(name, blocks of rows with commas between them); the name is None where the document is one bare array."""
        self._more()
        if self._data.startswith(_BYTE_ORDER_MARK):
            self._at = len(_BYTE_ORDER_MARK)
        opening = self._peek()
        if opening == b"[":
            yield None, self._rows()
        elif opening == b"{":
            yield from self._members(top=True)
        else:
            raise self._malformed("neither an object nor an array")
        if self._peek(may_end=True):
            raise self._malformed("something follows the end of the document")

    def _members(self, *, top: bool) -> Iterator[tuple[str | None, Iterator[bytes]]]:
        self._at += 1
        while (here := self._peek()) != b"}":
            if here != b'"':
                raise self._malformed("a key was expected")
            name = self._key()
            value = self._peek()
            if value == b"{" and top and name == "data":
                yield from self._members(top=False)
            elif value == b"[" and not (top and name in ("metadata", "warnings")):
                rows = self._rows()
                yield name, rows
                for _ in rows:
                    pass
            elif top:
                value = self._value()
                self.metadata = value if name == "metadata" else self.metadata
            else:
                raise self._malformed("the rows of a table are no array")
        self._at += 1

    def _rows(self) -> Iterator[bytes]:
        self._at += 1
        while self._peek() != b"]":
            self.block_at = self._base + self._at
            yield self._fast_block() or self._careful_block()
        self._at += 1

    def _fast_block(self) -> bytes | None:
        """A run of rows, one a line, taken on trust and proved by parsing it; None where that did not hold."""
        if len(self._data) - self._at < BLOCK and not self._ended:
            self._more(BLOCK)
        data, at = self._data, self._at
        end = data.find(b"\n]", at)
        cut = end if end >= 0 else data.rfind(b"}", at, max(data.rfind(b"\n", at), at)) + 1
        if cut <= at:
            return None
        block = data[at:cut].rstrip(b", \t\r\n")
        try:
            _ROWS.decode(b"[" + block + b"]")
        except msgspec.DecodeError:
            return None
        self._at = cut
        return block

    def _careful_block(self) -> bytes:
        """Row by row, however they are laid out."""
        rows: list[bytes] = []
        size = 0
        while size < BLOCK and self._peek() != b"]":
            start = self._base + self._at
            row = self._value()
            try:
                msgspec.json.decode(row, type=msgspec.Raw)
            except msgspec.DecodeError as failure:
                raise Malformed(_without_values(failure), start + _byte(failure)) from None
            rows.append(row)
            size += len(row)
        return b",".join(rows)

    def _key(self) -> str:
        while not (found := _STRING.match(self._data, self._at)) or found.end() == len(self._data):
            if not self._more():
                raise self._malformed("the document ends in a key")
        self._at = found.end()
        try:
            return str(msgspec.json.decode(b'"' + found[1] + b'"', type=str))
        except msgspec.DecodeError:
            raise self._malformed("a key that is no JSON string") from None

    def _value(self) -> bytes:
        """The bytes of the value that begins here, taken."""
        depth, here = 0, 0
        if self._data[self._at : self._at + 1] not in (b"{", b"["):
            return self._scalar()
        while True:
            found = _PLAIN.match(self._data, self._at + here)
            stop = found.end() - self._at if found else here
            if self._at + stop >= len(self._data):
                if not self._more():
                    raise self._malformed("the document ends too early")
                continue
            letter = self._data[self._at + stop]
            if letter in b"{[":
                depth += 1
            elif letter in b"}]":
                depth -= 1
            elif not self._more():
                raise self._malformed("a string is never closed")
            else:
                here = stop
                continue
            here = stop + 1
            if depth == 0:
                taken = self._data[self._at : self._at + here]
                self._at += here
                return taken

    def _scalar(self) -> bytes:
        while not (found := _SCALAR.match(self._data, self._at)) or found.end() == len(self._data):
            if not self._more():
                break
        if not found:
            raise self._malformed("a value was expected")
        self._at = found.end()
        return found[0]

    def _peek(self, *, may_end: bool = False) -> bytes:
        """The next byte that is no space or comma."""
        while True:
            found = _SPACE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._more():
                if may_end:
                    return b""
                raise self._malformed("the document ends too early")

    def _more(self, size: int = BLOCK) -> bool:
        if self._ended:
            return False
        waiting = len(self._data) - self._at
        if waiting > LONGEST_ROW:
            raise Refused("row_too_long", f"A single row is longer than {LONGEST_ROW >> 20} MiB.")
        piece = self._stream.read(max(size, waiting))
        self._base += self._at
        self._data = self._data[self._at :] + piece
        self._at = 0
        self._ended = not piece
        return bool(piece)

    def _malformed(self, what: str) -> Malformed:
        return Malformed(what, self._base + self._at)


def line_blocks(stream: Readable, prove: Callable[[bytes], object] = lambda _: None) -> Iterator[bytes]:
    """The rows of a file with one JSON object a line, as blocks with commas between them.

    `prove` is given each block and raises msgspec.DecodeError where it is not JSON; Malformed says in which line.
    """
    rest, base = b"", 0
    while True:
        piece = stream.read(BLOCK)
        data = rest + piece
        if base == 0 and data.startswith(_BYTE_ORDER_MARK):
            base, data = len(_BYTE_ORDER_MARK), data.removeprefix(_BYTE_ORDER_MARK)
        cut = data.rfind(b"\n") + 1 if piece else len(data)
        block = _one_array(data[:cut])
        if block:
            try:
                prove(block)
            except msgspec.DecodeError:
                raise _first_bad_line(data[:cut], base) from None
            yield block
        base += cut
        rest = data[cut:]
        if not piece:
            return


def _one_array(lines: bytes) -> bytes:
    joined = lines.replace(b"\r\n", b"\n").strip().replace(b"\n", b",")
    if b",," in joined:  # an empty line, or two commas in a string
        joined = b",".join(line for line in lines.splitlines() if line.strip())
    return joined


def _first_bad_line(lines: bytes, base: int) -> Malformed:
    offset = base
    for line in lines.splitlines(keepends=True):
        try:
            if line.strip():
                msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        except msgspec.ValidationError:
            return Malformed(NO_OBJECT, offset)
        except msgspec.DecodeError as failure:
            return Malformed(_without_values(failure), offset + _byte(failure))
        offset += len(line)
    return Malformed("a row spans more than one line", base)


def place_of(offset: int, read_again: Callable[[int], Iterator[bytes]]) -> tuple[int, int]:
    """(line, column), from 1, of an offset in the unpacked bytes that `read_again(offset)` yields up to there."""
    line, column = 1, 1
    for piece in read_again(offset):
        breaks = piece.count(b"\n")
        line += breaks
        column = len(piece) - piece.rfind(b"\n") if breaks else column + len(piece)
    return line, column


def _without_values(failure: msgspec.DecodeError) -> str:
    return re.sub(r"\s*\(byte \d+\)", "", str(failure)).removeprefix("JSON is malformed: ")


def _byte(failure: msgspec.DecodeError) -> int:
    found = re.search(r"\(byte (\d+)\)", str(failure))
    return int(found[1]) if found else 0
