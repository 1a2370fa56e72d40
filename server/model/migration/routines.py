"""Functions, procedures and aggregates: replaced where PostgreSQL can, else made anew with what uses them."""

from server.model.migration.privileges import resaid, said
from server.model.migration.words import spec, table_of
from server.model.migration.world import Draft, World, draft
from server.model.quoting import literal
from server.model.schema import Attributes, Identity, text

_PLAIN = frozenset({"comment", "security_labels", "grants", "revoked"})


def create(world: World, identity: Identity) -> list[Draft]:
    after = world.after(identity)
    sql = _aggregate(identity, after) if identity.kind == "aggregate" else _definition(after)
    return [draft(sql), *said(world, identity)]


def _definition(after: Attributes) -> str:
    return text(after, "definition").rstrip().rstrip(";")


def drop(_world: World, identity: Identity) -> list[Draft]:
    return [draft(f"DROP {spec(identity)}")]


def alter(world: World, identity: Identity, changed: frozenset[str]) -> list[Draft] | None:
    """CREATE OR REPLACE keeps names of arguments, defaults that are there, and the result; None: make it anew."""
    before, after = world.before(identity), world.after(identity)
    if not changed - _PLAIN:
        return resaid(world, identity, changed)
    if identity.kind == "aggregate":
        return None
    if any(before.get(name) != after.get(name) for name in ("signature", "returns", "window")):
        return None
    if text(after, "arguments").count(" DEFAULT ") < text(before, "arguments").count(" DEFAULT "):
        return None
    return [draft(_definition(after)), *resaid(world, identity, changed)]


_AGGREGATE = {
    "state_function": "SFUNC", "state_type": "STYPE", "state_space": "SSPACE", "final_function": "FINALFUNC",
    "final_extra": "FINALFUNC_EXTRA", "final_modify": "FINALFUNC_MODIFY", "combine_function": "COMBINEFUNC",
    "serial_function": "SERIALFUNC", "deserial_function": "DESERIALFUNC", "initial_state": "INITCOND",
    "moving_state_function": "MSFUNC", "moving_inverse_function": "MINVFUNC", "moving_state_type": "MSTYPE",
    "moving_state_space": "MSSPACE", "moving_final_function": "MFINALFUNC", "moving_final_extra": "MFINALFUNC_EXTRA",
    "moving_final_modify": "MFINALFUNC_MODIFY", "moving_initial_state": "MINITCOND", "sort_operator": "SORTOP",
    "parallel": "PARALLEL",
}  # fmt: skip
_MODIFY = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}


def _aggregate(identity: Identity, after: Attributes) -> str:
    words: list[str] = []
    for name, word in _AGGREGATE.items():
        value = text(after, name)
        if after.get(name) is None or (
            name.endswith("final_modify") and not after.get(name.replace("modify", "function"))
        ):
            continue
        if name.endswith("modify"):
            value = _MODIFY[value]
        elif name.endswith("initial_state"):
            value = literal(value)
        elif name == "sort_operator":
            value = f"OPERATOR({value.partition('(')[0]})"
        words.append(word if name.endswith("extra") else f"{word} = {value}")
    if after.get("aggregate_kind") == "hypothetical":
        words.append("HYPOTHETICAL")
    return (
        f"CREATE AGGREGATE {table_of(identity)}({text(after, 'arguments') or '*'}) (\n    "
        + ",\n    ".join(words)
        + "\n)"
    )
