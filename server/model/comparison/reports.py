"""The answer of compare_schemas: differences in few words, with what they mean."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from server.model.comparison.difference import Difference
from server.model.comparison.meaning import Meaning
from server.model.comparison.renames import Rename
from server.model.inspection import phrases
from server.model.inspection.reports import Terse
from server.model.options import without_secrets
from server.model.schema import Identity, Schema, Value

Detail = Literal["summary", "differences", "full"]


class SideReport(Terse):
    """Which side it was: never more of an address than host, port and name."""

    name: str
    kind: str
    worktree: str | None = None
    branch: str | None = None
    host: str | None = None
    port: str | None = None
    dbname: str | None = None
    path: str | None = None
    loaded_on: str | None = None
    server_version: str | None = None


class Entry(Terse):
    """One difference on the way from source to target. `from` and `to` are the values, or what is gone or new."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)
    always: ClassVar[frozenset[str]] = frozenset(
        {"kind", "name", "change", "attribute", "from", "to", "breaking", "reason"}
    )

    kind: str
    name: str
    change: Literal["added", "removed", "changed"]
    attribute: str | None = None
    before: str | None = Field(default=None, alias="from")
    after: str | None = Field(default=None, alias="to")
    breaking: bool = False
    reason: str | None = None


class RenameReport(Terse):
    """May be a rename; only the caller knows."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    kind: str
    before: str = Field(alias="from")
    after: str = Field(alias="to")
    reason: str


class Counts(Terse):
    """Objects of one kind."""

    always: ClassVar[frozenset[str]] = frozenset({"added", "removed", "changed"})

    added: int = 0
    removed: int = 0
    changed: int = 0


class SchemaComparison(Terse):
    """The answer of compare_schemas: what takes `source` to `target`."""

    always: ClassVar[frozenset[str]] = frozenset(
        {"equal", "summary", "differences", "possible_renames", "not_compared", "next_cursor", "next"}
    )

    equal: bool
    same_database: str | None = None
    source: SideReport
    target: SideReport
    source_fingerprint: str
    target_fingerprint: str
    summary: dict[str, Counts]
    breaking: int = 0
    differences: tuple[Entry, ...] = ()
    possible_renames: tuple[RenameReport, ...] = ()
    not_compared: tuple[str, ...] = ()
    left_out: str | None = None
    next_cursor: str | None = None
    next: str | None = None


def named(identity: Identity) -> str:
    """`incidents.risk_score`, `app.users`, `touch()`: public's names stand alone."""
    return phrases.plain(str(identity)) if identity.schema == "public" else str(identity)


def counted(found: Iterable[Difference]) -> dict[str, Counts]:
    """Objects (not attributes) by kind."""
    seen: dict[str, dict[str, set[Identity]]] = {}
    for difference in found:
        kind = seen.setdefault(difference.identity.kind, {})
        kind.setdefault(difference.change, set()).add(difference.identity)
    return {
        kind: Counts(**{change: len(identities) for change, identities in changes.items()})
        for kind, changes in seen.items()
    }


def renamed(rename: Rename) -> RenameReport:
    return RenameReport.model_validate(
        {"kind": rename.before.kind, "from": named(rename.before), "to": named(rename.after), "reason": rename.reason}
    )


def entry(source: Schema, target: Schema, difference: Difference, meant: Meaning, *, most: int) -> Entry:
    """One difference; texts longer than `most` are told around where they differ."""
    before: str | None = None
    after: str | None = None
    if difference.change == "removed":
        before = phrases.clipped(_whole(source, difference.identity), most)
    elif difference.change == "added":
        after = phrases.clipped(_whole(target, difference.identity), most)
    else:
        before, after = _around(
            _value(difference.attribute, difference.before), _value(difference.attribute, difference.after), most
        )
    told: dict[str, Any] = {
        "kind": difference.identity.kind,
        "name": named(difference.identity),
        "change": difference.change,
        "attribute": difference.attribute,
        "from": before,
        "to": after,
        "breaking": meant.breaking,
        "reason": meant.reason,
    }
    return Entry.model_validate(told)


def _value(attribute: str | None, value: Value) -> str | None:
    if value is None:
        return None
    if attribute in ("grants", "revoked"):
        return "; ".join(phrases.grants({attribute: value}))
    value = without_secrets(attribute, value)
    if isinstance(value, tuple):
        return ", ".join(" ".join(str(part) for part in v if part) if isinstance(v, tuple) else str(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return phrases.plain(value) if attribute != "comment" else str(value)


def _around(before: str | None, after: str | None, most: int) -> tuple[str | None, str | None]:
    """Both texts, cut to where they differ."""
    if before is None or after is None or max(len(before), len(after)) <= most:
        return _short(before, most), _short(after, most)
    start = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(0, start - 40)
    lead = "…" if start else ""
    return phrases.clipped(lead + before[start:], most), phrases.clipped(lead + after[start:], most)


def _short(text: str | None, most: int) -> str | None:
    return phrases.clipped(text, most) if text is not None else None


def _whole(schema: Schema, identity: Identity) -> str:
    """An object in a few words."""
    facts = schema.facts[identity]
    match identity.kind:
        case "column":
            return phrases.column(identity.sub, facts, serial=identity[1:] in schema.serials)
        case "table" | "foreign_table" | "view" | "materialized_view":
            columns = schema.parts(identity, "column", "view_column")
            return ", ".join(phrases.column(column.sub, schema.facts[column]) for column in columns)
        case "index":
            return phrases.index(identity, facts).partition(": ")[2]
        case "sequence":
            return phrases.sequence(identity, facts).partition(": ")[2]
        case "policy":
            return phrases.policy(identity.sub, facts).partition(": ")[2]
        case "trigger":
            return phrases.trigger(identity.sub, facts).partition(": ")[2]
        case "function" | "procedure" | "aggregate":
            return phrases.routine(identity, facts)
        case "enum" | "composite" | "domain" | "range":
            return phrases.data_type(schema, identity).partition(": ")[2]
        case "default_privileges":
            return "; ".join(phrases.grants(facts))
        case _:
            shown = facts.get("definition") or facts.get("version")
            return phrases.plain(shown) if shown else ""
