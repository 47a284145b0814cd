"""Apereo CAS 4 and later, audit trail (Inspektr): single lines, blocks of lines, JSON.

Logins are AUTHENTICATION_SUCCESS and AUTHENTICATION_FAILED; each credential is one, so a second
factor is an event of its own. Tickets and services are none. The time is the audit's own (`WHEN`);
without an offset it is local (`--timezone`), an abbreviation such as CEST says nothing sure.

A user name may hold the separator `|`: a single line with another number of fields is refused.
Reference: Apereo CAS documentation, "Audits"; samples of CrowdSec (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.json_object import read_object
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.scalars import text_of
from authrisk.logs.timestamps import MONTHS, StampReader

# The first after a sample of CrowdSec (hub, MIT).
_SAMPLE = """\
2021-10-11 09:01:35,116 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
Mon Oct 11 09:01:35 CEST 2021|CAS|Supplied credentials: [UsernamePasswordCredential(username=john\
.doe, source=null, customFields={})]|AUTHENTICATION_FAILED|john.doe|1.1.1.1|2.2.2.2
2021-10-11 09:02:00,100 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
<Audit trail record BEGIN
=============================================================
WHO: casuser
WHAT: Supplied credentials: [UsernamePasswordCredential(username=casuser)]
ACTION: AUTHENTICATION_SUCCESS
APPLICATION: CAS
WHEN: Mon Oct 11 09:02:00 UTC 2021
CLIENT IP ADDRESS: 203.0.113.50
SERVER IP ADDRESS: 2.2.2.2
=============================================================
>
2023-05-01 10:00:00,200 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
<{"who":"casuser","what":"[GoogleAuthenticatorTokenCredential]","action":"AUTHENTICATION_SUCCESS",\
"application":"CAS","when":"2023-05-01T10:00:00.123456Z","clientIpAddress":"203.0.113.50",\
"serverIpAddress":"2.2.2.2"}>
2021-10-11 09:03:00,116 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
Mon Oct 11 09:03:00 CEST 2021|CAS|TGT-1|TICKET_GRANTING_TICKET_CREATED|john.doe|1.1.1.1|2.2.2.2"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "john.doe", "outcome": "failure", "src_ip": "1.1.1.1", "dst_ip": "2.2.2.2",
        "timestamp_ns": 1_633_942_895_000_000_000, "auth_method": "password",
    },
    {
        "event_id": "log:2", "user_id": "casuser", "outcome": "success",
        "src_ip": "203.0.113.50", "timestamp_ns": 1_633_942_920_000_000_000, "mfa": None,
    },
    {
        "user_id": "casuser", "outcome": "success", "auth_method": "otp", "mfa": True,
        "timestamp_ns": 1_682_935_200_123_456_000,
    },
)  # fmt: skip
_HOSTILE = """\
2021-10-11 09:01:35,116 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
Mon Oct 11 09:01:35 CEST 2021|CAS|[UsernamePasswordCredential(username=x|AUTHENTICATION_SUCCESS|v\
ictim)]|AUTHENTICATION_FAILED|x|AUTHENTICATION_SUCCESS|victim|1.1.1.1|2.2.2.2
2021-10-11 09:01:35,116 INFO [com.example.Shop] - Mon Oct 11 09:01:35 CEST 2021|CAS|x|AUTHENTICAT\
ION_SUCCESS|victim|1.1.1.1|2.2.2.2
2021-10-11 09:02:00,100 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
<Audit trail record BEGIN
WHO: x
WHO: victim
ACTION: AUTHENTICATION_SUCCESS
WHEN: Mon Oct 11 09:02:00 UTC 2021
>
2021-10-11 09:03:00,116 INFO [org.apereo.inspektr.audit.support.Slf4jLoggingAuditTrailManager] - \
<{"who":"x","who":"victim","action":"AUTHENTICATION_SUCCESS","when":"2023-05-01T10:00:00Z"}>"""


@dataclass(frozen=True, slots=True)
class Cas:
    """Reads CAS's audit trail in its three layouts."""

    name: str = "cas"
    title: str = "Apereo CAS audit trail: single lines, blocks, JSON"
    versions: str = "4 to 7"
    proven: Proven = "samples"
    sample: str = _SAMPLE
    expected: Sequence[dict[str, object]] = _EXPECTED
    hostile: str = _HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a line is of CAS's audit logger."""
        return any(_LINE.match(text) for text in head)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line; a block's event comes with its last line."""
        stamps = StampReader(settings)
        begun: Line | None = None
        block: list[tuple[str, str]] = []
        for line in lines:
            match = _LINE.match(line.text)
            if match is None and not line.text.strip():
                yield Ignored(line, "blank line")
                continue
            if match is None and begun is not None:
                pair = _BLOCK_PAIR.match(line.text)
                if pair is not None and len(block) < _LONGEST_BLOCK:
                    block.append((pair[1], pair[2].strip()))
                    yield Ignored(line, "part of a record")
                elif line.text.startswith("=="):
                    yield Ignored(line, "part of a record")
                else:
                    yield _of_block(begun, block, stamps)
                    begun, block = None, []
                    yield Ignored(line, "part of a record")
                continue
            if begun is not None:
                yield _of_block(begun, block, stamps)
                begun, block = None, []
            if match is None:
                yield Ignored(line, "another logger")
                continue
            content = line.text[match.end() :].strip()
            if content.startswith("<Audit trail record BEGIN"):
                begun = line
                yield Ignored(line, "part of a record")
            else:
                yield _of_content(line, content, stamps)
        if begun is not None:
            yield _of_block(begun, block, stamps)


