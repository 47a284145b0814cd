"""Ivanti (Pulse, Juniper) Connect Secure and Policy Secure 8-22: user access log, two layouts.

Standard: `.. - ive - [203.0.113.7] ada(Users)[Role] - 2024/02/09 11:44:56 - message`, WELF: pairs
with `msg="AUT24326: ..."`. The text of the message counts: `Primary authentication successful for
u/server` and `Login succeeded for u/realm` of one user and address within two minutes are one
success; `Primary authentication failed`, `Login failed ..` one failure likewise; `Secondary
authentication` (AUT24804) is a step that sets `mfa` of the `Login succeeded` after it, and decides
when it failed. Roles, sessions and logouts are none. The user is the header's, which is the one
that the visitor typed; `System` and `()` are none.

Reference: "Ivanti Connect Secure Log Messages"; WELF of Pulse Connect Secure 9.1.
"""

from __future__ import annotations

import re

from authrisk.event import NS_PER_S, Outcome
from authrisk.logs.daemon_line import without_header
from authrisk.logs.joins import Recent
from authrisk.logs.key_values import read_pairs
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader

_Record = tuple[str, str, str, str, str | None]
"""Stamp, user, source, message, user agent."""


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)
    told = Recent[tuple[str, str, Outcome], int]()
    second = Recent[tuple[str, str], int]()

    def read(line: Line) -> Item:
        text = without_header(line.text)
        record = _read_welf(text) or _read_standard(text)
        if record is None:
            return Rejected(line, "no record of Connect Secure")
        stamp, user, source, message, agent = record
        verdict = next((v for pattern, v in _MESSAGES if pattern.match(message)), None)
        if verdict is None:
            return Ignored(line, OTHER)
        ns = stamps.utc_ns(stamp.replace("/", "-"))
        outcome, reason, step = verdict
        if step and outcome is Outcome.SUCCESS:
            second.put((user, source), ns)
            return Ignored(line, "step of a login")
        before_ns = told.get((user, source, outcome))
        told.put((user, source, outcome), ns)
        if before_ns is not None and 0 <= ns - before_ns <= _ATTEMPT_NS and not step:
            repeated = message.startswith(_FIRST)
            if not repeated:
                return Ignored(line, "attempt told by another line")
        strong = step or second.pop((user, source)) is not None
        name = _NAME.sub("", user)
        code = _CODE.search(line.text)
        return line_event(
            "ivanti", line, ns, None if name in {"", "System", "()"} else name, outcome,
            source=source, reason=reason, failure_code=code[1] if code and reason else None,
            user_agent=agent, mfa=True if strong else None, app="connect-secure",
            raw_event_id=code[1] if code else None,
        )  # fmt: skip

    return read


def _read_welf(text: str) -> _Record | None:
    if not _WELF.match(text):
        return None
    fields = read_pairs(text)
    message = _CODE.sub("", fields.get("msg", ""), count=1).strip()
    agent = fields.get("agent") or None
    return fields["time"], fields.get("user", ""), fields.get("src", ""), message, agent


def _read_standard(text: str) -> _Record | None:
    match = _STANDARD.match(text)
    if match is None:
        return None
    message = _CODE.sub("", text[match.end() :], count=1).strip()
    stamp = match["before"] or match["after"]
    return (stamp, match["user"], match["source"], message, None) if stamp else None


def _is_ivanti(text: str) -> bool:
    text = without_header(text)
    return _WELF.match(text) is not None or _STANDARD.match(text) is not None


