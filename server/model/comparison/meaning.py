"""What a difference means to whoever uses the source today: does it break them, and why. One table, by kind.

"Breaking" is: a query, a write or a right that worked on the source can fail or answer otherwise on the target.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from server.model.comparison.difference import Difference
from server.model.schema import Schema, items


class Meaning(NamedTuple):
    """Whether it breaks someone, and the reason (None: nothing to say)."""

    breaking: bool
    reason: str | None = None


Rule = Meaning | Callable[[Schema, Schema, Difference], Meaning]
QUIET = Meaning(False)


def breaks(reason: str) -> Meaning:
    return Meaning(True, reason)


def harmless(reason: str) -> Meaning:
    return Meaning(False, reason)


def meaning(source: Schema, target: Schema, difference: Difference) -> Meaning:
    """The most specific rule: kind and attribute, any kind and attribute, kind and change, any kind and change."""
    kind, change, attribute = difference.identity.kind, difference.change, difference.attribute
    keys = (
        ((kind, attribute), ("", attribute), (kind, "changed"), ("", "changed"))
        if attribute
        else ((kind, change), ("", change))
    )
    rule = next(RULES[key] for key in keys if key in RULES)
    return rule if isinstance(rule, Meaning) else rule(source, target, difference)


def _column_added(_source: Schema, target: Schema, difference: Difference) -> Meaning:
    column = target.facts[difference.identity]
    filled = any(column.get(name) is not None for name in ("default", "generated", "identity"))
    if column.get("not_null") and not filled:
        return breaks("NOT NULL without a default: inserts that do not name it fail, and so does adding it to rows")
    return harmless("filled by its default" if filled else "nullable")


def _constraint_added(_source: Schema, target: Schema, difference: Difference) -> Meaning:
    facts = target.facts[difference.identity]
    if facts.get("not_enforced"):
        return harmless("not enforced")
    kind = str(facts.get("type"))
    return breaks(_REFUSES.get(kind, "rows that were accepted are refused"))


_REFUSES = {
    "primary key": "duplicates and NULLs are refused",
    "unique": "duplicates are refused",
    "foreign key": "rows without their parent are refused",
    "check": "rows that do not satisfy it are refused",
    "exclusion": "conflicting rows are refused",
}


def _constraint_removed(source: Schema, _target: Schema, difference: Difference) -> Meaning:
    if source.facts[difference.identity].get("type") in ("primary key", "unique"):
        return breaks("ON CONFLICT and foreign keys on these columns fail; duplicates are accepted")
    return harmless("rows that were refused are accepted")


def _index_added(_source: Schema, target: Schema, difference: Difference) -> Meaning:
    unique = target.facts[difference.identity].get("unique")
    return breaks("duplicates are refused") if unique else QUIET


def _index_removed(source: Schema, _target: Schema, difference: Difference) -> Meaning:
    if source.facts[difference.identity].get("unique"):
        return breaks("ON CONFLICT on these columns fails; duplicates are accepted")
    return harmless("queries may be slower")


def _index_changed(_source: Schema, target: Schema, difference: Difference) -> Meaning:
    return breaks("duplicates are refused") if target.facts[difference.identity].get("unique") else QUIET


def _not_null(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    return breaks("NULLs are refused") if difference.after else harmless("NULLs are accepted")


def _default(_source: Schema, target: Schema, difference: Difference) -> Meaning:
    column = target.facts[difference.identity]
    if difference.after is None and column.get("not_null") and not column.get("identity"):
        return breaks("NOT NULL without a default: inserts that do not name it fail")
    return harmless("new rows only")


_WIDER = {
    ("smallint", "integer"), ("smallint", "bigint"), ("integer", "bigint"), ("real", "double precision"),
    ("smallint", "numeric"), ("integer", "numeric"), ("bigint", "numeric"), ("character varying", "text"),
    ("text", "character varying"), ("smallint", "real"), ("smallint", "double precision"),
    ("integer", "double precision"),
}  # fmt: skip
_SIZED = re.compile(r"^(.*?)\((\d+)(?:,(\d+))?\)(.*)$")


def wider(before: str, after: str) -> bool:
    """Whether every value of the one type is also one of the other, looking the same to who reads it."""
    if (before, after) in _WIDER or (before.startswith("character varying") and after in ("text", "character varying")):
        return True
    one, other = _SIZED.match(before), _SIZED.match(after)
    if one and not other:
        return one[1] + one[4] == after and one[1] in ("numeric", "character varying", "bit varying")
    if one is None or other is None or (one[1], one[4]) != (other[1], other[4]):
        return False
    if one[1] not in ("character varying", "numeric", "bit varying"):
        return False
    scales = int(one[3] or 0), int(other[3] or 0)
    return scales[0] <= scales[1] and int(one[2]) - scales[0] <= int(other[2]) - scales[1]


def _type(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    before, after = str(difference.before), str(difference.after)
    return harmless("wider") if wider(before, after) else breaks("values or queries may not fit the new type")


def _labels(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    before, after = items(difference.before), items(difference.after)
    gone = [str(label) for label in before if label not in after]
    if gone:
        return breaks(f"values that are gone: {', '.join(gone)}")
    if [label for label in after if label in before] != list(before):
        return breaks("the order of the labels, and so of rows, changes")
    return harmless("labels added")


def _attributes(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    before, after = items(difference.before), items(difference.after)
    return breaks("values change their shape") if after[: len(before)] != before else harmless("attributes added")


def _grants(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    gone = set(items(difference.before)) - set(items(difference.after))
    return breaks("rights are taken away") if gone else harmless("rights are added")


def _revoked(_source: Schema, _target: Schema, difference: Difference) -> Meaning:
    gone = set(items(difference.after)) - set(items(difference.before))
    return breaks("rights are taken away") if gone else harmless("rights are given back")


def _view(source: Schema, target: Schema, difference: Difference) -> Meaning:
    before = {c.sub: source.facts[c]["type"] for c in source.parts(difference.identity, "view_column")}
    after = {c.sub: target.facts[c]["type"] for c in target.parts(difference.identity, "view_column")}
    lost = [name for name, kind in before.items() if after.get(name) != kind]
    if lost:
        return breaks(f"columns gone or of another type: {', '.join(lost)}")
    return harmless("same columns, another query" if before == after else "columns added")


def _enabled(what: str) -> Rule:
    return lambda _source, _target, difference: breaks(what) if difference.after else harmless("lifted")


_GONE = breaks("whatever uses it fails")
_OTHER_ROWS = breaks("other rows are seen or may be written")

RULES: dict[tuple[str, str | None], Rule] = {
    ("", "added"): QUIET,
    ("", "removed"): _GONE,
    ("", "changed"): QUIET,
    ("", "comment"): QUIET,
    ("", "index_comment"): QUIET,
    ("", "not_null_comment"): QUIET,
    ("", "column_order"): breaks("SELECT * and INSERT without names of columns see it"),
    ("", "grants"): _grants,
    ("", "revoked"): _revoked,
    ("column", "added"): _column_added,
    ("column", "type"): _type,
    ("column", "not_null"): _not_null,
    ("column", "default"): _default,
    ("column", "collation"): breaks("order and equality of values change"),
    ("column", "generated"): breaks("what may be written to it changes"),
    ("column", "generated_kind"): QUIET,
    ("column", "identity"): breaks("what may be written to it changes"),
    ("constraint", "added"): _constraint_added,
    ("constraint", "removed"): _constraint_removed,
    ("constraint", "changed"): breaks("other rows are refused"),
    ("constraint", "on_delete"): breaks("deleting a parent does something else"),
    ("constraint", "on_update"): breaks("changing a parent's key does something else"),
    ("constraint", "deferrable"): QUIET,
    ("constraint", "initially_deferred"): harmless("checked at another time"),
    ("constraint", "not_valid"): QUIET,
    ("constraint", "inherited"): QUIET,
    ("constraint", "clustered"): QUIET,
    ("constraint", "tablespace"): QUIET,
    ("constraint", "parent_index"): QUIET,
    ("index", "added"): _index_added,
    ("index", "removed"): _index_removed,
    ("index", "changed"): _index_changed,
    ("index", "clustered"): QUIET,
    ("index", "tablespace"): QUIET,
    ("index", "options"): QUIET,
    ("table", "partition_key"): breaks("rows go to other partitions"),
    ("table", "partition_bound"): breaks("other rows fit the partition"),
    ("table", "row_security"): _enabled("rows are hidden from ordinary roles"),
    ("table", "force_row_security"): _enabled("rows are hidden from the owner too"),
    ("table", "unlogged"): _enabled("its rows do not survive a crash"),
    ("table", "of_type"): QUIET,
    ("view", "definition"): _view,
    ("materialized_view", "definition"): _view,
    ("view_column", "removed"): _GONE,
    ("enum", "labels"): _labels,
    ("composite", "attributes"): _attributes,
    ("domain", "type"): _type,
    ("domain", "not_null"): _not_null,
    ("domain", "collation"): breaks("order and equality of values change"),
    ("domain_constraint", "added"): breaks("values that were accepted are refused"),
    ("domain_constraint", "changed"): breaks("other values are refused"),
    ("domain_constraint", "removed"): harmless("values that were refused are accepted"),
    ("range", "changed"): breaks("values change their shape"),
    ("base_type", "changed"): breaks("values change their shape"),
    ("collation", "changed"): breaks("order and equality of values change"),
    ("function", "returns"): breaks("callers get another type"),
    ("function", "arguments"): harmless("names or defaults of arguments"),
    ("function", "body"): harmless("same signature, another body"),
    ("function", "security_definer"): breaks("runs with the rights of another role"),
    ("function", "strict"): breaks("answers otherwise on NULL"),
    ("procedure", "arguments"): harmless("names or defaults of arguments"),
    ("procedure", "body"): harmless("same signature, another body"),
    ("procedure", "security_definer"): breaks("runs with the rights of another role"),
    ("aggregate", "changed"): breaks("answers otherwise"),
    ("operator", "function"): breaks("answers otherwise"),
    ("cast", "changed"): breaks("expressions are typed or converted otherwise"),
    ("policy", "added"): _OTHER_ROWS,
    ("policy", "removed"): _OTHER_ROWS,
    ("policy", "changed"): _OTHER_ROWS,
    ("trigger", "added"): harmless("writes do more"),
    ("trigger", "removed"): harmless("what it did is no longer done"),
    ("rule", "added"): harmless("statements are rewritten"),
    ("rule", "removed"): harmless("what it did is no longer done"),
    ("statistics", "removed"): harmless("plans may differ"),
    ("publication", "removed"): breaks("subscribers lose it"),
    ("publication_table", "removed"): breaks("subscribers lose its rows"),
    ("subscription", "removed"): breaks("rows of the publisher come no more"),
    ("default_privileges", "removed"): harmless("objects made later"),
    ("event_trigger", "removed"): harmless("what it did is no longer done"),
}
