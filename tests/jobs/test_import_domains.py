"""Imports into columns of domains: NOT NULL, with conditions, over each other, beneath computed columns."""

import pytest

from tests.fix_imports import Make

TABLE = """
CREATE DOMAIN slug AS varchar(10) NOT NULL CHECK (VALUE ~ '^[a-z]+$');
CREATE DOMAIN "Short slug" AS slug CHECK (length(VALUE) < 5);
CREATE DOMAIN kind AS text NOT NULL DEFAULT 'plain' CHECK (VALUE IS NOT NULL);
CREATE TABLE tags (
    id int PRIMARY KEY, name slug UNIQUE, short "Short slug", kind kind, seats int CHECK (seats > 0),
    loud text GENERATED ALWAYS AS (upper(name)) STORED UNIQUE
);
INSERT INTO tags VALUES (1, 'one', 'o', 'k', 1);
"""


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_violation_is_told_beside_values_that_a_domain_refuses(import_into: Make, form: str) -> None:
    importing = import_into(TABLE)
    rows = [
        (1, "one", "a", 1),
        (2, "Bad Name", "b", -1),
        (3, "three", "toolong", 1),
        (4, "", "d", -2),
        (5, "five", "e", 1),
    ]
    csv = "id,name,short,seats\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    words = '{{"id": {}, "name": "{}", "short": "{}", "seats": {}}}\n'
    jsonl = "".join(words.format(*row) for row in rows).replace('"name": ""', '"name": null')
    before = importing.hash
    report = importing.check(importing.write(f"tags.{form}", csv if form == "csv" else jsonl))
    found = {(v.kind, *v.columns): (v.total, v.rows) for v in report.violations}
    assert found == {
        ("bad_value", "name"): (2, [2, 4]),
        ("bad_value", "short"): (1, [3]),
        ("check", "seats"): (2, [2, 4]),
        ("unique", "id"): (1, [1]),
        ("unique", "name"): (1, [1]),
        ("unique", "loud"): (1, [1]),
    }
    assert importing.hash == before


def test_a_column_whose_domain_is_not_null_is_required_unless_the_domain_has_a_default(import_into: Make) -> None:
    importing = import_into(TABLE)
    report = importing.check(importing.write("tags.csv", "id,name,seats\n2,two,1\n"))
    assert [(i.type, i.column) for i in report.issues if i.severity == "error"] == [
        ("missing_required_column", "short")
    ]
    path = importing.write("tags.csv", "id,name,short,seats\n2,two,t,1\n")
    assert importing.run(path).tables[0].inserted == 1
    assert importing.database.rows("SELECT kind, loud FROM tags WHERE id = 2") == [("plain", "TWO")]
