"""Children of tables and partitions: what they declare themselves, and what joins them to their parents."""

from itertools import permutations

import pytest

from server.model.comparison.difference import differences
from server.model.migration.planning import plan
from tests.fix_databases import MakeDatabase
from tests.migrating import carry_out, migrate, read


@pytest.mark.parametrize("child", ["a_child", "z_child"])
def test_what_a_child_declares_beside_its_parent_goes_after_that_and_comes_before_it(
    make_database: MakeDatabase, child: str
) -> None:
    forms = [
        "x int",
        "x int, y int",
        "x int, y int not null",
        "x int, y bigint",
        "x int, y int, constraint c check (y > 0)",
        "x int, y int, constraint c check (y > 1)",
    ]
    for old, new in permutations(forms, 2):
        both = (f"create table p ({form}); create table {child} ({form}) inherits (p);" for form in (old, new))
        migrate(make_database, *both)
    apart = f"create table p ({forms[1]}); create table {child} ({forms[1]});"
    migrate(make_database, apart, f"create table p ({forms[3]}); create table {child} ({forms[3]}) inherits (p);")


def test_a_partition_beside_a_default_one_that_may_hold_its_rows_may_fail(make_database: MakeDatabase) -> None:
    parted = "create table p (a int) partition by list (a); create table d partition of p default;"
    one = "create table p1 partition of p for values in (1);"
    _, made = migrate(make_database, parted, f"{parted} {one}", "insert into p values (2)")
    assert ["may_fail_on_data" in step.hazards for step in made.steps if "ATTACH" in step.sql] == [True]
    _, made = migrate(make_database, "", f"{parted} {one}")
    assert not any("may_fail_on_data" in step.hazards for step in made.steps)
    with pytest.raises(AssertionError, match="default partition"):
        migrate(make_database, parted, f"{parted} {one}", "insert into p values (1)")


def test_rows_that_go_over_into_a_partition_with_other_bounds_may_not_fit(make_database: MakeDatabase) -> None:
    parted = "create table p (a int, b int) partition by list (b);"
    old = f"{parted} create table q partition of p for values in (1) partition by hash (a);"
    old += "create table r partition of q for values with (modulus 1, remainder 0)"
    for bound, hazard in ((1, False), (2, True)):
        new = f"{parted} create table q partition of p for values in ({bound})"
        _, made = migrate(make_database, old, new)
        assert ["may_fail_on_data" in step.hazards for step in made.steps if "ATTACH" in step.sql] == [hazard]


def test_a_new_child_of_two_parents_comes_when_they_agree_on_a_type(make_database: MakeDatabase) -> None:
    old = "create table p (a int); create table q (a bigint);"
    new = "create table p (a bigint); create table q (a bigint); create table kid (b int) inherits (p, q);"
    migrate(make_database, old, new)


def test_a_not_null_that_a_parent_has_at_once_does_not_wait_in_its_child(make_database: MakeDatabase) -> None:
    source, target = make_database(), make_database()
    source.run("create table p (a int); create table kid (a int) inherits (p)")
    both = "a int, c int not null default 3"
    target.run(f"create table p ({both}); create table kid ({both}) inherits (p); alter table kid alter c drop default")
    made = plan(read(source), read(target), concurrent_indexes=True)
    carry_out(source, made)
    assert differences(read(source), read(target)) == []


def test_a_not_null_that_a_child_has_of_its_parent_alone_stays_the_parents(make_database: MakeDatabase) -> None:
    """Which pg_dump tells apart, from PostgreSQL 18 on."""
    new = (
        "create table p (a int not null, b int not null); create table kid (b int default 1, c int) inherits (p);"
        "create table own (b int not null) inherits (p); create table grandkid (b int default 2) inherits (kid, own)"
    )
    local = "SELECT conrelid::regclass::text, conname, conislocal FROM pg_constraint WHERE contype = 'n' ORDER BY 1, 2"
    source, _ = migrate(make_database, "", new)
    target = make_database()
    target.run(new)
    assert source.rows(local) == target.rows(local)


def test_a_partition_with_partitions_is_attached_with_its_key_complete(make_database: MakeDatabase) -> None:
    old = "create table p (a int not null) partition by range (a);"
    parts = "create table q partition of p for values from (0) to ({}) partition by hash (a);"
    parts += "create table r partition of q for values with (modulus 1, remainder 0);"
    key = "alter table p add primary key (a); create index on p (a)"
    migrate(make_database, f"{old} {parts.format(10)}", f"{old} {parts.format(5)} {key}", "insert into p values (1)")
    migrate(make_database, old, f"{old} {parts.format(5)} {key}")


def test_a_new_table_and_its_partition_come_with_a_key_and_indexes(make_database: MakeDatabase) -> None:
    new = "create table p (a text not null, b int, c int, unique (a, b)) partition by list (a);"
    new += "create table q partition of p for values in ('one'); create unique index on p (a, c);"
    migrate(make_database, "", f"{new} create index on p (a, b)")


def test_a_child_has_a_columns_new_type_before_its_parent_gets_that_column(make_database: MakeDatabase) -> None:
    old = "create table t (a int); create table c (a int, b int); alter table c inherit t"
    new = "create table t (a int, b text); create table c (a int, b text); alter table c inherit t"
    migrate(make_database, old, new, "insert into c values (1, 2)")


def test_rows_of_a_partition_that_becomes_a_table_are_not_its_parents_too(make_database: MakeDatabase) -> None:
    rest = "create table q partition of p default; create index on p (b);"
    old = f"create table p (a int, b text) partition by range (a); {rest}"
    old += "create table r partition of p for values from (1) to (9) partition by hash (a);"
    old += "create table s partition of r for values with (modulus 1, remainder 0)"
    new = f"create table p (a int, b text) partition by range (b); {rest} create table r (a int, b text)"
    source, _ = migrate(make_database, old, new, "insert into p values (1, 'in r'), (10, 'in q')")
    with source.connect() as connection:
        rows = connection.execute("select tableoid::regclass::text, b from p union all select 'r', b from r order by 1")
        assert rows.fetchall() == [("q", "in q"), ("r", "in r")]
