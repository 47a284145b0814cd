"""Pure-FTPd: syslog.

Versions: 1.0. Assumptions: before a login the prefix says `(?@address)`; after it `(name@address)`,
so lines with a name tell nothing new. With `DontResolve` off the address is a host name.

Reference: Pure-FTPd `messages_en.h`. The sample holds lines of crowdsec (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of

SAMPLE = """\
Jan  7 14:19:31 ftpcdr pure-ftpd: (?@172.21.10.2) [INFO] New connection from 172.21.10.2
Jan  7 14:19:31 ftpcdr pure-ftpd: (?@172.21.10.2) [WARNING] Authentication failed for user [root]
Jan  7 14:19:40 ftpcdr pure-ftpd: (?@172.21.10.2) [INFO] ann is now logged in
Jan  7 14:19:50 ftpcdr pure-ftpd: (ann@172.21.10.2) [INFO] Logout.
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {"user_id": "root", "outcome": "failure", "src_ip": "172.21.10.2", "dst_host": "ftpcdr"},
    {"user_id": "ann", "outcome": "success", "app": "pure-ftpd"},
)

HOSTILE = """\
Jan  7 14:19:31 h pure-ftpd: (?@6.6.6.6) [WARNING] Authentication failed for user [victim] for \
user [x]
Jan  7 14:19:31 h pure-ftpd: (x@6.6.6.6) [INFO] victim is now logged in
Jan  7 14:19:31 h pure-ftpd: (?@6.6.6.6) [NOTICE] /x (?@1.2.3.4) [INFO] victim is now logged in
"""


def _read(text: str) -> Said:
    entry = entry_of(text, "pure-ftpd")
    if entry is None:
        return None
    for expression, outcome, reason in _MESSAGES:
        match = expression.fullmatch(entry.message)
        if match is not None:
            return LineLogin(
                when=when_of(entry),
                user=match["user"],
                outcome=outcome,
                reason=reason,
                source=match["source"],
                app="pure-ftpd",
                dst_host=entry.host,
            )
    return "no decision on a login"


_PREFIX = r"\(\?@(?P<source>[^\s()@]{1,255})\) "
_MESSAGES = (
    (re.compile(_PREFIX + r"\[INFO\] (?P<user>.*) is now logged in"), Outcome.SUCCESS, None),
    (re.compile(_PREFIX + r"\[WARNING\] Authentication failed for user \[(?P<user>.*)\]"),
     Outcome.FAILURE, "bad_credentials"),
    (re.compile(_PREFIX + r"\[INFO\] (?P<user>Anonymous) user logged in"), Outcome.SUCCESS, None),
)  # fmt: skip

PARSER = DaemonFormat(
    name="pure_ftpd",
    title="Pure-FTPd: syslog",
    versions="1.0",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("pure-ftpd",),
)
