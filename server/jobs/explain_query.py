"""Explains a query: its plan as a short tree, the costly nodes, and what stands out."""

from collections.abc import Sequence
from typing import Any

from server.calls import Call
from server.errors import Refused
from server.model.amounts import several
from server.model.plan import Node, as_lines, every, findings, read_plan, scanned_tables
from server.model.querying import CostlyNode, QueryPlan
from server.postgres.querying.cage import cage
from server.services import Services

MOST_LINES = 120
_BUFFERS = {
    "Shared Hit Blocks": "hit",
    "Shared Read Blocks": "read",
    "Shared Dirtied Blocks": "dirtied",
    "Temp Read Blocks": "temp_read",
    "Temp Written Blocks": "temp_written",
}


def explain_query(
    services: Services, call: Call, *, database: str, sql: str, params: Sequence[Any] = (), analyze: bool = False
) -> QueryPlan:
    """`analyze` runs the query, in the same cage as query_database. Refused and DatabaseFailed as there."""
    settings = services.settings.queries
    target = services.databases.get(database)
    call.progress(0, None, "running the query" if analyze else "planning the query")
    with cage(call, target, policy=services.redaction(database), seconds=settings.timeout_seconds) as caged:
        query = caged.admit(sql, frozenset(settings.allow_functions))
        if query.parsed.kind != "select_stmt":
            raise Refused("not_a_query", "Only a query has a plan.", next="Give the SELECT itself, without EXPLAIN.")
        document = caged.explain(query, params, analyze=analyze)
        top = read_plan(document)
        return _report(document[0], top, findings(top, caged.indexes(scanned_tables(top))))


def _report(document: dict[str, Any], top: Node, found: list[str]) -> QueryPlan:
    lines = as_lines(top)
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… {several(len(lines) - MOST_LINES, 'more node')}"]
    costly = sorted((node for node in every(top) if node.share >= 0.1), key=lambda node: -node.share)[:5]
    buffers = {word: int(top.facts[name]) for name, word in _BUFFERS.items() if top.facts.get(name)}
    return QueryPlan(
        plan=lines,
        costly=[CostlyNode(node=node.name, own=round(node.own, 2), share=round(node.share, 2)) for node in costly],
        findings=found,
        planning_ms=document.get("Planning Time"),
        execution_ms=document.get("Execution Time"),
        buffers=buffers if top.analyzed else None,
        settings={str(name): str(value) for name, value in document.get("Settings", {}).items() if name not in _OURS},
    )


_OURS = {"search_path", "jit"}
"""Settings that the cage makes itself."""
