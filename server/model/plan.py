"""PostgreSQL's plan (EXPLAIN … FORMAT JSON) as a short tree, with what it costs where, and what stands out. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from server.model.amounts import several

MISESTIMATE = 10
"""Estimated and actual rows differ by this factor before it is worth a word."""
SMALL_TABLE_ROWS = 1000
_READS_ALL = ("Sort", "Hash", "Aggregate")
"""Nodes that read their input to its end before they give a row."""
SELECTIVE = 0.1
"""A scan that keeps at most this part of the rows it reads would be spared by an index."""


class Index(NamedTuple):
    """An index that could serve a condition on its first column."""

    schema: str
    table: str
    name: str
    first_column: str
    partial: bool


@dataclass
class Node:
    """One node of a plan. Times in milliseconds over all loops; `share` is its own part of the whole, 0 to 1."""

    facts: dict[str, Any]
    depth: int
    children: list["Node"] = field(default_factory=list["Node"])
    share: float = 0
    stopped_early: bool = False
    """A LIMIT above may have taken what it wanted and left the rest."""

    @property
    def analyzed(self) -> bool:
        return "Actual Loops" in self.facts

    @property
    def loops(self) -> float:
        return float(self.facts.get("Actual Loops", 1))

    @property
    def total(self) -> float:
        """Milliseconds, or cost where nothing was run, with its children."""
        if self.analyzed:
            workers = self.facts.get("Workers Launched", 0)
            return float(self.facts.get("Actual Total Time", 0)) * self.loops / (1 + workers if workers else 1)
        return float(self.facts.get("Total Cost", 0))

    @property
    def own(self) -> float:
        """What is left of it without its children (InitPlans run elsewhere too, so never below zero)."""
        return max(0.0, self.total - sum(child.total for child in self.children))

    @property
    def estimated(self) -> float:
        return float(self.facts.get("Plan Rows", 0))

    @property
    def actual(self) -> float:
        """Rows per loop."""
        return float(self.facts.get("Actual Rows", 0))

    @property
    def name(self) -> str:
        """`Index Scan using people_pkey on people`, `Hash Left Join`."""
        facts = self.facts
        kind = str(facts.get("Node Type", "?"))
        words = [facts["Strategy"] if kind == "Aggregate" and facts.get("Strategy") in ("Hashed", "Sorted") else ""]
        if kind.endswith(("Join", "Loop")) and facts.get("Join Type") not in (None, "Inner"):
            kind = f"{kind.removesuffix(' Join')} {facts['Join Type']} Join"
        words += ["Parallel" if facts.get("Parallel Aware") else "", kind]
        if facts.get("Index Name"):
            words += ["using", facts["Index Name"]]
        target = facts.get("Relation Name") or facts.get("Function Name") or facts.get("CTE Name")
        if target:
            words += ["on", target]
        return " ".join(str(word) for word in words if word)

    @property
    def condition(self) -> str:
        """What it filters, joins or sorts by."""
        names = ("Index Cond", "Hash Cond", "Merge Cond", "Recheck Cond", "Join Filter", "Filter")
        parts = [str(self.facts[name]) for name in names if name in self.facts]
        keys = self.facts.get("Sort Key") or self.facts.get("Group Key")
        if keys:
            parts.append("by " + ", ".join(str(key) for key in keys))
        return " ".join(dict.fromkeys(parts))


def read_plan(document: Sequence[Any]) -> Node:
    """The tree of the one plan in EXPLAIN's JSON, with shares."""
    top = _node(document[0]["Plan"], 0, stopped=False)
    whole = sum(node.own for node in every(top)) or 1
    for node in every(top):
        node.share = node.own / whole
    return top


def _node(facts: dict[str, Any], depth: int, *, stopped: bool) -> Node:
    kind = facts.get("Node Type")
    below = kind == "Limit" or (stopped and kind not in _READS_ALL)
    children = [_node(child, depth + 1, stopped=below) for child in facts.get("Plans", [])]
    return Node({key: value for key, value in facts.items() if key != "Plans"}, depth, children, stopped_early=stopped)


