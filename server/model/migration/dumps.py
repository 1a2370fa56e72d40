"""Two schema dumps of pg_dump, compared as sets of entries: what the second judge of a plan reads.

Left aside: the order of entries, of columns and of options, settings at the head, and what only names the dump itself.
"""

import re
from collections import Counter

_ENTRY = re.compile(r"^--\n-- (?=Name: )", re.MULTILINE)
_HEAD = re.compile(r"Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>[^;]*)(?:; Owner: [^;\n]*)?")
_NOISE = re.compile(
    r"(--|-- PostgreSQL database dump complete|SET default_(tablespace|table_access_method|with_oids) = .*"
    r"|\\(un)?restrict .*)?"
)
_UNORDERED = frozenset({"TABLE", "FOREIGN TABLE", "ACL", "DEFAULT ACL", "VIEW COLUMN"})
_LISTS = {
    "STATISTICS": re.compile(r"(?<= ON ).+(?= FROM )"),
    "PUBLICATION TABLE": re.compile(r"(?<= \()[^()]+(?=\)(?: WHERE |;$))"),
}
"""Columns that pg_dump prints in the order of their table's."""
_OPTIONS = re.compile(r" ?WITH \(([^()]*)\)")
_OWN_NOTES = re.compile(r"pg_attver='?\d+'?")


def entries(dump: str) -> Counter[tuple[str, str]]:
    """What the dump holds: (`TABLE app.users`, its statements), each as often as it is there."""
    found: Counter[tuple[str, str]] = Counter()
    for part in _ENTRY.split(dump)[1:]:
        head, _, body = part.partition("\n")
        match = _HEAD.match(head)
        if match is None:
            continue
        schema = match["schema"].strip()
        label = f"{match['type'].strip()} {'' if schema == '-' else schema + '.'}{match['name']}"
        found[label, _normal(match["type"].strip(), body)] += 1
    return found


def _normal(kind: str, body: str) -> str:
    body = _OPTIONS.sub(lambda found: " ".join(["WITH", *sorted(found[1].split(", "))]), body)
    lines = [line for line in body.splitlines() if not _NOISE.fullmatch(line) and not _OWN_NOTES.search(line)]
    if kind in _LISTS:
        lines = [
            _LISTS[kind].sub(lambda found: ", ".join(sorted(found[0].split(", "))), line, count=1) for line in lines
        ]
    if kind in _UNORDERED:
        lines = sorted(line.rstrip(",") for line in lines)
    return "\n".join(lines)


def unlike(one: str, other: str) -> list[str]:
    """The names of the entries that only one of two dumps has, or that they have differently."""
    first, second = entries(one), entries(other)
    return sorted({label for label, _ in ((first - second) + (second - first))})
