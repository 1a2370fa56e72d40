"""A migration as a text that people read, psql runs, and pgferry takes apart again: header, checksum, statements."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.model.migration.steps import Phase, Step
from server.model.migration.words import spec

_TITLE = "-- pgferry migration"
_HEADER = re.compile(r"^-- ([a-z_]+): (.*)$")
_MARK = re.compile(r"^--! (?:step (\d+) (before|main|after):.*|transaction|commit)$", re.MULTILINE)
_SETTINGS = "BEGIN;\nSET LOCAL search_path = public;\nSET LOCAL check_function_bodies = off;"


@dataclass(frozen=True)
class FileStep:
    """One statement as it stands in a file. `what` is the comment above it."""

    sql: str
    phase: Phase
    what: str = ""


@dataclass(frozen=True)
class MigrationFile:
    """A file taken apart. `intact`: its statements are those that were proved."""

    name: str
    header: dict[str, str] = field(default_factory=dict[str, str])
    steps: tuple[FileStep, ...] = ()
    checksum: str = ""

    @property
    def intact(self) -> bool:
        return self.header.get("checksum") == self.checksum

    @property
    def fingerprint_before(self) -> str:
        return self.header.get("fingerprint_before", "")

    @property
    def fingerprint_after(self) -> str:
        return self.header.get("fingerprint_after", "")

    @property
    def loses_data(self) -> bool:
        return self.header.get("data_loss", "none") != "none"


def write_migration(steps: Sequence[Step], header: dict[str, str]) -> str:
    """The text of a file. `header`: words and values, each of one line."""
    body = _body(steps)
    words = {name: " ".join(value.split()) for name, value in header.items()} | {"checksum": checksum(body)}
    head = "\n".join([_TITLE, *(f"-- {name}: {value}" for name, value in words.items())])
    return f"{head}\n\n{body}"


def _body(steps: Sequence[Step]) -> str:
    lines: list[str] = []
    phase: Phase = "before"
    for number, step in enumerate(steps, 1):
        if step.phase == "main" and phase != "main":
            lines += ["--! transaction", _SETTINGS, ""]
        if phase == "main" and step.phase != "main":
            lines += ["--! commit", "COMMIT;", ""]
        phase = step.phase
        lines += [f"--! step {number} {step.phase}: {_what(step)}", f"{step.sql};", ""]
    if phase == "main":
        lines += ["--! commit", "COMMIT;", ""]
    return "\n".join(lines)


def _what(step: Step) -> str:
    hazards = f" [{', '.join(sorted(step.hazards))}]" if step.hazards else ""
    return " ".join(f"{spec(step.identity)}{f'; {step.reason}' if step.reason else ''}{hazards}".split())


def checksum(body: str) -> str:
    return hashlib.sha256(body.strip().encode()).hexdigest()[:32]


def read_migration(name: str, text: str) -> MigrationFile | None:
    """The file taken apart; None where it is not one of ours."""
    text = text.replace("\r\n", "\n")
    if not text.startswith(_TITLE):
        return None
    head, _, body = text.partition("\n\n")
    header = {match[1]: match[2] for line in head.splitlines()[1:] if (match := _HEADER.match(line))}
    return MigrationFile(name, header, tuple(_steps(body)), checksum(body))


def _steps(body: str) -> Iterable[FileStep]:
    marks = list(_MARK.finditer(body))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark[1] is None:
            continue
        end = following.start() if following else len(body)
        sql = body[mark.end() : end].strip().removesuffix(";")
        yield FileStep(sql, _phase(mark[2]), mark[0].partition(": ")[2])


def _phase(word: str) -> Phase:
    phases: dict[str, Phase] = {"before": "before", "main": "main", "after": "after"}
    return phases[word]


def slug(words: str) -> str:
    """A name as part of a file's name: `add reports` → `add_reports`."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:60]
