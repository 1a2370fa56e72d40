"""Which rows of two tables differ: checksums of whole tables first, of parts of the key where they differ, of rows
where parts do. A table is scanned once where it is equal; else a second time for its parts, and for the rows of parts
by the index of an integer key or in a third scan that only reads keys.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from server.model.comparison.rows import Differences, TablePlan, matched, merged_ranges
from server.postgres.comparison.comparing import TableSums

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
T = TypeVar("T")


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


def differences(pair: Pair, *, keep: int) -> tuple[int, Differences]:
    """The source's number of rows, and how the target's differ from them; places of the first `keep` of each kind."""
    (rows, total), (other_rows, other_total) = pair.both(lambda side: side.whole(), "comparing checksums", 0, 0.3)
    found = Differences(keep, bool(pair.plan.key))
    if (rows, total) != (other_rows, other_total):
        _narrow(pair, found, max(rows, other_rows))
    return rows, found


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
