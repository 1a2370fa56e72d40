"""One call of a job: what the job can tell its caller (progress) and be told by it (cancel).

Plain threads and callables: the core knows neither MCP nor an event loop.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC

from server.errors import Cancelled, FerryError

Progress = Callable[[float, float | None, str], None]

AGAIN = 0.2
"""Seconds between two attempts to stop what a cancelled call still runs."""


def _silent(_done: float, _total: float | None, _message: str) -> None:
    """Progress that nobody listens to."""


@contextmanager
def told_files() -> Generator[None]:
    """What the operating system says of a file becomes a failure of ours, where nothing nearer to it has told it."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename or 'A file'}: {error.strerror or type(error).__name__}."
        code, following = "file_trouble", "Check the path and its rights."
        if error.errno in (ENOSPC, EDQUOT):
            code, following = "disk_full", "Free space, and call again."
        raise FerryError(code, what, state="What was under way was rolled back.", next=following) from None


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
        again = self._cancelled.is_set()
        self._cancelled.set()
        self._stop()
        if self._callbacks and not again:
            threading.Thread(target=self._insist, name="cancelling", daemon=True).start()

    def _insist(self) -> None:
        """A stop that reaches a server between two statements stops nothing, so it is asked again until all ended."""
        while self._callbacks:
            time.sleep(AGAIN)
            self._stop()

    def _stop(self) -> None:
        with self._lock:
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            callback()

    @contextmanager
    def cancelling(self, callback: Callable[[], None]) -> Generator[None]:
        """While the block runs, `callback` is what stops it: called from another thread once the call is cancelled.

        It is called again until the block has ended, so that stopping what has stopped must do no harm.
        """
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
