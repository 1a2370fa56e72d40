"""JSON rows as csv for COPY, where every column's type makes that exact: half the work of having the server parse JSON.

Numbers keep their digits: they are never parsed. What does not fit the plain case (a number for a text column, an
object for a point) raises, and the caller lets the server read that block instead.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from server.model.import_plan import ColumnPlan

_WORDS = ("text", "character varying", "character", "name", "date", "time", "timestamp", "interval", "uuid", "bytea",
          "inet", "cidr", "macaddr", "macaddr8", "xml", "money", "citext", "ltree", "point", "tsvector", "bit",
          "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange")  # fmt: skip
_PLAIN = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "oid")
_JSON = ("json", "jsonb")

Converter = Callable[[Any], str]


def converting(columns: Sequence[ColumnPlan], enums: Collection[str]) -> Callable[[bytes], bytes] | None:
    """A function from a block of rows to csv lines, or None where a column's type is not one of the plain ones."""
    fields: list[tuple[str, Any, Any]] = []
    converters: list[Converter] = []
    for number, column in enumerate(columns):
        found = _reading(column.type, enums)
        if found is None:
            return None
        kind, convert = found
        fields.append((f"f{number}", kind, msgspec.field(name=column.file, default=None)))
        converters.append(convert)
    row_type = msgspec.defstruct("Row", fields)
    decoder = msgspec.json.Decoder(list[row_type])
    names = [f"f{number}" for number in range(len(columns))]

    def convert_block(block: bytes) -> bytes:
        pairs = list(zip(names, converters, strict=True))
        lines = [
            ",".join([convert(getattr(row, name)) for name, convert in pairs])
            for row in decoder.decode(b"[" + block + b"]")
        ]
        lines.append("")
        return "\n".join(lines).encode()

    return convert_block


def _reading(kind: str, enums: Collection[str]) -> tuple[Any, Converter] | None:
    """(what msgspec decodes to, how that becomes a csv field) for a type as PostgreSQL prints it."""
    if kind.endswith("[]"):
        return _reading_array(_base(kind[:-2]))
    base = _base(kind)
    if base in _PLAIN:
        return msgspec.Raw, _plain
    if base in _JSON:
        return msgspec.Raw, _json
    if base in _WORDS or base in enums:
        return str | None, _word
    return None


def _reading_array(base: str) -> tuple[Any, Converter] | None:
    if base in _PLAIN:
        return msgspec.Raw, _plain_array
    if base in ("text", "character varying", "uuid", "date"):
        return list[Any] | None, _word_array
    return None


def _base(kind: str) -> str:
    """The type without length, time zone and schema of an extension's: `timestamp(3) with time zone` → `timestamp`."""
    name = kind.partition("(")[0].strip()
    for ending in (" with time zone", " without time zone", " varying"):
        if name.endswith(ending) and name != "character varying":
            name = name.removesuffix(ending)
    return name


def _word(value: str | None) -> str:
    if value is None:
        return ""
    return f'"{value}"' if '"' not in value else '"' + value.replace('"', '""') + '"'


def _plain(value: Any) -> str:
    """A number, boolean, or a string that spells one (NaN)."""
    if value is None:
        return ""
    text = bytes(value).decode()
    if text[0] == '"':
        return _word(msgspec.json.decode(value, type=str))
    return "" if text == "null" else text


def _json(value: Any) -> str:
    if value is None:
        return ""
    text = bytes(value).decode()
    return "" if text == "null" else '"' + text.replace('"', '""') + '"'


def _plain_array(value: Any) -> str:
    if value is None:
        return ""
    text = bytes(value).decode()
    if text == "null":
        return ""
    if text[0] != "[":
        raise msgspec.ValidationError("no array")
    return '"' + text.replace("[", "{").replace("]", "}").replace('"', "") + '"'


def _word_array(value: list[Any] | None) -> str:
    return "" if value is None else _word(_array(value))


def _array(items: list[Any]) -> str:
    return "{" + ",".join([_item(item) for item in items]) + "}"


def _item(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, str):
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(item, list):
        return _array(item)  # pyright: ignore[reportUnknownArgumentType]  what JSON holds
    raise msgspec.ValidationError("neither text nor an array")
