"""Tables as exports see them: the columns and what a mask must know of them, where the rows lie and how many there are.

Narrower and quicker than the whole catalog (`model.schema`): enough to move rows, not to compare schemas.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from server.model.names import quoted
from server.model.ordering import needed_first

Place = tuple[str, str, str]
"""A column by schema, table and name."""


class Reference(NamedTuple):
    """A column that a foreign key points at. `constraint`: the schema, relation (which may be a partition) and name of
    the key; `partitioned`: whether that relation is.
    """

    schema: str
    table: str
    column: str
    constraint: tuple[str, str, str] = ("", "", "")
    partitioned: bool = False


class Piece(NamedTuple):
    """A relation that holds rows itself: a plain table or one leaf partition. `blocks` of 8 KB, as the file has now.

    `heap`: rows have stable places (TIDs) that a range can name. `toast_bytes`: what its long values take beside it.
    """

    oid: int
    schema: str
    name: str
    heap: bool
    blocks: int
    toast_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is as PostgreSQL prints it; `base` and `category` are those of the type below any domain."""

    name: str
    type: str
    base: str
    category: str
    length: int | None = None
    not_null: bool = False
    """It must have a value, be it in the rows of one partition alone; `nullable` is what the table itself says."""
    has_default: bool = False
    generated: bool = False
    identity: bool = False
    unique: bool = False
    """Part of a primary key, unique constraint, unique index or exclusion constraint."""
    referenced: bool = False
    references: tuple[Reference, ...] = ()
    holds_json: bool = False
    """A `json` (not jsonb) somewhere inside: its text may have line breaks."""
    json_cast: bool = False
    """An extension casts it to json, in a form that its own input does not read back (hstore)."""
    labels: tuple[str, ...] = ()
    """Of an enum, in their order: the first of them."""
    readable: bool = True
    built_in: bool = False
    """`base` is a type of PostgreSQL's own."""
    domain: bool = False
    """`type` is a domain over `base`."""
    nullable: bool = True
    attributes: tuple["Column", ...] = ()
    """Of a composite type, where its values are redacted; `row_type` is that type, below any domain."""
    row_type: str = ""
    made_of: tuple[str, ...] = ()
    """The columns that a generated one is computed from."""
    parents: tuple[tuple[str, str], ...] = ()
    """Schema and name of the tables that it is inherited from: its rows are theirs too."""
    loose: bool = False
    """By its collation texts may be equal that are not the same."""
    stand_in: str | None = None
    """What a blank of it is, where the usual one would not pass its checks; as PostgreSQL reads the type."""
    start: str | None = None
    """What the blanks of a unique one are counted from, where its checks refuse the usual ones."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of its own: plain, or partitioned (then `pieces` are its leaves). Never a view."""

    schema: str
    name: str
    oid: int
    partitioned: bool
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    bytes: int = 0
    row_security: bool = False
    """Policies would hide rows from this role."""
    lockable: bool = True
    """The role may read all of it; rights on some columns are no right to lock."""
    foreign_pieces: int = 0
    """Partitions that are foreign tables: their rows lie elsewhere and are not exported."""

    @property
    def key(self) -> str:
        return table_key(self.schema, self.name)

    @property
    def rows(self) -> int:
        """An estimate."""
        return sum(piece.rows for piece in self.pieces)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def table_key(schema: str, name: str) -> str:
    """What an export calls a table: `incidents`, outside of public `audit.log`; a part with a dot in double quotes."""
    return quoted(name) if schema == "public" else f"{quoted(schema)}.{quoted(name)}"


def with_targets(
    tables: Iterable[Table], known: Iterable[Table], declared: Iterable[tuple[Place, Place]] = ()
) -> list[Table]:
    """Some tables and what their foreign keys, and the references that settings declare, lead to, on all ways."""
    by_name = {(table.schema, table.name): table for table in known}
    found = {(table.schema, table.name): table for table in tables}
    links = [((schema, table), target[:2]) for (schema, table, _), target in declared]
    for name in (queue := list(found)):
        keys = [reference for column in found[name].columns for reference in column.references]
        targets = [(key.schema, key.table) for key in keys] + [target for source, target in links if source == name]
        new = [target for target in dict.fromkeys(targets) if target in by_name and target not in found]
        found.update({target: by_name[target] for target in new})
        queue += new
    return list(found.values())


def load_order(tables: Iterable[Table]) -> list[Table]:
    """Referenced tables before those that refer to them, by name otherwise; the members of a cycle by name."""
    by_name = {(table.schema, table.name): table for table in sorted(tables, key=lambda t: (t.schema, t.name))}
    needs = {
        key: {(ref.schema, ref.table) for column in table.columns for ref in column.references}
        for key, table in by_name.items()
    }
    return [by_name[key] for key in needed_first(needs)]
