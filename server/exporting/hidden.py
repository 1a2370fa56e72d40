"""What a role may not read: an export that would miss it is refused, with what could be left out instead."""

import json
from collections.abc import Collection, Mapping, Sequence

from server.errors import Refused
from server.exporting.plan import Masks
from server.model.amounts import MANY, some_of
from server.model.names import quoted
from server.model.redaction import How
from server.model.tables import Column, Table


def refuse_what_is_hidden(tables: Sequence[Table], masks: Masks, *, way_out: str) -> None:
    """Nothing is left out silently: tables or columns without the right to read them, and rows that policies hide.

    A column that is left out, or whose stand-in says nothing of its value, may be unreadable.
    """
    missing: dict[str, list[Column]] = {}
    for table in tables:
        how = masks.get((table.schema, table.name), {})
        if columns := [c for c in table.columns if not c.readable and not _is_unread(c, how)]:
            missing[table.key] = columns
    if missing:
        whole = {table.key for table in tables if not any(column.readable for column in table.columns)}
        raise _unreadable(missing, whole, way_out)
    hidden = [table.key for table in tables if table.row_security]
    if hidden:
        raise Refused(
            "row_security",
            f"Row-level security hides rows of {', '.join(hidden)} from this role; the export would miss them.",
            next=f"Use a role with BYPASSRLS or the tables' owner, or {way_out}.",
        )


def refuse_partly_readable(tables: Sequence[Table]) -> None:
    """A segment tells rows by their places, which rights on some columns do not show."""
    partly = [table for table in tables if not table.lockable and any(column.readable for column in table.columns)]
    if partly:
        said = [_named(table.key, [column for column in table.columns if not column.readable]) for table in partly]
        raise Refused(
            "permission_denied",
            f"The role may not read all columns of {some_of(said)}. A segment tells rows by their places, which takes "
            "SELECT on the whole table.",
            next="Grant SELECT on the table, or use export_database, which leaves columns out with exclude_columns.",
        )


def _is_unread(column: Column, how: Mapping[str, How]) -> bool:
    """Whether what is written of a column needs no value of it."""
    mask = how.get(column.name)
    return mask in ("exclude", "null") or (mask == "blank" and column.not_null and not column.unique)


def _unreadable(missing: Mapping[str, Sequence[Column]], whole: Collection[str], way_out: str) -> Refused:
    """Names what is missing, and which of it could be left out by itself."""
    said = [key if key in whole else _named(key, columns) for key, columns in missing.items()]
    partly = [(key, column) for key, columns in missing.items() if key not in whole for column in columns]
    free = [f"{key}.{quoted(column.name)}" for key, column in partly if _is_free(column)]
    rest = len(free) < len(partly) or bool(whole & missing.keys())
    leave = f"Leave columns out with exclude_columns = {json.dumps(free[:MANY], ensure_ascii=False)}" if free else ""
    both = "; of the others: grant" if leave and rest else ", or grant" if leave else "Grant"
    return Refused(
        "permission_denied",
        f"The role may not read {some_of(said)}.",
        next=f"{leave}{both} SELECT on them, or {way_out}.",
    )


def _is_free(column: Column) -> bool:
    """Whether a column can be left out without its values: no key needs them."""
    return not (column.references or column.referenced or (column.unique and column.not_null))


def _named(table: str, columns: Sequence[Column]) -> str:
    """`users (email, pin)`."""
    return f"{table} ({some_of([quoted(column.name) for column in columns])})" if columns else table
