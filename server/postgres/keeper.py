"""Starts an embedded server and outlives whoever asked for it: when its standard input ends (they closed it, or were
killed) it stops the server and removes the folder. A program of its own, run by path, with the standard library alone.
"""

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def keep(home: Path, *, remove: bool) -> None:
    """One line of JSON comes in: {"start": command, "stop": command, "uid": number or null, "gid": the same,
    "cwd": path, "log": path}; one line goes out: the exit code of the start. Then it blocks until standard input ends.
    """
    _adopt_orphans()
    line = sys.stdin.readline()
    if line:
        orders = json.loads(line)
        print(_run(orders, "start"), flush=True)
        while os.read(0, 1024):
            pass
        _run(orders, "stop")
        _bury_orphans()
    if remove:
        shutil.rmtree(home, ignore_errors=True)


def _run(orders: Mapping[str, Any], act: str) -> int:
    with open(orders["log"], "ab") as log:
        done = subprocess.run(
            orders[act],
            cwd=orders["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            user=orders["uid"],
            group=orders["gid"],
            extra_groups=None if orders["uid"] is None else [],
        )
    return done.returncode


def _adopt_orphans() -> None:
    """On Linux the server becomes this process's child: the first process of a container often buries nobody."""
    if sys.platform == "linux":
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _bury_orphans() -> None:
    if sys.platform == "linux":
        deadline = time.monotonic() + 5
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    time.sleep(0.01)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), remove=sys.argv[2] == "remove")
