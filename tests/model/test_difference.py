"""The generic comparison, on facts written by hand: no server."""

from server.model.comparison.difference import Difference, Scope, differences, fold
from server.model.comparison.meaning import meaning, wider
from server.model.comparison.renames import possible_renames
from server.model.schema import Attributes, Identity, Schema

TABLE = Identity("table", "public", "t")


def column(name: str, table: str = "t") -> Identity:
    return Identity("column", "public", table, name)


def schema(facts: dict[Identity, Attributes]) -> Schema:
    return Schema(facts=facts, server_version=180000)


def test_equal_facts_have_no_difference() -> None:
    facts: dict[Identity, Attributes] = {
        TABLE: {"owner": "a"},
        column("x"): {"type": "text"},
        column("y"): {"type": "int"},
    }
    other: dict[Identity, Attributes] = {
        column("y"): {"type": "int"},
        column("x"): {"type": "text"},
        TABLE: {"owner": "b"},
    }
    assert differences(schema(facts), schema(other)) == []
    assert [d.attribute for d in differences(schema(facts), schema(other), Scope(owners=True))] == ["owner"]
    (order,) = differences(schema(facts), schema(other), Scope(column_order=True))
    assert (order.attribute, order.before, order.after) == ("column_order", ("x", "y"), ("y", "x"))


def test_a_changed_part_stands_for_the_whole_definition() -> None:
    key = Identity("constraint", "public", "t", "k")
    before = schema({key: {"definition": "A", "on_delete": "CASCADE"}})
    after = schema({key: {"definition": "B"}})
    assert differences(before, after) == [Difference(key, "changed", "on_delete", "CASCADE", None)]
    unknown = schema({key: {"definition": "C", "on_delete": "CASCADE"}})
    assert [d.attribute for d in differences(before, unknown)] == ["definition"]


def test_parts_of_an_added_table_are_folded_into_it() -> None:
    index = Identity("index", "public", "i")
    sequence = Identity("sequence", "public", "s")
    target = schema(
        {
            TABLE: {},
            column("x"): {"type": "text"},
            index: {"table": "t", "definition": "…"},
            sequence: {"owned_by": ("public", "t", "x")},
        }
    )
    found = differences(schema({}), target)
    assert [d.identity for d in fold(schema({}), target, found)] == [TABLE]


def test_what_a_partition_has_from_its_parent_is_told_once() -> None:
    def partitioned(kind: str) -> Schema:
        child = Identity("table", "public", "t_1")
        return schema(
            {
                TABLE: {"partition_key": "LIST (x)"},
                child: {"partition_of": ("public", "t")},
                column("x"): {"type": kind},
                column("x", "t_1"): {"type": kind, "inherited": True},
            }
        )

    before, after = partitioned("integer"), partitioned("bigint")
    found = fold(before, after, differences(before, after))
    assert found == [Difference(column("x"), "changed", "type", "integer", "bigint")]


def test_columns_that_a_view_brings_along_are_implied() -> None:
    view, seen = Identity("view", "public", "v"), Identity("view_column", "public", "v", "x")
    before = schema({view: {"definition": "A"}})
    after = schema({view: {"definition": "B"}, seen: {"type": "text", "comment": "said"}})
    assert [(d.identity, d.attribute) for d in differences(before, after)] == [(view, "definition"), (seen, "comment")]


def test_a_rename_is_possible_only_one_to_one() -> None:
    before = schema({TABLE: {}, column("a"): {"type": "text"}})
    after = schema({TABLE: {}, column("b"): {"type": "text"}})
    (rename,) = possible_renames(before, after, differences(before, after))
    assert (rename.before, rename.after) == (column("a"), column("b"))
    two = schema({TABLE: {}, column("b"): {"type": "text"}, column("c"): {"type": "text"}})
    assert possible_renames(before, two, differences(before, two)) == []


def test_meaning_tells_what_breaks() -> None:
    required: Attributes = {"type": "text", "not_null": True}
    before, after = schema({TABLE: {}}), schema({TABLE: {}, column("a"): required})
    (added,) = differences(before, after)
    assert meaning(before, after, added).breaking
    assert not meaning(before, schema({TABLE: {}, column("a"): {"type": "text"}}), added).breaking
    (removed,) = differences(after, before)
    assert meaning(after, before, removed).breaking


def test_wider_types_keep_every_value() -> None:
    assert wider("character varying(10)", "character varying(20)")
    assert wider("character varying(10)", "text")
    assert wider("integer", "bigint")
    assert wider("numeric(10,2)", "numeric(12,2)")
    assert not wider("numeric(10,2)", "numeric(10,4)")
    assert not wider("character varying(20)", "character varying(10)")
    assert not wider("text", "integer")
