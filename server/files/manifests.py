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
_DOCUMENT, _SCRIPT = b'{"metadata":', b"-- pgferry manifest: "


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
    if path.is_dir():
        file = path / FILE_NAME
        return _manifest(_parsed(file.read_bytes(), str(file)), str(file)) if file.is_file() else None
    with opened(path) as stream:
        line = stream.read(32)
        opening = next((words for words in (_DOCUMENT, _SCRIPT) if line.startswith(words)), None)
        if opening is None:
            return None
        while b"\n" not in line[-CHUNK:] and len(line) < _MOST and (piece := stream.read(CHUNK)):
            line += piece
    try:
        found = json.JSONDecoder().raw_decode(line[len(opening) :].partition(b"\n")[0].decode())[0]
    except ValueError:  # a document of others may span lines
        return None
    return _manifest(found, path.name) if opening == _SCRIPT or _is_ours(found) else None


def document_manifest(metadata: bytes | None, name: str) -> Manifest | None:
    """The manifest in the metadata of a json document; other tools' metadata are none. Refused: it is broken."""
    if metadata is None or b'"schemaFingerprint"' not in metadata:
        return None
    found = _parsed(metadata, name)
    return _manifest(found, name) if _is_ours(found) else None


def _is_ours(metadata: Any) -> bool:
    return isinstance(metadata, dict) and "recordCounts" in metadata and "schemaFingerprint" in metadata


def _parsed(text: bytes, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Refused("bad_manifest", f"{name} is not valid JSON.", next="Export again.") from None


def _manifest(found: Any, name: str) -> Manifest:
    """Refused names the keys that do not fit, never a value."""
    try:
        return Manifest.model_validate(found)
    except ValidationError as failure:
        keys = ", ".join(sorted({".".join(map(str, error["loc"])) for error in failure.errors()})[:5])
        what = f"{name} is no manifest: {keys} missing or wrong."
        raise Refused("bad_manifest", what, next="Export again.") from None
