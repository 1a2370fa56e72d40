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
    """An interrupt, a polite end, a terminal that was closed: those that nobody set to be ignored, as nohup does."""
    known = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    return [sign for sign in known if sign is not None and signal.getsignal(sign) is not signal.SIG_IGN]
