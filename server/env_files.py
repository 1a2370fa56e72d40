"""The address that the environment files of a checkout name, read as the tools that layer such files read them: what an
earlier file says outranks what the later ones say.
"""

import codecs
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dotenv import dotenv_values

from server.model.address import Address, parse_parts, parse_url
from server.settings import VARIABLE, UnsetVariable, WorktreeSettings, expand


@dataclass(frozen=True)
class Named:
    """The file that names an address, and the address or why it cannot be used."""

    file: str
    address: Address | None = None
    problem: str | None = None


def named_address(folder: Path, settings: WorktreeSettings) -> Named | None:
    """What the files name; None where they name nothing.

    The first file with the URL decides, or the first with a port or name of its own. A URL that a later file makes of
    these very variables (`…:${POSTGRES_PORT}/app`) is the address that the earlier file means.
    """
    files: dict[str, Mapping[str, str]] = {}
    for name in settings.env_files:
        try:
            if (folder / name).is_file():
                files[name] = _values(folder / name)
        except OSError as failure:
            return Named(name, problem=f"{name}: it cannot be read: {failure.strerror}")
    variables = _Variables({key: value for values in reversed(files.values()) for key, value in values.items()})
    url_file = _first(files, settings.url_variable)
    parts_file = _first(files, settings.name_variable, settings.port_variable)
    before = list(files)[: list(files).index(url_file)] if url_file else []
    if url_file and (parts_file not in before or _made_of_parts(files[url_file], settings)):
        return _by_url(url_file, settings.url_variable, files[url_file][settings.url_variable], variables)
    return _by_parts(parts_file, settings, variables) if parts_file else None


def _first(files: Mapping[str, Mapping[str, str]], *names: str) -> str | None:
    return next((file for file, values in files.items() if any(values.get(name) for name in names)), None)


def _made_of_parts(values: Mapping[str, str], settings: WorktreeSettings) -> bool:
    used = {match.group(1) for match in VARIABLE.finditer(values[settings.url_variable])}
    return bool(used & {settings.host_variable, settings.port_variable, settings.name_variable})


def _values(path: Path) -> dict[str, str]:
    """The variables of one file as they are written, the empty ones left out. Windows likes to write UTF-16."""
    content = path.read_bytes()
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace")
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value.strip() for name, value in found.items() if value and value.strip()}


class _Variables(Mapping[str, str]):
    """What the files say, each with `${VAR}` replaced; what they do not say is of the environment."""

    def __init__(self, values: Mapping[str, str], hidden: frozenset[str] = frozenset()) -> None:
        self._values = values
        self._hidden = hidden

    def __getitem__(self, name: str) -> str:
        if name in self._values and name not in self._hidden:
            return expand(self._values[name], _Variables(self._values, self._hidden | {name}))
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _by_url(file: str, variable: str, url: str, variables: Mapping[str, str]) -> Named:
    try:
        return _checked(file, parse_url(expand(url, variables)))
    except UnsetVariable as unset:
        return Named(file, problem=f"{file}: {variable} {unset}")
    except ValueError as wrong:
        return Named(file, problem=f"{file}: {variable} cannot be used: {wrong}")


def _by_parts(file: str, settings: WorktreeSettings, variables: Mapping[str, str]) -> Named:
    names = {
        settings.host_variable: "host",
        settings.port_variable: "port",
        settings.name_variable: "dbname",
        settings.user_variable: "user",
        settings.password_variable: "password",
    }
    try:
        values = {name: variables[name] for name in names if name in set(variables)}
    except UnsetVariable as unset:
        return Named(file, problem=f"{file}: it {unset}")
    address = parse_parts(values, names)
    assert address is not None  # the file has a port or a name
    if not address.host and (address.port or address.password):  # as a compose file means it: no socket
        address = replace(address, host="localhost")
    return _checked(file, address)


def _checked(file: str, address: Address) -> Named:
    if any("\N{REPLACEMENT CHARACTER}" in value for value in address.parameters().values()):
        return Named(file, problem=f"{file}: it is not UTF-8 text")
    return Named(file, address)
