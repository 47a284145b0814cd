"""PingFederate 9 and later, `audit.log`: fields between pipes, or `key="value"` (Splunk layout).

A login is an `SSO` that succeeded or failed, and an `AUTHN_ATTEMPT` that failed. A successful
attempt has no subject yet: its SSO follows. An SSO that fails after a failed attempt of the same
tracking id is that attempt again. OAuth tokens, sessions and logout are none.

Since version 12 a transaction id stands after the tracking id; the event's name tells the two
layouts apart. A line with another number of pipes is refused, since a subject can hold them. Times
are local (`--timezone`). Written from documentation: PingFederate, "Security audit logging".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from authrisk.event import Outcome
from authrisk.logs.failure_words import reason_in
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import Reader, ReaderFormat
from authrisk.logs.scalars import text_of
from authrisk.logs.timestamps import StampReader

_SAMPLE = """\
2023-04-12 10:15:30,123 | tid:AbC | AUTHN_ATTEMPT| | 203.0.113.30 | | | | idp.example.org | IdP| \
inprogress| HTMLFormAdapter| | 12
2023-04-12 10:15:41,500 | tid:AbC | SSO| ann| 203.0.113.30 | https://sp.example.org | sp1 | SAML2\
0| idp.example.org | IdP| success| HTMLFormAdapter| | 180
2023-04-12 10:16:00,000 | tid:XyZ | tx:1 | AUTHN_ATTEMPT| bob| 203.0.113.31 | | sp1 | | idp.examp\
le.org | IdP| failure| HTMLFormAdapter| Invalid credentials| 40
2023-04-12 10:16:00,100 | tid:XyZ | tx:1 | SSO| bob| 203.0.113.31 | | sp1 | SAML20| idp.example.o\
rg | IdP| failure| HTMLFormAdapter| | 41
2023-04-12 10:17:00,250 trackingid="tid:Q" event="SSO" subject="carol" ip="2001:db8::30" app="" c\
onnectionid="sp2" protocol="OAuth20" host="idp.example.org" role="IdP" status="success" adapterid\
="Kerberos" description="" responsetime="9"
2023-04-12 10:18:00,000 | tid:AbC | OAuth| ann| 203.0.113.30 | | client1 | OAuth20| idp.example.o\
rg | AS| success| | | 5"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "ann", "outcome": "success", "timestamp_ns": 1_681_294_541_500_000_000,
        "src_ip": "203.0.113.30", "app": "https://sp.example.org", "auth_protocol": "saml",
        "correlation_id": "tid:AbC", "dst_host": "idp.example.org",
    },
    {
        "user_id": "bob", "outcome": "failure", "failure_reason": "bad_credentials",
        "timestamp_ns": 1_681_294_560_000_000_000,
    },
    {
        "user_id": "carol", "outcome": "success", "src_ip": "2001:db8::30", "app": "sp2",
        "auth_method": "Kerberos", "auth_protocol": "oauth2",
    },
)  # fmt: skip
_HOSTILE = """\
2023-04-12 10:16:00,000 | tid:1 | AUTHN_ATTEMPT| SSO| victim| 203.0.113.31 | | sp1 | | h | IdP| f\
ailure| a| | 40
2023-04-12 10:16:00,000 | tid:1 | AUTHN_ATTEMPT| x | SSO| victim| 203.0.113.31 | | sp1 | SAML20| \
h | IdP| success| a| | 40
2023-04-12 10:16:00,000 | tid:1 | AUTHN_ATTEMPT| 2023-04-12 10:15:41,\
500 | t | SSO| victim| 203.0.113.30 | a | b | c| h | IdP| success| x| | 1| 203.0.113.31 | | sp1 |\
 SAML20| h | IdP| failure| a| | 40
2023-04-12 10:17:00,250 trackingid="t" event="SSO" subject="x" subject="victim" ip="1.2.3.4" stat\
us="success"
2023-04-12 10:17:00,250 trackingid="t" event="SSO" subject="x" status="success" app="" subject="v\
ictim\""""


