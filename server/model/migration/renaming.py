"""Renames that the caller confirmed: checked against both schemas, and spelled as statements."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from server.errors import Refused, did_you_mean
from server.model.migration.steps import Step
from server.model.migration.words import path, quote, spec
from server.model.schema import Identity, Schema

_RENAMED = (
    "table", "view", "materialized_view", "foreign_table", "sequence", "index", "enum", "composite", "domain", "range",
    "schema", "column", "constraint", "trigger", "policy", "function", "procedure",
)  # fmt: skip


class Renaming(NamedTuple):
    """`before` and `after` as people write them: `app.users`, `app.users.name`."""

    before: str
    after: str


def rename_steps(source: Schema, target: Schema, renames: Sequence[Renaming]) -> tuple[Step, ...]:
    """One statement for each. Refused("bad_rename"): a name is not where it should be."""
    steps: list[Step] = []
    for rename in renames:
        old, new = _pair(source, target, rename)
        if old.schema != new.schema:
            sql = f"ALTER {spec(old)} SET SCHEMA {quote(new.schema)}"
        elif old.kind == "column":
            sql = f"ALTER TABLE {path(new.schema, new.name)} RENAME COLUMN {quote(old.sub)} TO {quote(new.sub)}"
        elif old.kind == "constraint":
            sql = f"ALTER TABLE {path(new.schema, new.name)} RENAME CONSTRAINT {quote(old.sub)} TO {quote(new.sub)}"
        else:
            name = new.sub if old.kind in ("trigger", "policy") else new.name
            sql = f"ALTER {spec(old)} RENAME TO {quote(name)}"
        steps.append(Step(sql, old, f"renamed to {new}, as confirmed"))
    return tuple(sorted(steps, key=lambda step: step.identity.kind == "column"))


def _pair(source: Schema, target: Schema, rename: Renaming) -> tuple[Identity, Identity]:
    olds, news = list(_named(source, rename.before)), list(_named(target, rename.after))
    for old in olds:
        for new in news:
            if old.kind == new.kind and old not in target.facts and new not in source.facts:
                return old, new
    known = sorted({str(i) for i in source.facts.keys() - target.facts.keys() if i.kind in _RENAMED})
    raise Refused(
        "bad_rename",
        f"{rename.before} → {rename.after}: the first must be in source only, the second in target only, of one kind.",
        next=f"{did_you_mean(rename.before, known)} possible_renames lists what looks like one.",
    )


def _named(schema: Schema, name: str) -> Iterator[Identity]:
    return (identity for identity in schema.of(*_RENAMED) if str(identity) == name)
