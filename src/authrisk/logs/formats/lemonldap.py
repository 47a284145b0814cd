"""LemonLDAP::NG 1.9 and later: the portal's messages in syslog.

Logins are `Session granted for u by Backend (address)`, `Bad password for u (address)` and
`u was not found in LDAP directory (address)`. What else the portal says (handlers, logout,
`User u successfully authenticated at level n`, which follows the grant) is none. A user name is
read up to the last address in brackets. Reference: LemonLDAP::NG documentation, "Logs"; samples of
CrowdSec (MIT); `Session granted` from the source of version 2.0, without a sample.
"""

from __future__ import annotations

import re

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.line_event import line_event
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings
from authrisk.logs.reader_format import OTHER, MarkedDaemonReaderFormat, Reader
from authrisk.logs.syslog import SyslogLine, split_syslog
from authrisk.logs.timestamps import StampReader

# The first three after samples of CrowdSec (hub, MIT).
_SAMPLE = """\
Mar  1 04:07:11 proxyin LLNG[73088]: [warn] CamillaNazario7 was not found in LDAP directory (1.2.\
3.4)
Mar  2 22:57:38 proxyin LLNG[106537]: [warn] Bad password for dani (1.2.3.4)
Mar  2 22:57:10 sas lemonldap-ng[22384]: Lemonldap::NG : Bad password for admin (1.2.3.4)
Mar  2 22:58:00 proxyin LLNG[106537]: [notice] Session granted for dwho by LDAP (2001:db8::9)
Mar  2 22:58:00 proxyin LLNG[106537]: [notice] User dwho successfully authenticated at level 2"""
_EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "CamillaNazario7", "outcome": "failure", "failure_reason": "unknown_user",
        "src_ip": "1.2.3.4", "dst_host": "proxyin", "timestamp_ns": 1_709_266_031_000_000_000,
    },
    {"user_id": "dani", "outcome": "failure", "failure_reason": "bad_credentials"},
    {"user_id": "admin", "outcome": "failure", "dst_host": "sas"},
    {"user_id": "dwho", "outcome": "success", "src_ip": "2001:db8::9", "auth_method": "ldap"},
)  # fmt: skip
_HOSTILE = """\
Mar  2 22:57:38 proxyin LLNG[106537]: [warn] Bad password for x (1.2.3.4) Bad password for victim\
 (1.2.3.4)
Mar  2 22:57:38 proxyin LLNG[106537]: [warn] Bad password for x Session granted for victim by LDA\
P (1.2.3.4)
Mar  2 22:57:38 proxyin shop[1]: [notice] Session granted for victim by LDAP (1.2.3.4)
Mar  2 22:57:38 proxyin LLNG[1]: [info] said Session granted for victim by LDAP (1.2.3.4)"""

_TAGS = ("LLNG", "lemonldap-ng", "llng-fastcgi-server", "lemonldap")


def _is_own(text: str) -> bool:
    return any(mark in text for mark in _MARKS) and _match(split_syslog(text)) is not None


def _opened(settings: ParseSettings) -> Reader:
    stamps = StampReader(settings)

    def read(line: Line) -> Item:
        parts = split_syslog(line.text)
        match = _match(parts)
        if parts is None or match is None:
            return Ignored(line, OTHER)
        return _event(line, parts, match, stamps.utc_ns(parts.stamp))

    return read


def _match(parts: SyslogLine | None) -> re.Match[str] | None:
    if parts is None or parts.tag not in _TAGS:
        return None
    return _DECISION.fullmatch(parts.message)


def _event(line: Line, parts: SyslogLine, match: re.Match[str], ns: int) -> LoginEvent:
    granted, backend, wrong, unknown, address = match.groups()
    failed = granted is None
    fault = "bad_credentials" if unknown is None else "unknown_user"
    return line_event(
        "lemonldap",
        line,
        ns,
        (granted or wrong or unknown or "").strip(),
        Outcome.FAILURE if failed else Outcome.SUCCESS,
        source=address,
        reason=fault if failed else None,
        auth_method=backend.casefold() if backend else None,
        app="LemonLDAP::NG",
        dst_host=parts.host,
    )


_MARKS = ("Session granted for", "Bad password for", "was not found in ")
_DECISION = re.compile(
    r"(?:\[(?:notice|warn|error|info)\] |Lemonldap::NG : )?"
    r"(?:Session granted for (\S{1,256}) by (\w{1,64})|Bad password for (.{1,512})"
    r"|(\S.{0,512}) was not found in \w{1,32}(?: directory)?) \(([0-9A-Fa-f.:]{1,64})\)"
)

PARSER = MarkedDaemonReaderFormat(
    name="lemonldap",
    title="LemonLDAP::NG portal, syslog",
    versions="1.9, 2",
    proven="samples",
    sample=_SAMPLE,
    expected=_EXPECTED,
    hostile=_HOSTILE,
    is_own=_is_own,
    opened=_opened,
    marks=_MARKS,
    programs=_TAGS,
)
