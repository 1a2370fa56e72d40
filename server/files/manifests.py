"""Reads and writes manifests: manifest.json of a folder, the head of a json document, a script's first line.

A manifest is written last: where there is none, there is no export of pgferry's.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.errors import Refused
from server.files.opening import CHUNK, opened
from server.files.outlet import FileFacts, Outlet
from server.model.manifest import Manifest

FILE_NAME = "manifest.json"
_MOST = 256 << 20
_OPENINGS = (b'{"metadata":', b"-- pgferry manifest: ")


def write_manifest(folder: Path, manifest: Manifest) -> FileFacts:
    """Writes manifest.json."""
    outlet = Outlet(folder / FILE_NAME)
    try:
        outlet.write(manifest.as_json(indent=1).encode() + b"\n")
        return outlet.close()
    finally:
        outlet.abandon()


def read_manifest(path: Path) -> Manifest | None:
    """The manifest of an export (file or folder, compressed or not); None where it has none, as files of others.

    Refused: a manifest that is broken.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if found is None:
        return None
    try:
        return Manifest.model_validate(found)
    except ValidationError as failure:
        what = f"The manifest of {path} does not fit: {'.'.join(str(part) for part in failure.errors()[0]['loc'])}."
        raise Refused("bad_manifest", what, next="Export again.") from None


def _of_folder(folder: Path) -> Any:
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Refused("bad_manifest", f"{path} is not JSON.", next="Export again.") from None


def _of_file(path: Path) -> Any:
    """The JSON after the opening words, where the first line has them; a json document of others may span lines."""
    with opened(path) as file:
        line = file.read(32)
        words = next((words for words in _OPENINGS if line.startswith(words)), None)
        if words is None:
            return None
        while b"\n" not in line[-CHUNK:] and len(line) < _MOST and (piece := file.read(CHUNK)):
            line += piece
    try:
        return json.JSONDecoder().raw_decode(line[len(words) :].partition(b"\n")[0].decode())[0]
    except ValueError:
        return None
