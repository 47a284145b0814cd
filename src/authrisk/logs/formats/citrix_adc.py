"""Citrix ADC and Gateway (NetScaler) 10.5-14: AAA, SSL VPN and AAATM logins in syslog.

`AAA LOGIN_FAILED 2061 0 : User u - Client_ip ip - Failure_reason ".." - Browser ua` is a failure,
`SSLVPN LOGIN` and `AAATM LOGIN` (`Context u@ip - SessionId: n- User u - Client_ip ip - ..`) a
success. `LOGOUT`, `CMD_EXECUTED`, TCP and ICA lines are none. The appliance's own stamp counts,
`MM/DD/YYYY:HH:MM:SS GMT` by default; where the first number is above 12 it is `DD/MM/YYYY`.

Reference: "NetScaler Syslog Message Reference" 13.1.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader_format import OTHER, Reader, ReaderFormat
from authrisk.logs.timestamps import StampReader
from authrisk.logs.user_pattern import UserPattern


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        header = _HEADER.match(line.text)
        if header is None:
            return Rejected(line, "no header of NetScaler")
        if header["kind"] not in _KINDS:
            return Ignored(line, OTHER)
        failed = header["kind"] == "AAA LOGIN_FAILED"
        match = (_FAILED if failed else _LOGIN).fullmatch(line.text[header.end() :].strip())
        if match is None:
            return Ignored(line, OTHER)
        why = match["why"] if failed else None
        browser = None if failed else _BROWSER.search(match["rest"])
        agent = match["agent"] if failed else browser and browser[1]
        return line_event(
            "citrix_adc", line, stamps.utc_ns(_stamp(header)), match["user"],
            Outcome.FAILURE if failed else Outcome.SUCCESS,
            source=match["source"], reason=_reason(why or "") if failed else None,
            failure_code=why, user_agent=_agent(agent), dst_host=header["host"],
            app="aaa" if failed else header["kind"].partition(" ")[0].casefold(),
            session_id=None if failed else match["session"],
        )  # fmt: skip

    return read


def _stamp(header: re.Match[str]) -> str:
    first, second = header["first"], header["second"]
    month, day = (second, first) if first > "12" else (first, second)
    return f"{header['year']}-{month}-{day} {header['time']}{'Z' if header['zone'] else ''}"


def _agent(text: str | None) -> str | None:
    agent = (text or "").strip().strip('"')
    return agent if agent and agent != "N/A" else None


def _reason(why: str) -> str:
    why = why.casefold()
    if "locked" in why:
        return "locked"
    if "expired" in why:
        return "expired_password"
    if "user not found" in why or "invalid user" in why:
        return "unknown_user"
    return "policy_denied" if "polic" in why or "not allowed" in why else "bad_credentials"


_KINDS = frozenset(("AAA LOGIN_FAILED", "SSLVPN LOGIN", "AAATM LOGIN"))
_HEADER = re.compile(
    r"(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} )?(?:<[a-z0-9.]+> )?(?:\S{1,255} )?"
    r" ?(?P<first>[0-9]{2})/(?P<second>[0-9]{2})/(?P<year>[0-9]{4}):(?P<time>[0-9:]{8})"
    r" (?:(?P<zone>GMT|UTC) |[A-Z]{2,5} )?(?P<host>\S{0,255}) [0-9]-PPE-[0-9]+ : (?:[\w-]{1,64} )?"
    r"(?P<kind>[A-Z]{2,12} [A-Z_]{2,24}) [0-9]+ [0-9]+ : +"
)
_FAILED = UserPattern(
    r"User <USER> - Client_ip (?P<source>[0-9A-Fa-f.:]+) - Failure_reason \"(?P<why>[^\"]*)\""
    r"(?: - Browser (?P<agent>.*))?"
)
_LOGIN = UserPattern(
    r"Context <USER>@(?P<source>[0-9A-Fa-f.:]+) - SessionId: ?(?P<session>[0-9]{1,12}) ?- User "
    r"(?P<rest>.*)"
)
_BROWSER = re.compile(r' - Browser_type ("[^"]*"|\S+)')

PARSER = ReaderFormat(
    name="citrix_adc",
    title="Citrix ADC, Gateway (NetScaler): AAA, SSL VPN, AAATM in syslog",
    versions="10.5-14",
    proven="documentation",
    is_own=lambda text: _HEADER.match(text) is not None,
    opened=_opened,
    sample="""\
<134> 02/09/2024:11:44:56 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 2061 0 :  User ada - \
Client_ip 203.0.113.7 - Failure_reason "External authentication server denied access" - Browser \
Mozilla/5.0 (Windows NT 10.0) Gecko
Feb  9 11:45:56 <local0.info> 10.1.1.1  02/09/2024:11:45:56 GMT ns1 0-PPE-1 : default SSLVPN \
LOGIN 2062 0 :  Context ada@203.0.113.7 - SessionId: 5- User ada - Client_ip 203.0.113.7 - Nat_ip \
"Mapped Ip" - Vserver 10.0.0.1:443 - Browser_type "Mozilla/5.0 (Windows NT 10.0) Gecko" - \
SSLVPN_client_type ICA - Group(s) "N/A"
<134> 29/02/2024:11:46:56 GMT  0-PPE-0 : AAATM LOGIN 72 0 :  Context bo@198.51.100.4 - SessionId: \
6 - User bo - Client_ip 198.51.100.4 - Nat_ip 10.0.0.3 - Vserver 10.0.0.2:443 - Browser_type \
"curl/8" - Group(s) "staff"
<134> 02/09/2024:11:47:56 GMT ns1 0-PPE-0 : default SSLVPN LOGOUT 2063 0 :  Context \
ada@203.0.113.7 - SessionId: 5- User ada - Client_ip 203.0.113.7 - Nat_ip "Mapped Ip\"""",
    expected=(
        {
            "user_id": "ada", "outcome": "failure", "src_ip": "203.0.113.7", "dst_host": "ns1",
            "failure_reason": "bad_credentials", "timestamp_ns": 1_707_479_096_000_000_000,
            "user_agent": "Mozilla/5.0 (Windows NT 10.0) Gecko",
        },
        {
            "user_id": "ada", "outcome": "success", "app": "sslvpn", "session_id": "5",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0) Gecko",
        },
        {"user_id": "bo", "app": "aaatm", "timestamp_ns": 1_709_207_216_000_000_000},
    ),
    hostile="""\
<134> 02/09/2024:11:44:56 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 2061 0 :  User victim - \
Client_ip 1.2.3.4 - Failure_reason "x" - Browser y - Client_ip 6.6.6.6 - Failure_reason "External \
authentication server denied access" - Browser z
<134> 02/09/2024:11:44:56 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 2061 0 :  User x - Client_ip \
6.6.6.6 - Failure_reason "x" - Browser User victim - Client_ip 1.2.3.4 - Failure_reason "x"
<134> 02/09/2024:11:44:56 GMT ns1 0-PPE-0 : default GUI CMD_EXECUTED 9 0 :  User x - Command "AAA \
LOGIN_FAILED 2061 0 :  User victim - Client_ip 1.2.3.4 - Failure_reason "x"\"""",
)  # fmt: skip
