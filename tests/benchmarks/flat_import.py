"""A script of many gigabytes, restored: seconds, and the most memory that pgferry took.

    python -m tests.benchmarks.flat_import [gigabytes]

By hand; needs about three times as much room in the temporary folder.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from server.postgres import populating
from server.postgres.embedded import embedded_server

HEAD = b"CREATE TABLE public.big (id bigint, word text, at timestamptz);\nCOPY public.big (id, word, at) FROM stdin;\n"
TAIL = b"\\.\nALTER TABLE ONLY public.big ADD CONSTRAINT big_pkey PRIMARY KEY (id);\n"


def main(arguments: Sequence[str]) -> None:
    gigabytes = float(arguments[0]) if arguments else 5
    with embedded_server() as server, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = _write(root / "big.sql", int(gigabytes * (1 << 30)))
        populating.make_database(server, "target")
        (root / "pgferry.toml").write_text(f'[databases.it]\nurl = "{server.url("target")}"\naccess = "write"\n')
        command = [
            sys.executable,
            "-m",
            "server",
            "import-data",
            "it",
            "big.sql",
            "--mode",
            "restore",
            "--json",
            "--yes",
        ]
        environment = {"PYTHONPATH": str(Path(__file__).parents[2]), **os.environ}
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE)
        said: list[bytes] = []
        reading = threading.Thread(target=lambda: said.append(process.stdout.read() if process.stdout else b""))
        reading.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        reading.join()
        if status:
            raise SystemExit("the import failed")
        report = json.loads(said[0])
        print(f"{size / (1 << 30):.2f} GiB, {report['tables'][0]['inserted']:,} rows, {report['seconds']} s,", end=" ")
        print(f"{usage.ru_maxrss / 1024:.0f} MiB at most")


def _write(path: Path, size: int) -> int:
    filler = (b"A sentence that stands in every row, so that a row is about a kilobyte. " * 14)[:-1]
    number = 0
    with path.open("wb") as file:
        file.write(HEAD)
        while file.tell() < size:
            lines = (b"%d\t%s\t2026-01-01 00:00:00+00\n" % (n, filler) for n in range(number, number + 1000))
            file.write(b"".join(lines))
            number += 1000
        file.write(TAIL)
        return file.tell()


if __name__ == "__main__":
    main(sys.argv[1:])
