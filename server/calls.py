"""One call of a job: what the job can tell its caller (progress) and be told by it (cancel).

Plain threads and callables: the core knows neither MCP nor an event loop.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from server.errors import Cancelled

Progress = Callable[[float, float | None, str], None]


def _silent(_done: float, _total: float | None, _message: str) -> None:
    """Progress that nobody listens to."""


class Call:
    """Given to every job. Safe to use from several threads."""

    def __init__(self, progress: Progress = _silent) -> None:
        self._progress = progress
        self._cancelled = threading.Event()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._lock = threading.RLock()  # a signal handler may cancel while its own thread registers
        self._next = 0

    def progress(self, done: float, total: float | None, message: str) -> None:
        """Tells how far the work is: cheap, throttled by whoever listens. Checks for cancelling too."""
        self.check()
        self._progress(done, total, message)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raises Cancelled once the caller has taken the call back."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Takes the call back: from now on `check` raises, and everything registered is stopped at once."""
        self._cancelled.set()
        with self._lock:
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            callback()

    @contextmanager
    def cancelling(self, callback: Callable[[], None]) -> Generator[None]:
        """While the block runs, `callback` is what stops it: called from another thread when the call is cancelled."""
        with self._lock:
            key = self._next
            self._next += 1
            self._callbacks[key] = callback
        try:
            self.check()
            yield
        finally:
            with self._lock:
                del self._callbacks[key]
