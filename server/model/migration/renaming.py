"""Renames that the caller confirmed: checked against both schemas, spelled as statements, and what is named after them.

Schemas go first, then what they hold, then parts; each statement calls things as the ones before it have left them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from server.errors import Refused, did_you_mean
from server.model.migration.steps import Step
from server.model.migration.words import spec
from server.model.names import parts_of
from server.model.quoting import literal, path, quote
from server.model.schema import Identity, Schema, texts

LABEL = "enum_label"
"""A label stands for itself only here: in the facts it is one of its enum's."""
_PARTS = {
    "column": "TABLE {} RENAME COLUMN {} TO {}", "view_column": "TABLE {} RENAME COLUMN {} TO {}",
    "attribute": "TYPE {} RENAME ATTRIBUTE {} TO {}", "constraint": "TABLE {} RENAME CONSTRAINT {} TO {}",
    "domain_constraint": "DOMAIN {} RENAME CONSTRAINT {} TO {}",
}  # fmt: skip
_ON_TABLE = ("trigger", "policy", "rule")
_HELD = (
    "table", "view", "materialized_view", "foreign_table", "sequence", "index", "enum", "composite", "domain", "range",
    "base_type", "function", "procedure", "aggregate", "collation", "statistics", "text_search_configuration",
    "text_search_dictionary", "operator_class", "operator_family", "conversion",
)  # fmt: skip
_APART = ("publication", "event_trigger", "server", "foreign_data_wrapper")
ROUTINES = ("function", "procedure", "aggregate")
_RENAMED = ("schema", *_HELD, *_APART, *_PARTS, *_ON_TABLE)
_FOLLOWING = ("constraint", "index", "sequence", "trigger", "policy")


class Renaming(NamedTuple):
    """`before` and `after` as people write them: `app.users`, `app.users.name`, `app.mood.sad`."""

    before: str
    after: str


def rename_steps(source: Schema, target: Schema, renames: Sequence[Renaming]) -> tuple[Step, ...]:
    """What does it, with what is named after them. Refused("bad_rename"): a name is not where it should be."""
    asked = [_pair(source, target, rename) for rename in renames]
    known = {old for old, _ in asked}
    after = [pair for pair in _named_after(source, target, asked) if pair[0] not in known]
    places = _Places(source)
    steps: list[Step] = []
    for old, new in sorted([*asked, *after], key=lambda pair: _rank(pair[0])):
        reason = f"renamed to {new}, as confirmed" if old in known else f"named after what is renamed: {new}"
        along = old not in known or old.kind == "index"
        about = Identity("enum", old.schema, old.name) if old.kind == LABEL else old
        steps += [Step(sql, about, reason) for sql in places.move(old, new, along=along)]
    return tuple(steps)


def _rank(identity: Identity) -> int:
    return 0 if identity.kind == "schema" else 1 if identity.kind in (*_HELD, *_APART) else 2


@dataclass
class _Places:
    """Where things are by now."""

    source: Schema
    schemas: dict[str, str] = field(default_factory=dict[str, str])
    moved: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict[tuple[str, str], tuple[str, str]])

    def move(self, old: Identity, new: Identity, *, along: bool) -> Iterator[str]:
        """What makes the one the other; `along`: it changes its schema with its table."""
        if _rank(old) == 2:
            yield from self._part(old, new)
            return
        if old.kind == "schema":
            self.schemas[old.name] = new.name
        now = old._replace(schema=self.schemas.get(old.schema, old.schema))
        if now.schema != new.schema:
            if not along:
                yield f"ALTER {spec(now)} SET SCHEMA {quote(new.schema)}"
            now = now._replace(schema=new.schema)
        if now.name != new.name:
            yield f"ALTER {spec(now)} RENAME TO {quote(new.name)}"
        if old.kind not in ROUTINES:
            self.moved[old.schema, old.name] = (new.schema, new.name)

    def _part(self, old: Identity, new: Identity) -> Iterator[str]:
        here = self.moved.get((old.schema, old.name), (self.schemas.get(old.schema, old.schema), old.name))
        if here != (new.schema, new.name):
            raise Refused(
                "bad_rename",
                f"{old} → {new}: the first belongs to {'.'.join(here)}.",
                next=f"Confirm that {'.'.join(here)} becomes {new.schema}.{new.name}, too.",
            )
        place = path(*here)
        if old.kind in _PARTS:
            tail = " CASCADE" if old.kind == "attribute" and _is_typed(self.source, old) else ""
            yield f"ALTER {_PARTS[old.kind].format(place, quote(old.sub), quote(new.sub))}{tail}"
        elif old.kind == LABEL:
            yield f"ALTER TYPE {place} RENAME VALUE {literal(old.sub)} TO {literal(new.sub)}"
        else:
            yield f"ALTER {spec(old._replace(schema=here[0], name=here[1]))} RENAME TO {quote(new.sub)}"


