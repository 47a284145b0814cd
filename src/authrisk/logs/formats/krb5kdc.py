"""MIT Kerberos KDC: krb5kdc.log and syslog.

Versions: 1.6 to 1.21. Assumptions: a ticket for the realm (AS_REQ) is a login; the time of a
success is its `authtime`; `NEEDED_PREAUTH` is the first half of every login and no failure;
TGS_REQ uses a login of before. Principals with an instance (`host/web1`, `ann/admin`) are marked
`service`.

References: MIT krb5 `kdc/do_as_req.c`, `kdc/kdc_log.c`; RFC 4120. No public sample was at hand.
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, when_of
from authrisk.logs.syslog import read_entry
from authrisk.logs.windows_account import account_kind

SAMPLE = """\
Mar 01 10:00:00 kdc1 krb5kdc[1234](info): AS_REQ (8 etypes {18 17 20 19 16 23 25 26}) 10.0.0.5: \
NEEDED_PREAUTH: ann@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM, Additional pre-authentication \
required
Mar 01 10:00:01 kdc1 krb5kdc[1234](info): AS_REQ (8 etypes {18 17 20 19 16 23 25 26}) 10.0.0.5: \
ISSUE: authtime 1709287201, etypes {rep=18 tkt=18 ses=18}, ann@EXAMPLE.COM for \
krbtgt/EXAMPLE.COM@EXAMPLE.COM
Mar 01 10:00:02 kdc1 krb5kdc[1234](info): TGS_REQ (8 etypes {18 17 20 19 16 23 25 26}) 10.0.0.5: \
ISSUE: authtime 1709287201, etypes {rep=18 tkt=18 ses=18}, ann@EXAMPLE.COM for \
HTTP/web1@EXAMPLE.COM
Mar 01 10:00:03 kdc1 krb5kdc[1234](info): preauth (encrypted_timestamp) verify failure: \
Preauthentication failed
Mar 01 10:00:03 kdc1 krb5kdc[1234](info): AS_REQ (4 etypes {aes256-cts-hmac-sha1-96(18), \
aes128-cts-hmac-sha1-96(17)}) 2001:db8:feda:118c::1: PREAUTH_FAILED: bo@EXAMPLE.COM for \
krbtgt/EXAMPLE.COM@EXAMPLE.COM, Preauthentication failed
Mar 01 10:00:04 kdc1 krb5kdc[1234](info): AS_REQ (1 etypes {18}) 10.0.0.6: CLIENT_NOT_FOUND: \
cy@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM, Client not found in Kerberos database
Mar 01 10:00:05 kdc1 krb5kdc[1234]: AS_REQ (1 etypes {18}) 10.0.0.6: LOCKED_OUT: \
host/web1@EXAMPLE.COM for krbtgt/EXAMPLE.COM@EXAMPLE.COM, Client's credentials have been revoked
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "ann@EXAMPLE.COM", "user_name": "ann", "user_domain": "EXAMPLE.COM",
        "outcome": "success", "src_ip": "10.0.0.5", "timestamp_ns": 1_709_287_201 * NS_PER_S,
        "auth_method": "kerberos", "dst_host": "kdc1", "app": "krbtgt/EXAMPLE.COM@EXAMPLE.COM",
    },
    {
        "user_id": "bo@EXAMPLE.COM", "outcome": "failure", "failure_reason": "bad_credentials",
        "src_ip": "2001:db8:feda:118c::1",
    },
    {"user_id": "cy@EXAMPLE.COM", "failure_reason": "unknown_user"},
    {
        "user_id": "host/web1@EXAMPLE.COM", "failure_reason": "locked",
        "failure_code": "LOCKED_OUT", "account_kind": "service",
    },
)  # fmt: skip

HOSTILE = """\
Mar 01 10:00:04 kdc1 krb5kdc[1](info): AS_REQ (1 etypes {18}) 6.6.6.6: CLIENT_NOT_FOUND: victim \
for x@E for krbtgt/E@E, Client not found in Kerberos database
Mar 01 10:00:04 kdc1 krb5kdc[1](info): AS_REQ (1 etypes {18}) 6.6.6.6: CLIENT_NOT_FOUND: x@E for \
krbtgt/E@E AS_REQ (1 etypes {18}) 1.2.3.4: ISSUE: authtime 1, etypes {rep=18}, victim for krbtgt/E@E
Mar 01 10:00:04 kdc1 httpd[1]: krb5kdc[1](info): AS_REQ (1 etypes {18}) 1.2.3.4: LOCKED_OUT: \
victim for krbtgt/E@E, x
Mar 01 10:00:04 kdc1 krb5kdc[1](info): AS_REQ (1 etypes {18}) 6.6.6.6: NEEDED_PREAUTH: victim for \
krbtgt/E@E, Additional pre-authentication required
"""


def _read(text: str) -> Said:
    if "krb5kdc" not in text:
        return None
    try:
        entry = read_entry(text)
    except ValueError:
        return None
    message = entry.message
    if entry.tag is None:  # its own log puts the level between the tag and the colon
        tag = _TAG.match(message)
        if tag is None:
            return None
        message = message[tag.end() :]
    elif entry.tag != "krb5kdc" or entry.uid not in (None, "0"):
        return None
    if not message.startswith("AS_REQ "):
        return "no request for a ticket of the realm"
    match = _REQUEST.fullmatch(message)
    if match is None:
        raise ValueError("a request whose fields are not in their places")
    source, status, authtime, user, service = match.groups()
    if status not in _REASONS:
        return "no decision on a login"
    reason = _REASONS[status]
    name, _, realm = user.rpartition("@")
    return LineLogin(
        when=int(authtime) * NS_PER_S if authtime and int(authtime) else when_of(entry),
        user=user,
        name=name or user,
        domain=realm if name else None,
        account_kind=account_kind(name),
        outcome=Outcome.SUCCESS if reason is None else Outcome.FAILURE,
        reason=reason,
        code=None if reason is None else status,
        source=source,
        method="kerberos",
        protocol="kerberos",
        app=service,
        dst_host=entry.host,
    )


_TAG = re.compile(r"krb5kdc\[[0-9]{1,10}\]\([A-Za-z]{1,16}\): ")
_REQUEST = re.compile(
    r"AS_REQ (?:\([0-9]{1,4} etypes \{[^{}]{0,2000}\}\) )?(\S{1,80}): ([A-Z][A-Z_ ]{1,40}): "
    r"(?:authtime ([0-9]{1,10}), {1,2}etypes \{[^{}]{0,500}\}, )?(.*) for (\S{1,500}?)(?:, [^,]*)?"
)
_REASONS = {
    "ISSUE": None,
    "PREAUTH_FAILED": "bad_credentials",
    "CLIENT_NOT_FOUND": "unknown_user",
    "LOCKED_OUT": "locked",
    "CLIENT LOCKED OUT": "locked",
    "CLIENT EXPIRED": "expired_account",
    "CLIENT KEY EXPIRED": "expired_password",
    "REQUIRED PWCHANGE": "expired_password",
    "CLIENT NOT YET VALID": "policy_denied",
    "POLICY": "policy_denied",
}

PARSER = DaemonFormat(
    name="krb5kdc",
    title="MIT Kerberos KDC: krb5kdc.log and syslog",
    versions="1.6 to 1.21",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("krb5kdc",),
)
