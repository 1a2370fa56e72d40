"""Names as callers write them: parts with dots between them; what stands in double quotes is kept as it is (dots, and
the stars of patterns), and a quote in them is doubled, as in SQL.
"""

import re

_PIECE = r'"(?:[^"]|"")*"|[^".]+'
_NAMES = re.compile(rf"(?:{_PIECE})+(?:\.(?:{_PIECE})+)*")


def parts_of(text: str, *, pattern: bool = False) -> list[str]:
    """`site."Odd.Name"` as site and Odd.Name. Empty where quotes and dots do not fit.

    Of a `pattern`, what stands in quotes is meant as it is: `"a*"` as `a[*]`.
    """
    text = text.strip()
    if not _NAMES.fullmatch(text):
        return []
    parts = [""]
    for piece in re.findall(rf"{_PIECE}|\.", text):
        if piece == ".":
            parts.append("")
        else:
            parts[-1] += _plain(piece, pattern=pattern) if piece.startswith('"') else piece
    return parts if all(parts) else []


def _plain(piece: str, *, pattern: bool) -> str:
    name = piece[1:-1].replace('""', '"')
    return re.sub(r"[*?\[]", r"[\g<0>]", name) if pattern else name


def unquoted(name: str) -> str:
    """One name without its quotes, if it has any."""
    parts = parts_of(name) if name.startswith('"') else []
    return parts[0] if len(parts) == 1 else name


def quoted(name: str) -> str:
    """One name, in double quotes where it has dots or quotes in it."""
    return '"' + name.replace('"', '""') + '"' if "." in name or '"' in name else name
