"""What becomes of a statement of a script: allowed, and what it is about, or not allowed, and by which rule."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "setting",
    "schema",
    "extension",
    "drop",
    "owner",
    "grant",
    "rows",
    "copy",
    "sequence",
    "refresh",
    "statistics",
    "ignored",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An allowed statement: its kind, the relation or setting it is about, and a setting's value or COPY's columns."""

    kind: Kind
    target: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    value: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    defaults: bool = False
    """INSERT … DEFAULT VALUES."""


class NotAllowed(Exception):
    """The statement is refused: `code` is the stable word, `what` says which rule; no value of the script is quoted."""

    def __init__(self, code: str, what: str, advice: str | None = None) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what
        self.advice = advice
