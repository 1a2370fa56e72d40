"""Which rows differ between two databases, table by table: found by checksums, and read only as samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.calls import Call
from server.comparable import DataSide, data_side
from server.errors import Refused, did_you_mean
from server.exporting.steadying import steadied
from server.model.amounts import several
from server.model.comparison.row_samples import RowSamples, shortened
from server.model.comparison.rows import (
    DataComparison,
    Differences,
    NotComparable,
    SideTable,
    TableDifference,
    TablePlan,
    plan_comparison,
)
from server.model.patterns import choose, matcher
from server.model.redaction import Policy
from server.postgres.comparison.comparing import TableSums, hash_sample, read_tables, refuse_changed
from server.postgres.comparison.narrowing import Pair, differences
from server.postgres.databases import Connection
from server.postgres.transactions import reading
from server.services import Services
from server.sides import place_of

MOST_EQUAL = 40
"""Equal tables that are told like the others; of more only the numbers of rows."""


@dataclass(frozen=True)
class Wishes:
    """What the caller asked for."""

    key: Mapping[str, Sequence[str]]
    excluded: Sequence[str]
    redacted: Sequence[str]
    """Columns that an export as a side does not hold as they are."""
    sample: int
    equal_types: bool


def compare_data(
    services: Services,
    call: Call,
    *,
    source: str,
    target: str,
    tables: Sequence[str] | None = None,
    key: Mapping[str, Sequence[str]] | None = None,
    exclude_columns: Sequence[str] = (),
    sample: int = 5,
    equal_types: bool = False,
) -> DataComparison:
    """One snapshot per side, taken anew where a table is emptied or rewritten before it is read.

    Refused: unknown names, the same database twice, a row security policy in the way."""
    with data_side(services, call, source, target) as one, data_side(services, call, target, source) as two:
        wishes = Wishes(key or {}, exclude_columns, (*one.without, *two.without), sample, equal_types)
        report = steadied(call, lambda _: _compare_sides(call, (one, two), (source, target), tables, wishes))
    notes = [one.note or "", two.note or "", report.next or ""]
    return report.model_copy(update={"next": " ".join(note for note in notes if note) or None})


def _compare_sides(
    call: Call, sides: tuple[DataSide, DataSide], shown: tuple[str, str], tables: Sequence[str] | None, wishes: Wishes
) -> DataComparison:
    source, target = shown
    with (
        reading(call, sides[0].database, row_security=False) as first,
        reading(call, sides[1].database, row_security=False) as second,
    ):
        if place_of(first, sides[0].database) == place_of(second, sides[1].database):
            what = f"{source} and {target} are one and the same database."
            raise Refused("same_database", what, next="Name another database, or an export; list_databases tells.")
        compared, missing = _compare_tables(call, sides, (first, second), tables, wishes)
    differing = [item for item in compared if item.differs]
    equal = sorted((item for item in compared if not item.differs), key=lambda item: not item.notes)
    return DataComparison(
        source=source,
        target=target,
        equal=not missing and not differing,
        tables=[*shortened(differing), *equal[:MOST_EQUAL]],
        same={item.table: item.same for item in equal[MOST_EQUAL:]},
        not_compared=missing,
        next="compare_schemas tells how the schemas differ." if missing else None,
    )


def _compare_tables(
    call: Call,
    sides: tuple[DataSide, DataSide],
    connections: tuple[Connection, Connection],
    tables: Sequence[str] | None,
    wishes: Wishes,
) -> tuple[list[TableDifference], dict[str, str]]:
    """The tables that were compared, and of the others why not."""
    first, second = connections
    mine, theirs = read_tables(first), read_tables(second)
    hashes = hash_sample(first), hash_sample(second)
    by_value = hashes[0] is not None and hashes[0] == hashes[1]
    only = sides[0].only or sides[1].only
    known = mine | theirs | mine  # the source's first, and what both have as the source has it
    names = choose(tables, [name for name in known if only is None or name in only])
    _refuse_vain(known, wishes)
    progress = _Progress(call, {name: known[name] for name in names})
    compared: list[TableDifference] = []
    missing: dict[str, str] = {}
    for name in names:
        one, other = mine.get(name), theirs.get(name)
        if one is None or other is None:
            missing[known[name].shown] = f"only in the {'source' if one else 'target'}"
            continue
        try:
            plan = _plan(one, other, wishes)
        except NotComparable as no:
            missing[one.shown] = str(no)
            continue
        sums = TableSums(first, one, plan, by_value=by_value), TableSums(second, other, plan, by_value=by_value)
        pair = Pair(*sums, plan, max(one.rows, other.rows), progress.of(name))
        compared.append(_compare(pair, (one, other), wishes, (sides[0].policy, sides[1].policy)))
    for connection, tables_of in ((first, mine), (second, theirs)):
        refuse_changed(connection, [tables_of[name] for name in names if name in tables_of])
    return compared, missing


class _Progress:
    """Counts rows of all tables as far as they are compared, by the estimates of the server."""

    def __init__(self, call: Call, tables: Mapping[tuple[str, str], SideTable]) -> None:
        self._call = call
        self._tables = tables
        self._before: dict[tuple[str, str], int] = {}
        total = 0
        for name, table in tables.items():
            self._before[name] = total
            total += max(1, table.rows)
        self._total = total

    def of(self, name: tuple[str, str]) -> Callable[[float, str], None]:
        """What tells of one table."""
        table = self._tables[name]

        def tell(share: float, what: str) -> None:
            done = self._before[name] + share * max(1, table.rows)
            self._call.progress(round(done), self._total, f"{table.shown}: {what}")

        return tell


def _plan(mine: SideTable, theirs: SideTable, wishes: Wishes) -> TablePlan:
    asked = next((list(key) for pattern, key in wishes.key.items() if _is_named(pattern, mine)), None)
    excluded = [
        column.name
        for column in mine.columns
        if any(_excludes(pattern, mine, column.name) for pattern in (*wishes.excluded, *wishes.redacted))
    ]
    plan = plan_comparison(mine, theirs, key=asked, excluded=excluded, equal_types=wishes.equal_types)
    if not plan.columns:
        raise NotComparable("no column is on both sides")
    return plan


def _refuse_vain(tables: Mapping[tuple[str, str], SideTable], wishes: Wishes) -> None:
    """Refuses a key of no table, and an excluded column that no table has."""
    choose(list(wishes.key), tables)
    names = [f"{table.shown}.{column.name}" for table in tables.values() for column in table.columns]
    for pattern in wishes.excluded:
        found = any(_excludes(pattern, table, column.name) for table in tables.values() for column in table.columns)
        if not found:
            raise Refused("unknown_column", f"exclude_columns: no table has {pattern}. {did_you_mean(pattern, names)}")


def _is_named(pattern: str, table: SideTable) -> bool:
    return matcher([pattern])((table.schema, table.name))


def _excludes(pattern: str, table: SideTable, column: str) -> bool:
    """`column`, `table.column` or `schema.table.column`."""
    head, _, last = pattern.rpartition(".")
    return last == column and (not head or _is_named(head, table))


def _compare(
    pair: Pair, tables: tuple[SideTable, SideTable], wishes: Wishes, policies: tuple[Policy, Policy]
) -> TableDifference:
    rows, found = differences(pair, keep=wishes.sample)
    notes = list(pair.plan.notes)
    if found.doubled:
        notes.append(f"the key is not unique: {several(found.doubled, 'key')} with several rows")
    return TableDifference(
        table=tables[0].shown,
        key=list(pair.plan.key),
        added=found.added,
        removed=found.removed,
        changed=found.changed,
        same=rows - found.removed - found.changed,
        samples=_samples(pair, RowSamples(pair.plan, tables, policies), found),
        notes=notes,
    )


def _samples(pair: Pair, shown: RowSamples, found: Differences) -> list[dict[str, Any]]:
    everywhere = [places for kind in found.places.values() for places in kind]
    mine = pair.source.at([place for place, _ in everywhere if place])
    theirs = pair.target.at([place for _, place in everywhere if place])
    samples = [shown.whole("added", theirs[there]) for _, there in found.places["added"] if there]
    samples += [shown.whole("removed", mine[here]) for here, _ in found.places["removed"] if here]
    changed = [(here, there) for here, there in found.places["changed"] if here and there]
    return samples + [shown.changed(mine[here], theirs[there]) for here, there in changed]
