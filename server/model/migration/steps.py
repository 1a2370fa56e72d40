"""What a plan is made of: statements with their hazards and reasons, and what could not be planned."""

from dataclasses import dataclass, field
from typing import Literal

from server.model.schema import Identity

Hazard = Literal["data_loss", "table_rewrite", "blocks_writes", "blocks_reads", "may_fail_on_data", "index_build"]
Phase = Literal["before", "main", "after"]


@dataclass(frozen=True)
class Step:
    """One statement. `phase`: `main` is one transaction; `before` and `after` are run one by one, each by itself."""

    sql: str
    identity: Identity
    reason: str
    hazards: frozenset[Hazard] = frozenset()
    phase: Phase = "main"


@dataclass(frozen=True)
class NotPlanned:
    """Something that differs and that no statement here can change: told, never dropped."""

    identity: Identity
    reason: str


@dataclass(frozen=True)
class Plan:
    """The statements in the order in which they run."""

    steps: tuple[Step, ...] = ()
    not_planned: tuple[NotPlanned, ...] = field(default_factory=tuple)
