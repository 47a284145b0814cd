"""Dropbear SSH server: syslog files and journalctl -o json.

Versions: 2013 to 2025. Assumptions: dropbear's lines come with a syslog header; since 2020 it no
longer names users that do not exist, so those failures have no user. `Exit before auth` repeats
what was told before.

Reference: dropbear `svr-auth.c`, `svr-authpasswd.c`, `svr-authpubkey.c`, `svr-authpam.c`. No public
sample with a header was at hand; those of crowdsec (MIT) without one are read with one added.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of

SAMPLE = """\
Mar  1 10:00:00 router dropbear[811]: Child connection from 192.168.9.163:49242
Mar  1 10:00:01 router dropbear[811]: Bad PAM password attempt for 'foobar' from 192.168.9.163:49242
Mar  1 10:00:02 router dropbear[811]: Login attempt for nonexistent user from 192.168.9.163:49906
Mar  1 10:00:03 router dropbear[812]: Password auth succeeded for 'root' from 192.168.9.10:50000
Mar  1 10:00:04 router dropbear[813]: Pubkey auth succeeded for 'root' with ssh-ed25519 key \
SHA256:abc from [2001:db8::1]:50001
Mar  1 10:00:05 router dropbear[811]: Exit before auth from <192.168.9.163:49906>: Exited normally
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "foobar", "outcome": "failure", "failure_reason": "bad_credentials",
        "src_ip": "192.168.9.163", "src_port": 49242, "dst_host": "router", "app": "dropbear",
    },
    {"user_id": None, "outcome": "failure", "failure_reason": "unknown_user"},
    {"user_id": "root", "outcome": "success", "auth_method": "password"},
    {"user_id": "root", "auth_method": "publickey", "src_ip": "2001:db8::1", "src_port": 50001},
)  # fmt: skip

HOSTILE = """\
Mar  1 10:00:00 router dropbear[1]: Bad password attempt for 'victim' from 1.2.3.4:5' from 6.6.6.6:7
Mar  1 10:00:00 router dropbear[1]: Bad password attempt for 'x' from 6.6.6.6:7 for 'victim' from 1
Mar  1 10:00:00 router httpd[1]: dropbear[1]: Password auth succeeded for 'victim' from 1.2.3.4:5
dropbear[1]: Password auth succeeded for 'victim' from 1.2.3.4:5
{"__REALTIME_TIMESTAMP":"1700000000123456","SYSLOG_IDENTIFIER":"dropbear","_UID":"1000",\
"MESSAGE":"Password auth succeeded for 'victim' from 1.2.3.4:5"}
"""


def _read(text: str) -> Said:
    entry = entry_of(text, "dropbear")
    if entry is None:
        return None
    for expression, outcome, reason, method in _MESSAGES:
        match = expression.fullmatch(entry.message)
        if match is not None:
            parts = match.groupdict()
            return LineLogin(
                when=when_of(entry),
                user=parts.get("user"),
                outcome=outcome,
                reason=reason,
                source=parts["source"],
                method=method,
                app="dropbear",
                dst_host=entry.host,
                correlation=f"{entry.host}/{entry.pid}" if entry.pid else None,
            )
    return "no decision on a login"


_FROM = r" from (?P<source>\[?[0-9A-Za-z.:%_-]{1,80}\]?:[0-9]{1,5})"
_FAILURE, _SUCCESS = Outcome.FAILURE, Outcome.SUCCESS
_MESSAGES = (
    (re.compile(r"(?:PAM )?[Pp]assword auth succeeded for '(?P<user>.*)'" + _FROM),
     _SUCCESS, None, "password"),
    (re.compile(r"Pubkey auth succeeded for '(?P<user>[^']*)' with [^']{1,300}" + _FROM),
     _SUCCESS, None, "publickey"),
    (re.compile(r"Auth succeeded with blank password for '(?P<user>.*)'" + _FROM),
     _SUCCESS, None, "none"),
    (re.compile(r"Bad (?:PAM )?password attempt for '(?P<user>.*)'" + _FROM),
     _FAILURE, "bad_credentials", "password"),
    (re.compile(r"Login attempt for nonexistent user(?: '(?P<user>.*)')?" + _FROM),
     _FAILURE, "unknown_user", None),
    (re.compile(r"Login attempt with wrong user (?P<user>.*)" + _FROM),
     _FAILURE, "unknown_user", None),
    (re.compile(r"(?:root|User '(?P<user>.*)') login rejected" + _FROM),
     _FAILURE, "policy_denied", None),
    (re.compile(r"User account '(?P<user>.*)' is locked" + _FROM), _FAILURE, "locked", None),
)  # fmt: skip

PARSER = DaemonFormat(
    name="dropbear",
    title="Dropbear SSH server: syslog files, journalctl -o json",
    versions="2013 to 2025",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("dropbear",),
)
