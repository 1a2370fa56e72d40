"""Which rows differ between two databases: checksums of whole tables first, of parts of the key where they differ,
of rows where parts do, and rows themselves only as samples. A table is scanned once where it is equal; else a second
time for its parts, and for the rows of parts by the index of an integer key or in a third scan that only reads keys.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from server.calls import Call
from server.comparable import DataSide, data_side
from server.errors import Refused
from server.model.comparing import (
    DataComparison,
    Differences,
    NotComparable,
    SideTable,
    TableDifference,
    TablePlan,
    matched,
    merged_ranges,
    plan_comparison,
)
from server.model.patterns import choose, matcher
from server.model.redaction import Policy
from server.postgres.comparing import TableSums, hash_sample, read_tables
from server.postgres.transactions import reading
from server.services import Services

ROWS_PER_PART = 256
MOST_PARTS = 1 << 16
MOST_BY_INDEX = 0.1
"""The share of a table's rows that is fetched by an index; a scan is cheaper for more."""
TELL_SECONDS = 2.0
"""Between two words of progress while a scan runs."""
SECONDS_PER_ROW = 1e-6
"""About what a scan takes: only for how fast the progress grows."""
TOLD_EVERY = 10_000
"""Rows between two words of progress."""
VALUE_CHARACTERS = 200
MOST_SAMPLES = 60
"""Rows shown in one answer, over all tables."""
MOST_EQUAL = 40
"""Equal tables that are told like the others; of more only the numbers of rows."""
T = TypeVar("T")


@dataclass(frozen=True)
class Wishes:
    """What the caller asked for."""

    key: Mapping[str, Sequence[str]]
    excluded: Sequence[str]
    sample: int
    equal_types: bool


@dataclass(frozen=True)
class Pair:
    """One table on both sides."""

    source: TableSums
    target: TableSums
    plan: TablePlan
    rows: int
    """About how many rows it has."""
    tell: Callable[[float, str], None]
    """Says how far the comparison of this table is, from 0 to 1."""

    def both(self, ask: Callable[[TableSums], T], what: str, begin: float, end: float) -> tuple[T, T]:
        """Asks both sides at the same time, and says so again and again while they are at it: `what`, and a share
        between `begin` and `end` that grows with the time that a scan may take.
        """
        started = time.monotonic()
        expected = max(1.0, self.rows * SECONDS_PER_ROW)
        with ThreadPoolExecutor(2, thread_name_prefix="side") as pool:
            asked = pool.submit(ask, self.source), pool.submit(ask, self.target)
            self.tell(begin, what)
            while wait(asked, timeout=TELL_SECONDS, return_when=FIRST_EXCEPTION).not_done:
                if any(side.done() and side.exception() for side in asked):
                    break
                passed = time.monotonic() - started
                self.tell(begin + (end - begin) * passed / (passed + expected), f"{what}, {passed:.0f} s so far")
            source, target = asked
            return source.result(), target.result()


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
    """One snapshot per side. Refused: unknown names, the same database twice, a row security policy in the way."""
    with data_side(services, call, source, target) as one, data_side(services, call, target, source) as two:
        if one.database.address and two.database.address and one.database.address.place == two.database.address.place:
            raise Refused("same_database", f"{source} and {target} are one and the same database.")
        wishes = Wishes(key or {}, (*exclude_columns, *one.without, *two.without), sample, equal_types)
        report = _compare_sides(call, (one, two), (source, target), tables, wishes)
    notes = [one.note or "", two.note or "", report.next or ""]
    return report.model_copy(update={"next": " ".join(note for note in notes if note) or None})


