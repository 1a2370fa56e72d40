"""Respells what PostgreSQL prints, where it would read something else back than what it printed.

`a IN ('x', 'y')` on a varchar is printed with a cast of the whole array, `(ARRAY['x'::character varying, …])::text[]`;
read again, that cast moves into the elements. Without it PostgreSQL puts it there by itself, as it did the first time.

`a BETWEEN 1 AND 5 AND b > 0` is an AND within an AND, printed as `(((a >= 1) AND (a <= 5)) AND (b > 0))`; read again,
what stands first in it is melted into one list (so is `a IN (b, c) OR d`). A cast to boolean, of which nothing stays,
keeps the two apart. A comparison of rows that are parts of compared rows is read as one of the parts of these: within
rows of their own it stays one.

`CREATE VIEW v (x) AS VALUES (1)` is printed as a query from `(VALUES (1)) "*VALUES*"`, which is another one when read.
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
_ROWS = re.compile(r"\)\s+(=|<>|IS DISTINCT FROM) ROW\(")
_ROW = re.compile(rf"{_QUOTED}|(?P<mark>[()])", re.DOTALL)
_VALUE = r'(?:"\*VALUES\*"\.)?column\d+ AS (?:"(?:[^"]|"")+"|\w+)'
_VALUES = re.compile(
    r'(?P<head>CREATE [A-Z ]*VIEW (?P<path>(?:"(?:[^"]|"")+"|[\w.])+)(?P<between>(?: WITH \([^()]*\))? AS[\s(]+))?'
    rf'SELECT (?P<names>{_VALUE}(?:,\s+{_VALUE})*)\s+FROM \((?P<values>VALUES .*?)\) "\*VALUES\*"',
    re.DOTALL,
)
_NAMED = re.compile(r'(?:"\*VALUES\*"\.)?column\d+ AS ')


def read_alike(sql: str) -> str:
    """The same SQL (statements or a whole dump), which PostgreSQL reads as what it was printed from."""
    if "ARRAY[" in sql:
        sql = _ARRAYS.sub(lambda found: found["array"] or found["other"], sql)
    if "(VALUES " in sql:
        sql = _VALUES.sub(_bare_values, sql)
    if _ROWS.search(sql):
        sql = _rows_kept(sql)
    return _kept_apart(sql) if _MELTING.search(sql) else sql


def _bare_values(found: re.Match[str]) -> str:
    """Only the first of a query's VALUES can have names: those of the view's columns."""
    if not found["head"]:
        return found["values"]
    names = _NAMED.sub("", found["names"])
    head = found["head"].removesuffix(found["between"])
    return f"{head} ({names}){found['between']}{found['values']}"


def _rows_kept(sql: str) -> str:
    """With each of two rows that are compared within a row of its own, which is the one that is read part by part."""
    opened: list[int] = []
    closed: dict[int, int] = {}
    for found in _ROW.finditer(sql):
        if found["mark"] == "(":
            opened.append(found.start())
        elif found["mark"] == ")" and opened:
            closed[opened.pop()] = found.end()
    marks: list[tuple[int, str]] = []
    for start, end in closed.items():
        compared = _ROWS.match(sql, end - 1) if sql[start - 3 : start] == "ROW" else None
        if compared and (other := compared.end() - 1) in closed:
            marks += [(start - 3, "ROW("), (end, ")"), (other - 3, "ROW("), (closed[other], ")")]
    return _with_marks(sql, sorted(marks))


def _kept_apart(sql: str) -> str:
    """With `::boolean` after each AND within parentheses that is the first of an AND, and so for OR."""
    opened: list[tuple[int, set[str]]] = []
    marks: list[tuple[int, str]] = []
    for found in _MARKS.finditer(sql):
        mark = found["mark"]
        if mark == "(":
            opened.append((found.start(), set()))
        elif mark == ")" and opened:
            start, within = opened.pop()
            after = _JOINED.match(sql, found.end())
            if after and after[1] in within and sql[start - 1 : start] == "(":
                marks.append((found.end(), "::boolean"))
        elif mark and opened:
            opened[-1][1].add(mark)
    return _with_marks(sql, marks)


def _with_marks(sql: str, marks: list[tuple[int, str]]) -> str:
    starts = [0, *(at for at, _ in marks)]
    ends = [*starts[1:], len(sql)]
    words = ["", *(word for _, word in marks)]
    return "".join(word + sql[start:end] for word, start, end in zip(words, starts, ends, strict=True))
