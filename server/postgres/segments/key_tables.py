"""The statements that grow a segment: composed SQL over one temporary *key table* per table of the segment.

A key table holds, for each row, its place (tableoid and ctid, stable within the snapshot), the generation in which it
came, how it stands to the dates (row_tests.py), its key columns (`c0`, `c1` …) and what each virtual reference's
condition says of it (`w0` …). So no reference needs the table itself twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from psycopg import sql

from server.model.segments.nodes import NodePlan
from server.model.segments.relations import Edge, Relation
from server.postgres.segments.row_tests import INSIDE, OUTSIDE, TRUE, any_of, condition, every, table

_ONE_TEXT = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "uuid")
"""Types whose text hangs on no setting."""
MOST_INDEXED = 100_000
"""Rows of a table up to which a copy of all its rows, or of texts, has indexes: to fill one of more takes as long as
many rounds. Copies for the way down, of those rows that refer, are `indexed` whatever the table's size."""


class KeyTable:
    """Names and parts of one table's key table."""

    def __init__(self, number: int, plan: NodePlan) -> None:
        self.plan = plan
        self.name = sql.Identifier("pg_temp", f"pgferry_keys_{number}")
        self.index = sql.Identifier(f"pgferry_keys_{number}_place")
        kept = dict.fromkeys([*plan.keys, *plan.carried])
        self.columns = {name: sql.Identifier(f"c{place}") for place, name in enumerate(kept)}
        self.tests = {edge: sql.Identifier(f"w{place}") for place, edge in enumerate(plan.tests)}
        down = [(edge, edge.columns) for edge in plan.circling]
        up = [(edge, edge.targets) for edge in plan.sought]
        self.copy = NarrowCopy(f"pgferry_copy_{number}", plan.relation, plan.copied, down) if plan.copied else None
        self.sought = (
            NarrowCopy(f"pgferry_sought_{number}", plan.relation, plan.sought_by, up, indexed=False) if up else None
        )

    @property
    def target(self) -> sql.Composed:
        """The key table and its columns, as INSERT names them."""
        names = [sql.Identifier(name) for name in ("row_table", "row_at", "generation", "standing")]
        return sql.SQL("{} AS own ({})").format(
            self.name, sql.SQL(", ").join([*names, *self.columns.values(), *self.tests.values()])
        )

    def values(self, source: sql.Composable, generation: int, standing: sql.Composable) -> sql.Composed:
        """The select list that fills it from rows called `source`."""
        parts: list[sql.Composable] = [
            sql.SQL("{}.tableoid").format(source),
            sql.SQL("{}.ctid").format(source),
            sql.Literal(generation),
            standing,
        ]
        parts += [sql.SQL("{}.{}").format(source, sql.Identifier(name)) for name in self.columns]
        parts += [condition(source, edge.when) for edge in self.tests if edge.when]
        return sql.SQL(", ").join(parts)

    def create(self) -> list[sql.Composed]:
        """Makes it, empty, with the types of the table's own columns."""
        names = [sql.SQL("t.{} AS {}").format(sql.Identifier(n), alias) for n, alias in self.columns.items()]
        names += [sql.SQL("true AS {}").format(alias) for alias in self.tests.values()]
        unique = sql.SQL("CREATE UNIQUE INDEX {} ON {} (row_at, row_table)")
        place = sql.SQL("t.tableoid AS row_table, t.ctid AS row_at, 0 AS generation, 0 AS standing")
        return [
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} AS t WITH NO DATA").format(
                self.name, sql.SQL(", ").join([place, *names]), table(self.plan.relation)
            ),
            *([unique.format(self.index, self.name)] if self.plan.cyclic or self.upgrades else []),
        ]

    def analyze(self) -> sql.Composed:
        """Tells the planner of its keys."""
        keys = [self.columns[name] for name in self.plan.keys]
        return sql.SQL("ANALYZE {} ({})").format(self.name, sql.SQL(", ").join(keys))

    @property
    def upgrades(self) -> bool:
        """Whether a row that is there may turn out to be later than was known."""
        return self.plan.may_pass and not self.plan.date

    @property
    def samples_anew(self) -> bool:
        """Whether a sample is chosen anew from all that leads to the table, for how its rows stand may have changed."""
        return self.upgrades and self.plan.limit is not None


