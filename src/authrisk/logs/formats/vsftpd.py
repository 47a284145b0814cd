"""vsftpd: vsftpd.log (`xferlog_std_format=NO`) and, with `syslog_enable=YES`, syslog.

Versions: 2 and 3. Assumptions: local time without a zone; the answer `530 Permission denied.`
(with `log_ftp_protocol`) is the refusal of a user list and an attempt of its own, other answers
repeat `FAIL LOGIN`. The password of an anonymous user is dropped.

Reference: vsftpd `logging.c`. The sample holds lines of crowdsec (MIT).
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import DaemonFormat, LineLogin, Said, entry_of, when_of

SAMPLE = """\
Mon Jun 8 12:08:53 2020 [pid 27244] [user] FAIL LOGIN: Client "::ffff:93.24.101.89"
Mon Apr 12 15:19:22 2021 [pid 15685] [www-data] FTP response: Client "1.2.3.4", "530 Permission \
denied."
Mon Apr 12 15:20:00 2021 [pid 15686] CONNECT: Client "1.2.3.4"
Mon Apr 12 15:20:02 2021 [pid 15685] [ann] OK LOGIN: Client "1.2.3.4"
Apr 12 15:21:00 files vsftpd[99]: [ftp] OK LOGIN: Client "1.2.3.4", anon password "secret@x"
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "user_id": "user", "outcome": "failure", "src_ip": "93.24.101.89", "app": "vsftpd",
        "timestamp_ns": 1_591_618_133_000_000_000, "failure_reason": "bad_credentials",
    },
    {"user_id": "www-data", "failure_reason": "policy_denied"},
    {"user_id": "ann", "outcome": "success", "src_ip": "1.2.3.4"},
    {"user_id": "ftp", "account_kind": "anonymous", "dst_host": "files"},
)  # fmt: skip

HOSTILE = """\
Mon Jun 8 12:08:53 2020 [pid 1] [victim] OK LOGIN: Client "1.2.3.4"] FAIL LOGIN: Client "6.6.6.6"
Mon Jun 8 12:08:53 2020 [pid 1] [x] FAIL LOGIN: Client "6.6.6.6" [victim] OK LOGIN: Client "1.2.3.4
Jun  8 12:08:53 files sshd[1]: x vsftpd[1]: [victim] OK LOGIN: Client "1.2.3.4"
Mon Jun 8 12:08:53 20200 [pid 1] [victim] OK LOGIN: Client "1.2.3.4"
"""


def _read(text: str) -> Said:
    own = _OWN.match(text)
    if own is not None:
        month_day, clock, year = own.groups()
        when: str | int = f"{month_day} {year} {clock}"
        host, message = None, text[own.end() :].strip()
    else:
        entry = entry_of(text, "vsftpd")
        if entry is None:
            return None
        when, host, message = when_of(entry), entry.host, entry.message
    match = _LOGIN.fullmatch(message)
    if match is None:
        return "no decision on a login"
    user, verb, source = match.groups()
    failed = verb != "OK LOGIN"
    refused = verb.startswith("FTP")
    return LineLogin(
        when=when,
        user=user,
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        reason=("policy_denied" if refused else "bad_credentials") if failed else None,
        source=source,
        account_kind="anonymous" if user in ("ftp", "anonymous") else None,
        app="vsftpd",
        dst_host=host,
    )


_OWN = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2} {1,2}[0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4})"
    r" \[pid [0-9]{1,10}\] "
)
_LOGIN = re.compile(
    r"\[(.*)\] (OK LOGIN|FAIL LOGIN|FTP response): Client \"([^\" ]*)\""
    r"(?:, \"530 Permission denied\.\"|, anon password \"[^\"]*\")?"
)

PARSER = DaemonFormat(
    name="vsftpd",
    title="vsftpd: vsftpd.log and syslog",
    versions="2, 3",
    proven="samples",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
    programs=("vsftpd",),
)
