"""Every failure that pgferry tells its callers about, as one tree.

FerryError
├── Refused         the caller can mend it; nothing was touched
├── Cancelled       the caller took the call back; rolled back
├── ImportRejected  the data or the schema does not fit; every violation listed; rolled back
├── DatabaseFailed  PostgreSQL said no: SQLSTATE and a redacted message; rolled back
└── OutcomeUnknown  the connection broke at COMMIT and not even txid_status() could tell

FerryError itself: a file could not be written; what was under way is rolled back.

No text of a failure ever holds a row value, a password or a connection string.
"""

from collections.abc import Iterable, Mapping
from typing import Any


class FerryError(Exception):
    """A failure that teaches: a stable code word, what happened, the state of the data, what to do next.

    `sqlstate`: PostgreSQL's five-letter code, None where it was not a statement of ours that failed.
    """

    state = "Nothing was changed."
    sqlstate: str | None = None

    def __init__(
        self,
        code: str,
        what: str,
        *,
        state: str | None = None,
        next: str | None = None,  # noqa: A002  the word that agents see
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what
        self.state = state or type(self).state
        self.next = next
        self.details = dict(details or {})

    def __str__(self) -> str:
        parts = [f"[{self.code}] {self.what}", self.state]
        if self.next:
            parts.append(f"Next: {self.next}")
        return " ".join(parts)


class Refused(FerryError):
    """The caller can mend it; nothing was touched."""

    state = "Nothing was touched."


class Cancelled(FerryError):
    """The caller took the call back; what was under way is rolled back and its files are removed."""

    state = "Rolled back; no file was left."

    def __init__(self) -> None:
        super().__init__("cancelled", "The call was cancelled.")


class ImportRejected(FerryError):
    """The file does not fit the database; `details["issues"]` and `details["violations"]` list all of it."""

    state = "Rolled back: every table is as it was."


class DatabaseFailed(FerryError):
    """PostgreSQL refused or broke."""

    state = "Rolled back: every table is as it was."

    def __init__(self, code: str, what: str, *, sqlstate: str | None = None, **rest: Any) -> None:
        super().__init__(code, what, **rest)
        self.sqlstate = sqlstate


ONLY_READ = "Only read: nothing was changed, and no file was left."
"""The state of the data where a call that changes nothing failed."""


class OutcomeUnknown(FerryError):
    """The connection broke at COMMIT and nothing could tell whether the transaction was committed."""

    state = "In doubt: the transaction may or may not be committed."


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names closest to `word`, best first: what the caller probably meant."""
    from rapidfuzz import fuzz, process  # 60 ms that a start can do without

    found = process.extract(word, list(known), scorer=fuzz.WRatio, processor=str.lower, limit=most, score_cutoff=61)
    return [name for name, _, _ in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean a, b?`, or the first names there are, or that there are none."""
    names = list(known)
    close = nearest(word, names)
    if close:
        return f"Did you mean {', '.join(close)}?"
    if names:
        shown = ", ".join(sorted(names)[:10])
        return f"There {'is' if len(names) == 1 else 'are'}: {shown}{' …' if len(names) > 10 else ''}."
    return "There are none."
