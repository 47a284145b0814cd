"""Passwords and tokens that logs leak, taken out before anything is kept.

Servers write them by mistake: a RADIUS server the clear password after the user, a proxy the query
with a token in it, a debug log the whole form. What is here is a net, not a proof: it knows the
names that secrets go by (`password=`, `"client_secret":`), bearer and basic credentials, JSON web
tokens, private keys, and passwords in addresses (`https://user:password@host`). Parsers take only
the fields they need; this is for the texts that are kept whole: rejected lines and free fields.
Cost is linear in the text.
"""

from __future__ import annotations

import re

import msgspec.structs
import polars as pl

from authrisk.event import LoginEvent

MASK = "***"


def redact(text: str) -> str:
    """The text with each secret replaced by `***`; what surrounds it stays.

    >>> redact('login user=ada password="hunter 2" from=192.0.2.7')
    'login user=ada password="***" from=192.0.2.7'
    >>> redact("Auth: Login incorrect: [ada/hunter2] (from client nas port 0)")
    'Auth: Login incorrect: [ada/***] (from client nas port 0)'
    >>> redact("GET /cb?code=4%2F0Ab&state=1 HTTP/1.1"), redact("Accepted password for ada")
    ('GET /cb?code=***&state=1 HTTP/1.1', 'Accepted password for ada')
    """
    if not _HINT.search(text):
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def redact_event(event: LoginEvent) -> LoginEvent:
    """An event without secrets in the fields that hold what a client or server wrote."""
    found = {}
    for name in FREE_FIELDS:
        text = getattr(event, name)
        if text is not None and (clean := redact(text)) != text:
            found[name] = clean
    return msgspec.structs.replace(event, **found) if found else event


def redact_frame(events: pl.DataFrame) -> pl.DataFrame:
    """The same for a table."""
    found = {}
    for name in FREE_FIELDS:
        texts = events[name]
        if texts.null_count() == len(texts):
            continue
        doubtful = texts.unique().drop_nulls()
        doubtful = doubtful.filter(doubtful.str.contains(_HINT.pattern))
        spellings = {text: clean for text in doubtful if (clean := redact(text)) != text}
        if spellings:
            found[name] = texts.replace(spellings)
    return events.with_columns(**found) if found else events


FREE_FIELDS = ("user_agent", "failure_code", "app", "src_host", "dst_host", "device_id")

_HINT = re.compile(
    r"(?i)pass|pwd|secret|token|bearer|basic |eyj|private key|saml|[?&]code=|api.?key|://"
    r"|authorization|cookie|otp|\[[^\]/]{1,64}/[^\]]"
)
_NAMES = (
    r"(?:[a-z0-9_.-]{0,40}(?:password|passwd|passphrase|passcode|pwd|secret|api[_-]?key|token|otp)"
    r"(?:_confirmation)?|saml(?:response|request)|authorization|set-cookie|cookie|assertion)"
)
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic|negotiate|digest) +[a-z0-9+/=._~-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)?"), MASK),
    (
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END[A-Z ]{0,40}-----|\Z)"),
        MASK,
    ),
    # "name": "value" of JSON, quoted or escaped; the value may hold escaped quotes.
    (
        re.compile(rf'(?i)(\\?"{_NAMES}\\?" ?: ?\\?")(?:[^"\\]|\\(?!")[^"]|\\"(?![,}}\]: ]))*+'),
        rf"\1{MASK}",
    ),
    # name=value, name: "value" and the like
    (
        re.compile(
            rf"(?i)\b({_NAMES}(?:(?: ?[=:] ?)(?=[\"'])|=)[\"']?)"
            r"(?:(?<=\")[^\"]*|(?<=')[^']*|(?<![\"'])[^\s&;,\"']+)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)([?&](?:code|sig|signature|key|state_token)=)[^\s&\"']+"), rf"\1{MASK}"),
    (re.compile(r"(://[^/\s:@]{1,128}:)[^/\s@]{1,256}@"), rf"\1{MASK}@"),
    # FreeRADIUS: [user/password], but not [user/<via Auth-Type = X>]
    (re.compile(r"(\[[^\[\]/]{1,253}/)(?!<via )[^\[\]]{1,253}\](?= \(from client)"), rf"\1{MASK}]"),
)
