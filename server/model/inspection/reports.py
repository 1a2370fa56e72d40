"""The answer of inspect_schema: what it may hold, and that nothing empty is in it."""

from typing import Any, ClassVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from server.model.reports import Report

_EMPTY: tuple[Any, ...] = (None, [], (), "", {})


class Terse(Report):
    """A report that leaves out what is empty, but for the keys that are `always` there."""

    always: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value not in _EMPTY or key in self.always}


class Relation(Terse):
    """A table, view, materialised view or foreign table. Rows are estimates; `size_bytes` has indexes and TOAST."""

    name: str
    kind: str | None = None
    comment: str | None = None
    estimated_rows: int | None = None
    size_bytes: int | None = None
    columns: tuple[str, ...] = ()
    primary_key: str | None = None
    unique: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    partition_key: str | None = None
    partitions: tuple[str, ...] = ()
    partition_of: str | None = None
    inherits: tuple[str, ...] = ()
    row_security: str | None = None
    policies: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    definition: str | None = None
    grants: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    continued: str | None = None


class SchemaInspection(Terse):
    """The answer of inspect_schema. Lines read like SQL; names of schema public stand alone."""

    always: ClassVar[frozenset[str]] = frozenset({"tables", "next_cursor"})

    database: str
    server_version: str
    fingerprint: str = Field(description="Equal fingerprints mean equal schemas")
    summary: str
    schemas: tuple[str, ...] = ()
    in_common: tuple[str, ...] = Field((), description="What many relations of this answer have alike")
    tables: tuple[Relation, ...] = ()
    views: tuple[Relation, ...] = ()
    types: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    left_out: str | None = None
    next_cursor: str | None = None
    next: str | None = None
