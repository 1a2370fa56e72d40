"""The plugin and the desktop bundle say what pyproject.toml, the example configuration and the tools say."""

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from tools.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]


def test_one_command_builds_both_from_what_is_written_elsewhere(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / ".ci" / "bundle.py", tmp_path], check=True, capture_output=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugin = json.loads((tmp_path / "plugin" / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(tmp_path / f"pgferry-{project['version']}.mcpb") as packed:
        manifest = json.loads(packed.read("manifest.json"))
        names = set(packed.namelist())
    for facts in (plugin, manifest):
        assert all(facts[key] == project[key] for key in ("name", "version", "description", "license", "keywords"))
    assert manifest["manifest_version"] == "0.4"
    assert manifest["server"]["type"] == "uv"
    assert [tool["name"] for tool in manifest["tools"]] == [entry.function.__name__ for entry in CATALOGUE]
    assert {"pyproject.toml", "server/__main__.py", "tools/catalogue.py", "server/postgres/queries/probe.sql"} <= names
    configured = json.loads((tmp_path / "plugin" / ".mcp.json").read_text(encoding="utf-8"))
    assert configured == json.loads((ROOT / "claude_config.example.json").read_text(encoding="utf-8"))