class NarrowCopy:
    """Those rows of a table that some `ways` can lead to, with the columns alone that its growth asks for; an index for
    each way, by the columns at this end of it.

    Down, for cycles whose keys have no index: the table is read once, for the ways into the cycle and to fill it, and
    each round looks there. Up, for virtual references to columns without an index.
    """

    def __init__(
        self,
        name: str,
        relation: Relation,
        columns: Iterable[str],
        ways: Sequence[tuple[Edge, tuple[str, ...]]],
        *,
        indexed: bool = True,
    ) -> None:
        self.relation = relation
        self.indexed = indexed
        self.name = sql.Identifier("pg_temp", name)
        self.columns = {name: sql.Identifier(f"p{place}") for place, name in enumerate(columns)}
        self.ways = ways

    def create(self) -> list[sql.Composed]:
        """Makes it, empty."""
        made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS {} WITH NO DATA").format(self.name, self._select())
        return [made, *(self._index(edge, names) for edge, names in self.ways if self._is_fit(edge, names))]

    def _is_fit(self, edge: Edge, names: Sequence[str]) -> bool:
        """Whether an index can find the values as they are compared: as texts only where these hang on nothing else."""
        if not edge.as_text:
            return self.indexed or self.relation.rows <= MOST_INDEXED
        steady = all(self.relation.columns[name].base in _ONE_TEXT for name in names)
        return steady and self.relation.rows <= MOST_INDEXED

    def _index(self, edge: Edge, names: Sequence[str]) -> sql.Composed:
        form = "({}::text)" if edge.as_text else "{}"
        return sql.SQL("CREATE INDEX ON {} ({}) WHERE {}").format(
            self.name,
            sql.SQL(", ").join([sql.SQL(form).format(self.columns[name]) for name in names]),
            every([sql.SQL("{} IS DISTINCT FROM NULL").format(self.columns[name]) for name in names]),
        )

    def fill(self) -> sql.Composed:
        """INSERT of its rows."""
        circles = self._circles({name: sql.SQL("t.{}").format(sql.Identifier(name)) for name in self.columns})
        return sql.SQL("INSERT INTO {} {} WHERE {}").format(self.name, self._select(), circles)

    def reading(self, reached: sql.Composable) -> sql.Composed:
        """WITH, before a statement that reads from `seen`: its rows and those of the table `t` that are `reached`; the
        copy is filled from there."""
        circles = self._circles({name: sql.SQL("t.{}").format(sql.Identifier(name)) for name in self.columns})
        return sql.SQL(
            "WITH seen AS MATERIALIZED ({} WHERE {} OR {}),"
            " filled AS (INSERT INTO {} SELECT p.* FROM seen AS p WHERE {})"
        ).format(self._select(), circles, reached, self.name, self._circles(self.columns))

    def _circles(self, columns: Mapping[str, sql.Composable]) -> sql.Composed:
        return any_of(
            [
                every([sql.SQL("{} IS DISTINCT FROM NULL").format(columns[name]) for name in names])
                for _, names in self.ways
            ]
        )

    def rows(self, child: Relation, *, seen: bool) -> sql.Composed:
        """What stands in FROM for the rows `t` of the table, or of one of its partitions: from the copy, or from `seen`
        while it is filled."""
        names = [sql.SQL("p.{} AS {}").format(own, sql.Identifier(name)) for name, own in self.columns.items()]
        own = TRUE
        if child.oid != self.relation.oid:
            own = sql.SQL("p.row_table = ANY ({}::oid[])").format(sql.Literal(list(child.leaves or (child.oid,))))
        return sql.SQL("(SELECT p.row_table AS tableoid, p.row_at AS ctid, {} FROM {} AS p WHERE {}) AS t").format(
            sql.SQL(", ").join(names), sql.Identifier("seen") if seen else self.name, own
        )

    def _select(self) -> sql.Composed:
        names = [sql.SQL("t.{} AS {}").format(sql.Identifier(name), own) for name, own in self.columns.items()]
        return sql.SQL("SELECT t.tableoid AS row_table, t.ctid AS row_at, {} FROM {} AS t").format(
            sql.SQL(", ").join(names), table(self.relation)
        )


class Way(NamedTuple):
    """An edge to be followed from the rows of a key table: all of them, or those of a generation beyond `seen`."""

    edge: Edge
    keys: KeyTable
    seen: int = -1

    @property
    def newer(self) -> list[sql.Composable]:
        return [] if self.seen < 0 else [sql.SQL("k.generation > {}").format(sql.Literal(self.seen))]


def origin(keys: KeyTable, leaf: Relation, *, in_order: bool) -> tuple[sql.Composed, sql.Composed]:
    """FROM and ORDER BY of the segment's rows in one plain table or partition, under the alias t, as they lie there.

    Rows that came `in_order` and are kept beside their keys stay in the order in which they came.
    """
    if keys.plan.carried:
        names = [sql.SQL("k.{} AS {}").format(keys.columns[name], sql.Identifier(name)) for name in keys.plan.carried]
        names.append(sql.SQL("k.row_at AS {}").format(sql.Identifier("ctid")))
        own = sql.SQL("k.row_table = {}::oid").format(sql.Literal(leaf.oid)) if keys.plan.relation.leaves else TRUE
        order = sql.SQL("" if in_order else "ORDER BY k.row_at")
        carried = sql.SQL("FROM (SELECT {} FROM {} AS k WHERE {} {}) AS t")
        return carried.format(sql.SQL(", ").join(names), keys.name, own, order), sql.SQL("").format()
    rows = sql.SQL("FROM {} AS k JOIN ONLY {} AS t ON t.ctid = k.row_at").format(
        keys.name, sql.Identifier(leaf.schema, leaf.name)
    )
    if keys.plan.relation.leaves:
        rows += sql.SQL(" AND k.row_table = {}::oid").format(sql.Literal(leaf.oid))
    return rows, sql.SQL("ORDER BY k.row_at").format()


def dropped(keys: KeyTable) -> sql.Composed:
    """DELETE of the rows that were only a way to others."""
    ways = sql.SQL("standing {}").format(OUTSIDE)
    return sql.SQL("DELETE FROM {} WHERE {}").format(keys.name, ways if keys.plan.written else TRUE)


def kept(keys: KeyTable) -> sql.Composed:
    """How many rows it holds that are not only a way to others."""
    return sql.SQL("SELECT count(*) FROM {} WHERE standing {}").format(keys.name, INSIDE)
