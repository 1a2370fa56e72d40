"""The jsonl format: a folder with one file for each table, one JSON object on a line."""

from server.files.folders import TableFolder


class JsonLines(TableFolder):
    """Writes `TABLE.jsonl`."""

    ending = ".jsonl"

    def closing(self) -> bytes:
        return b"\n"
