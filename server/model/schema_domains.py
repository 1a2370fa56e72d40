"""Domains out of a schema's facts: what is beneath them, and what they ask of a value."""

from typing import NamedTuple

from server.model.quoting import path
from server.model.schema import Schema


class Domain(NamedTuple):
    """A domain with those that it is made of. `base`: the type beneath all of them, with its modifiers."""

    base: str
    not_null: bool
    default: str | None


def domain_of(type_: str, schema: Schema) -> Domain | None:
    """The domain that a type as PostgreSQL prints it names; None for any other type, and an extension's domain."""
    domains = {path(i.schema, i.name): schema.facts[i] for i in schema.of("domain")}
    base, not_null, default = type_, False, None
    while facts := domains.get(base):
        not_null = not_null or bool(facts.get("not_null"))
        default = default if default is not None or facts.get("default") is None else str(facts["default"])
        base = str(facts["type"])
    return Domain(base, not_null, default) if base != type_ else None
