"""Which names, of columns and of their tables, sound like a secret or an identity number: the built-in policy.

A name is read word by word (`passwordHash` is `password hash`), so that `token_count`, `password_changed_at`,
`secretary` and `tokenizer` raise no false alarm.
"""

import re
from functools import cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in text.split(";"))


_SECRETS = _words(
    "password passwords passwd pwd passphrase passcode passcodes secret secrets token tokens jwt credential "
    "credentials otp totp apikeys apitoken authtoken accesstoken refreshtoken sessiontoken accesskey encryptionkey "
    "signingkey "
    "passwort kennwort clientsecret passwordhash pwdhash passwordsalt passworddigest dsn"
)
"""Words that name a secret by themselves, unless the words around say that it is about one, or its type is a number."""
_ALONE = _words("pin salt cookie cookies")
"""Words that do so only where they are the whole name: a `sea_salt` or a `map_pin` is none."""
_SECRET_ENDINGS = ("password", "passwd", "apikey", "secretkey", "privatekey")
_SECRET_PHRASES = _phrases(
    "api key;api keys;private key;private keys;secret key;access key;encryption key;signing key;ssh key;master key;"
    "service key;session key;session cookie;auth key;hmac key;webhook key;mfa key;pass hash;pass phrase;pass word;"
    "pin code;pin hash;pin number;recovery code;recovery codes;backup code;backup codes;reset code;verification code;"
    "2fa code;security answer;security answers;connection string;database url"
)
_PERSONAL = _words("ssn cvv cvc cvv2 cvc2 iban creditcard cardnumber creditcardnumber ccnumber")
_PERSONAL_PHRASES = _phrases(
    "social security;credit card;card number;cc number;card pan;card cvv;card cvc;bank account;passport number;"
    "passport no;drivers license;driver license;driving licence;national id;national insurance;tax id;tax number;"
    "tax identification;taxpayer id;routing number"
)
_ABOUT = _words(
    "at on date time timestamp count counts type kind name length len size expires expire expiry expired expiration "
    "ttl policy strength score version status state required enabled disabled changed updated created algorithm "
    "algo label "
    "description index limit limits usage used scope scopes attempts attempt failures source provider format issuer "
    "verified valid id ids uuid budget price cost rate last4 four brand network less symbol address santa ring "
    "second minute hour day country"
)
"""Last words that make the column one about the secret: `token_expires_at`, `secret_id`."""
_BEFORE = _words(
    "is has have had needs need require requires required must should can show max min num number n total count avg "
    "prompt completion input output cached reasoning used remaining uses allow allows enable enabled force last no "
    "without expire non per design vocab vocabulary"
)
"""Words before it that do the same: `has_password`, `max_tokens`."""
_CONTENTS = _phrases("key;value;val;hash;digest;code;hashed key;key hash;encrypted key;encrypted value")
"""Columns that are the secret itself where their table is named after it: `auth_tokens.key`, `secrets.value`."""
_FACTORS = _words("otp totp hotp mfa 2fa factor")
_DEVICES = ("device", "devices", "authenticator", "authenticators")
"""Last words of tables of a second factor's, whose `key` is what the codes are computed from."""
_TIMES = _words("bool date time timetz timestamp timestamptz interval")
_NUMBERS = _words("int2 int4 int8 numeric float4 float8")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+[a-z]*|[^\W\d_]+")


@cache
def is_sensitive(column: str, base: str | None = None, tables: tuple[str, ...] = ()) -> bool:
    """Whether the built-in policy takes a column of that name (and base type, as `text`, where known) for sensitive,
    by its own name or by those of its `tables`: the one that it is in, and those that it is inherited from.

    A `token` that is a number is a count, and a `password` that is a time is when; an `ssn` may well be a number.
    """
    if base in _TIMES:
        return False
    words = _words_of(column)
    if base not in _NUMBERS:
        if column.lower() in _ALONE or _named(words, _SECRETS, _SECRET_PHRASES):
            return True
        if words in _CONTENTS and any(_holds_secrets(table) for table in tables):
            return True
    return _named(words, _PERSONAL, _PERSONAL_PHRASES)


@cache
def _holds_secrets(table: str) -> bool:
    """Whether a table is named after secrets (`authtoken_token`, `api_keys`), or is one of second factors' devices."""
    words = _words_of(table)
    if not words:
        return False
    if words[-1].endswith(_DEVICES) and not _FACTORS.isdisjoint(words):
        return True
    ends = any(words[-len(phrase) :] == phrase for phrase in _SECRET_PHRASES) or words[-1] in _SECRETS
    return ends and _named(words, _SECRETS, _SECRET_PHRASES)


def _words_of(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name))


def _named(words: tuple[str, ...], single: frozenset[str], phrases: tuple[tuple[str, ...], ...]) -> bool:
    for start, word in enumerate(words):
        lengths = [len(phrase) for phrase in phrases if words[start : start + len(phrase)] == phrase]
        if word in single or (single is _SECRETS and word.endswith(_SECRET_ENDINGS)):
            lengths.append(1)
        if lengths and not _is_about(words[:start], words[start + max(lengths) :]):
            return True
    return False


def _is_about(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return bool((after and after[-1] in _ABOUT) or (before and (before[0] in _BEFORE or before[-1] in _BEFORE)))
