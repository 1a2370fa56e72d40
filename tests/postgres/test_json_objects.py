"""A row as JSON is what PostgreSQL's own row_to_json makes of it, however it was put together."""

from pathlib import Path

import pytest
from psycopg import sql

from server.calls import Call
from server.model.address import parse_url
from server.postgres.databases import Database
from server.postgres.rows_out.fields import fields_of
from server.postgres.rows_out.json_objects import JSON_SCALAR, json_object
from server.postgres.rows_out.tables import read_tables
from server.postgres.transactions import reading
from tests.fix_databases import FreshDatabase

TYPES = (Path(__file__).parents[1] / "jobs" / "exported_types.sql").read_text()
ODD = r'''
CREATE DOMAIN answer AS boolean; CREATE DOMAIN key AS uuid; CREATE DOMAIN body AS jsonb CHECK (value <> 'null');
CREATE DOMAIN ratio AS real; CREATE TYPE holder AS (day date, body jsonb, several numeric[]);
CREATE SCHEMA other; CREATE TYPE other.uuid AS ENUM ('a "quoted" label', 'b');
CREATE TYPE grade AS ENUM
    ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', E'e\té\n\\', '', '13', '14', '15', '16', '17 and on');
CREATE DOMAIN mark AS grade CHECK (value > '2');
CREATE TABLE every (x answer, "per % cent {0} é" key, b body, "tab	here" holder, hs holder[], own other.uuid,
    "it's \ ""so""" date, "new
line" daterange, "ends with \" int2, r ratio, f float8, grade grade, mark mark, n numeric);
INSERT INTO every VALUES (true, gen_random_uuid(), '{"a": null}', ROW('infinity', '"\\"', '{NaN, 1}'),
    ARRAY[NULL, ROW(NULL, NULL, NULL)]::holder[], 'a "quoted" label', '0044-03-15 BC', '[2024-01-01,)',
    -3, '-Infinity', 'NaN', '', '17 and on', 'NaN');
INSERT INTO every (grade, mark, n) VALUES (E'e\té\n\\', '3', 1e-20),
    ('17 and on', E'e\té\n\\', 123456789012345678901234567890);
INSERT INTO every (x, r, f) VALUES (false, '-0', '1e-300'), (false, 'NaN', 'Infinity'), (NULL, 1e20, -1e20);
INSERT INTO every (x) VALUES (NULL);
'''
MANY = [f"c{number} int" for number in range(260)]
WIDE = f"CREATE TABLE every ({', '.join(MANY)}); INSERT INTO every (c0, c99, c259) VALUES (1, NULL, 3)"


@pytest.mark.parametrize("schema", [TYPES, ODD, WIDE], ids=["every type", "odd names and types", "260 columns"])
def test_an_object_is_the_one_of_row_to_json(fresh_database: FreshDatabase, schema: str) -> None:
    fresh_database.run(schema)
    database = Database("it", "test", "read", parse_url(fresh_database.url))
    with reading(Call(), database) as connection:
        (table,) = read_tables(connection)
        fields = [field for field in fields_of(table, {}) if not field.column.json_cast]
        names = sql.SQL(", ").join(sql.Identifier(field.column.name) for field in fields)
        theirs = "translate(row_to_json(x.*)::text, E'\\n\\r', '  ')"
        query = sql.SQL(f"SELECT {{}}, {{}}, {theirs} FROM (SELECT {{}} FROM public.every AS t) AS x")
        now, before = json_object(fields, connection.info.server_version), json_object(fields, JSON_SCALAR - 1)
        rows = connection.execute(query.format(now, before, names)).fetchall()
    assert rows
    for mine, mine_before, its in rows:
        assert mine == mine_before == its
