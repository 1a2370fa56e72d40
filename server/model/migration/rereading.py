"""Respells what PostgreSQL prints, where it would read something else back than what it printed.

`a IN ('x', 'y')` on a varchar is printed with a cast of the whole array, `(ARRAY['x'::character varying, …])::text[]`;
read again, that cast moves into the elements. Without it PostgreSQL puts it there by itself, as it did the first time.

`a BETWEEN 1 AND 5 AND b > 0` is an AND within an AND, printed as `(((a >= 1) AND (a <= 5)) AND (b > 0))`; read again,
what stands first in it is melted into one list (so is `a IN (b, c) OR d`). A cast to boolean, of which nothing stays,
keeps the two apart.
"""

import re

_QUOTED = r"""\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|\bE'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*"""
_LITERAL = r"""E?'(?:[^'\\]|''|\\.)*'::[\w ."]+(?:\(\d+\))?"""
_ELEMENT = rf"""(?:{_LITERAL}|[\w."]+)"""
_CAST = r"""::[\w ."]+\[\]"""
_ARRAYS = re.compile(
    rf"""(?P<other>{_QUOTED})"""
    rf"""|(?P<array>\(ARRAY\[{_ELEMENT}(?:, {_ELEMENT})*\]\)|\bARRAY\[{_LITERAL}(?:, {_LITERAL})*\]){_CAST}""",
    re.DOTALL,
)
_MARKS = re.compile(rf"{_QUOTED}|(?P<mark>[()]|\b(?:AND|OR)\b)", re.DOTALL)
_MELTING = re.compile(r"\)\s+(?:AND|OR)\s+\(")
_JOINED = re.compile(r"\s+(AND|OR)\s")


def read_alike(sql: str) -> str:
    """The same SQL (statements or a whole dump), which PostgreSQL reads as what it was printed from."""
    if "ARRAY[" in sql:
        sql = _ARRAYS.sub(lambda found: found["array"] or found["other"], sql)
    return _kept_apart(sql) if _MELTING.search(sql) else sql


def _kept_apart(sql: str) -> str:
    """With `::boolean` after each AND within parentheses that is the first of an AND, and so for OR."""
    opened: list[tuple[int, set[str]]] = []
    ends: list[int] = []
    for found in _MARKS.finditer(sql):
        mark = found["mark"]
        if mark == "(":
            opened.append((found.start(), set()))
        elif mark == ")" and opened:
            start, within = opened.pop()
            after = _JOINED.match(sql, found.end())
            if after and after[1] in within and sql[start - 1 : start] == "(":
                ends.append(found.end())
        elif mark and opened:
            opened[-1][1].add(mark)
    pieces = [sql[start:end] for start, end in zip([0, *ends], [*ends, len(sql)], strict=True)]
    return "::boolean".join(pieces)
