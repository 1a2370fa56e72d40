"""What the demo's agent does: one step per call, in the order in which a working day would bring them.

A step whose tool the server does not list is left out, and so is one that builds on such a step.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Arguments = dict[str, Any]
Answers = Mapping[str, Any]
"""The structured answers so far, by the step's name."""


@dataclass(frozen=True)
class Step:
    """One call. `arguments` are given, or made from the answers so far, where those of the steps in `needs` are.

    `refused`: the point of the step is that pgferry refuses.
    """

    tool: str
    why: str
    arguments: Arguments | Callable[[Answers], Arguments]
    name: str = ""
    needs: tuple[str, ...] = ()
    refused: bool = False

    def arguments_after(self, answers: Answers) -> Arguments:
        return self.arguments(answers) if callable(self.arguments) else self.arguments


def playable(story: Sequence[Step], tools: Collection[str]) -> list[Step]:
    """The steps whose tools there are, and those of the steps that they build on."""
    kept: list[Step] = []
    for step in story:
        names = {earlier.name for earlier in kept}
        if step.tool in tools and names.issuperset(step.needs):
            kept.append(step)
    return kept


_COMPANY = {"table": "companies", "where": [{"column": "slug", "op": "=", "value": "acme"}]}
_WORST_SITES = """\
SELECT c.slug AS company, s.name AS site, count(*) AS incidents, sum(i.cost) AS cost
FROM incidents i
JOIN sites s ON s.company_id = i.company_id AND s.id = i.site_id
JOIN companies c ON c.id = i.company_id
WHERE i.severity >= 'high' AND i.occurred_at >= $1
GROUP BY c.slug, s.name ORDER BY incidents DESC, cost DESC LIMIT 5"""


def _segment(answers: Answers) -> Arguments:
    """Before main has the branch's schema, the column that the branch has dropped must stay out of the file."""
    left_out = {} if "applied" in answers else {"exclude_columns": ["users.phone"]}
    return {"database": "main", "filters": [_COMPANY], "format": "jsonl", "compress": "zstd", **left_out}


def _import(answers: Answers) -> Arguments:
    tables = ["equipment", "tags", "notifications"]
    return {"database": "feature-x", "path": answers["segment"]["path"], "mode": "upsert", "tables": tables}


def _confirmed_import(answers: Answers) -> Arguments:
    return _import(answers) | {"confirm": True}


def _migration(answers: Answers) -> Arguments:
    return {"database": "main", "path": answers["planned"]["path"], "confirm": True}


STORY = (
    Step("list_databases", "Which databases are there? One per git worktree, found in its .env.", {}),
    Step(
        "inspect_schema",
        "Get an idea of the schema, cheaply.",
        {"database": "main", "detail": "overview"},
    ),
    Step(
        "inspect_schema",
        "Now everything about the two tables that matter.",
        {"database": "main", "tables": ["incidents", "participants"], "detail": "full"},
    ),
    Step(
        "inspect_schema",
        "A name that is not quite right: a failure says what to do next.",
        {"database": "main", "tables": ["incidnets"]},
        refused=True,
    ),
    Step(
        "export_database",
        "How big would a full export be? Nothing is written.",
        {"database": "main", "estimate_only": True},
    ),
    Step(
        "export_database",
        "The whole database in one JSON document, from one snapshot. Secrets stay behind.",
        {"database": "main", "format": "json"},
    ),
    Step(
        "export_database",
        "The same as a script that plain psql loads.",
        {"database": "main", "format": "sql", "compress": "gzip"},
    ),
    Step(
        "compare_schemas",
        "What has the branch changed?",
        {"source": "main", "target": "feature-x"},
    ),
    Step(
        "plan_migration",
        "Write the migration that brings main to the branch, proved on a scratch database.",
        {"source": "main", "target": "feature-x", "save_as": "risk_scores", "allow_data_loss": True},
        name="planned",
    ),
    Step("apply_migration", "Run it on main, in one transaction.", _migration, name="applied", needs=("planned",)),
    Step("migration_status", "What is applied where?", {}, needs=("applied",)),
    Step(
        "compare_schemas",
        "Are the two the same now?",
        {"source": "main", "target": "feature-x", "detail": "summary"},
        needs=("applied",),
    ),
    Step(
        "export_segment",
        "One company's rows, with every row that they refer to.",
        _segment,
        name="segment",
    ),
    Step(
        "check_import",
        "Would some of that repair the branch's rows? Rehearse it: the same code, rolled back at the end.",
        _import,
        name="rehearsed",
        needs=("segment",),
    ),
    Step("import_data", "Load it: one transaction, all or nothing.", _confirmed_import, needs=("rehearsed",)),
    Step(
        "compare_data",
        "Which rows still differ?",
        {"source": "main", "target": "feature-x", "tables": ["equipment", "tags", "notifications", "regulations"]},
    ),
    Step(
        "query_database",
        "Which sites had the most serious incidents this year?",
        {"database": "main", "sql": _WORST_SITES, "params": ["2026-01-01"]},
    ),
    Step(
        "explain_query",
        "And how does PostgreSQL find them?",
        {"database": "main", "sql": _WORST_SITES, "params": ["2026-01-01"], "analyze": True},
    ),
    Step(
        "query_database",
        "A query that would write is refused, whatever the role may do.",
        {"database": "main", "sql": "WITH gone AS (DELETE FROM sessions RETURNING 1) SELECT count(*) FROM gone"},
        refused=True,
    ),
    Step(
        "clone_database",
        "A copy of the branch's database, to break at will.",
        {"source": "feature-x", "name": "feature-x-trial"},
        name="cloned",
    ),
    Step("drop_database", "And away with it.", {"name": "feature-x-trial", "confirm": True}, needs=("cloned",)),
)
