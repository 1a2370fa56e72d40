"""Respells what PostgreSQL prints, where it would read something else back than what it printed.

`a IN ('x', 'y')` on a varchar is printed with a cast of the whole array, `(ARRAY['x'::character varying, …])::text[]`;
read again, that cast moves into the elements. Without it PostgreSQL puts it there by itself, as it did the first time.
"""

import re

_LITERAL = r"""E?'(?:[^'\\]|''|\\.)*'::[\w ."]+(?:\(\d+\))?"""
_ELEMENT = rf"""(?:{_LITERAL}|[\w."]+)"""
_CAST = r"""::[\w ."]+\[\]"""
_ARRAYS = re.compile(
    rf"""(?P<other>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|\bE'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*)"""
    rf"""|(?P<array>\(ARRAY\[{_ELEMENT}(?:, {_ELEMENT})*\]\)|\bARRAY\[{_LITERAL}(?:, {_LITERAL})*\]){_CAST}""",
    re.DOTALL,
)


def read_alike(sql: str) -> str:
    """The same SQL (statements or a whole dump), which PostgreSQL reads as what it was printed from."""
    return _ARRAYS.sub(lambda found: found["array"] or found["other"], sql) if "ARRAY[" in sql else sql