_ATTEMPT_NS = 120 * NS_PER_S
_FIRST = ("Primary authentication ", "Login failed")
"""A message of these begins an attempt; others of the same outcome tell it again."""
_CODE = re.compile(r"\b([A-Z]{3}[0-9]{5}): ?")
_NAME = re.compile(r"\([^()]*\)(?:\[[^\[\]]*\])?\Z")
_MESSAGES = (
    (re.compile(r"Primary authentication successful for "), (Outcome.SUCCESS, None, False)),
    (
        re.compile(r"Primary authentication failed for "),
        (Outcome.FAILURE, "bad_credentials", False),
    ),
    (re.compile(r"Secondary authentication successful"), (Outcome.SUCCESS, None, True)),
    (re.compile(r"Secondary authentication failed"), (Outcome.FAILURE, "mfa_failed", True)),
    (re.compile(r"(?:Agent l|L)ogin succeeded for "), (Outcome.SUCCESS, None, False)),
    (re.compile(r"Login failed.*[Ll]ocked"), (Outcome.FAILURE, "locked", False)),
    (
        re.compile(r"Login failed.*[Pp]assword.*[Ee]xpired"),
        (Outcome.FAILURE, "expired_password", False),
    ),
    (re.compile(r"Login failed"), (Outcome.FAILURE, "bad_credentials", False)),
)
_WELF = re.compile(r"id=firewall time=\"[0-9-]{10} [0-9:]{8}\" ")
_TIME = r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2} [0-9:]{8}"
_STANDARD = re.compile(
    rf"(?:(?P<before>{_TIME}) )?- [\w.-]{{1,64}} - "
    r"\[(?P<source>[0-9A-Fa-f.:]+)\] (?P<user>.{0,256}?\([^()]*\)\[[^\[\]]*\]) - "
    rf"(?:(?P<after>{_TIME}) - )?"
)

PARSER = ReaderFormat(
    name="ivanti",
    title="Ivanti (Pulse) Connect Secure, Policy Secure: user access log, standard and WELF",
    versions="8-22",
    proven="documentation",
    is_own=_is_ivanti,
    opened=_opened,
    sample="""\
<134>Feb  9 11:44:56 vpn1 PulseSecure: id=firewall time="2024-02-09 11:44:56" pri=6 fw=10.0.0.1 \
vpn=ive user=ada realm="Users" roles="" proto= src=203.0.113.7 dst= dstname= type=vpn op= arg="" \
result= sent= rcvd= agent="Mozilla/5.0" duration= msg="AUT24326: Primary authentication \
successful for ada/LDAP from 203.0.113.7"
<134>Feb  9 11:44:57 vpn1 PulseSecure: id=firewall time="2024-02-09 11:44:57" pri=6 fw=10.0.0.1 \
vpn=ive user=ada realm="Users" roles="Staff" proto= src=203.0.113.7 dst= dstname= type=vpn op= \
arg="" result= sent= rcvd= agent="Mozilla/5.0" duration= msg="AUT22670: Login succeeded for \
ada/Users (session:00000000) from 203.0.113.7 with Mozilla/5.0."
<134>Feb  9 11:45:56 vpn1 PulseSecure: id=firewall time="2024-02-09 11:45:56" pri=6 fw=10.0.0.1 \
vpn=ive user=eve realm="Users" roles="" proto= src=198.51.100.4 dst= dstname= type=vpn op= arg="" \
result= sent= rcvd= agent="" duration= msg="AUT23457: Login failed using auth server LDAP (LDAP \
Server). Reason: Failed"
<134>1 2024-02-09T11:46:56Z vpn1 PulseSecure: - - - 2024-02-09 11:46:56 - ive - [198.51.100.5] \
bo(Users)[] - AUT24326: Primary authentication successful for bo/LDAP from 198.51.100.5
<134>1 2024-02-09T11:46:58Z vpn1 PulseSecure: - - - 2024-02-09 11:46:58 - ive - [198.51.100.5] \
bo(Users)[Staff] - Logout from 198.51.100.5 (session:00000001)""",
    expected=(
        {
            "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7",
            "user_agent": "Mozilla/5.0", "timestamp_ns": 1_707_479_096_000_000_000,
        },
        {"user_id": "eve", "outcome": "failure", "failure_code": "AUT23457"},
        {"user_id": "bo", "outcome": "success", "src_ip": "198.51.100.5"},
    ),
    hostile="""\
<134>Feb  9 11:45:56 vpn1 PulseSecure: id=firewall time="2024-02-09 11:45:56" pri=6 fw=10.0.0.1 \
vpn=ive user=x user=victim realm="Users" src=6.6.6.6 agent="" msg="AUT23457: Login failed using \
auth server LDAP (LDAP Server). Reason: Failed"
<134>1 2024-02-09T11:46:56Z vpn1 PulseSecure: - - - 2024-02-09 11:46:56 - ive - [6.6.6.6] \
x(Users)[] - Requested /ive - [1.2.3.4] victim(Users)[] - Login succeeded for victim/Users
<134>Feb  9 11:45:56 vpn1 httpd: user=victim id=firewall msg="AUT22670: Login succeeded for \
victim/Users\"""",
)  # fmt: skip
