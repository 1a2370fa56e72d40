"""What of a SQL script is read, and what is refused, without a server."""

import io

import pytest

from server.errors import Refused
from server.model.imports.script_policy import ScriptPolicy
from server.postgres import grammar
from server.postgres.scripts.frames import CHUNK
from server.postgres.scripts.insert_rows import plain_rows
from server.postgres.scripts.reading import Refusals, ScriptReader, Statement


class Drip(io.BytesIO):
    """A stream that hands out a byte at a time, as the worst pipe would."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1 if size is None or size < 0 else min(size, 1))


def read(script: str | bytes, policy: ScriptPolicy | None = None, *, drip: bool = False) -> list[Statement]:
    data = script.encode() if isinstance(script, str) else script
    stream = Drip(data) if drip else io.BytesIO(data)
    return list(ScriptReader(stream, policy or ScriptPolicy()))


def copied(script: str, *, drip: bool = False) -> list[bytes]:
    stream = Drip(script.encode()) if drip else io.BytesIO(script.encode())
    found: list[bytes] = []
    for statement in ScriptReader(stream, ScriptPolicy()):
        if statement.copy:
            found.append(b"".join(statement.copy.chunks()))
    return found


def refusal(script: str | bytes, policy: ScriptPolicy | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        read(script, policy)
    return caught.value


HARD = r"""-- a comment; with a semicolon
/* nested /* ; */ ' */
CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$ begin; return ';$$'; end $body$;
CREATE TABLE "odd;name" (a text DEFAULT 'it''s; so', b text DEFAULT E'\';', c$d$e int);
CREATE FUNCTION g(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END; SELECT 2; END;
CREATE RULE r AS ON INSERT TO "odd;name" DO ALSO (DELETE FROM x; DELETE FROM y);
CREATE VIEW v AS SELECT 1 -- no ; here
 AS one, E'a'
   '\'b;' AS two;
;;
COMMENT ON VIEW v IS $$;$$"""


@pytest.mark.parametrize("drip", [False, True])
def test_statements_end_where_postgresql_ends_them(drip: bool) -> None:
    found = read(HARD, drip=drip)
    assert [statement.node_kind for statement in found] == [
        "create_function_stmt",
        "create_stmt",
        "create_function_stmt",
        "rule_stmt",
        "view_stmt",
        "comment_stmt",
    ]
    assert [statement.line for statement in found] == [3, 4, 5, 6, 7, 11]
    assert found[2].raw.endswith(b"SELECT 2; END")


@pytest.mark.parametrize("drip", [False, True])
def test_copy_data_end_at_the_mark_and_nowhere_else(drip: bool) -> None:
    rows = "1\tDROP TABLE x;\n\\\\.\n\\.x\n2\t'\n"
    script = f"COPY public.t (a, b) FROM stdin;\n{rows}\\.\nCOPY u FROM stdin;\n\\.\nSET search_path = '';"
    assert copied(script, drip=drip) == [rows.encode(), b""]
    statements = read(script, drip=drip)
    assert [s.kind for s in statements] == ["copy", "copy", "setting"]
    assert statements[0].target == ("public", "t")
    assert statements[0].columns == ("a", "b")
    assert statements[2].line == 9


def test_copy_data_longer_than_any_buffer_are_whole() -> None:
    rows = "".join(f"{n}\t{'x' * (n % 97)}\n" for n in range(40_000))
    assert len(rows) > 3 * CHUNK
    long_row = "y" * (3 * CHUNK)
    found = copied(f"COPY t FROM stdin;\n{rows}{long_row}\n\\.\nCOPY t FROM stdin;\n1\n\\.\n")
    assert found == [f"{rows}{long_row}\n".encode(), b"1\n"]


def test_a_restricted_dump_is_read_where_the_keys_are_equal() -> None:
    assert [s.kind for s in read("\\restrict Abc1\nCREATE SCHEMA s;\n\\unrestrict Abc1\n")] == ["schema"]
    for script in ("\\restrict A\n\\unrestrict B\n", "\\unrestrict A\n", "\\restrict A\n\\restrict A\n"):
        assert refusal(script).code == "meta_command"


REFUSED = {
    "copy_program": "COPY t FROM PROGRAM 'id'",
    "copy_server_file": "COPY t FROM '/etc/passwd'",
    "copy_out": "COPY t TO STDOUT",
    "database_command": "DROP DATABASE x",
    "role_change": "CREATE ROLE x SUPERUSER",
    "alter_system": "ALTER SYSTEM SET archive_command = 'id'",
    "untrusted_language": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f'",
    "load": "LOAD 'lib'",
    "extension_not_allowed": "CREATE EXTENSION dblink",
    "transaction": "COMMIT",
    "set_session_authorization": "SET SESSION AUTHORIZATION x",
    "do_block": "DO $$ begin end $$",
    "unknown_statement": "NOTIFY x",
    "insert_not_constant": "INSERT INTO t VALUES (pg_read_file('/etc/passwd'))",
    "select": "SELECT pg_terminate_backend(1)",
    "setting_not_allowed": "SET session_replication_role = replica",
    "reaching_function": "CREATE TABLE t (a text DEFAULT pg_read_file('/etc/passwd'))",
    "drop_cascade": "DROP TABLE t CASCADE",
    "meta_command": "\\! id",
    "script_syntax": "SELECTX 1",
    "unterminated": 'CREATE TABLE "t (a int)',
    "other_database": "COPY other.public.t FROM stdin",
    "foreign_data": "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
    "large_objects": "SELECT pg_catalog.lo_create('1')",
}


@pytest.mark.parametrize(("code", "statement"), REFUSED.items(), ids=REFUSED)
def test_what_a_dump_does_not_need_is_refused_with_its_line(code: str, statement: str) -> None:
    refused = refusal(f"SET search_path = '';\n\n{statement};\n")
    assert refused.code == code
    assert "Line 3" in refused.what
    assert refused.next


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("insert_not_constant", "INSERT INTO t SELECT * FROM u;"),
        ("insert_not_constant", "INSERT INTO t VALUES ((SELECT 1));"),
        ("insert_not_constant", "WITH x AS (DELETE FROM u) INSERT INTO t VALUES (1);"),
        ("insert_not_constant", "INSERT INTO t VALUES (1) RETURNING (SELECT 1);"),
        ("insert_not_constant", "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2;"),
        ("select", "SELECT pg_catalog.setval('s', (SELECT max(a) FROM t));"),
        ("select", "SELECT evil.setval('s', 1);"),
        ("select", "SELECT setval('s', 1) FROM t;"),
        ("select", "SELECT 1;"),
        ("set_session_authorization", "SET ROLE postgres;"),
        ("set_session_authorization", "RESET SESSION AUTHORIZATION;"),
        ("setting_not_allowed", "SELECT pg_catalog.set_config('session_replication_role', 'replica', false);"),
        ("setting_not_allowed", "SET standard_conforming_strings = off;"),
        ("wrong_encoding", "SET client_encoding = 'SJIS';"),
        ("untrusted_language", "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'pass';"),
        ("untrusted_language", "CREATE FUNCTION f() RETURNS int AS 'lib', 'f' LANGUAGE \"C\";"),
        ("extension_not_allowed", "CREATE LANGUAGE plperlu;"),
        ("role_change", "GRANT a TO b;"),
        ("transaction", "BEGIN;"),
        ("transaction", "CREATE INDEX CONCURRENTLY i ON t (a);"),
        ("transaction", "PREPARE TRANSACTION 'x';"),
        ("unknown_statement", "CREATE TABLE t AS SELECT 1;"),
        ("unknown_statement", "UPDATE t SET a = 1;"),
        ("unknown_statement", "DELETE FROM t;"),
        ("unknown_statement", "EXPLAIN ANALYZE DELETE FROM t;"),
        ("unknown_statement", "EXECUTE p;"),
        ("unknown_statement", "CREATE TYPE t (INPUT = i, OUTPUT = o);"),
        ("meta_command", "\\connect other\n"),
        ("meta_command", "CREATE TABLE t (a int) \\g /tmp/x\n;"),
        ("meta_command", "\\.\n"),
        ("copy_data_misplaced", "COPY t FROM stdin; DROP TABLE t;\n\\.\n"),
        ("copy_not_terminated", "COPY t FROM stdin;\n1\nDROP TABLE t;\n"),
        ("nul_byte", "CREATE TABLE t (a int);\n\0DROP TABLE t;"),
        ("hidden_statement", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; DROP TABLE t; END;"),
        ("script_syntax", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1"),
        ("reaching_function", "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT pg_read_file('x'); END;"),
        ("reaching_function", "CREATE MATERIALIZED VIEW m AS SELECT * FROM query_to_xml('select 1', true, true, '');"),
    ],
)
def test_tricks_are_refused(code: str, script: str) -> None:
    refused = refusal(script)
    assert refused.code == code
    assert refused.next


def test_everything_that_is_refused_is_told_at_once() -> None:
    script = """CREATE DATABASE x;
\\connect x
COPY t FROM stdin (FORMAT csv, FORCE_NULL (a));
DROP TABLE not_a_statement;
\\.
SELEC 1;
CREATE TABLE t (a int);
DO $$ begin end $$;
COPY t FROM stdin;
1
"""
    refusals = Refusals()
    allowed = list(ScriptReader(io.BytesIO(script.encode()), ScriptPolicy(), refusals))
    assert [statement.node_kind for statement in allowed] == ["create_stmt", "copy_stmt"]
    with pytest.raises(Refused) as caught:
        refusals.raise_any()
    assert [refused["reason"] for refused in caught.value.details["refused"]] == [
        "database_command", "meta_command", "copy_option", "script_syntax", "do_block", "copy_not_terminated",
    ]  # fmt: skip
    for line in (1, 2, 3, 6, 8):
        assert f"Line {line}" in caught.value.what


def test_a_dump_that_was_cut_off_between_two_statements_is_refused_and_one_with_more_behind_it_is_not() -> None:
    opening, closing = "--\n-- PostgreSQL database dump\n--\n\n", "--\n-- PostgreSQL database dump complete\n--\n\n"
    made = "CREATE TABLE t (a int);\n"
    more = "-- Applied migrations\n" + "INSERT INTO t VALUES (20260101);\n" * 500
    assert len(read(opening + made + closing + more)) == 501
    assert len(read(opening + made + closing + opening + made + closing)) == 2
    for cut_off in (opening + made, opening + made + closing + opening + made):
        with pytest.raises(Refused, match="cut off between two statements"):
            read(cut_off)


def test_refusals_are_told_up_to_a_cap_with_their_number() -> None:
    refusals = Refusals()
    list(ScriptReader(io.BytesIO(b"UPDATE t SET a = 1;\n" * 50), ScriptPolicy(), refusals))
    with pytest.raises(
        Refused, match=r"unknown_statement.*50 statements are refused.*Line 20 is refused: .*And 30 more"
    ):
        refusals.raise_any()


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("INSERT INTO t VALUES ('a\n);\n", "unterminated", "Line 2: a quoted string or name is never closed."),
        ('CREATE TABLE "t (a int);', "unterminated", "Line 2: a quoted string or name is never closed."),
        ("COMMENT ON TABLE t IS $said$a$;\n", "unterminated", "Line 2: a dollar-quoted string is never closed."),
        ("/* a\n;", "unterminated", "Line 2: a comment is never closed."),
        ("CREATE TABLE t (a int,\n  b c d);", "script_syntax", "Line 3, column 7: "),
    ],
)
def test_a_script_that_breaks_off_is_told_where_and_what_to_do_with_it(script: str, code: str, said: str) -> None:
    refused = refusal(f"CREATE TABLE first ();\n{script}")
    assert refused.code == code
    assert refused.what.startswith(said)
    assert refused.state == "Nothing of the script was kept."
    assert refused.next == "Correct the script there, or fetch it again: it may be cut off."


@pytest.mark.parametrize("columns", ["", " (a)", " (a, b)"])
def test_a_copy_block_that_lost_its_end_is_not_taken_for_rows(columns: str) -> None:
    swallowed = "\n--\n-- Data for u\n--\n\nCOPY public.u (a, b) FROM stdin;\n1\t2\n\\.\n"
    lost = f"COPY public.t{columns} FROM stdin;\n1\n{swallowed}"
    refused = refusal(lost)
    assert refused.code == "copy_data_is_sql"
    assert "Line 8" in refused.what
    assert read(lost, ScriptPolicy(also_allow={"copy_data_is_sql"}))[0].kind == "copy"


def test_sql_in_a_row_of_several_columns_is_only_text() -> None:
    rows = "1\tCOPY u FROM stdin;\n2\tDROP TABLE x;\nCOPY u FROM stdin;\t3\n"
    assert copied(f"COPY t (a, b) FROM stdin;\n{rows}\\.\n") == [rows.encode()]
    assert copied("COPY t (a) FROM stdin;\nDROP TABLE t;\nselect copy FROM stdin;\n\\.\n")


INSERTS = {
    "INSERT INTO t VALUES (1, -2.5e3, 'it''s; (', NULL, true, B'01', DEFAULT)": b"",
    'insert into public."T x" ("a ""b", c) values (\'a\nb\', 1),\n (E\'x\', 2)': b"",
    "INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES ('x'), ('--y') ON CONFLICT DO NOTHING": b"ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES ('a'::text, /* ' */ '{}'::int[], ARRAY[1]) -- '": b"",
}


@pytest.mark.parametrize(("text", "ending"), INSERTS.items())
def test_inserts_are_read_alike_by_shape_and_by_the_grammar(text: str, ending: bytes) -> None:
    (found,) = read(f"{text};")
    assert found.rows
    assert found.rows.ending == ending
    again = f"INSERT INTO x VALUES {found.rows.values.decode()}"
    spelled = grammar.spelled(grammar.parse(text)[0], without=("on_conflict_clause",))
    assert grammar.spelled(grammar.parse(again)[0]).partition("VALUES")[2] == spelled.partition("VALUES")[2]


@pytest.mark.parametrize(
    "value",
    ["pg_sleep(1)", "'a' || b", "$$x$$", "'x' 'y'", "(SELECT 1)", "1); SELECT (1", "1) RETURNING (1", "1, now()"],
)
def test_no_insert_is_known_by_a_shape_that_hides_more(value: str) -> None:
    assert plain_rows(b"INSERT INTO t VALUES (1)")
    assert plain_rows(f"INSERT INTO t VALUES ({value})".encode()) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT " + " || ".join(["a"] * 30_000) + " FROM t",
        "CREATE VIEW v AS " + " UNION ".join(["SELECT 1, 2"] * 30_000),
        "INSERT INTO t SELECT a" + " IN (1, 2)" * 30_000,
        "CREATE TABLE t (a int CHECK (" + "+".join(["(1, $$,$$)"] * 30_000) + " IS NULL))",
    ],
    ids=["operators", "unions", "words", "brackets"],
)
def test_an_expression_that_would_end_the_process_is_refused(statement: str) -> None:
    refused = refusal("SELECT pg_catalog.setval('s', 1);\n" + statement)
    assert refused.code == "script_syntax"
    assert "Line 2, column" in refused.what
    assert "more than 10,000 operators in one expression" in refused.what


def test_long_statements_of_short_expressions_are_read() -> None:
    rows = ", ".join(["(-1, 'a-b' || 'c', $$-$$)"] * 30_000)
    body = "BEGIN RETURN " + "+".join(["1"] * 30_000) + "; END"
    found = read(f"INSERT INTO t VALUES {rows};\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $b${body}$b$")
    assert [statement.node_kind for statement in found] == ["insert_stmt", "create_function_stmt"]


def test_no_text_of_the_script_stands_in_a_refusal() -> None:
    for script in ("INSERT INTO t VALUES ('s3cret' 'x');", "INSERT INTO t VALUES ('s3cret", "s3cret 'abc';"):
        assert "s3cret" not in str(refusal(script))


def test_statements_after_a_body_are_judged_on_their_own() -> None:
    hidden = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; DROP DATABASE x;"
    assert refusal(hidden).code == "database_command"


def test_settings_lift_what_they_name() -> None:
    policy = ScriptPolicy(extensions={"dblink"}, also_allow={"do_block"}, languages={"plpython3u"})
    read("CREATE EXTENSION dblink; DO $$ begin end $$;", policy)
    assert "allow_statements" in (refusal("CREATE SERVER s FOREIGN DATA WRAPPER w;", policy).next or "")
    assert refusal("COMMIT;", ScriptPolicy(also_allow={"transaction"})).code == "transaction"
    assert refusal("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1';", policy).code == "untrusted_language"


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("foreign_data", "ALTER FOREIGN TABLE ONLY f ALTER COLUMN a OPTIONS (x 'y');"),
        ("foreign_data", "COMMENT ON SERVER s IS 'x';"),
        ("foreign_data", "COMMENT ON FOREIGN DATA WRAPPER w IS 'x';"),
        ("foreign_data", "DROP SERVER IF EXISTS s;"),
        ("foreign_data", "DROP FOREIGN DATA WRAPPER IF EXISTS w;"),
        ("foreign_data", "DROP USER MAPPING IF EXISTS FOR u SERVER s;"),
        ("event_trigger", "ALTER EVENT TRIGGER e DISABLE;"),
        ("event_trigger", "COMMENT ON EVENT TRIGGER e IS 'x';"),
        ("event_trigger", "DROP EVENT TRIGGER IF EXISTS e;"),
    ],
)
def test_what_a_dump_writes_of_lifted_objects_is_lifted_with_them(code: str, script: str) -> None:
    assert f"adds {code} to allow_statements" in (refusal(script).next or "")
    read(script, ScriptPolicy(also_allow={code}))


def test_owners_grants_and_our_settings_are_told_apart() -> None:
    script = """SET lock_timeout = 0; SELECT pg_catalog.set_config('search_path', '', false);
    ALTER TABLE public.t OWNER TO x; GRANT ALL ON t TO y; COMMENT ON EXTENSION hstore IS 'x';
    ALTER TABLE ONLY t ALTER COLUMN c SET (pg_attver=2); DROP TABLE IF EXISTS public.t;
    SELECT pg_catalog.setval('public.t_id_seq', 12, true); INSERT INTO t VALUES (-1, 'a', NULL, B'01', '{}'::int[]);"""
    found = read(script)
    assert [s.kind for s in found] == [
        "setting", "setting", "owner", "grant", "ignored", "ignored", "drop", "sequence", "rows",
    ]  # fmt: skip
    assert found[0].value is None
    assert found[1].value == ""
    assert found[7].value == "12,true"


def test_other_encodings_are_read_as_the_script_says() -> None:
    script = "SET client_encoding = 'LATIN1';\nCOMMENT ON SCHEMA public IS 'é;ü';".encode("latin-1")
    assert read(script)[1].sql.endswith("'é;ü'")
    assert refusal("COMMENT ON SCHEMA public IS 'é';".encode("latin-1")).code == "wrong_encoding"
    assert refusal("SET search_path = '';".encode("utf-16")).code == "wrong_encoding"
