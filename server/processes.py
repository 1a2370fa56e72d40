"""Whose a temporary thing is: its name tells host and process, and whether that process still runs."""

import os
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
