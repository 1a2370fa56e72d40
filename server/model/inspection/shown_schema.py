"""A schema as it is shown: with the sizes of its relations, and with what exports do with its sensitive columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from server.model.redaction import Policy
from server.model.schema import Attributes, Identity, Schema

Sensitive = Callable[[Identity], str | None]
"""What exports do with a column (`exclude`, `null`, `hash`, `blank`), or None: not sensitive."""

_BASES = {
    "boolean": "bool", "smallint": "int2", "integer": "int4", "bigint": "int8", "real": "float4",
    "double precision": "float8", "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
}  # fmt: skip


def sensitive_by(policy: Policy, schema: Schema) -> Sensitive:
    """What the policy says of the columns of that schema."""

    def how(column: Identity) -> str | None:
        kind = str(schema.facts[column]["type"]).partition("(")[0]
        return policy.how(column.schema, column.name, column.sub, _BASES.get(kind, kind))

    return how


class Size(NamedTuple):
    """Estimated rows (None: never counted) and bytes with indexes and TOAST (None: not asked)."""

    rows: int | None
    size: int | None


@dataclass(frozen=True)
class View:
    """What the lines are drawn from."""

    schema: Schema
    sizes: dict[Identity, Size]
    sensitive: Sensitive
    full: bool
    chosen: bool = False
    """Some tables were asked for: their queries are told at length."""

    def facts(self, identity: Identity) -> Attributes:
        return self.schema.facts[identity]


def partitions_of(schema: Schema, parent: Identity) -> list[Identity]:
    """Its partitions and theirs, in reading order."""
    found: list[Identity] = []
    for child in schema.children.get((parent.schema, parent.name), ()):
        found += [child, *partitions_of(schema, child)]
    return found
