"""The read-only cage: SQL of a caller runs here and nowhere else, and can only read, whatever the role may do.

Four walls: judged before it runs (judging.py), one statement by the extended protocol, a READ ONLY transaction that
ends in ROLLBACK, and a session that is wiped and closed.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors, generators, pq

from server.calls import Call
from server.errors import DatabaseFailed, FerryError, Refused, nearest
from server.model.amounts import several
from server.model.plan import Index
from server.model.quoting import array_item
from server.model.redaction import Policy
from server.postgres.databases import Connection, Database
from server.postgres.failures import describe, translate, without_values
from server.postgres.grammar import Parsed, SyntaxFailed
from server.postgres.querying.hiding import Hiding
from server.postgres.querying.judging import Judge, Judgement
from server.postgres.querying.projecting import Cell, ResultColumn, projected, put_together, shortened
from server.postgres.querying.query_rules import NotReadOnly, parse_query
from server.postgres.questions import ask
from server.postgres.transactions import Habits, caged

_ALLOWED = "SELECT, WITH, VALUES, TABLE, EXPLAIN and SHOW pass"
_JSON_TYPES = {114, 3802}
MOST_ROWS, MOST_BYTES = 2000, 4 << 20
"""Of a result that is streamed, at a time: rows, and about how many bytes."""


@dataclass
class CagedQuery:
    """A judged query, ready to run in its cage. `text` is exactly its statement."""

    text: str
    parsed: Parsed
    columns: list[ResultColumn] = field(default_factory=list[ResultColumn])


class Cage:
    """One session in which one caller's SQL runs. Values travel as PostgreSQL's own text."""

    def __init__(self, connection: Connection, habits: Habits, database: Database, policy: Policy) -> None:
        self._connection = connection
        self._habits = habits
        self._database = database
        self._policy = policy
        self._judgement = Judgement()
        self._known_relations: list[str] = []
        self._number = 0

    def admit(self, sql: str, allowed: frozenset[str]) -> CagedQuery:
        """Judges `sql`. Refused with the reason where it may do anything but read."""
        try:
            parsed = parse_query(sql)
            whole = sql.encode()
            end = parsed.start + parsed.length if parsed.length else len(whole)
            query = CagedQuery(whole[parsed.start : end].decode().strip().rstrip(";"), parsed)
            tree = _select_of(parsed)
            if tree is not None:
                judge = Judge(self._connection, tuple(self._habits.schemas), allowed)
                self._judgement = judge.judge(tree)
        except SyntaxFailed as failure:
            before = sql.encode()[: failure.position or 0].decode(errors="replace")
            place = {"sqlstate": "42601", "line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}
            what = f"{failure.message} at line {place['line']}, column {place['column']}."
            raise Refused(
                "syntax_error", what, next="Correct the SQL; parameters are written $1, $2.", details=place
            ) from None
        except RecursionError:
            raise _too_deep() from None
        except NotReadOnly as no:
            raise Refused(
                "not_read_only", f"Not a read-only query: {no}.", next=f"Only reading is allowed: {_ALLOWED}."
            ) from None
        if self._judgement.unknown_relations:
            known = ask(self._connection, "cage_known_relations", self._habits.schemas)
            self._known_relations = [str(row[0]) for row in known]
        self._open()
        return query

    def _open(self) -> None:
        """The database's own search path and time zone: the query means what it means to its application."""
        self._connection.execute(
            "SELECT pg_catalog.set_config('search_path', %s, true), pg_catalog.set_config('timezone', %s, true)",
            [self._habits.search_path, self._habits.timezone],
        )

    def fetch(self, query: CagedQuery, parameters: Sequence[Any], limit: int) -> list[list[Cell]]:
        """At most `limit` rows, long values cut; `query.columns` is known afterwards. EXPLAIN and SHOW come whole."""
        if query.parsed.kind != "select_stmt":
            self._refuse_telling_plans()
            return [list(row) for row in self._run(query, query.text, parameters)]
        self.describe(query, parameters)
        if not query.columns:
            return [[] for _ in self._run(None, f"SELECT FROM (\n{query.text}\n) AS q LIMIT {limit:d}", parameters)]
        rows = self._run(query, f"{shortened(query.text, query.columns)} LIMIT {limit:d}", parameters, described=True)
        return [put_together(query.columns, row) for row in rows]

    def count(self, query: CagedQuery, parameters: Sequence[Any], *, milliseconds: int = 1000) -> int | None:
        """How many rows there are, where the server can tell in time."""
        self._connection.execute("SAVEPOINT counting")
        self._connection.execute("SELECT pg_catalog.set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
        try:
            rows = self._run(None, f"SELECT pg_catalog.count(*) FROM (\n{query.text}\n) AS q", parameters)  # noqa: S608  judged
        except FerryError:
            rows = [[None]]
        self._connection.execute("ROLLBACK TO SAVEPOINT counting")
        return int(rows[0][0]) if rows[0][0] is not None else None

    def explain(self, query: CagedQuery, parameters: Sequence[Any], *, analyze: bool) -> list[Any]:
        """EXPLAIN's JSON."""
        self._refuse_telling_plans()
        options = "ANALYZE, BUFFERS, " if analyze else ""
        rows = self._run(query, f"EXPLAIN ({options}VERBOSE, SETTINGS, FORMAT JSON)\n{query.text}", parameters)
        return list(json.loads(rows[0][0] or b"[]"))

    def _refuse_telling_plans(self) -> None:
        try:
            tell = Hiding(self._policy, self._judgement).plans_tell
        except RecursionError:
            raise _too_deep() from None
        if tell:
            raise Refused(
                "sensitive_plan",
                "The plan would show what an IMMUTABLE function reads from a sensitive column: planning runs it.",
                next="Explain a query that does not call it; a function that reads tables should be STABLE.",
            )

    def indexes(self, tables: Sequence[tuple[str, str]]) -> list[Index]:
        """Indexes on tables of a plan."""
        schemas, names = [schema for schema, _ in tables], [name for _, name in tables]
        return ask(self._connection, "plan_indexes", schemas, names, into=Index)

    def describe(self, query: CagedQuery, parameters: Sequence[Any]) -> None:
        """Learns `query.columns`."""
        self._run(query, f"SELECT * FROM (\n{query.text}\n) AS q LIMIT 0", parameters)  # noqa: S608  judged

    def stream(
        self, query: CagedQuery, parameters: Sequence[Any], *, as_objects: bool
    ) -> Generator[list[list[bytes | None]]]:
        """All rows, in batches; `describe` comes first. Sensitive columns are NULL.

        `as_objects`: one column, each row as the text of a JSON object.
        """
        text = projected(query.text, query.columns)
        if as_objects:
            text = f"SELECT pg_catalog.row_to_json(r.*) FROM (\n{text}\n) AS r"  # noqa: S608  judged
        self._connection.execute("SELECT pg_catalog.set_config('cursor_tuple_fraction', '1', true)")
        self._run(None, f"DECLARE caged NO SCROLL CURSOR FOR\n{text}", parameters)
        batch = 50
        while True:
            rows = self._run(None, f"FETCH FORWARD {batch:d} FROM caged", ())
            yield rows
            if len(rows) < batch:
                return
            size = sum(len(cell or b"") for row in rows for cell in row) // len(rows)
            batch = max(1, min(MOST_ROWS, MOST_BYTES // max(1, size)))

    def _run(
        self, query: CagedQuery | None, text: str, parameters: Sequence[Any], *, described: bool = False
    ) -> list[list[bytes | None]]:
        """Runs one statement by the extended protocol; learns `query.columns`, unless they are `described`."""
        line = self._connection.pgconn
        runs = False
        try:
            self._number += 1
            name = f"caged_{self._number}".encode()
            line.send_prepare(name, text.encode())
            self._received()
            line.send_describe_prepared(name)
            told = self._received()
            if told.nparams != len(parameters):
                what = f"The query has {several(told.nparams, 'parameter')} ($1 …); given: {len(parameters)}."
                raise Refused("bad_parameters", what, next="Give one value of `params` for each $n.")
            if query is not None and not described:
                query.columns = self._columns_of(query, told)
            values = [_as_text(value, told.param_type(number)) for number, value in enumerate(parameters)]
            for number, value in enumerate(values, 1):
                if value is not None and b"\0" in value:  # libpq would end the value there
                    what = f"The value of ${number} has a NUL character in it, which PostgreSQL has no text for."
                    raise Refused("bad_parameters", what, next="Leave the NUL out of `params`.")
            runs = True
            line.send_query_prepared(name, values)
            result = self._received()
        except psycopg.errors.LockNotAvailable:
            raise  # who holds the lock is told where the transaction was opened
        except psycopg.Error as error:
            raise self._teach(error, query, text, runs=runs) from None
        return [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]

    def _received(self) -> pq.abc.PGresult:
        """The answer to what was sent; waits so that cancelling and Ctrl-C get through."""
        line = self._connection.pgconn
        result = self._connection.wait(generators.execute(line))[-1]
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
            raise errors.error_from_result(result, encoding="utf-8")
        return result

    def _columns_of(self, query: CagedQuery, described: pq.abc.PGresult) -> list[ResultColumn]:
        """The columns of the result that the server describes, and which of them are hidden."""
        types = [described.ftype(number) for number in range(described.nfields)]
        named = self._connection.execute(
            "SELECT pg_catalog.format_type(t.oid, t.modifier), p.typlen < 0 FROM unnest(%s::oid[], %s::int[])"
            " WITH ORDINALITY AS t (oid, modifier, place) LEFT JOIN pg_catalog.pg_type AS p ON p.oid = t.oid"
            " ORDER BY t.place",
            [types, [described.fmod(number) for number in range(described.nfields)]],
        ).fetchall()
        origins = [(described.ftable(number), described.ftablecol(number)) for number in range(described.nfields)]
        try:
            redacted = Hiding(self._policy, self._judgement).outputs(query.parsed, origins)
        except RecursionError:
            raise _too_deep() from None
        return [
            ResultColumn(
                (described.fname(number) or b"").decode(),
                str(named[number][0]),
                oid,
                redacted[number],
                bool(named[number][1]),
            )
            for number, oid in enumerate(types)
        ]

    def _teach(self, error: psycopg.Error, query: CagedQuery | None, text: str, *, runs: bool) -> FerryError:
        """The server's failure with its place in the caller's SQL, its hint and the nearest names. What a query says
        once it `runs` may hold values of any column, in any words: a cast to regclass quotes what is no table.
        """
        failure = translate(error, self._database.name)
        details: dict[str, Any] = {"sqlstate": error.sqlstate}
        if runs:
            told = describe(error)
            failure.what = failure.what.replace(told, without_values(told))
        else:
            details["hint"] = error.diag.message_hint
        position = error.diag.statement_position
        if position and query is not None:
            own = int(position) - 1 - text.index(query.text)
            if 0 <= own <= len(query.text):
                before = query.text[:own]
                details |= {"line": before.count("\n") + 1, "column": own - before.rfind("\n")}
        message = error.diag.message_primary or ""
        if error.sqlstate == "42703":
            columns = {c for r in self._judgement.relations.values() for c in r.columns if c is not None}
            details["nearest"] = nearest(_quoted(message).rpartition(".")[2], sorted(columns), 5)
        if error.sqlstate == "42P01":
            details["nearest"] = nearest(_quoted(message), self._known_relations, 5)
        failure.details.update(details)
        failure.state = "Nothing was changed."
        return failure


@contextmanager
def cage(call: Call, database: Database, *, policy: Policy, seconds: float) -> Generator[Cage]:
    """Opens a cage on a database; every statement in it is stopped after `seconds`."""
    with caged(call, database, seconds=seconds) as (connection, habits):
        try:
            yield Cage(connection, habits, database, policy)
        except DatabaseFailed:
            call.check()  # a query that was stopped because the call was taken back did not take too long
            raise


def _select_of(parsed: Parsed) -> Any:
    if parsed.kind == "select_stmt":
        return parsed.node
    return parsed.node.query.select_stmt if parsed.kind == "explain_stmt" else None


def _too_deep() -> Refused:
    what = "Not a read-only query: it is nested too deeply to be judged."
    return Refused("not_read_only", what, next="Take it apart: fewer operators, unions or calls within each other.")


def _quoted(message: str) -> str:
    """The first name that a message quotes; a column's name may stand without quotes."""
    if '"' in message:
        return message.split('"')[1]
    return message.split()[1] if len(message.split()) > 1 else message


def _as_text(value: Any, oid: int) -> bytes | None:
    """A JSON value as the text that PostgreSQL reads for a parameter of that type."""
    if value is None:
        return None
    if oid in _JSON_TYPES and not isinstance(value, str):
        return json.dumps(value).encode()
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, list):
        return _array(value, oid).encode()  # pyright: ignore[reportUnknownArgumentType]  JSON: any values
    return json.dumps(value).encode() if isinstance(value, dict) else str(value).encode()


def _array(values: list[Any], oid: int) -> str:
    items = [
        "NULL" if value is None
        else _array(value, oid) if isinstance(value, list)  # pyright: ignore[reportUnknownArgumentType]  as above
        else array_item((_as_text(value, 0) or b"").decode())
        for value in values
    ]  # fmt: skip
    return "{" + ",".join(items) + "}"
