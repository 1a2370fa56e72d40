"""Sensitive columns are found by name without false alarms, and masked so that the export still imports."""

from collections.abc import Sequence

import pytest

from server.errors import Refused
from server.model.redaction import NOTHING, Policy, plan_redactions
from server.model.sensitive import is_sensitive
from server.model.tables import Column, Place, Reference, Table, with_targets


def words(text: str) -> list[str]:
    return text.split()


SENSITIVE = words("""
password passwd pwd password_hash hashed_password encrypted_password passwordHash PasswordHash userPassword
password_digest password_salt user_password password_hint secret client_secret clientSecret webhook_secret totp_secret
otp_secret mfa_secret token access_token accessToken refresh_token auth_token reset_token session_token token_hash
tokens api_key apiKey APIKey apikey api_keys api_key_hash private_key privateKey secret_key secret_access_key
encryption_key ssh_key ssn SSN user_ssn social_security_number credit_card creditCard credit_card_number
card_number cvv iban passwort
bank_account_number passport_number national_id tax_id credentials recovery_codes security_answer jwt
pin PIN pin_hash salt cookie bank_routing_number
""")

HARMLESS = words("""
iban_country
token_count tokens_used max_tokens prompt_tokens completion_tokens total_tokens token_type token_expires_at tokenizer
tokenized_text password_changed_at password_updated_at passwordChangedAt password_reset_required has_password
is_secret secretary secretary_id secretariat secret_id secret_name token_id api_key_id api_key_name public_key
primary_key key sort_key cache_key idempotency_key passenger compass passed pass_count credit_card_type
credit_card_brand email
name id passport_country password_strength password_expires_at has_api_key requires_token author tokens_per_minute
session_id card_id card_count description assassin keyboard monkey ribbon issn
sea_salt map_pin pin_colour pinned cookie_consent routing_key
""")


@pytest.mark.parametrize("column", SENSITIVE)
def test_a_secret_is_known_by_its_name(column: str) -> None:
    assert is_sensitive(column)


@pytest.mark.parametrize("column", HARMLESS)
def test_a_column_about_something_else_raises_no_alarm(column: str) -> None:
    assert not is_sensitive(column)


@pytest.mark.parametrize(
    "place",
    words("""
authtoken_token.key users_token.key api_keys.key apiKeys.hashedKey secrets.value otp_totp_totpdevice.key
two_factor_phonedevice.key recovery_codes.code personal_access_tokens.hash user_passwords.digest credentials.value
"""),
)
def test_a_secret_is_known_by_its_table_where_its_own_name_says_little(place: str) -> None:
    table, _, column = place.partition(".")
    assert Policy().how("public", table, column, "text") == "exclude"
    assert Policy().how("public", "main", column, "text", [("public", table)]) == "exclude"


@pytest.mark.parametrize(
    "place",
    words("""
settings.key translations.value token_usage.value design_tokens.value max_tokens.value password_settings.key
secrets.name api_keys.prefix authtoken_token.user_id phone_devices.key secretaries.code country_codes.code
otp_totp_totpdevice.name vocabulary_tokens.value public_keys.value
"""),
)
def test_a_table_about_something_else_raises_no_alarm(place: str) -> None:
    table, _, column = place.partition(".")
    assert Policy().how("public", table, column, "text") is None


@pytest.mark.parametrize("column", ["token", "tokens", "secret", "password"])
def test_a_number_or_a_time_is_no_secret(column: str) -> None:
    assert not is_sensitive(column, "int4")
    assert not is_sensitive(column, "timestamptz")
    assert is_sensitive(column, "text")
    assert is_sensitive("ssn", "int8")


def text(name: str, *, unique: bool = False, not_null: bool = False, referenced: bool = False) -> Column:
    return Column(name, "text", "text", "S", unique=unique, not_null=not_null, referenced=referenced)


def table(name: str, *columns: Column) -> Table:
    return Table("public", name, 1, False, columns)


def masks(
    policy: Policy, *tables: Table, excluded: tuple[str, ...] = (), declared: Sequence[tuple[Place, Place]] = ()
) -> dict[str, str]:
    planned = plan_redactions(policy, tables, excluded, declared).masks
    return {f"{name}.{column}": how for (_, name), found in planned.items() for column, how in found.items()}


