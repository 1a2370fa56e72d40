"""Keys of tables, out of a schema's facts."""

from server.model.schema import Identity, Schema, texts


def unique_keys(identity: Identity, target: Schema) -> list[tuple[tuple[str, ...], bool]]:
    """(columns, whether it is the primary key) of each primary and unique constraint that is not deferrable."""
    found: list[tuple[tuple[str, ...], bool]] = []
    for part in target.parts(identity, "constraint"):
        attributes = target.facts[part]
        if attributes.get("type") in ("primary key", "unique") and not attributes.get("deferrable"):
            found.append((texts(attributes, "columns"), attributes["type"] == "primary key"))
    return found


def foreign_keys(target: Schema) -> list[tuple[Identity, Identity]]:
    """(constraint, referenced table) of every foreign key."""
    found: list[tuple[Identity, Identity]] = []
    for identity in target.of("constraint"):
        attributes = target.facts[identity]
        references = attributes.get("references")
        if attributes.get("type") == "foreign key" and isinstance(references, tuple):
            found.append((identity, Identity("table", str(references[0]), str(references[1]))))
    return found
