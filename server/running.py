"""Runs a job in a worker thread: its progress comes out through the event loop, cancelling goes in.

The job holds no event loop and is never interrupted by force: cancelling sets its flag and stops its queries on the
server, so that its own `with` blocks roll back and clean up before this returns.
"""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from server.calls import Call

T = TypeVar("T")
Listener = Callable[[float, float | None, str], Awaitable[None]]

INTERVAL = 0.5
"""Seconds between two progress messages, at the least."""
SILENCE = 3.0
"""Seconds after which the last message is said again with its age, so that a client knows that work goes on: one long
statement (an index, a step of a closure) has nothing else to tell.
"""


class Progress(NamedTuple):
    """What a job last said of itself."""

    done: float
    total: float | None
    message: str

    def after(self, done: float) -> "Progress":
        """The same, counted on from what was done before."""
        return Progress(done + self.done, done + self.total if self.total else None, self.message)


class _Slot:
    """Holds the newest progress only; written by threads, read by the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: Progress | None = None

    def put(self, done: float, total: float | None, message: str) -> None:
        with self._lock:
            self._newest = Progress(done, total, message)

    def get(self) -> Progress | None:
        with self._lock:
            return self._newest


async def run(job: Callable[[Call], T], listener: Listener | None = None) -> T:
    """The job's result or failure. Cancelling the awaiting scope cancels the call and waits until it has cleaned up."""
    slot = _Slot()
    call = Call(slot.put)
    results: list[T] = []
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_at_the_end, call)
            if listener is not None:
                group.start_soon(_tell, slot, listener)
            results.append(await anyio.to_thread.run_sync(job, call))
            group.cancel_scope.cancel()
    except BaseExceptionGroup as failures:
        await anyio.lowlevel.checkpoint_if_cancelled()  # who took the call back hears of nothing else
        raise failures.exceptions[0] from None
    return results[0]


async def _cancel_at_the_end(call: Call) -> None:
    """A thread that runs is not interrupted by cancelling: this sibling is, and stops the thread's work."""
    try:
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(call.cancel)


def rising(newest: Progress, done: float, share: float) -> Progress:
    """The newest, with a value above `done` and no smaller share of its total than `share`: what was told before.

    Jobs count each of their phases anew, in units of its own; a client wants one bar that only grows.
    """
    value = newest.done if newest.done > done else done + 1e-6 * max(1.0, abs(done))
    if not newest.total:
        return Progress(value, None, newest.message)
    own = newest.done / newest.total
    if value == newest.done and share <= own <= 1:
        return newest
    part = min(1.0, max(own, share))
    return Progress(value, value / part if part else max(newest.total, value), newest.message)


_SAID_NOTHING = Progress(0, None, "working")


async def _tell(slot: _Slot, listener: Listener) -> None:
    """Passes on what is new at most twice a second; when nothing was new for a while, that it goes on since when."""
    heard, heard_at, done, share = _SAID_NOTHING, time.monotonic(), -1.0, 0.0
    told_at, base = heard_at, 0.0
    while True:
        await anyio.sleep(INTERVAL)
        newest, now = slot.get() or _SAID_NOTHING, time.monotonic()
        if newest == heard and now - told_at < SILENCE:
            continue
        if newest == heard:
            newest = newest._replace(message=f"{newest.message} (for {now - heard_at:.0f} s)")
        else:
            base = done if newest.done < heard.done else base  # a phase that counts anew goes on from what was told
            heard, heard_at = newest, now
        told = rising(newest.after(base), done, share)
        told_at, done = now, told.done
        share = told.done / told.total if told.total else share
        await listener(*told)
