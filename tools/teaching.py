"""What an agent is told of arguments that do not fit a tool: which, why, and how they look that do; and of a mistake of
pgferry's own.
"""

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from server.errors import did_you_mean

Schema = Mapping[str, Any]
MOST = 10
"""Mistakes that are told of one call."""


def taught(tool: str, parameters: Schema, failure: ValidationError) -> str:
    """One line on everything that is wrong, and the arguments; those that have parts with the names of their parts."""
    errors = failure.errors(include_url=False, include_input=False)
    lines = list(dict.fromkeys(_line(parameters, error["loc"], error["type"], error["msg"]) for error in errors))
    shapes = dict.fromkeys(
        f"{error['loc'][0]} is {shape}"
        for error in errors
        if len(shape := _shape(parameters, _at(parameters, error["loc"][:1]))) > 1
    )
    wrong = "; ".join(lines[:MOST]) + (f"; and {len(lines) - MOST} more" if len(lines) > MOST else "")
    end = "" if wrong.endswith("?") else "."
    return f"[bad_arguments] {tool}: {wrong}{end} Nothing was touched. Next: {_next(parameters, list(shapes))}."


def admitted(tool: str, mistake: BaseException | None) -> str:
    """A failure that nobody foresaw: its kind and its place in the source; its own words may hold rows."""
    frames = traceback.extract_tb(mistake.__traceback__ if mistake else None)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"[internal_error] {tool} failed by a mistake in pgferry: {type(mistake).__name__}{place}."
        " What was not committed is rolled back. Next: Other calls go on; please report this line with the arguments."
    )


def _next(parameters: Schema, shapes: list[str]) -> str:
    known = list(parameters.get("properties", {}))
    if not known:
        return "call it without arguments"
    return "; ".join(shapes) if shapes else f"its arguments are {', '.join(known)}"


def _line(parameters: Schema, place: Sequence[int | str], kind: str, message: str) -> str:
    shown = ".".join(str(part) for part in place if "[" not in str(part))  # but for what pydantic calls a choice
    if kind == "extra_forbidden":
        *inside, name = place
        known = list(_at(parameters, inside).get("properties", {}))
        where = f"{'.'.join(map(str, inside))} has no {name}" if inside else f"unknown argument {name}"
        return f"{where}. {did_you_mean(str(name), known)}".rstrip(".")
    if kind == "missing":
        return f"{shown} is missing"
    said = message.removeprefix("Value error, ").split(" or instance of ")[0].replace("dictionary", "object")
    return f"{shown}: {said}"


def _at(schema: Schema, place: Sequence[int | str]) -> Schema:
    """The part of a JSON schema that speaks of a place in the arguments; empty where none does."""
    current = schema
    for part in place:
        current = _resolved(schema, current)
        inner: Any = current.get("items") if isinstance(part, int) else current.get("properties", {}).get(part)
        current = cast(Schema, inner or {})
    return _resolved(schema, current)


def _resolved(root: Schema, schema: Schema) -> Schema:
    """Behind references, and the first of some choices that has parts."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    choices = [_resolved(root, choice) for choice in schema.get("anyOf", ())]
    return next((choice for choice in choices if "items" in choice or "properties" in choice), schema)


def _shape(root: Schema, schema: Schema) -> str:
    """`[{table, where: [{column, op, value}]}]`; '' for what has no parts."""
    schema = _resolved(root, schema)
    if "items" in schema:
        return f"[{_shape(root, schema['items'])}]" if _shape(root, schema["items"]) else "[…]"
    if "properties" not in schema:
        return ""
    parts = {name: _shape(root, part) for name, part in schema["properties"].items()}
    return "{" + ", ".join(f"{name}: {shape}" if shape else name for name, shape in parts.items()) + "}"
