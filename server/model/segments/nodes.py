"""What a plan of a segment says of each table: the values that `plan` decides and that growing goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.model.segments.relations import Edge, Relation, RelationColumn, RelationMap
from server.model.segments.seeds import Seed


@dataclass(frozen=True, slots=True)
class DateTest:
    """`column` lies in [since, until). `named`: by the caller, so rows outside of it end the way down too."""

    column: RelationColumn
    since: datetime | None
    until: datetime | None
    named: bool


@dataclass
class NodePlan:
    """One table in the segment. `keys`: the columns that its key table keeps; `down`: the edges by which rows come down
    into it; `up`: the edges by which its rows are required; `written`: what comes down is part of the segment, not only
    the way to it; `may_pass`: rows outside of the dates may be kept for a while, as a way to others;
    `cyclic`: rows come in rounds; `copied`: the columns of a narrow copy, where rounds would else read the table anew;
    `circling`: the ways down that are asked again and again, those within its cycle; `sought`: the ways up that no
    index helps, `sought_by`: the columns of a narrow copy for them, where they would else read the table twice;
    `carried`: the columns that are written, where it pays to keep them beside the keys instead of reading rows twice.
    """

    relation: Relation
    keys: dict[str, None] = field(default_factory=dict[str, None])
    tests: list[Edge] = field(default_factory=list[Edge])
    down: list[Edge] = field(default_factory=list[Edge])
    up: list[Edge] = field(default_factory=list[Edge])
    written: bool = True
    date: DateTest | None = None
    leads_on: bool = False
    may_pass: bool = False
    limit: int | None = None
    cyclic: bool = False
    copied: dict[str, None] = field(default_factory=dict[str, None])
    circling: list[Edge] = field(default_factory=list[Edge])
    sought: list[Edge] = field(default_factory=list[Edge])
    sought_by: dict[str, None] = field(default_factory=dict[str, None])
    carried: tuple[str, ...] = ()


@dataclass(frozen=True)
class SegmentPlan:
    """`down` and `up`: the orders of growing, each part one table or a cycle of several; `order` is that of loading."""

    relations: RelationMap
    nodes: Mapping[int, NodePlan]
    seeds: tuple[Seed, ...]
    down: tuple[tuple[int, ...], ...]
    up: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    notes: tuple[str, ...] = ()


def sample_key(relation: Relation) -> tuple[str, ...]:
    """The columns of the first unique key, which is the primary key where there is one."""
    return relation.unique_keys[0] if relation.unique_keys else ()
