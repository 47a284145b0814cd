"""Cisco ASA, FTD and PIX 7-9: AAA answers, VPN sessions and administrators, in syslog.

One attempt is told by several messages within some milliseconds: 113005 (AAA rejected), 611102,
605004 (ssh, https), or 113004 (AAA successful), 716001 or 113039 (VPN session with its address).
Those of one firewall, user and outcome that follow within two seconds are one event, which takes
its address from whichever says it; a message number that comes again begins another. `server =` is
the AAA server, never the source. `*****` hides an invalid user and is unknown. 113019, 315011 and
their like end sessions.

A line without any stamp is of `reference`: the time of the file, or now when it came by network.

Reference: "Cisco ASA Series Syslog Messages". Five messages of the sample are of Microsoft
Sentinel's samples (MIT), with a header put before them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

import msgspec.structs

from authrisk.event import NS_PER_S, LoginEvent, Outcome
from authrisk.logs.holding_format import Hold, HoldingFormat
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.reader_format import OTHER
from authrisk.logs.timestamps import StampReader, naive_to_ns
from authrisk.logs.user_pattern import UserPattern

_Key = tuple[str | None, str | None, Outcome]
"""Firewall, user, outcome."""


class _Firewalls:
    """Reads lines, holding each attempt for two seconds of log time."""

    def __init__(self, settings: ParseSettings) -> None:
        self._stamps, self._settings = StampReader(settings), settings
        self._hold = Hold[_Key](_ATTEMPT_NS)
        self._numbers: dict[_Key, set[str]] = {}
        """Of each attempt that is held: the numbers of its messages."""

    def read(self, line: Line) -> Iterator[Item]:
        told = _read(line, self._stamps, self._settings)
        if isinstance(told, str):
            yield Ignored(line, told)
            return
        event, number = told
        yield from self._hold.due(event.timestamp_ns)
        key = (event.dst_host, event.user_id, event.outcome)
        held = self._hold.get(key)
        if held is not None and number not in self._numbers[key] and _agree(held, event):
            self._numbers[key].add(number)
            self._hold.put(key, _joined(held, event))
            yield Ignored(line, "attempt told by another line")
            return
        before = self._hold.pop(key)
        if before is not None:
            yield before
        self._hold.put(key, event)
        self._numbers[key] = {number}
        if len(self._numbers) > _REMEMBERED:
            self._numbers = {key: self._numbers[key] for key in self._hold}

    def rest(self) -> Iterator[Item]:
        yield from self._hold.rest()


def _agree(held: LoginEvent, event: LoginEvent) -> bool:
    """Whether two messages of one user and outcome can be of one attempt."""
    near = abs(event.timestamp_ns - held.timestamp_ns) <= _ATTEMPT_NS
    return near and (not held.src_ip or not event.src_ip or held.src_ip == event.src_ip)


def _joined(held: LoginEvent, event: LoginEvent) -> LoginEvent:
    return msgspec.structs.replace(
        held,
        src_ip=held.src_ip or event.src_ip,
        src_port=held.src_port or event.src_port,
        dst_ip=held.dst_ip or event.dst_ip,
        app=event.app if held.app == "aaa" else held.app,
    )


def _read(line: Line, stamps: StampReader, settings: ParseSettings) -> tuple[LoginEvent, str] | str:
    header = _HEADER.match(line.text)
    if header is None:
        raise ValueError("no header of a firewall")
    number = header["number"]
    found = _match(number, line.text[header.end() :].strip())
    if found is None:
        return OTHER
    match, outcome, app = found
    parts = match.groupdict()
    why = parts.get("why")
    user = parts["user"].strip()
    failed = outcome is Outcome.FAILURE
    stamp = header["own"] or header["stamp"]
    if stamp is not None:
        ns = stamps.utc_ns(stamp)
    else:
        ns = naive_to_ns(settings.reference.astimezone(dt.UTC).replace(tzinfo=None), dt.UTC)
    event = line_event(
        "cisco_asa", line, ns, None if _MASKED.fullmatch(user) else user, outcome,
        source=parts.get("source"), src_port=parts.get("port"),
        reason=_reason(why) if failed else None, failure_code=why if failed else None,
        auth_method=None, app=parts.get("service") or app,
        dst_host=header["host"], dst_ip=parts.get("target"),
        raw_event_id=number,
    )  # fmt: skip
    return event, number


def _match(number: str, message: str) -> tuple[re.Match[str], Outcome, str] | None:
    for known, pattern, outcome, app in _MESSAGES:
        match = pattern.fullmatch(message) if known == number else None
        if match is not None:
            return match, outcome, app
    return None


def _reason(why: str | None) -> str:
    why = (why or "").casefold()
    if "lock" in why:
        return "locked"
    if "expired" in why:
        return "expired_password" if "password" in why else "expired_account"
    if "disabled" in why:
        return "disabled"
    if "not found" in why or "unknown user" in why:
        return "unknown_user"
    return "policy_denied" if "rights" in why or "policy" in why else "bad_credentials"


_REMEMBERED = 4096
_ATTEMPT_NS = 2 * NS_PER_S
_MASKED = re.compile(r"\**")
_TIME = (
    r"(?:[A-Z][a-z]{2} [ 0-9]?[0-9] (?:[0-9]{4} )?[0-9:]{8}(?:\.[0-9]{1,6})?"
    r"|[0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9:]{4,6})?)"
)
_HEADER = re.compile(
    rf"(?:<[0-9]{{1,3}}>)?(?:[0-9] )?(?:(?P<stamp>{_TIME})(?: (?P<host>[^\s%:]{{1,255}}))?)?"
    rf"(?: (?P<own>{_TIME})(?: [A-Z]{{2,5}})?(?: [^\s%:]{{1,255}})?)?(?: ?:)? ?"
    r"%(?:ASA|FTD|PIX)-(?:[\w-]{1,20}-)?[0-7]-(?P<number>[0-9]{6}): +"
)
_GROUP = r"Group <[^<>]*> User <<USER>> IP <(?P<source>[0-9A-Fa-f.:]+)>"
_REJECTED = r"AAA user authentication Rejected ?: reason = (?P<why>[^:]*) :"
_USER_IP = r"user IP = (?P<source>[0-9A-Fa-f.:]+)"
_ADDRESS = r"(?:IP address: (?P<source>[0-9A-Fa-f.:]+), )?"
_ENDPOINT = r"(?P<source>[0-9A-Fa-f.:]+)/(?P<port>[0-9]{1,5})"
_BOX = r"to [^\s:]+:(?P<target>[0-9A-Fa-f.:]+)/(?P<service>[\w-]+) for user \"<USER>\""
_Message = tuple[str, UserPattern, Outcome, str]
_GOOD, _BAD = Outcome.SUCCESS, Outcome.FAILURE
_MESSAGES: Sequence[_Message] = tuple(
    (number, UserPattern(text), outcome, app)
    for number, text, outcome, app in (
        (
            "109005", rf"Authentication succeeded for user '<USER>' from {_ENDPOINT} to \S+ on .*",
            _GOOD, "aaa",
        ),
        (
            "109006", rf"Authentication failed for user '<USER>' from {_ENDPOINT} to \S+ on .*",
            _BAD, "aaa",
        ),
        (
            "113004", r"AAA user authentication Successful ?: server = +\S+ : user = <USER>",
            _GOOD, "aaa",
        ),
        ("113005", rf"{_REJECTED} server = +\S+ : user = <USER> : {_USER_IP}", _BAD, "aaa"),
        ("113005", rf"{_REJECTED} server = +\S+ : user = <USER>", _BAD, "aaa"),
        (
            "113012", r"AAA user authentication Successful ?: local database : user = <USER>",
            _GOOD, "aaa",
        ),
        ("113015", rf"{_REJECTED} local database : user = <USER> : {_USER_IP}", _BAD, "aaa"),
        ("113015", rf"{_REJECTED} local database : user = <USER>", _BAD, "aaa"),
        (
            "113021", r"Attempted console login failed\.? user <USER> did NOT have (?P<why>.*)",
            _BAD, "console",
        ),
        ("113039", rf"{_GROUP} AnyConnect parent session started\.?", _GOOD, "anyconnect"),
        ("605004", rf"Login denied from {_ENDPOINT} {_BOX}", _BAD, "console"),
        ("605005", rf"Login permitted from {_ENDPOINT} {_BOX}", _GOOD, "console"),
        ("611101", rf"User authentication succeeded: {_ADDRESS}Uname: <USER>", _GOOD, "aaa"),
        ("611102", rf"User authentication failed: {_ADDRESS}Uname: <USER>", _BAD, "aaa"),
        ("716001", rf"{_GROUP} WebVPN session started\.?", _GOOD, "webvpn"),
        ("716038", rf"{_GROUP} Authentication: successful, .*", _GOOD, "webvpn"),
        ("716039", rf"{_GROUP} Authentication: rejected, .*", _BAD, "webvpn"),
    )
)  # fmt: skip

_SAMPLE = """\
Feb  9 11:44:56 fw1 %ASA-6-113005:  AAA user authentication Rejected : reason = Invalid password : \
server = 192.168.1.254 : user = Administrator : user IP = 192.168.1.5
Feb  9 11:44:56 fw1 %ASA-6-611102:  User authentication failed: IP address: 192.168.1.5, Uname: \
Administrator
Feb  9 11:44:56 fw1 %ASA-6-605004:  Login denied from 192.168.1.5/1929 to inside:192.168.1.1/https \
for user "Administrator"
Feb  9 11:44:57 fw1 %ASA-6-315011:  SSH session from 192.168.1.5 on interface inside for user \
"*****" disconnected by SSH server, reason: "Rejected by server" (0x0d)
<166>Feb 09 2024 11:45:56 fw1 : %ASA-6-113004: AAA user authentication Successful : server =  \
10.0.0.2 : user = ada
<166>Feb 09 2024 11:45:56 fw1 : %ASA-6-113039: Group <staff> User <ada> IP <203.0.113.7> \
AnyConnect parent session started.
<166>Feb 09 2024 11:46:56 fw1 : %ASA-6-605004: Login denied from 192.168.1.5/2432 to \
inside:192.168.1.1/ssh for user "*****"
<166>Feb 09 2024 11:47:56 fw1 : %ASA-4-113019: Group = staff, Username = ada, IP = 203.0.113.7, \
Session disconnected."""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "log:1", "user_id": "Administrator", "outcome": "failure",
        "src_ip": "192.168.1.5", "src_port": 1929, "dst_ip": "192.168.1.1", "app": "https",
        "failure_code": "Invalid password", "timestamp_ns": 1_707_479_096_000_000_000,
    },
    {
        "user_id": "ada", "outcome": "success", "src_ip": "203.0.113.7", "app": "anyconnect",
        "dst_host": "fw1", "timestamp_ns": 1_707_479_156_000_000_000,
    },
    {"user_id": None, "outcome": "failure", "src_port": 2432, "app": "ssh"},
)  # fmt: skip
_HOSTILE = """\
Feb  9 11:44:56 fw1 %ASA-6-611102: User authentication failed: IP address: 6.6.6.6, Uname: x, \
Uname: victim
Feb  9 11:44:56 fw1 %ASA-6-113005: AAA user authentication Rejected : reason = Invalid password : \
server = 192.168.1.254 : user = victim : user IP = 1.2.3.4 : user IP = 6.6.6.6
Feb  9 11:44:56 fw1 %ASA-5-304001: 6.6.6.6 Accessed URL 10.0.0.1:/%ASA-6-611101: User \
authentication succeeded: IP address: 1.2.3.4, Uname: victim
Feb  9 11:44:56 web1 httpd[5]: %ASA-6-611101: User authentication succeeded: IP address: 1.2.3.4, \
Uname: victim"""

PARSER = HoldingFormat(
    name="cisco_asa",
    title="Cisco ASA, FTD, PIX: AAA, VPN and administrator logins in syslog",
    versions="7-9",
    proven="samples",
    programs=("%ASA-*", "%FTD-*", "%PIX-*"),
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_Firewalls,
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
)