def _is_typed(schema: Schema, attribute: Identity) -> bool:
    """Whether tables are made of the type."""
    of = path(attribute.schema, attribute.name)
    return any(schema.facts[table].get("of_type") == of for table in schema.of("table"))


# What is meant ------------------------------------------------------------------------------------------------------


def _pair(source: Schema, target: Schema, rename: Renaming) -> tuple[Identity, Identity]:
    olds, news = list(_named(source, rename.before)), list(_named(target, rename.after))
    there, here = set(_all(target)), set(_all(source))
    for old in olds:
        for new in news:
            if old.kind == new.kind and old not in there and new not in here:
                return old, new
    known = sorted({str(i) for i in here - there})
    raise Refused(
        "bad_rename",
        f"{rename.before} → {rename.after}: the first must be in source only, the second in target only, of one kind.",
        next=f"{did_you_mean(rename.before, known)} possible_renames lists what looks like one.",
    )


def _named(schema: Schema, name: str) -> Iterator[Identity]:
    """By its name as answers have it, or with double quotes as SQL has it."""
    plain = ".".join(parts_of(name)) if '"' in name else name
    wanted = {name, plain}
    return (identity for identity in _all(schema) if wanted & {str(identity), str(identity).removeprefix("public.")})


def _all(schema: Schema) -> Iterator[Identity]:
    """What can be renamed; labels after all else."""
    yield from schema.of(*_RENAMED)
    for enum in schema.of("enum"):
        yield from (Identity(LABEL, enum.schema, enum.name, label) for label in texts(schema.facts[enum], "labels"))


def _named_after(
    source: Schema, target: Schema, asked: Sequence[tuple[Identity, Identity]]
) -> Iterator[tuple[Identity, Identity]]:
    """Keys, indexes, sequences … named after renamed tables or columns, where the target has them by the new names."""
    words: dict[tuple[str, str], dict[str, str]] = {}
    places: dict[tuple[str, str], tuple[str, str]] = {}
    for old, new in asked:
        if old.kind in ("table", "column"):
            one, other = (old.sub, new.sub) if old.kind == "column" else (old.name, new.name)
            words.setdefault((old.schema, old.name), {})[one] = other
            places[old.schema, old.name] = (new.schema, new.name)
    for (schema, name), changed in words.items():
        yield from _identities(source, target, (schema, name), places[schema, name], changed)
        renamed = partial(_reworded, changed)
        for part in _parts_of(source, schema, name):
            there = part._replace(schema=places[schema, name][0])
            if part.kind in ("sequence", "index"):
                there = there._replace(name=renamed(part.name))
            else:
                there = there._replace(name=places[schema, name][1], sub=renamed(part.sub))
            unlike = part.name != there.name if part.kind in ("sequence", "index") else part.sub != there.sub
            if unlike and there in target.facts and there not in source.facts and part not in target.facts:
                yield part, there


def _identities(
    source: Schema, target: Schema, home: tuple[str, str], there: tuple[str, str], words: dict[str, str]
) -> Iterator[tuple[Identity, Identity]]:
    """The sequences behind identity columns, which are no facts of their own."""
    for column in source.of("column"):
        if (column.schema, column.name) == home:
            after = target.facts.get(Identity("column", *there, words.get(column.sub, column.sub)), {})
            old, new = texts(source.facts[column], "identity_sequence"), texts(after, "identity_sequence")
            if old and new and old[1] != new[1]:
                yield Identity("sequence", *old), Identity("sequence", *new)


def _parts_of(schema: Schema, home: str, name: str) -> list[Identity]:
    relation = schema.relation(home, name)
    parts = schema.parts(relation, *_FOLLOWING) if relation else []
    return parts + [s for s in schema.of("sequence") if texts(schema.facts[s], "owned_by")[:2] == (home, name)]


def _reworded(words: dict[str, str], name: str) -> str:
    """`users_email_key` as `people_mail_key`: each word between underscores that has become another."""
    return re.sub(
        "|".join(rf"(?<![^_]){re.escape(word)}(?![^_])" for word in sorted(words, key=len, reverse=True)),
        lambda found: words[found[0]],
        name,
    )
