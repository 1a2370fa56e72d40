"""Functions of extensions that pgferry does not know: what they say of themselves decides, then what a person says."""

import pytest

from server.postgres.querying.function_rules import FunctionFacts, judge_function
from server.postgres.querying.query_rules import NotReadOnly


def of_extension(extension: str, name: str, volatility: str, language: str = "c") -> FunctionFacts:
    return FunctionFacts(20_000, "ext", name, volatility, language, name, extension, None, None, None, [], [])


@pytest.mark.parametrize("volatility", ["i", "s"])
def test_a_stable_function_of_an_unknown_extension_may_be_called(volatility: str) -> None:
    assert judge_function(of_extension("geometries", "area", volatility), frozenset()) == "fine"


def test_a_volatile_one_needs_a_person_to_vouch_for_it() -> None:
    facts = of_extension("geometries", "simplify", "v")
    with pytest.raises(NotReadOnly, match="allow_functions"):
        judge_function(facts, frozenset())
    assert judge_function(facts, frozenset({"ext.simplify"})) == "fine"


def test_what_an_unknown_extension_wrote_in_sql_is_read() -> None:
    assert judge_function(of_extension("geometries", "label", "v", "plpgsql"), frozenset()) == "read the body"


@pytest.mark.parametrize("extension", ["dblink", "file_fdw", "http", "adminpack", "pg_cron"])
def test_extensions_that_reach_further_are_refused_whatever_they_say(extension: str) -> None:
    with pytest.raises(NotReadOnly, match=extension):
        judge_function(of_extension(extension, "harmless", "i"), frozenset())


def test_at_time_zone_may_be_asked_of_servers_before_15_too() -> None:
    """They call one of its functions, that of times of day, volatile."""
    facts = FunctionFacts(
        2037, "pg_catalog", "timezone", "v", "internal", "timetz_zone", None, None, None, None, [], []
    )
    assert judge_function(facts, frozenset()) == "fine"
