"""Reads the outline of a schema: every fact but the parts of relations, and of these only digests, made by the server.

Columns, constraints, indexes, triggers, rules and policies are most of a schema. Their digests tell whether two
relations are alike, and make the fingerprint; their facts are read for the few that are shown, or that differ.
"""

from collections.abc import Collection

from psycopg import errors, sql

from server.model.schema import NOT_COMPARED, Digest, Part, Schema
from server.postgres.databases import Connection
from server.postgres.questions import Answer, answer, composed, described, unordered
from server.postgres.schemas.asking import Answers, Second, asked
from server.postgres.schemas.catalog import ABOUT, FACTS, HEAD, PARTS, PG_CLASS, Reader, read_schema
from server.postgres.schemas.remembering import recall, remember, seen_state

_REST = tuple(name for name in FACTS if name not in PARTS)
_KINDS = {
    "columns": ("column", "view_column", "attribute"), "constraints": ("constraint",), "indexes": ("index",),
    "triggers": ("trigger",), "rules": ("rule",), "policies": ("policy",),
}  # fmt: skip
_COMMENTED = "commented_parts"
_PLAIN = frozenset({16, 20, 21, 23})
_TEXTS = frozenset({19, 25})

_OF_PARTS = sql.SQL(
    "(c.class IN (2618, 2620, 3256) OR (c.class = 1259 AND c.subid > 0)"
    " OR (c.class = 1259 AND EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indexrelid = c.oid))"
    " OR (c.class = 2606 AND EXISTS (SELECT FROM pg_catalog.pg_constraint AS k"
    " WHERE k.oid = c.oid AND k.conrelid <> 0)))"
)
"""Whether a comment is on a part: a constraint, rule, trigger, policy, column or index."""


class _Doubtful(Exception):
    """The digests would not say all that the facts do."""


def read_outline(connection: Connection, *, second: Second | None = None) -> Schema:
    """The schema with digests of its parts, with the same fingerprint as `read_schema` would give it.

    What digests do not tell is read in full: text that is not UTF-8, security labels, comments on what is not modelled.
    Where a transaction saw the very same catalogs before, its outline is the answer.
    """
    state = seen_state(connection)
    outline = recall(state) if state else None
    if outline is None:
        outline = _read_outline(connection, second)
        if state:
            remember(state, outline)
    return outline


def _read_outline(connection: Connection, second: Second | None) -> Schema:
    try:
        return _outline(connection, second)
    except _Doubtful:
        return read_schema(connection, second=second)


def fingerprint_of(connection: Connection) -> str:
    """The fingerprint of the connected database's schema."""
    return read_outline(connection).fingerprint


def fingerprint_unless_locked(connection: Connection) -> str:
    """The same, or '' where a lock of another session is in the way; the transaction goes on."""
    try:
        with connection.transaction():
            return fingerprint_of(connection)
    except errors.LockNotAvailable:
        return ""


def read_parts(
    connection: Connection,
    outline: Schema,
    relations: Collection[tuple[str, str]],
    *,
    kinds: Collection[str] | None = None,
) -> Schema:
    """The outline with just the parts of some relations (schema, name) read, of some `kinds` or all; in the snapshot of
    the outline.
    """
    if outline.digests is None:
        return outline.narrowed(relations)
    wanted = {
        part: digest
        for part, digest in outline.digests.items()
        if part[1:] in relations and (kinds is None or part.kind in kinds)
    }
    if not wanted:
        return outline
    oids, found = list({digest.relation for digest in wanted.values()}), {part.kind for part in wanted}
    reader = Reader()
    for name in PARTS:
        if not found.isdisjoint(_KINDS[name]):
            reader.take(answer(connection, name, oids))
    told = [oid for _, oid, _ in (*reader.addresses, *reader.behind)]
    query = sql.SQL("SELECT c.* FROM ({}) AS c WHERE {} AND c.oid = ANY ($1)")
    comments = composed(connection, query.format(sql.SQL(unordered("comments")), _OF_PARTS), told)
    reader.attach("comment", comments.rows)
    return outline.with_facts(reader.facts)


def _outline(connection: Connection, second: Second | None) -> Schema:
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise _Doubtful
    with asked(connection, second, (*PARTS, *_REST, *ABOUT, _COMMENTED), read=_read) as answers:
        if answers["security_labels"].result().rows:
            raise _Doubtful
        reader = Reader()
        for name in _REST:
            reader.take(answers[name].result())
        reader.about(answers)
        digests = _digests(reader, answers)
    return reader.schema(connection, digests=digests)


