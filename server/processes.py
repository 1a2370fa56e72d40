"""Whose a temporary thing is: its name tells host and process, and whether that process still runs. And which signals
ask this one to end.
"""

import os
import signal
import socket
import sys
import zlib


def this_host() -> str:
    """Eight hexadecimal digits for this machine: part of a name, whatever the machine is called."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def is_gone(host: str, pid: int) -> bool:
    """Whether it was a process of this machine that runs no more; False where that cannot be known."""
    if host != this_host() or sys.platform == "win32":  # os.kill would end it there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def ending_signals() -> list[signal.Signals]:
    """An interrupt, a polite end, and a terminal that was closed, unless nohup had that ignored. A shell that starts
    something with `&` has interrupts ignored, which is no wish of anybody's who then sends one.
    """
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    heeded = closed is not None and signal.getsignal(closed) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([closed] if closed is not None and heeded else [])]