def _compare_sides(
    call: Call, sides: tuple[DataSide, DataSide], shown: tuple[str, str], tables: Sequence[str] | None, wishes: Wishes
) -> DataComparison:
    source, target = shown
    policies = sides[0].policy, sides[1].policy
    only = sides[0].only or sides[1].only
    with (
        reading(call, sides[0].database, row_security=False) as first,
        reading(call, sides[1].database, row_security=False) as second,
    ):
        mine, theirs = read_tables(first), read_tables(second)
        hashes = hash_sample(first), hash_sample(second)
        by_value = hashes[0] is not None and hashes[0] == hashes[1]
        known = [name for name in dict.fromkeys([*mine, *theirs]) if only is None or name in only]
        names = choose(tables, known)
        progress = _Progress(call, {name: (mine.get(name) or theirs[name]) for name in names})
        compared: list[TableDifference] = []
        missing: dict[str, str] = {}
        for name in names:
            if name not in mine or name not in theirs:
                label = (mine.get(name) or theirs[name]).shown
                missing[label] = f"only in the {'source' if name in mine else 'target'}"
                continue
            table = mine[name]
            try:
                plan = _plan(table, theirs[name], wishes)
            except NotComparable as no:
                missing[table.shown] = str(no)
                continue
            source_sums = TableSums(first, table, plan, by_value=by_value)
            target_sums = TableSums(second, theirs[name], plan, by_value=by_value)
            pair = Pair(source_sums, target_sums, plan, max(table.rows, theirs[name].rows), progress.of(name))
            compared.append(_compare(pair, table, wishes, policies))
    differing = [item for item in compared if item.differs]
    equal = sorted((item for item in compared if not item.differs), key=lambda item: not item.notes)
    return DataComparison(
        source=source,
        target=target,
        equal=not missing and not differing,
        tables=[*_shortened(differing), *equal[:MOST_EQUAL]],
        same={item.table: item.same for item in equal[MOST_EQUAL:]},
        not_compared=missing,
        next="compare_schemas tells how the schemas differ." if missing else None,
    )


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
        if any(_excludes(pattern, mine, column.name) for pattern in wishes.excluded)
    ]
    plan = plan_comparison(mine, theirs, key=asked, excluded=excluded, equal_types=wishes.equal_types)
    if not plan.columns:
        raise NotComparable("no column is on both sides")
    return plan


def _is_named(pattern: str, table: SideTable) -> bool:
    return matcher([pattern])((table.schema, table.name))


def _excludes(pattern: str, table: SideTable, column: str) -> bool:
    """`column`, `table.column` or `schema.table.column`."""
    head, _, last = pattern.rpartition(".")
    return last == column and (not head or _is_named(head, table))


def _compare(pair: Pair, table: SideTable, wishes: Wishes, policies: tuple[Policy, Policy]) -> TableDifference:
    (rows, total), (other_rows, other_total) = pair.both(lambda side: side.whole(), "comparing checksums", 0, 0.3)
    found = Differences(wishes.sample, bool(pair.plan.key))
    if (rows, total) != (other_rows, other_total):
        _narrow(pair, found, max(rows, other_rows))
    notes = list(pair.plan.notes)
    if found.doubled:
        notes.append(f"the key is not unique: {found.doubled} keys have several rows")
    return TableDifference(
        table=table.shown,
        key=list(pair.plan.key),
        added=found.added,
        removed=found.removed,
        changed=found.changed,
        same=rows - found.removed - found.changed,
        samples=_samples(pair, table, found, policies),
        notes=notes,
    )


