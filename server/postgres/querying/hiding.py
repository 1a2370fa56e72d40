"""Which columns of a query's result are not shown: what the policy names and PostgreSQL's own secrets, followed through
views, expressions and the bodies of functions.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from server.model.redaction import Policy
from server.model.sensitive import is_sensitive
from server.postgres.grammar import Parsed, constant_of
from server.postgres.querying.judging import Judgement, Relation
from server.postgres.querying.lineage import Column, Lineage
from server.postgres.querying.query_rules import Found

_SECRETS = {
    ("pg_authid", "rolpassword"), ("pg_shadow", "passwd"), ("pg_user_mapping", "umoptions"),
    ("pg_user_mappings", "umoptions"), ("pg_foreign_server", "srvoptions"), ("pg_subscription", "subconninfo"),
    ("pg_stats", "most_common_vals"), ("pg_stats", "histogram_bounds"), ("pg_stats", "most_common_elems"),
    ("pg_stats", "range_bounds_histogram"), ("pg_stats_ext", "most_common_vals"),
    ("pg_stats_ext_exprs", "most_common_vals"), ("pg_stats_ext_exprs", "most_common_elems"),
    ("pg_stats_ext_exprs", "histogram_bounds"),
    ("pg_statistic", "stavalues1"), ("pg_statistic", "stavalues2"), ("pg_statistic", "stavalues3"),
    ("pg_statistic", "stavalues4"), ("pg_statistic", "stavalues5"), ("pg_statistic_ext_data", "stxdmcv"),
    ("pg_statistic_ext_data", "stxdexpr"), ("user_mapping_options", "option_value"),
    ("_pg_user_mappings", "umoptions"), ("foreign_server_options", "option_value"),
    ("pg_db_role_setting", "setconfig"), ("pg_roles", "rolconfig"), ("pg_user", "useconfig"),
    ("pg_shadow", "useconfig"),
}  # fmt: skip
"""Columns of PostgreSQL's own that hold passwords, or values sampled from any column."""
_SECRET_SETTINGS = frozenset({"primary_conninfo", "ssl_passphrase_command"})


class Hiding:
    """The rule for one judged query."""

    def __init__(self, policy: Policy, judgement: Judgement) -> None:
        self._policy = policy
        self._judgement = judgement

    def is_sensitive(self, relation: Relation, column: str) -> bool:
        """Whether a column is not shown: by the policy for it and what it refers to, or as PostgreSQL's own secret."""
        if relation.schema in ("pg_catalog", "information_schema"):
            return (relation.name, column) in _SECRETS
        number = relation.columns.index(column) + 1
        return any(
            self._policy.how(schema, table, name, base) is not None
            for of, schema, table, name, base in relation.sources
            if of == number
        )

    def outputs(self, parsed: Parsed, origins: Sequence[tuple[int, int]]) -> list[bool]:
        """For each column of the result whether it is hidden. `origins`: the table's oid and the column's number where
        the server says that it comes straight from one; told by the tree, and again by this.
        """
        if parsed.kind == "variable_show_stmt":
            return [is_secret_setting(parsed.node.name)] * len(origins)
        if parsed.kind != "select_stmt":
            return [False] * len(origins)
        told = [tainted for _, tainted in self._lineage(self.telling).outputs(parsed.node)]
        if len(told) != len(origins):
            told = [any(told)] * len(origins)
        by_oid = {relation.oid: relation for relation in self._judgement.relations.values()}
        for number, (table, place) in enumerate(origins):
            relation = by_oid.get(table)
            if relation is not None and 0 < place <= len(relation.columns):
                column = relation.columns[place - 1]
                told[number] = told[number] or (column is not None and self.is_sensitive(relation, column))
        return told

    @cached_property
    def telling(self) -> frozenset[str]:
        """Functions that people wrote whose body, or one that it calls, reads what is sensitive."""
        telling: frozenset[str] = frozenset()
        while True:
            lineage = self._lineage(telling)
            more = frozenset(
                name
                for name, bodies in self._judgement.functions.items()
                if any(self._tells(body, telling, lineage) for body in bodies)
            )
            if more <= telling:
                return telling
            telling |= more

    @property
    def plans_tell(self) -> bool:
        """Whether a plan of the query may show what one of these functions returns."""
        return bool(self.telling & self._judgement.immutable)

    def _lineage(self, telling: frozenset[str]) -> Lineage:
        return Lineage(
            self._judgement.relations, self.is_sensitive, telling, frozenset(self._judgement.functions), tells_setting,
            anywhere=bool(telling & self._judgement.unwritten),
        )  # fmt: skip

    def _tells(self, body: Found, telling: frozenset[str], lineage: Lineage) -> bool:
        if any(named.name in telling for named in body.functions) or body.attributes & telling:
            return True
        if any(tells_setting(call) for call in body.settings):
            return True
        whole = body.whole_rows or bool(body.columns & body.aliases)
        return any(whole or name in body.columns for name, tainted in self._columns(body, lineage) if tainted)

    def _columns(self, body: Found, lineage: Lineage) -> list[Column]:
        return [column for schema, name in body.relations for column in lineage.columns_of(schema, name)]


def is_secret_setting(name: str) -> bool:
    """Whether a setting holds a secret by its name: one of an application's own goes by the rule for columns."""
    name = name.lower()
    return name in _SECRET_SETTINGS or ("." in name and is_sensitive(name.rpartition(".")[2]))


def tells_setting(call: Any) -> bool:
    """Whether a call of current_setting() may tell a secret: by the name it asks for, where that is no constant."""
    name = constant_of(call.args[0]) if call.args else None
    return name is None or is_secret_setting(name)
