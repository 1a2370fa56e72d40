"""Patterns of names: `incidents`, `public.*`, `app.user_*`. Without a schema it is that table in any schema."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from server.errors import Refused, did_you_mean
from server.model.names import parts_of
from server.model.tables import table_key

Name = tuple[str, str]
"""Schema and name, as they are, unquoted."""


def matcher(patterns: Sequence[str]) -> Callable[[Name], bool]:
    """Whether a name matches one of the patterns. A pattern that cannot be one is Refused."""
    split = [split_pattern(pattern) for pattern in patterns]
    return lambda name: any(_fits(pattern, name) for pattern in split)


def choose(
    patterns: Sequence[str] | None,
    known: Iterable[Name],
    what: str = "table",
    others: Callable[[], Mapping[Name, str]] | None = None,
) -> list[Name]:
    """The known names that match, in their order; all of them without patterns. Refused: one that matches none.

    `others`: names that cannot be chosen and what they are (`a view`), asked for where a pattern may mean one of them.
    """
    names = list(known)
    if patterns is None:
        return names
    split = [split_pattern(pattern) for pattern in patterns]
    for pattern, text in zip(split, patterns, strict=True):
        if not any(_fits(pattern, name) for name in names):
            _refuse_other(pattern, others() if others else {})
            shown = [table_key(*name) for name in names]
            raise Refused(
                f"unknown_{what}",
                f"No {what} matches {text!r}. {did_you_mean(text.removeprefix('public.'), shown)}",
                next="Patterns are like incidents, public.* or app.user_*; inspect_schema with detail = overview"
                " shows all names.",
            )
    return [name for name in names if any(_fits(pattern, name) for pattern in split)]


def _refuse_other(pattern: tuple[str | None, str], others: Mapping[Name, str]) -> None:
    found = next(((name, what) for name, what in others.items() if _fits(pattern, name)), None)
    if found:
        (schema, relation), what = found
        raise Refused(
            "not_a_table",
            f"{schema}.{relation} is {what}, which has no rows of its own to export.",
            next="Name the table that it is part of or reads; a foreign table is exported where its rows lie.",
        )


def split_pattern(pattern: str) -> tuple[str | None, str]:
    """Its schema (None: any) and its name; double quotes around a part keep dots and stars in it as they are."""
    parts = parts_of(pattern, pattern=True)
    if not 1 <= len(parts) <= 2:
        raise Refused(
            "bad_pattern",
            f"{pattern!r} is no pattern of names.",
            next='Write incidents, public.* or app.user_*; quote a name that has dots: public."odd.name".',
        )
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])


def _fits(pattern: tuple[str | None, str], name: Name) -> bool:
    schema, relation = pattern
    return (schema is None or fnmatchcase(name[0], schema)) and fnmatchcase(name[1], relation)