def _narrow(pair: Pair, found: Differences, rows: int) -> None:
    """Parts of the key whose checksums differ, then the rows in them."""
    wanted = max(1, min(MOST_PARTS, rows // ROWS_PER_PART))
    low, high, shift = _ranges(pair, wanted) if pair.plan.integer_key else (0, (1 << (wanted - 1).bit_length()) - 1, 0)
    parts = f"comparing {high - low + 1} parts"
    mine, theirs = pair.both(lambda side: side.parts(low, high, shift=shift), parts, 0.3, 0.6)
    differing = sorted(part for part in mine.keys() | theirs.keys() if mine.get(part) != theirs.get(part))
    concerned = sum(max(mine.get(part, (0, 0))[0], theirs.get(part, (0, 0))[0]) for part in differing)
    looking = f"looking at {concerned} rows"
    if pair.plan.integer_key and concerned < MOST_BY_INDEX * rows:
        ranges = merged_ranges(differing, shift)
        streams = pair.both(lambda side: side.rows_of_ranges(ranges), looking, 0.6, 0.7)
    else:
        streams = pair.both(lambda side: side.rows_of_parts(differing, high, shift=shift), looking, 0.6, 0.7)
    for number, (one, other) in enumerate(matched(*streams)):
        if number % TOLD_EVERY == 0:
            pair.tell(0.7 + 0.3 * min(1, number / max(1, concerned)), f"{number} of {concerned} rows")
        found.add(one, other)


def _ranges(pair: Pair, wanted: int) -> tuple[int, int, int]:
    """The first and the last part of an integer key, and how many low bits make a part, for about `wanted` parts."""
    spans = [span for span in pair.both(lambda side: side.span(), "looking for the keys", 0.3, 0.3) if span is not None]
    lowest, highest = min(low for low, _ in spans), max(high for _, high in spans)
    shift = min(62, max(0, ((highest - lowest) // wanted).bit_length()))
    return lowest >> shift, highest >> shift, shift


def _samples(pair: Pair, table: SideTable, found: Differences, policies: tuple[Policy, Policy]) -> list[dict[str, Any]]:
    everywhere = [places for kind in found.places.values() for places in kind]
    mine = pair.source.at([place for place, _ in everywhere if place])
    theirs = pair.target.at([place for _, place in everywhere if place])
    shown = _Shown(pair.plan, table, policies)
    samples = [shown.whole("added", theirs[there]) for _, there in found.places["added"] if there]
    samples += [shown.whole("removed", mine[here]) for here, _ in found.places["removed"] if here]
    changed = [(here, there) for here, there in found.places["changed"] if here and there]
    return samples + [shown.changed(mine[here], theirs[there]) for here, there in changed]


class _Shown:
    """Turns rows into samples, without what the policy of either side hides."""

    def __init__(self, plan: TablePlan, table: SideTable, policies: tuple[Policy, Policy]) -> None:
        self._names = [column.name for column in plan.columns]
        self._key = plan.key
        bases = {column.name: column.base for column in table.columns}
        self._hidden = {
            name
            for name in self._names
            if any(policy.how(table.schema, table.name, name, bases[name]) for policy in policies)
        }

    def whole(self, kind: str, row: Sequence[str | None]) -> dict[str, Any]:
        values = {name: self._value(name, value) for name, value in zip(self._names, row, strict=True)}
        key = {name: values.pop(name) for name in self._key}
        return {"kind": kind, "key": key, "row": values}

    def changed(self, mine: Sequence[str | None], theirs: Sequence[str | None]) -> dict[str, Any]:
        both = dict(zip(self._names, zip(mine, theirs, strict=True), strict=True))
        key = {name: self._value(name, both[name][0]) for name in self._key}
        columns = {
            name: "redacted" if name in self._hidden else [self._value(name, value) for value in values]
            for name, values in both.items()
            if values[0] != values[1]
        }
        return {"kind": "changed", "key": key, "columns": columns}

    def _value(self, name: str, value: str | None) -> str | None:
        if name in self._hidden:
            return "redacted"
        if value is not None and len(value) > VALUE_CHARACTERS:
            return value[:VALUE_CHARACTERS] + f"… (+{len(value) - VALUE_CHARACTERS} characters)"
        return value


def _shortened(differing: Sequence[TableDifference]) -> list[TableDifference]:
    """The tables with as many samples as one answer can hold."""
    left = MOST_SAMPLES
    result: list[TableDifference] = []
    for item in differing:
        kept = item.samples[: max(left, 1)]
        left -= len(kept)
        notes = item.notes
        if len(kept) < len(item.samples):
            notes = [*notes, "more samples: name the table in `tables`"]
        result.append(item.model_copy(update={"samples": kept, "notes": notes}))
    return result
