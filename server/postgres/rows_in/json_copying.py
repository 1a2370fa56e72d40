"""JSON rows as csv for COPY, where every column's type makes that exact: half the work of having the server parse JSON.

Numbers keep their digits: they are never parsed. What does not fit the plain case (a number for a text column, an
object for a point) raises, and the caller lets the server read that block instead.
"""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple

from server.model.imports.plan import ColumnPlan
from server.model.quoting import array_item

_WORDS = ("text", "character varying", "character", "name", "date", "time", "timestamp", "interval", "uuid", "bytea",
          "inet", "cidr", "macaddr", "macaddr8", "xml", "money", "citext", "ltree", "point", "tsvector", "bit",
          "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange")  # fmt: skip
_PLAIN = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "oid")
_JSON = ("json", "jsonb")

Convert = Callable[[Any], str | None]
"""A decoded value as the text that COPY reads for it; None is NULL. ValidationError: not the plain case."""

OPTIONS = {"null": "null", "escape": "\\"}
"""What COPY must know of the lines: they are JSON arrays without brackets, which csv with these two options is."""

_ODD_ESCAPE = re.compile(rb'\\(?<!\\\\)(?:["\\]\\|(?!))*+(u[0-9a-fA-F]{4}|[bfnrt/])')
"""An escape that csv has no word for, with the plain ones right before it."""
_ODD_NAME = re.compile(r'["\\\x00-\x1f]')
"""What msgspec takes no name of a field with: JSON would escape it."""
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"/": b"/"}


def converting(columns: Sequence[ColumnPlan], enums: Collection[str]) -> Callable[[bytes], bytes] | None:
    """A function from a block of rows to csv lines, or None where a column's type or name is not one of the plain ones.

    The function raises msgspec.DecodeError for a block that is not plain.
    """
    fields: list[tuple[str, Any, Any]] = []
    converts: list[tuple[str, Convert]] = []
    for number, column in enumerate(columns):
        found = (msgspec.Raw, _as_json) if column.json_null else _reading(column.type, enums)
        if found is None or _ODD_NAME.search(column.file):
            return None
        kind, convert = found
        fields.append((f"f{number}", kind, msgspec.field(name=column.file, default=None)))
        if convert:
            converts.append((f"f{number}", convert))
    if not fields:
        return None
    decoder = msgspec.json.Decoder(list[msgspec.defstruct("Row", fields, gc=False)])
    encoder = msgspec.json.Encoder()

    def convert_block(block: bytes) -> bytes:
        rows = decoder.decode(b"[" + block + b"]")
        for name, convert in converts:
            for row in rows:
                setattr(row, name, convert(getattr(row, name)))
        return _as_csv(encoder.encode_lines(map(astuple, rows)))

    return convert_block


def _as_csv(lines: bytes) -> bytes:
    """JSON arrays, one a line, as csv: a string's quotes and backslashes are escaped alike in both, the rest is mended.

    No JSON value holds `]`, a line break and `[` one after the other, so these part the rows and nothing else.
    """
    csv = lines[1:-2].replace(b"]\n[", b"\n") + b"\n"
    if b"\\" in csv.replace(b"\\\\", b"").replace(b'\\"', b""):
        csv = _ODD_ESCAPE.sub(_unescaped, csv)
    return csv


def _unescaped(found: re.Match[bytes]) -> bytes:
    odd = found[1]
    letter = _LETTERS.get(odd)
    if letter is None:
        code = int(odd[1:], 16)
        if code == 0 or 0xD800 <= code < 0xE000:
            raise msgspec.ValidationError("a character that has no place in a row of csv")
        letter = chr(code).encode()
        if letter in b'"\\':
            letter = b"\\" + letter
    return found[0][: -len(odd) - 1] + letter


def _reading(kind: str, enums: Collection[str]) -> tuple[Any, Convert | None] | None:
    """(what msgspec decodes to, what then becomes of it, if anything) for a type as PostgreSQL prints it."""
    if kind.endswith("[]"):
        return _reading_array(_base(kind[:-2]))
    base = _base(kind)
    if base in _PLAIN:
        return msgspec.Raw, None
    if base in _JSON:
        return msgspec.Raw, _as_text
    if base in _WORDS or base in enums:
        return str | None, None
    return None


def _reading_array(base: str) -> tuple[Any, Convert] | None:
    if base in _PLAIN:
        return msgspec.Raw, _plain_array
    if base in ("text", "character varying", "uuid", "date"):
        return msgspec.Raw, _word_array
    return None


def _base(kind: str) -> str:
    """The type without length, time zone and schema of an extension's: `timestamp(3) with time zone` → `timestamp`."""
    name = kind.partition("(")[0].strip()
    for ending in (" with time zone", " without time zone", " varying"):
        if name.endswith(ending) and name != "character varying":
            name = name.removesuffix(ending)
    return name


def _as_text(value: Any) -> str | None:
    """The JSON itself, digit by digit; a JSON null is NULL."""
    if value is None:
        return None
    text = str(value, "utf-8")
    return None if text == "null" else text


def _as_json(value: Any) -> str:
    """The JSON itself, also where it is null."""
    return "null" if value is None else str(value, "utf-8")


def _plain_array(value: Any) -> str | None:
    text = _as_text(value)
    if text is None:
        return None
    if text[0] != "[":
        raise msgspec.ValidationError("no array")
    return text.replace("[", "{").replace("]", "}").replace('"', "")


def _word_array(value: Any) -> str | None:
    """In the common case, one dimension of strings without escapes, the two ways of writing differ in the brackets."""
    text = _as_text(value)
    if text is None:
        return None
    if text[0] != "[":
        raise msgspec.ValidationError("no array")
    inner = text[1:-1]
    if "\\" in inner or "[" in inner or "{" in inner:
        return _array(msgspec.json.decode(text, type=list[Any]))
    return "{" + inner + "}"


def _array(items: list[Any]) -> str:
    return "{" + ",".join([_item(item) for item in items]) + "}"


def _item(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, str):
        return array_item(item)
    if isinstance(item, list):
        return _array(item)  # pyright: ignore[reportUnknownArgumentType]  what JSON holds
    raise msgspec.ValidationError("neither text nor an array")
