"""Regular expressions that mean the same to every Python that pgferry runs on."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("server", "tools") for path in (ROOT / folder).rglob("*.py"))
POSSESSIVE = re.compile(r"\)\s*[*+?]\+")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_possessive_groups_end_in_an_alternative_that_goes_back(path: Path) -> None:
    """Before 3.11.5, Python goes on from where the last alternative that it tried had got to (python/cpython#106052);

    `(?!)`, tried last, fails where the group began.
    """
    text = path.read_text()
    for found in POSSESSIVE.finditer(text):
        assert re.search(r"\|\s*\(\?!\)\s*$", text[: found.start()]), (
            f"line {text.count(chr(10), 0, found.start()) + 1}"
        )