def test_the_default_leaves_sensitive_columns_out_and_blanks_those_that_must_be_there() -> None:
    users = table("users", text("email"), text("password"), text("token", not_null=True), text("api_key", unique=True))
    assert masks(Policy(), users) == {"users.password": "exclude", "users.token": "blank", "users.api_key": "exclude"}


def test_a_unique_column_that_must_be_there_is_hashed_so_that_it_stays_unique() -> None:
    assert masks(Policy(), table("sessions", text("token", unique=True, not_null=True))) == {"sessions.token": "hash"}


def test_a_column_with_a_default_is_left_out_even_if_it_is_not_null() -> None:
    column = Column("secret", "text", "text", "S", not_null=True, has_default=True)
    assert masks(Policy(), table("users", column)) == {"users.secret": "exclude"}


def test_settings_outrank_the_built_in_policy_and_the_closest_pattern_wins() -> None:
    policy = Policy((("*.email", "hash"), ("users.email", "null"), ("*.password", "keep"), ("note", "blank")))
    users = table("users", text("email"), text("password"), text("note"))
    assert masks(policy, users, table("guests", text("email"))) == {
        "users.email": "null",
        "users.note": "blank",
        "guests.email": "hash",
    }


def test_a_databases_own_patterns_outrank_the_general_ones() -> None:
    policy = Policy.of({"email": "hash"}, {"email": "keep"}, "exclude")
    assert policy.how("public", "users", "email") is None
    assert Policy.of({"email": "hash"}, {}, "exclude").how("public", "users", "email") == "hash"


def test_a_foreign_key_column_does_as_its_target_and_nothing_of_its_own() -> None:
    people = table("people", text("ssn", unique=True, not_null=True, referenced=True))
    cards = table(
        "cards",
        Column("owner_ssn", "text", "text", "S", references=(Reference("public", "people", "ssn"),)),
        Column("token", "text", "text", "S", references=(Reference("public", "kinds", "code"),)),
    )
    kinds = table("kinds", text("code", referenced=True))
    assert masks(Policy(), people, cards, kinds) == {"people.ssn": "hash", "cards.owner_ssn": "hash"}


def test_a_key_whose_referrers_are_of_another_shape_is_kept_on_both_sides() -> None:
    ssn = text("ssn", unique=True, not_null=True, referenced=True)
    number = Column("ssn", "bigint", "int8", "N", unique=True, not_null=True, referenced=True)
    to_it = (Reference("public", "people", "ssn"),)
    short = Column("owner", "varchar(9)", "varchar", "S", length=9, references=to_it)
    tiny = Column("owner", "smallint", "int2", "N", references=to_it)
    plain = Column("owner", "integer", "int4", "N", references=to_it)
    assert masks(Policy(), table("people", ssn), table("cards", short)) == {}
    assert masks(Policy(), table("people", number), table("cards", tiny)) == {}
    assert masks(Policy(), table("people", number), table("cards", plain)) == {
        "people.ssn": "hash",
        "cards.owner": "hash",
    }


def test_a_key_is_kept_whose_collation_takes_texts_for_equal_that_have_different_hashes() -> None:
    email = Column("email", "text", "text", "S", unique=True, referenced=True, loose=True)
    to_it = (Reference("public", "people", "email"),)
    mine = Column("email", "text", "text", "S", loose=True, references=to_it)
    alone = Column("email", "text", "text", "S", unique=True, loose=True)
    policy = Policy.of({"*.email": "hash"}, {}, "exclude")
    assert masks(policy, table("people", email), table("cards", mine)) == {}
    assert masks(policy, table("people", alone)) == {"people.email": "hash"}


def test_columns_that_several_keys_link_are_hashed_or_kept_together() -> None:
    to_both = (Reference("public", "people", "ssn"), Reference("public", "insured", "number"))
    cards = table("cards", Column("owner", "text", "text", "S", references=to_both))
    people, insured = table("people", text("ssn", referenced=True)), table("insured", text("number", referenced=True))
    short = Column("holder", "varchar(9)", "varchar", "S", length=9, references=to_both[1:])
    assert masks(Policy(), people, insured, cards) == {
        "people.ssn": "hash",
        "insured.number": "hash",
        "cards.owner": "hash",
    }
    assert masks(Policy(), people, insured, cards, table("rest", short)) == {}