def _of_content(line: Line, content: str, stamps: StampReader) -> Item:
    content = content.removeprefix("<").removesuffix(">")
    try:
        if content.startswith("{"):
            record = read_object(content)
            said = {name: str(record.get(key, "")) for name, key in _JSON_NAMES.items()}
        else:
            parts = content.split("|")
            if "AUTHENTICATION_" not in content:
                return Ignored(line, "no login")
            if len(parts) != len(_NAMES):
                raise ValueError("another number of fields")
            said = dict(zip(_NAMES, parts, strict=True))
        return _item(line, said, stamps)
    except ValueError as error:
        return Rejected(line, str(error))


def _of_block(line: Line, block: Sequence[tuple[str, str]], stamps: StampReader) -> Item:
    said = dict(block)
    if len(said) != len(block):
        return Rejected(line, "a field said twice")
    try:
        return _item(line, said, stamps)
    except ValueError as error:
        return Rejected(line, str(error))


def _item(line: Line, said: Mapping[str, str], stamps: StampReader) -> Item:
    action = said.get("ACTION", "").strip()
    if action not in _LOGINS:
        return Ignored(line, "no login")
    failed = action == "AUTHENTICATION_FAILED"
    user = text_of(said.get("WHO"))
    origin = read_origin(said.get("CLIENT IP ADDRESS", ""))
    kind = _CREDENTIAL.search(said.get("WHAT", ""), 0, 4096)
    method = _METHODS.get(kind[1]) if kind else None
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=_time(said.get("WHEN", ""), stamps),
        user_id=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        failure_reason="bad_credentials" if failed else None,
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        auth_method=method,
        mfa=True if method in {"otp", "webauthn", "push"} else None,
        app=text_of(said.get("APPLICATION")),
        dst_ip=read_origin(said.get("SERVER IP ADDRESS", "")).ip,
        source_type="cas",
    )


def _time(when: str, stamps: StampReader) -> int:
    match = _JAVA_DATE.fullmatch(when.strip())
    if match is None:
        return stamps.utc_ns(when.strip().partition("[")[0])
    month, day, time, zone, year = match.groups()
    utc = "Z" if zone in {"UTC", "GMT"} else ""
    return stamps.utc_ns(f"{year}-{MONTHS.index(month) + 1:02}-{day} {time}{utc}")


_LOGINS = frozenset(("AUTHENTICATION_SUCCESS", "AUTHENTICATION_FAILED"))
_NAMES = (
    "WHEN", "APPLICATION", "WHAT", "ACTION", "WHO", "CLIENT IP ADDRESS", "SERVER IP ADDRESS",
)  # fmt: skip
_JSON_NAMES = {
    "WHEN": "when", "APPLICATION": "application", "WHAT": "what", "ACTION": "action", "WHO": "who",
    "CLIENT IP ADDRESS": "clientIpAddress", "SERVER IP ADDRESS": "serverIpAddress",
}  # fmt: skip
_LINE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}[.,][0-9]{3,9} {1,4}[A-Z]{4,5} {1,4}"
    r"\[org\.(?:apereo|jasig)\.inspektr\.audit\.support\.Slf4jLoggingAuditTrailManager\] - "
)
_BLOCK_PAIR = re.compile(
    r"(WHO|WHAT|ACTION|APPLICATION|WHEN|CLIENT IP ADDRESS|SERVER IP ADDRESS):(.*)"
)
_LONGEST_BLOCK = 32
_CREDENTIAL = re.compile(r"\[?(\w{1,64}Credential)\b")
_METHODS = {
    "UsernamePasswordCredential": "password", "RememberMeUsernamePasswordCredential": "password",
    "GoogleAuthenticatorTokenCredential": "otp", "OneTimeTokenCredential": "otp",
    "CasSimpleMultifactorTokenCredential": "otp", "WebAuthnCredential": "webauthn",
    "DuoSecurityCredential": "push", "DuoSecurityUniversalPromptCredential": "push",
    "YubiKeyCredential": "otp", "SpnegoCredential": "kerberos", "X509CertificateCredential": "cert",
    "ClientCredential": "delegated",
}  # fmt: skip
_JAVA_DATE = re.compile(
    r"[A-Z][a-z]{2} (" + "|".join(MONTHS) + r") ([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r" ([A-Za-z0-9:+-]{1,9}) ([0-9]{4})"
)

PARSER = Cas()
