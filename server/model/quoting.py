"""Names and texts as SQL. Everything that a statement is made of comes from catalogs; names reach SQL through `quote`,
texts through `literal`.
"""

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_RESERVED = frozenset(
    (  # noqa: SIM905  as a list it would be 130 lines
        "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both "
        "case cast char character check coalesce collate collation column concurrently constraint create cross "
        "current_catalog current_date current_role current_schema current_time current_timestamp current_user dec "
        "decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign "
        "freeze from full grant greatest group grouping having ilike in initially inner inout int integer "
        "intersect interval into is isnull join json json_array json_arrayagg json_exists json_object "
        "json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left "
        "like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null "
        "nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real "
        "references returning right row select session_user setof similar smallint some substring symmetric "
        "system_user table tablesample then time timestamp to trailing treat trim true union unique user using "
        "values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists "
        "xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable "
    ).split()
)


def quote(name: str) -> str:
    """A name as SQL, quoted where it has to be."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL, the same whatever `standard_conforming_strings` says."""
    quoted = "'" + value.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in value else quoted


def array_item(text: str) -> str:
    """A text as an element in the text of an array: `{"a \\"b\\"", …}`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path(schema: str, name: str) -> str:
    """`schema.name`, each quoted where it has to be; of what is in no schema ('') the name alone."""
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def names(columns: Iterable[str]) -> str:
    """`a, "B"`."""
    return ", ".join(quote(column) for column in columns)


def role(name: str) -> str:
    """A role as GRANT names it: PUBLIC is none."""
    return "PUBLIC" if name == "PUBLIC" else quote(name)