def test_what_is_computed_from_a_masked_column_is_left_out() -> None:
    def computed(name: str, *sources: str, referenced: bool = False) -> Column:
        return Column(name, "text", "text", "S", generated=True, referenced=referenced, made_of=sources)

    users = table(
        "users", text("password"), text("name"), computed("shown", "name"), computed("low", "name", "password")
    )
    assert masks(Policy(), users) == {"users.password": "exclude", "users.low": "exclude"}
    kept = Policy((("users.low", "keep"),))
    assert masks(kept, users) == {"users.password": "exclude"}
    people = table("people", text("ssn", referenced=True), computed("key", "ssn", referenced=True))
    cards = table("cards", Column("holder", "text", "text", "S", references=(Reference("public", "people", "key"),)))
    found = masks(Policy(), people, cards)
    assert found == {"people.ssn": "hash", "people.key": "exclude", "cards.holder": "exclude"}


def test_an_inherited_column_does_as_in_the_table_that_it_comes_from_unless_its_own_name_says_more() -> None:
    def inherited(name: str) -> Column:
        return Column(name, "text", "text", "S", parents=(("public", "people"),))

    boss = table("bosses", inherited("email"), inherited("phone"), text("car"))
    policy = Policy((("people.email", "hash"), ("people.phone", "null"), ("bosses.phone", "keep")))
    assert masks(policy, boss) == {"bosses.email": "hash"}
    assert masks(NOTHING, boss, excluded=("people.phone",)) == {"bosses.phone": "exclude"}


def test_a_reference_of_the_settings_does_as_what_it_refers_to_where_no_key_holds_it() -> None:
    people = table("people", text("ssn", not_null=True), text("pin"), text("id", referenced=True))
    notes = table("notes", text("about"), text("said_of"), Column("by", "text", "text", "S", referenced=True))

    def linked(source: str, target: str) -> tuple[Place, Place]:
        (one, column), (other, end) = source.split("."), target.split(".")
        return ("public", one, column), ("public", other, end)

    declared = [
        linked("notes.said_of", "notes.about"),
        linked("notes.about", "people.ssn"),
        linked("notes.by", "people.ssn"),
        linked("notes.about", "people.id"),
    ]
    assert masks(NOTHING, people, notes, excluded=("ssn",), declared=declared) == {
        "people.ssn": "blank",
        "notes.about": "blank",
        "notes.said_of": "blank",
    }


def test_a_table_comes_with_all_that_its_references_lead_to() -> None:
    def key(to: str) -> tuple[Reference, ...]:
        return (Reference("public", to, "id"),)

    lines = table("lines", Column("of", "text", "text", "S", references=key("orders")), text("about"))
    orders = table("orders", Column("of", "text", "text", "S", references=key("people")))
    people = table("people", Column("boss", "text", "text", "S", references=key("people")))
    others = table("notes", text("id")), table("rest", Column("of", "text", "text", "S", references=key("lines")))
    everything = (lines, orders, people, *others)
    assert with_targets([lines], everything) == [lines, orders, people]
    declared = [(("public", "lines", "about"), ("public", "notes", "id"))]
    assert with_targets([lines], everything, declared) == [lines, orders, others[0], people]


def test_excluded_columns_of_a_call_add_to_the_policy() -> None:
    users = table("users", text("email"), text("password"), text("bio"))
    planned = masks(Policy(), users, excluded=("users.bio", "public.users.email"))
    assert planned == dict.fromkeys(["users.email", "users.password", "users.bio"], "exclude")


def test_no_redaction_keeps_everything_but_what_the_call_excludes() -> None:
    users = table("users", text("email"), text("password"))
    assert masks(NOTHING, users) == {}
    assert masks(NOTHING, users, excluded=("email",)) == {"users.email": "exclude"}


def test_an_excluded_column_that_no_table_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused, match=r"users\.email"):
        masks(Policy(), table("users", text("email")), excluded=("users.emial",))
