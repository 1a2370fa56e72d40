"""How a schema that a file brings along differs from the target's, where rows are to go from one into the other."""

from collections.abc import Iterable, Mapping, Sequence

from server.model.imports.plan import ImportIssue, TablePlan
from server.model.schema import Attributes, Identity, Schema, texts
from server.model.tables import table_key


def schema_differences(given: Schema, target: Schema, tables: Iterable[Identity]) -> list[ImportIssue]:
    """How tables that a script creates differ from those that are there already: each is an error."""
    issues: list[ImportIssue] = []
    for identity in tables:
        if identity not in target.facts or identity not in given.facts:
            continue
        name = table_key(identity.schema, identity.name)
        for kind, word in (("column", "column_differs"), ("constraint", "key_differs")):
            ours = {part.sub: part for part in target.parts(identity, kind)}
            theirs = {part.sub: part for part in given.parts(identity, kind)}
            for sub in [*theirs, *(sub for sub in ours if sub not in theirs)]:
                current = _told(target.facts[ours[sub]]) if sub in ours else "missing"
                import_ = _told(given.facts[theirs[sub]]) if sub in theirs else "missing"
                if current != import_:
                    issues.append(ImportIssue(type=word, table=name, column=sub, current=current, import_=import_))
    return issues


def enum_issues(
    plans: Iterable[TablePlan], labels: Mapping[str, Sequence[str]], target: Schema
) -> Iterable[ImportIssue]:
    """Labels that a column's enum has in the file's schema and not in the target: rows that use them will not fit."""
    enums = {identity.qualified: texts(target.facts[identity], "labels") for identity in target.of("enum")}
    for plan in plans:
        for column in plan.columns:
            here = enums.get(column.type.removesuffix("[]"), ())
            missing = [label for label in labels.get(column.type.removesuffix("[]"), ()) if here and label not in here]
            if missing:
                yield ImportIssue(
                    type="enum_label",
                    table=plan.source,
                    column=column.name,
                    current=", ".join(here),
                    import_=f"also {', '.join(missing)}",
                    severity="warning",
                )


def _told(attributes: Attributes) -> str:
    """The attributes that decide whether rows fit, in a few words."""
    if "definition" in attributes:
        return str(attributes["definition"])
    words = [str(attributes.get("type", ""))]
    words += ["NOT NULL"] if attributes.get("not_null") else []
    for name in ("default", "generated", "identity"):
        if name in attributes:
            words.append(f"{name.upper()} {attributes[name]}")
    return " ".join(words)