def every(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    yield node
    for child in node.children:
        yield from every(child)


def as_lines(top: Node) -> list[str]:
    """One indented line per node: what it does, rows (estimated → actual), its own part of the whole."""
    return [_line(node) for node in every(top)]


def _line(node: Node) -> str:
    rows = f"{node.estimated:.0f}"
    if node.analyzed:
        rows += f"→{node.actual:.0f}" + (f" *{node.loops:.0f}" if node.loops > 1 else "")
    parts = [f"rows {rows}", f"{node.own:.1f} ms" if node.analyzed else f"cost {node.own:.0f}"]
    if node.share >= 0.1:
        parts.append(f"{node.share:.0%}")
    if node.facts.get("Rows Removed by Filter"):
        parts.append(f"removed {node.facts['Rows Removed by Filter']:.0f}")
    if _disk(node):
        parts.append(f"disk {_disk(node)} kB")
    condition = _clip(node.condition)
    return "  " * node.depth + f"{node.name} ({', '.join(parts)})" + (f" {condition}" if condition else "")


def _clip(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _disk(node: Node) -> int:
    if node.facts.get("Sort Space Type") == "Disk":
        return int(node.facts.get("Sort Space Used", 0))
    return int(node.facts.get("Disk Usage", 0))


def scanned_tables(top: Node) -> list[tuple[str, str]]:
    """The tables that are read from end to end with a filter, as (schema, name)."""
    return [
        (str(node.facts.get("Schema", "")), str(node.facts["Relation Name"]))
        for node in every(top)
        if node.facts.get("Node Type") == "Seq Scan" and "Filter" in node.facts
    ]


def findings(top: Node, indexes: Sequence[Index]) -> list[str]:
    """What stands out, worst first."""
    found: list[tuple[float, str]] = []
    for node in every(top):
        found += [(node.share, text) for text in _stands_out(node, indexes)]
    return [text for _, text in sorted(found, key=lambda item: -item[0])]


def _stands_out(node: Node, indexes: Sequence[Index]) -> Iterator[str]:
    if node.analyzed and node.loops:
        low, high = sorted((max(node.estimated, 1.0), max(node.actual, 1.0)))
        cut_short = node.stopped_early and node.actual < node.estimated
        if high / low >= MISESTIMATE and high >= 100 and not cut_short:
            yield (
                f"{node.name}: estimated {several(round(node.estimated), 'row')}, got {node.actual:.0f}:"
                " ANALYZE the table, or the conditions depend on each other (CREATE STATISTICS)"
            )
    if _disk(node):
        yield f"{node.name}: {_disk(node)} kB went to disk: more work_mem, or fewer rows or columns"
    if node.facts.get("Hash Batches", 1) > 1:
        yield f"{node.name}: the hash did not fit into work_mem ({node.facts['Hash Batches']} batches)"
    if node.facts.get("Node Type") == "Seq Scan" and "Filter" in node.facts:
        yield from _scan(node, indexes)


def _scan(node: Node, indexes: Sequence[Index]) -> Iterator[str]:
    removed = float(node.facts.get("Rows Removed by Filter", 0)) * node.loops
    kept = node.actual * node.loops
    if node.analyzed and (kept + removed < SMALL_TABLE_ROWS or kept > SELECTIVE * (kept + removed)):
        return
    table, filtered = str(node.facts["Relation Name"]), str(node.facts["Filter"])
    words = set(re.findall(r'"(?:[^"]|"")+"|\w+', re.sub(r"'(?:[^']|'')*'", "", filtered)))
    words |= {word.strip('"') for word in words}
    usable = [
        index for index in indexes
        if (index.schema, index.table) == (node.facts.get("Schema"), table) and index.first_column in words
    ]  # fmt: skip
    shown = f"Seq Scan on {table}" + (f" keeps {kept:.0f} of {kept + removed:.0f} rows" if node.analyzed else "")
    if usable:
        yield f"{shown}: the index {usable[0].name} ({usable[0].first_column}) was there and not used" + (
            ", it is partial"
            if usable[0].partial
            else ": a cast or a function on the column hides it, or it costs more"
        )
    elif node.analyzed:
        yield f"{shown}: no index begins with a column of {_clip(filtered, 100)}"
