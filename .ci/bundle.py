"""Builds what clients install: a Claude Code plugin folder and a desktop bundle (.mcpb), out of pyproject.toml,
claude_config.example.json and the tools themselves, so that nothing is written twice.

    .venv/bin/python .ci/bundle.py [folder, by default dist]
"""

import inspect
import json
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKED = ("pyproject.toml", "README.md", "LICENSE", "server", "tools")


def main(folder: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    facts = {key: project[key] for key in ("name", "version", "description", "license", "keywords")}
    facts["author"] = {"name": project["name"]}
    write_plugin(folder / "plugin", facts)
    print(write_bundle(folder / f"{facts['name']}-{facts['version']}.mcpb", folder / "bundle", facts, project))


def write_plugin(folder: Path, facts: dict[str, Any]) -> None:
    """A plugin that starts the installed command."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".claude-plugin").mkdir(parents=True)
    write_json(folder / ".claude-plugin" / "plugin.json", facts)
    shutil.copyfile(ROOT / "claude_config.example.json", folder / ".mcp.json")


def write_bundle(path: Path, folder: Path, facts: dict[str, Any], project: dict[str, Any]) -> Path:
    """The sources and a manifest; uv, which the client brings, installs the dependencies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in PACKED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    write_json(folder / "manifest.json", manifest(facts, project))
    path.unlink(missing_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, file.relative_to(folder))
    return path


def manifest(facts: dict[str, Any], project: dict[str, Any]) -> dict[str, Any]:
    sys.path.insert(0, str(ROOT))
    from tools.catalogue import CATALOGUE

    described = [
        {"name": entry.function.__name__, "description": inspect.cleandoc(entry.function.__doc__ or "").split("\n")[0]}
        for entry in CATALOGUE
    ]
    arguments = ["run", "--directory", "${__dirname}", "pgferry", "serve"]
    environ = {"PGFERRY_PROJECT_ROOT": "${user_config.project}", "DATABASE_URL": "${user_config.database_url}"}
    return {
        "manifest_version": "0.4",
        **facts,
        "server": {
            "type": "uv",
            "entry_point": "server/__main__.py",
            "mcp_config": {"command": "uv", "args": arguments, "env": environ},
        },
        "tools": described,
        "tools_generated": True,
        "prompts_generated": True,
        "compatibility": {
            "platforms": ["darwin", "linux", "win32"],
            "runtimes": {"python": project["requires-python"]},
        },
        "user_config": {
            "project": {
                "type": "directory",
                "title": "Project",
                "description": "The folder with pgferry.toml or the git repository",
                "required": True,
            },
            "database_url": {
                "type": "string",
                "title": "Database URL",
                "description": "postgresql://…, where no file of the project names one",
                "required": False,
                "sensitive": True,
                "default": "",
            },
        },
    }


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