def _is_own(text: str) -> bool:
    """Whether a line is a whole audit line of a known event."""
    match = _STAMP.match(text)
    try:
        said = {} if match is None else _fields(text[match.end() :])
    except ValueError:
        return False
    return said.get("event") in _EVENTS and "adapterid" in said


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    failed: dict[str, None] = {}

    def read(line: Line) -> Item:
        match = _STAMP.match(line.text)
        if match is None:
            return Rejected(line, "no audit line")
        said = _fields(line.text[match.end() :])
        return _item(line, said, stamps.utc_ns(match[1]), failed)

    return read


def _fields(text: str) -> Mapping[str, str]:
    if text.startswith(" |"):
        parts = [part.strip() for part in text[2:].rstrip("\r\n").split("|")]
        if len(parts) == len(_NAMES) and parts[1] in _EVENTS:
            return dict(zip(_NAMES, parts, strict=True))
        if len(parts) == len(_NAMES_12) and parts[2] in _EVENTS and parts[1] not in _EVENTS:
            return dict(zip(_NAMES_12, parts, strict=True))
        raise ValueError("another number of fields, or an event that is not known")
    said: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None or match[1] in said:
            raise ValueError("damaged key=value pairs")
        said[match[1]] = match[2]
        at = match.end()
    return said


def _item(line: Line, said: Mapping[str, str], ns: int, failed: dict[str, None]) -> Item:
    event, status = said.get("event", ""), said.get("status", "").casefold()
    if event not in _LOGINS:
        return Ignored(line, "no login")
    if status not in _OUTCOMES or (event == "AUTHN_ATTEMPT" and status == "success"):
        return Ignored(line, "step of a login")
    tracking = text_of(said.get("trackingid"))
    if status == "failure" and tracking is not None:
        if event == "SSO" and tracking in failed:
            return Ignored(line, "attempt told by its failed step")
        failed[tracking] = None
        if len(failed) > _REMEMBERED:
            del failed[next(iter(failed))]
    message = text_of(said.get("description"))
    protocol = text_of(said.get("protocol"))
    return line_event(
        "pingfederate",
        line,
        ns,
        text_of(said.get("subject")),
        _OUTCOMES[status],
        source=said.get("ip"),
        reason=reason_in(message, _REASONS) if status == "failure" else None,
        failure_code=message if status == "failure" else None,
        auth_method=text_of(said.get("adapterid")),
        auth_protocol=_PROTOCOLS.get(protocol.casefold(), protocol) if protocol else None,
        app=text_of(said.get("app"), said.get("connectionid")),
        dst_host=text_of(said.get("host")),
        correlation_id=tracking,
    )


_NAMES = (
    "trackingid", "event", "subject", "ip", "app", "connectionid", "protocol", "host", "role",
    "status", "adapterid", "description", "responsetime",
)  # fmt: skip
_NAMES_12 = ("trackingid", "transactionid", *_NAMES[1:])
_LOGINS = frozenset(("SSO", "AUTHN_ATTEMPT"))
_EVENTS = _LOGINS | {
    "OAuth", "SLO", "AUTHN_REQUEST", "AUTHN_SESSION_CREATED", "AUTHN_SESSION_USED",
    "AUTHN_SESSION_DELETED", "SRI_REVOKED", "STS", "PWD_RESET", "PWD_CHANGE",
}  # fmt: skip
_OUTCOMES = {"success": Outcome.SUCCESS, "failure": Outcome.FAILURE}
_PROTOCOLS = {
    "saml20": "saml", "saml11": "saml", "saml10": "saml", "oauth20": "oauth2", "oidc": "oidc",
    "wsfed": "ws-federation",
}  # fmt: skip
_REASONS = (
    ("lock", "locked"), ("not found", "unknown_user"), ("expired", "expired_password"),
    ("disabled", "disabled"), ("invalid credentials", "bad_credentials"),
)  # fmt: skip
_REMEMBERED = 4096
_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}[.,][0-9]{3})(?= [|a-z])")
_PAIR = re.compile(r' ?([a-z]{2,32})="([^"]*)"(?: ?\Z)?')

PARSER = ReaderFormat(
    name="pingfederate",
    title="PingFederate audit.log: pipe and Splunk layouts",
    versions="9 to 12",
    proven="documentation",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    is_own=_is_own,
    opened=_opened,
)
