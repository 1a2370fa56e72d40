"""A manifest out of the metadata of a document, wherever in it they stand."""

import json
from typing import Any, cast

from pydantic import ValidationError

from server.errors import Refused
from server.model.manifest import Manifest


def parse_manifest(text: bytes, name: str) -> Manifest:
    """A manifest out of its JSON; Refused names the keys that do not fit, never a value."""
    try:
        return Manifest.model_validate(cast("dict[str, Any]", json.loads(text)))
    except ValidationError as failure:
        keys = ", ".join(sorted({".".join(str(part) for part in e["loc"]) for e in failure.errors()})[:5])
        raise Refused(
            "bad_manifest", f"{name} is no manifest: {keys} missing or wrong.", next="Export again."
        ) from None
    except ValueError:
        raise Refused("bad_manifest", f"{name} is not valid JSON.", next="Export again.") from None
