"""What the README and the guides tell people to type exists."""

import re
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
