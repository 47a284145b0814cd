"""Asterisk 11-22: the security log (`logger.conf`: `security => security`), SIP, PJSIP, AMI, IAX.

One `SecurityEvent` a line, quoted pairs; the event's own time (`EventTV`) counts. `SuccessfulAuth`
is a success. `InvalidPassword`, `ChallengeResponseFailed`, `InvalidAccountID`, `FailedACL` and
`RequestBadFormat`-like refusals of an account are failures; `ChallengeSent` is a step. Accounts are
mostly telephones. The session's hashes are read over.

Reference: Asterisk Security Event Logger, `main/security_events.c`. Sample of crowdsec's parser
tests (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.key_values import read_pairs
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            other = _OTHER.match(line.text) is not None
            return Ignored(line, OTHER) if other else Rejected(line, "no header of Asterisk")
        fields = read_pairs(line.text[header.end() :], ",")
        told = _EVENTS.get(fields.get("SecurityEvent", ""))
        if told is None:
            return Ignored(line, OTHER)
        outcome, reason = told
        remote = fields.get("RemoteAddress", "").split("/")
        own = fields.get("LocalAddress", "").split("/")
        user = fields.get("AccountID", "")
        return line_event(
            "asterisk", line, _time_ns(fields.get("EventTV", ""), stamps),
            None if user in {"", "<unknown>"} else user, outcome,
            source=remote[2] if len(remote) == 4 else None,
            src_port=remote[3] if len(remote) == 4 else None,
            reason=reason, failure_code=fields["SecurityEvent"] if reason else None,
            auth_protocol=fields.get("Service", "").casefold() or None, app="asterisk",
            dst_ip=own[2] if len(own) == 4 else None, session_id=fields.get("SessionID"),
        )  # fmt: skip

    return read


def _time_ns(stamp: str, stamps: StampReader) -> int:
    """EventTV is RFC 3339, or `seconds-microseconds` before Asterisk 12."""
    old = _OLD_TIME.fullmatch(stamp)
    if old is not None:
        return int(old[1]) * 1_000_000_000 + int(old[2]) * 1000
    return stamps.utc_ns(stamp)


_EVENTS = {
    "SuccessfulAuth": (Outcome.SUCCESS, None),
    "InvalidPassword": (Outcome.FAILURE, "bad_credentials"),
    "ChallengeResponseFailed": (Outcome.FAILURE, "bad_credentials"),
    "InvalidAccountID": (Outcome.FAILURE, "unknown_user"),
    "FailedACL": (Outcome.FAILURE, "policy_denied"),
    "AuthMethodNotAllowed": (Outcome.FAILURE, "policy_denied"),
    "UnexpectedAddress": (Outcome.FAILURE, "policy_denied"),
    "SessionLimit": (Outcome.FAILURE, "policy_denied"),
}
_OLD_TIME = re.compile(r"([0-9]{9,10})-([0-9]{1,6})")
_HEADER = re.compile(
    r"\[[^\[\]]{8,40}\] SECURITY\[[0-9]+\](?:\[[^\]\s]*\])?:? res_security_log\.c:(?:[0-9]+ \w+:)? "
    r"(?=SecurityEvent=)"
)
_OTHER = re.compile(r"\[[^\[\]]{8,40}\] (?:NOTICE|WARNING|ERROR|VERBOSE|DEBUG|SECURITY)\[[0-9]+\]")

PARSER = ReaderFormat(
    name="asterisk",
    title="Asterisk security log: SIP, PJSIP, IAX, AMI",
    versions="11-22",
    proven="samples",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
[Dec 21 12:56:59] SECURITY[77]: res_security_log.c:114 security_event_stasis_cb: \
SecurityEvent="InvalidAccountID",EventTV="2021-12-21T12:56:59.192+0000",Severity="Error",\
Service="PJSIP",EventVersion="1",AccountID="6001",SessionID="2kOig",LocalAddress="IPV4/UDP/\
172.17.0.2/5060",RemoteAddress="IPV4/UDP/172.17.0.1/55287"
[Mar  6 08:44:27] SECURITY[1310] res_security_log.c: SecurityEvent="InvalidPassword",EventTV="2022-\
03-06T08:44:27.151+1100",Severity="Error",Service="SIP",EventVersion="2",AccountID="6001",Session\
ID=\
"0x7fa52803a000",LocalAddress="IPV4/UDP/172.17.0.2/5060",RemoteAddress="IPV4/UDP/172.17.0.1/56433",\
Challenge="62790d2c",ReceivedChallenge="62790d2c",ReceivedHash="c3b9d05b8f36265eb89edee60aad693a"
[Mar  6 08:45:27] SECURITY[1310] res_security_log.c: SecurityEvent="ChallengeSent",EventTV="2022-\
03-\
06T08:45:27.151+1100",Severity="Informational",Service="PJSIP",AccountID="6002",SessionID="7",\
LocalAddress="IPV4/UDP/172.17.0.2/5060",RemoteAddress="IPV6/UDP/2001:db8::9/56433"
[Mar  6 08:45:28] SECURITY[1310] res_security_log.c: SecurityEvent="SuccessfulAuth",EventTV="2022\
-03-\
06T08:45:28.151+1100",Severity="Informational",Service="PJSIP",AccountID="6002",SessionID="7",\
LocalAddress="IPV4/UDP/172.17.0.2/5060",RemoteAddress="IPV6/UDP/2001:db8::9/56433",UsingPassword="1"
[Mar  6 08:45:29] NOTICE[1310] chan_sip.c: Peer '6002' is now Reachable.""",
    expected=(
        {
            "user_id": "6001", "outcome": "failure", "failure_reason": "unknown_user",
            "src_ip": "172.17.0.1", "src_port": 55287, "auth_protocol": "pjsip",
            "timestamp_ns": 1_640_091_419_192_000_000,
        },
        {"user_id": "6001", "failure_reason": "bad_credentials", "dst_ip": "172.17.0.2"},
        {"user_id": "6002", "outcome": "success", "src_ip": "2001:db8::9"},
    ),
    hostile="""\
[Mar  6 08:45:28] SECURITY[1310] res_security_log.c: SecurityEvent="SuccessfulAuth",EventTV="2022\
-03-\
06T08:45:28.151+1100",Service="PJSIP",AccountID="x",SessionID="1",AccountID="victim",\
RemoteAddress="IPV4/UDP/6.6.6.6/56433"
[Mar  6 08:45:28] NOTICE[1310] chan_sip.c: [Mar  6 08:45:28] SECURITY[1310] res_security_log.c: \
SecurityEvent="SuccessfulAuth",EventTV="2022-03-06T08:45:28.151+1100",AccountID="victim",\
RemoteAddress="IPV4/UDP/1.2.3.4/56433"
[Mar  6 08:45:28] SECURITY[1310] res_security_log.c: SecurityEvent="InvalidAccountID",EventTV="20\
22-\
03-06T08:45:28.151+1100",AccountID="x\\",AccountID=\\"victim",RemoteAddress="IPV4/UDP/6.6.6.6/564\
\"""",
)  # fmt: skip
