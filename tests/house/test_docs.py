"""What the README and the guides tell people to type exists, and the page on the house names all its floors."""

import re
import tomllib
from pathlib import Path

import typer.main

from server.commands import app

ROOT = Path(__file__).parents[2]
VERBS = "list|inspect|export|import|check|compare|plan|apply|migration|query|explain|clone|drop"
COMMAND = re.compile(rf"\bpgferry ((?:{VERBS})-\w+)((?:[^`\\\n]|\\\n)*)")


def test_every_command_of_the_docs_has_the_options_it_is_shown_with() -> None:
    commands = typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  click's group has no type here
    shown = [
        found
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for found in COMMAND.findall(page.read_text())
    ]
    assert len(shown) > 4
    for name, rest in shown:
        known = {option for parameter in commands[name].params for option in parameter.opts}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  as above
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known, name


def test_the_floors_of_the_house_are_those_that_are_checked() -> None:
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = {name: floor for floor, layer in enumerate(layers) for name in re.findall(r"\w+(?!\.)\b", layer)}
    tree = (ROOT / "docs" / "house.md").read_text().split("```")[1]
    told = [name for line in tree.splitlines() for name in re.findall(r"\w+(?!\.)\b", line[:39])]
    assert told[:1] == ["__main__"]
    assert sorted(told) == sorted(floors)
    assert [floors[name] for name in told] == sorted(floors.values())
