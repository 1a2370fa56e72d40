"""The columns that an export writes, masked where they are sensitive."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from server.model.redaction import How
from server.model.tables import Column, Table
from server.postgres.redaction.masks import masked


@dataclass(frozen=True)
class Field:
    """A column as selected. `expression` None: as it is (an SQL text over the table's alias t otherwise)."""

    column: Column
    expression: sql.Composable | None = None


def fields_of(table: Table, masks: Mapping[str, How], *, generated: bool = True) -> tuple[Field, ...]:
    """The columns that are written: without the excluded ones, masked where they are sensitive."""
    return tuple(
        Field(column, masked(column, masks[column.name]) if column.name in masks else None)
        for column in table.columns
        if masks.get(column.name) != "exclude" and (generated or not column.generated)
    )
