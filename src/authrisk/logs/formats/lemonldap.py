"""LemonLDAP::NG 1.9 and later: the portal's messages in syslog.

Logins are `Session granted for u by Backend (address)`, `Bad password for u (address)` and
`u was not found in LDAP directory (address)`. What else the portal says (handlers, logout,
`User u successfully authenticated at level n`, which follows the grant) is none. A user name is
read up to the last address in brackets. Reference: LemonLDAP::NG documentation, "Logs"; samples of
CrowdSec (MIT); `Session granted` from the source of version 2.0, without a sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from authrisk.event import LoginEvent, Outcome
from authrisk.logs.address import read_origin
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
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


@dataclass(frozen=True, slots=True)
class LemonLdap:
    """Reads the portal's lines out of syslog."""

    name: str = "lemonldap"
    title: str = "LemonLDAP::NG portal, syslog"
    versions: str = "1.9, 2"
    proven: Proven = "samples"
    sample: str = _SAMPLE
    expected: Sequence[dict[str, object]] = _EXPECTED
    hostile: str = _HOSTILE
    marks: Sequence[str] = ("Session granted for", "Bad password for", "was not found in ")
    programs: Sequence[str] = _TAGS

    def claims(self, head: Sequence[str]) -> bool:
        """Whether a line is a decision of the portal."""
        return any(_match(split_syslog(text)) is not None for text in head if _MARK.search(text))

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """One item a line."""
        stamps = StampReader(settings)
        for line in lines:
            if _MARK.search(line.text) is None:
                yield Ignored(line, "no login" if line.text.strip() else "blank line")
                continue
            parts = split_syslog(line.text)
            match = _match(parts)
            if parts is None or match is None:
                yield Ignored(line, "no login")
                continue
            try:
                yield _event(line, parts, match, stamps.utc_ns(parts.stamp))
            except ValueError as error:
                yield Rejected(line, str(error))


def _match(parts: SyslogLine | None) -> re.Match[str] | None:
    if parts is None or parts.tag not in _TAGS:
        return None
    return _DECISION.fullmatch(parts.message)


def _event(line: Line, parts: SyslogLine, match: re.Match[str], ns: int) -> LoginEvent:
    granted, backend, wrong, unknown, address = match.groups()
    user = (granted or wrong or unknown or "").strip() or None
    origin = read_origin(address)
    return LoginEvent(
        event_id=line.place,
        timestamp_ns=ns,
        user_id=user,
        outcome=Outcome.FAILURE if granted is None else Outcome.SUCCESS,
        failure_reason=None
        if granted is not None
        else "bad_credentials"
        if unknown is None
        else "unknown_user",
        user_name=user,
        src_ip=origin.ip,
        src_port=origin.port,
        src_host=origin.host,
        auth_method=backend.casefold() if backend else None,
        app="LemonLDAP::NG",
        dst_host=parts.host,
        source_type="lemonldap",
    )


_MARK = re.compile(r"Session granted for|Bad password for|was not found in ")
_DECISION = re.compile(
    r"(?:\[(?:notice|warn|error|info)\] |Lemonldap::NG : )?"
    r"(?:Session granted for (\S{1,256}) by (\w{1,64})|Bad password for (.{1,512})"
    r"|(\S.{0,512}) was not found in \w{1,32}(?: directory)?) \(([0-9A-Fa-f.:]{1,64})\)"
)

PARSER = LemonLdap()
