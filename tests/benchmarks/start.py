"""How long from starting the server to its first answer: `python tests/benchmarks/start.py`. The bar is 1.5 s."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}


def once() -> float:
    """Seconds from spawn to the answer of `initialize`."""
    started = time.monotonic()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-m", "server", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(HELLO).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        seconds = time.monotonic() - started
        process.stdin.close()
    return seconds


def main() -> None:
    """Ten starts; the median and the worst."""
    taken = [once() for _ in range(10)]
    print(f"start to first answer: median {statistics.median(taken):.2f} s, worst {max(taken):.2f} s")


if __name__ == "__main__":
    main()
