"""A file is what was written to it, however many threads compress it, with the beginning that was filled in last."""

import gzip
import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from zstandard import ZstdDecompressor

from server.files.outlet import Outlet
from server.model.manifest import Compression


def read(path: Path, compression: Compression) -> bytes:
    packed = path.read_bytes()
    if compression == "zstd":
        return ZstdDecompressor().stream_reader(BytesIO(packed)).read()
    return gzip.decompress(packed) if compression == "gzip" else packed


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("pieces", [0, 1, 40])
def test_a_file_is_what_was_written_to_it(tmp_path: Path, compression: Compression, pieces: int) -> None:
    outlet = Outlet(tmp_path / "file", compression, room=1000)
    rows = [b"%d," % number * 60_000 for number in range(pieces)]
    for row in rows:
        outlet.write(memoryview(row))
    facts = outlet.close(b'{"metadata": 1,')
    assert read(tmp_path / "file", compression) == b'{"metadata": 1'.ljust(999) + b"," + b"".join(rows)
    packed = (tmp_path / "file").read_bytes()
    assert facts == (len(packed), hashlib.sha256(packed).hexdigest())
