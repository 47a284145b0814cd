"""Synology DSM: the web desktop's logins, from auth.log and from Log Center by syslog.

Versions: DSM 6 and 7. Assumptions: a refusal that PAM tells names no user when the account does
not exist; services named by Log Center (DSM, SSH, SMB, FTP, File Station) are the `app`.

References: Synology, "Log Center"; Linux-PAM. The sample holds a line of crowdsec (MIT); those of
Log Center are written from the documentation.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of
from authrisk.logs.pam_message import read_pam
from authrisk.logs.syslog import LogEntry

SAMPLE = """\
2022-02-09T20:53:37+01:00 synologynas synoscgi_SYNO.API.Auth_7_login[2197]: pam_unix(webui:auth): \
authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=10.4.2.112
2022-02-09T20:53:39+01:00 synologynas synoscgi_SYNO.API.Auth_7_login[2197]: pam_unix(webui:auth): \
authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=10.4.2.112  user=ann
<14>Feb 09 20:54:00 synologynas Connection: User [ann] from [10.4.2.112] failed to log in via \
[DSM] due to authorization failure.
<14>Feb 09 20:55:00 synologynas Connection: User [ann] from [10.4.2.112] logged in successfully \
via [DSM].
<14>Feb 09 20:56:00 synologynas Connection: User [ann] from [10.4.2.112] logged out the server via \
[DSM] with totally [0] files uploaded.
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": None, "outcome": "failure", "src_ip": "10.4.2.112", "dst_host": "synologynas",
        "app": "DSM", "timestamp_ns": 1_644_436_417_000_000_000,
    },
    {"user_id": "ann", "failure_reason": "bad_credentials"},
    {"user_id": "ann", "outcome": "failure", "app": "DSM"},
    {"user_id": "ann", "outcome": "success", "src_ip": "10.4.2.112"},
)  # fmt: skip

HOSTILE = """\
<14>Feb 09 20:54:00 nas Connection: User [x] from [6.6.6.6] failed to log in via [DSM] due to \
authorization failure. User [victim] from [1.2.3.4] logged in successfully via [DSM].
<14>Feb 09 20:54:00 nas Connection: User [victim] from [1.2.3.4] logged in successfully via [x] \
from [6.6.6.6] failed to log in via [DSM] due to authorization failure.
<14>Feb 09 20:54:00 nas other: Connection: User [victim] from [1.2.3.4] logged in successfully via \
[DSM].
2022-02-09T20:53:37+01:00 nas synoscgi_SYNO.API.Auth_7_login[1]: pam_unix(webui:auth): \
authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=6.6.6.6  user=x  user=victim
"""


def _read(text: str) -> Said:
    entry = entry_of(text, "synoscgi")
    if entry is not None:
        said = read_pam(entry.message, entry.tag)
        if said is None or said.kind != "refused":
            return "no decision on a login"
        return _login(entry, said.user, Outcome.FAILURE, said.rhost or "", "DSM")
    entry = entry_of(text, "Connection")
    if entry is None:
        return None
    match = _CONNECTION.fullmatch(entry.message)
    if match is None:
        return "no decision on a login"
    user, source, failed, app = match.groups()
    return _login(entry, user, Outcome.FAILURE if failed else Outcome.SUCCESS, source, app)


def _login(entry: LogEntry, user: str | None, outcome: Outcome, source: str, app: str) -> LineLogin:
    return LineLogin(
        when=when_of(entry),
        user=user,
        outcome=outcome,
        reason="bad_credentials" if outcome is Outcome.FAILURE else None,
        source=source,
        app=app,
        dst_host=entry.host,
        correlation=f"{entry.host}/{entry.pid}" if entry.pid else None,
    )


_CONNECTION = re.compile(
    r"User \[([^\[\]]*)\] from \[([^\[\]]*)\] (?:(failed) to log in|logged in successfully)"
    r" via \[([^\[\]]*)\](?: due to [a-z ]{1,60})?\.?"
)

PARSER = DaemonFormat(
    name="synology",
    title="Synology DSM: auth.log and Log Center by syslog",
    versions="DSM 6, 7",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("synoscgi*", "Connection"),
)