def _digests(reader: Reader, answers: Answers) -> dict[Part, Digest]:
    """By part. Doubtful: parts of an unknown relation, or a comment on a part that is no fact."""
    digests: dict[Part, Digest] = {}
    commented = 0
    for name in PARTS:
        for oid, kind, count, sum_, comments in answers[name].result().rows:
            commented += comments
            address = (PG_CLASS, oid, 0)
            relation = reader.addresses.get(address) or reader.behind.get(address)
            if relation is not None:
                digests[Part(kind, relation.schema, relation.name)] = Digest(count, sum_, oid)
            elif address not in reader.ours:
                raise _Doubtful
    if answers[_COMMENTED].result().rows != [(commented,)]:
        raise _Doubtful
    return digests


def _read(connection: Connection, name: str) -> Answer:
    comments = sql.SQL(unordered("comments"))
    if name in PARTS:
        return composed(connection, _digested(name, described(connection, name)), None)
    if name == "comments":
        return composed(connection, sql.SQL("SELECT c.* FROM ({}) AS c WHERE NOT {}").format(comments, _OF_PARTS))
    if name == _COMMENTED:
        return composed(connection, sql.SQL("SELECT count(*) FROM ({}) AS c WHERE {}").format(comments, _OF_PARTS))
    return answer(connection, name)


def _digested(name: str, types: dict[str, int]) -> sql.Composed:
    """The question, with one row for all parts of a relation; its lines are those of `digests` in model/schema.py.

    OFFSET 0: else a line would be made twice, to sort by and to add up.
    """
    said = {column: _canonical(column, type_) for column, type_ in _attributes(types).items()}
    said["comment"] = _line("comment", sql.SQL("pg_catalog.quote_literal(said.description)"))
    behind = "_index" in types
    if behind:
        said["index_comment"] = _line("index_comment", sql.SQL("pg_catalog.quote_literal(behind.description)"))
    return sql.SQL(
        "SELECT d._table, d.kind, count(*)::int, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
        "pg_catalog.string_agg(d.line, E'\\n' ORDER BY d.line COLLATE \"C\"), 'UTF8')), 'hex'), sum(d.comments)::int"
        " FROM (SELECT d._table, d.kind, (said.oid IS NOT NULL)::int + {commented} AS comments,"
        " pg_catalog.concat_ws(' ', pg_catalog.quote_literal({leaf}::text), {attributes}) AS line"
        " FROM ({question}) AS d"
        " LEFT JOIN ({comments}) AS said ON said.class = d.class AND said.oid = d.oid AND said.subid = d.subid{behind}"
        " OFFSET 0) AS d GROUP BY d._table, d.kind"
    ).format(
        commented=sql.SQL("(behind.oid IS NOT NULL)::int" if behind else "0"),
        leaf=sql.SQL("d.name" if name == "indexes" else "d.sub"),
        attributes=sql.SQL(", ").join([said[column] for column in sorted(said)]),
        question=sql.SQL(unordered(name)),
        comments=sql.SQL(unordered("comments")),
        behind=sql.SQL(" LEFT JOIN ({}) AS behind ON behind.class = 1259 AND behind.oid = d._index").format(
            sql.SQL(unordered("comments"))
        )
        if behind
        else sql.SQL(""),
    )


def _attributes(types: dict[str, int]) -> dict[str, int]:
    """The columns of a question that are compared attributes, with their types."""
    names = [name for name in list(types)[HEAD:] if name[0] != "_" and name not in NOT_COMPARED]
    return {name: types[name] for name in names}


def _canonical(name: str, type_: int) -> sql.Composed:
    """` name=value`, or NULL."""
    value = sql.SQL("d.{}").format(sql.Identifier(name))
    if type_ in _TEXTS:
        return _line(name, sql.SQL("pg_catalog.quote_literal({}::text)").format(value))
    if type_ in _PLAIN:
        return _line(name, sql.SQL("{}::text").format(value))
    return _line(name, sql.SQL("pg_catalog.to_json({})::text").format(value))


def _line(name: str, value: sql.Composable) -> sql.Composed:
    return sql.SQL("{} || {}").format(sql.Literal(f"{name}="), value)
